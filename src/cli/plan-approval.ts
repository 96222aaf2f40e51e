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

/** How a person is asked about a plan. `edit` gives the text as it was left, or why it was not edited. */
export type Asking = {
  show(steps: readonly Step[]): void;
  choose(): Promise<Approval["type"] | "edit">;
  edit(markdown: string): Promise<{ text: string } | { fault: string }>;
  /** The plan stays as it was, and why. */
  tell(fault: string): void;
};

/** Shows a plan and asks until it is approved, refused or left; each edit that can be read takes its place. */
export async function agreedOn(plan: readonly Step[], asking: Asking): Promise<Approval> {
  let steps = [...plan];
  // what cannot be read is kept, so that it can be mended
  let draft: string | undefined;
  asking.show(steps);
  for (;;) {
    const choice = await asking.choose();
    if (choice !== "edit") return { type: choice, steps };
    const words = draft ?? markdownOf(steps);
    const edited = await asking.edit(words);
    const read = "fault" in edited ? { faults: [edited.fault] } : stepsInMarkdown(edited.text);
    if ("steps" in read) {
      [steps, draft] = [read.steps, undefined];
      asking.show(steps);
    } else {
      draft = "text" in edited ? edited.text : words;
      asking.tell(read.faults.join("; "));
    }
  }
}

/** Asks at a terminal, line by line. */
export function approval(plan: readonly Step[], desk: Desk): Promise<Approval> {
  const say = (words: string) => desk.output.write(`${visible(words)}\n`);
  return agreedOn(plan, {
    show: (steps) => say(planText(steps)),
    edit: (markdown) => inEditor(markdown, desk.editor),
    tell: (fault) => say(`The plan stays as it was: ${fault} (e opens it again)`),
    async choose() {
      for (;;) {
        const answer = await asked("Work on it? [y]es, [n]o, [e]dit: ", desk);
        const choice = answer === undefined ? "left" : CHOICES[answer.toLowerCase()];
        if (choice !== undefined) return choice;
      }
    },
  });
}

/** The editor that a person has set. */
export function editorOf(command: string | undefined, env: Record<string, string>): Desk["editor"] {
  return command?.trim() ? (file) => openEditor(command, file, { env }) : undefined;
}

async function inEditor(words: string, editor: Desk["editor"]): Promise<{ text: string } | { fault: string }> {
  if (editor === undefined) return { fault: "no editor is set: export EDITOR=…" };
  const folder = mkdtempSync(join(tmpdir(), "nanocoder-plan-"));
  const file = join(folder, "plan.md");
  try {
    writeFileSync(file, words, { mode: 0o600 });
    const code = await editor(file);
    if (code === 0) return { text: readFileSync(file, "utf8") };
    return { fault: `the editor ended with ${code === null ? "a signal" : `exit code ${code}`}` };
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
