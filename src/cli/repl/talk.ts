import { UsageError } from "../../app/usage-error.js";
import { sentence } from "../../core/run-tools.js";
import type { Desk } from "./desk.js";
import type { Locale } from "./locale.js";
import type { Submitted } from "./port.js";
import { prompted } from "./prompted.js";
import { rememberLine } from "./remember-line.js";
import { shellLine } from "./shell-line.js";
import { commandNamed, readSent, type Sent, type SlashCommand } from "./slash.js";

const WORDS: Record<Locale, { busy(name: string): string }> = {
  en: { busy: (name) => `${name} waits until this is over. Esc ends it.` },
  zh: { busy: (name) => `${name} 要等当前工作结束后才能使用。按 Esc 可以中断。` },
};

/** What the person sent, with what is sent beside its words. */
export type Message = { words: string; more?: Submitted | undefined };

/** Takes what was sent to where it belongs: a command, a shell line, a memory, or the model. Never throws: a mistake is said. */
export async function take({ words, more }: Message, desk: Desk, commands: readonly SlashCommand[]): Promise<void> {
  if (words.trim() === "" && !more?.images.length) return;
  const sent: Sent = more?.plain ? { type: "prompt", words } : readSent(words);
  await orSaid(desk, async () => {
    switch (sent.type) {
      case "prompt":
        desk.post(await desk.inOrder(prompted(desk, sent.words, more)), more?.again);
        return desk.busy ? undefined : desk.during(async () => undefined);
      case "command":
        return command(sent, desk, commands);
      case "memory":
        return rememberLine(desk, sent.words);
      case "shell":
        return alone(`!${sent.line}`, desk, () => shellLine(desk, sent.line));
    }
  });
}

async function command(
  { name, words }: { name: string; words: string },
  desk: Desk,
  commands: readonly SlashCommand[],
): Promise<void> {
  const found = commandNamed(name, commands);
  if (typeof found === "string") throw new UsageError(found);
  if (found.usage === "" && words !== "") throw new UsageError(`/${found.name} takes no words.`);
  if (found.always) await found.run(desk, words);
  else await alone(`/${found.name}`, desk, async () => found.run(desk, words));
}

// a mistake in it keeps nothing from the words that came meanwhile
async function alone(name: string, desk: Desk, work: () => Promise<void>): Promise<void> {
  if (desk.busy) desk.ui.say({ type: "error", text: WORDS[desk.locale].busy(name) });
  else await desk.during(() => orSaid(desk, work));
}

async function orSaid({ ui }: Desk, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    ui.say({ type: "error", text: sentence(error) });
  }
}
