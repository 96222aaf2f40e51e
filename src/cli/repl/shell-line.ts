import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { runShell, type ShellEnd } from "../../platform/exec.js";
import { headTail, visible } from "../../platform/text.js";
import type { Desk } from "./desk.js";
import type { Locale } from "./locale.js";

/** Milliseconds; a person ends it by Esc. */
const FOREVER = 2 ** 31 - 1;
/** Characters of its output that the model is told. */
const TOLD = { head: 3000, tail: 7000 };
/** Lines of its output that stand above the prompt while it runs. */
const TAIL = 5;

const WORDS: Record<Locale, { left: string; exit(code: number | null): string; interrupted: string }> = {
  en: {
    left: "It left processes running; they end with this session.",
    exit: (code) => `exit code ${code ?? "none"}`,
    interrupted: "interrupted",
  },
  zh: {
    left: "它留下了仍在运行的进程，会话结束时一并结束。",
    exit: (code) => `退出码 ${code ?? "无"}`,
    interrupted: "已中断",
  },
};

/** Runs a command line as the person themselves, unasked and outside of the sandbox; the model hears of it with the next prompt. */
export async function shellLine(desk: Desk, line: string): Promise<void> {
  const { ui, config, opened, locale } = desk;
  let tail = "";
  const done = ui.busy(`! ${visible(line)}`);
  ui.board(() => visible(stripVTControlCharacters(tail)).trimEnd().split("\n").slice(-TAIL));
  try {
    const end = await runShell({
      ...{ command: line, cwd: config.cwd, env: config.childEnv, timeout: FOREVER, signal: desk.signal },
      outputs: join(config.home, "outputs", opened.id),
      redact: opened.ground.redact.text,
      scope: opened.ground.commands.scope,
      onOutput: (bytes) => {
        tail = (tail + bytes.toString("utf8")).slice(-4000);
      },
    });
    ui.say({ type: "output", text: `! ${line}\n${shown(end, locale)}` });
    opened.agent.log.append({ type: "note", by: "user", text: told(line, end) });
  } finally {
    done();
    ui.board();
  }
}

function shown({ output, code, ended, left }: ShellEnd, locale: Locale): string {
  const words = WORDS[locale];
  const how = ended === "aborted" ? words.interrupted : code === 0 ? "" : words.exit(code);
  return [stripVTControlCharacters(output).trimEnd(), how, left ? words.left : ""]
    .filter((each) => each !== "")
    .join("\n");
}

function told(line: string, { output, code, ended, file }: ShellEnd): string {
  const how = ended === "aborted" ? "It was interrupted." : `Exit code ${code ?? "none"}.`;
  const { head, tail, cut } = headTail(stripVTControlCharacters(output).trimEnd(), TOLD);
  const middle = cut === 0 ? "" : `\n[${cut} characters left out${file ? `; the whole is in ${file}` : ""}]\n`;
  return `The user ran this command themselves:\n$ ${line}\n${head}${middle}${tail}\n${how}`;
}
