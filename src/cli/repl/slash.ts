import { nearest } from "../../platform/text.js";
import type { Desk } from "./desk.js";
import type { Locale } from "./locale.js";
import type { Completion } from "./port.js";

/** A command of the interactive session. A mistake in its words is a UsageError. */
export type SlashCommand = {
  name: string;
  /** Other names that it answers to. */
  also?: readonly string[];
  /** What stands behind the name, such as `[NAME]`; empty where nothing may. */
  usage: string;
  about: Record<Locale, string>;
  /** It may be given while a turn runs. */
  always?: true;
  /** What the last of its words could become. */
  complete?(desk: Desk, words: string): readonly Completion[] | Promise<readonly Completion[]>;
  run(desk: Desk, words: string): void | Promise<void>;
};

/** What a person sent: a command, a shell line, something to remember, or words for the model. */
export type Sent =
  | { type: "command"; name: string; words: string }
  | { type: "shell"; line: string }
  | { type: "memory"; words: string }
  | { type: "prompt"; words: string };

/** `/name words`, `!line`, `#text`; a path such as /usr/bin is words, and so is what has a space before it. */
export function readSent(words: string): Sent {
  const command = /^\/([a-z][\w:-]*)(?:\s+|$)/i.exec(words);
  if (command?.[1] !== undefined)
    return { type: "command", name: command[1].toLowerCase(), words: words.slice(command[0].length).trim() };
  if (/^!\s*\S/.test(words)) return { type: "shell", line: words.slice(1).trim() };
  if (/^#\s*[^#\s]/.test(words)) return { type: "memory", words: words.slice(1).trim() };
  return { type: "prompt", words };
}

/** A command by its name; a sentence with the nearest names where there is none. */
export function commandNamed(name: string, all: readonly SlashCommand[]): SlashCommand | string {
  const found = all.find((each) => each.name === name) ?? all.find((each) => each.also?.includes(name));
  if (found) return found;
  const names = all.flatMap((each) => [each.name, ...(each.also ?? [])]);
  const near = nearest(name, names).slice(0, 3);
  const meant = near.length > 0 ? ` Did you mean ${near.map((each) => `/${each}`).join(" or ")}?` : "";
  return `There is no command /${name}.${meant} /help lists them.`;
}
