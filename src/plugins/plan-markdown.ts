import { type Read, type Step, stepsOf } from "./plan-format.js";

const HEAD = `# A line that begins with a number is a step. The lines indented below it say more; one that begins with
# "verify:" is the command that proves the step. The last step must have one. Lines with # at their beginning are left out.
`;

/** A plan as a person edits it; `stepsInMarkdown` reads it back as it was. */
export function markdownOf(steps: readonly Step[]): string {
  const blocks = steps.map(({ title, details, verify }, at) => {
    const lines = (details ?? "").split("\n").map((line) => line.replace(/^(\s*)(\\*verify:)/i, "$1\\$2"));
    const below = [...(details === undefined ? [] : lines), ...(verify === undefined ? [] : [`verify: ${verify}`])];
    return [`${at + 1}. ${title}`, ...below.map((line) => `   ${line}`.trimEnd())].join("\n");
  });
  return `${HEAD}\n${blocks.join("\n")}\n`;
}

type Draft = { title: string; details: string[]; verify?: string };

/** Reads an edited plan, or says all that is wrong with it. */
export function stepsInMarkdown(text: string): Read {
  const drafts: Draft[] = [];
  const faults: string[] = [];
  for (const [at, line] of text
    .replace(/^\ufeff/, "")
    .split(/\r?\n/)
    .entries()) {
    const title = /^(?:\[[ >x!-]\]\s+)?(?:\d+[.)]|[-*])\s+(.*)$/.exec(line)?.[1];
    const draft = drafts.at(-1);
    if (title !== undefined) drafts.push({ title, details: [] });
    else if (line.startsWith("#")) continue;
    else if (line.trim() === "") draft?.details.push("");
    else if (draft !== undefined && /^\s/.test(line)) take(draft, line.replace(/^ {1,3}|^\t/, ""));
    else faults.push(`line ${at + 1} belongs to no step: begin a step with a number, and indent what says more`);
  }
  if (faults.length > 0) return { faults };
  return stepsOf(drafts.map(({ details, ...step }) => ({ ...step, details: details.join("\n") })));
}

function take(draft: Draft, line: string): void {
  const verify = /^\s*verify:\s*(.*)$/i.exec(line)?.[1];
  if (verify === undefined) draft.details.push(line.replace(/^(\s*)\\(\\*verify:)/i, "$1$2"));
  else draft.verify = verify;
}
