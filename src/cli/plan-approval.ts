import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { openEditor } from "../platform/editor.js";
import { visible } from "../platform/text.js";
import { planText, type Step } from "../plugins/plan-format.js";
import { markdownOf, stepsInMarkdown } from "../plugins/plan-markdown.js";

/** What a person said to a plan; `left`: nothing, by Ctrl-C, Ctrl-D or a signal. */
export type Approval = { type: "approved" | "refused" | "left"; steps: Step[] };

/** `editor` opens a file and waits; undefined where none is set. */
export type Desk = {
  input: NodeJS.ReadableStream;
  output: NodeJS.WritableStream;
  signal: AbortSignal;
  editor: ((file: string) => Promise<number | null>) | undefined;
};

const CHOICES: Record<string, Approval["type"] | "edit"> = {
  ...{ y: "approved", yes: "approved", 是: "approved" },
  ...{ n: "refused", no: "refused", 否: "refused" },
  ...{ e: "edit", edit: "edit" },
};

/** Shows a plan and asks until it is approved, refused or left; each edit that can be read takes its place. */
export async function approval(plan: readonly Step[], desk: Desk): Promise<Approval> {
  const say = (words: string) => desk.output.write(`${visible(words)}\n`);
  let steps = [...plan];
  let draft: string | undefined;
  say(planText(steps));
  for (;;) {
    const answer = await asked("Work on it? [y]es, [n]o, [e]dit: ", desk);
    const choice = answer === undefined ? "left" : CHOICES[answer.toLowerCase()];
    if (choice === undefined) continue;
    if (choice !== "edit") return { type: choice, steps };
    const edited = await inEditor(draft ?? markdownOf(steps), desk.editor);
    draft = "fault" in edited ? edited.text : undefined;
    if ("steps" in edited) steps = edited.steps;
    say("fault" in edited ? `The plan stays as it was: ${edited.fault}` : planText(steps));
  }
}

/** The editor that a person has set. */
export function editorOf(command: string | undefined, env: Record<string, string>): Desk["editor"] {
  return command?.trim() ? (file) => openEditor(command, file, { env }) : undefined;
}

// what cannot be read is kept, so that it can be mended
type Edited = { steps: Step[] } | { fault: string; text: string };

async function inEditor(text: string, editor: Desk["editor"]): Promise<Edited> {
  if (editor === undefined) return { fault: "no editor is set: export EDITOR=…", text };
  const folder = mkdtempSync(join(tmpdir(), "nanocoder-plan-"));
  const file = join(folder, "plan.md");
  try {
    writeFileSync(file, text, { mode: 0o600 });
    const code = await editor(file);
    if (code !== 0) return { fault: `the editor ended with ${code === null ? "a signal" : `exit code ${code}`}`, text };
    const after = readFileSync(file, "utf8");
    const read = stepsInMarkdown(after);
    return "steps" in read ? read : { fault: `${read.faults.join("; ")} (e opens it again)`, text: after };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

// undefined: Ctrl-C, Ctrl-D or a signal
function asked(question: string, { input, output, signal }: Desk): Promise<string | undefined> {
  if (signal.aborted) return Promise.resolve(undefined);
  const lines = createInterface({ input, output });
  return new Promise<string | undefined>((resolve) => {
    lines.once("close", () => resolve(undefined));
    lines.once("SIGINT", () => lines.close());
    signal.addEventListener("abort", () => lines.close(), { once: true });
    lines.question(question, (answer) => resolve(answer.trim()));
  }).finally(() => lines.close());
}
