import type { Completion } from "../port.js";
import type { Completer, Offer } from "./completing.js";
import { mentionOf } from "./mentions.js";
import { best, ranked } from "./rank.js";
import type { WorkspaceNames } from "./workspace-names.js";

/** A command as the prompt completes it. */
export type Completable = {
  name: string;
  about: string;
  /** What the last of the words behind its name could become. */
  complete?: ((words: string) => readonly Completion[] | Promise<readonly Completion[]>) | undefined;
};

type Parts = { commands(): readonly Completable[]; names: WorkspaceNames };

/** How many are offered. */
const MOST = 50;

/** Completes `/command words` and `@path`; a shell line and what is remembered are left alone. */
export function completer({ commands, names }: Parts): Completer {
  return (before) => {
    const named = /^\/(\S*)$/.exec(before)?.[1];
    if (named !== undefined) return namesOffer(commands(), named);
    const [, name, words] = /^\/(\S+) +([^\n]*)$/.exec(before) ?? [];
    if (name !== undefined && words !== undefined) {
      const command = commands().find((each) => each.name === name.toLowerCase());
      return command?.complete && wordsOffer(command.complete(words), before);
    }
    if (before.startsWith("!")) return undefined;
    const file = fileBegun(before);
    if (file === undefined) return undefined;
    const all = names();
    return all instanceof Promise ? all.then((known) => filesOffer(known, file)) : filesOffer(all, file);
  };
}

function namesOffer(commands: readonly Completable[], query: string): Offer {
  const byName = new Map(commands.map((command) => [command.name, command]));
  const items = inOrder([...byName.keys()], query).flatMap((name) => {
    const command = byName.get(name);
    return command
      ? [{ value: `/${name}${command.complete ? " " : ""}`, label: `/${name}`, about: command.about }]
      : [];
  });
  // a name mistyped may hold its letters in the order of another, which was not meant
  return { from: 0, items, enter: items[0]?.label.startsWith(`/${query.toLowerCase()}`) ? "run" : "send" };
}

function wordsOffer(
  found: readonly Completion[] | Promise<readonly Completion[]>,
  before: string,
): Offer | Promise<Offer> {
  if (found instanceof Promise) return found.then((items) => wordsOffer(items, before));
  const word = /\S*$/.exec(before)?.[0] ?? "";
  const byLabel = new Map(found.map((item) => [item.label, item]));
  const items = inOrder([...byLabel.keys()], word).flatMap((label) => byLabel.get(label) ?? []);
  // a word that is whole needs no completion
  const isWhole = items.length === 1 && items[0]?.value === word;
  return { from: before.length - word.length, items: isWhole ? [] : items, enter: "send" };
}

// of what is few the order tells something, as long as nothing was typed
function inOrder(names: readonly string[], query: string): readonly string[] {
  return query === "" ? names : best(ranked(names), query, MOST);
}

type Begun = { from: number; query: string };

// behind a letter it is an address; Han needs no space before it
function fileBegun(before: string): Begun | undefined {
  const found = /(?<![\w.@/-])@(?:"([^"\n]*)|([^\s"@]*))$/.exec(before);
  if (found === null) return undefined;
  return { from: found.index, query: (found[1] ?? found[2] ?? "").replace(/^\.\//, "") };
}

function filesOffer(all: ReturnType<typeof ranked>, { from, query }: Begun): Offer | undefined {
  const found = best(all, query, MOST);
  if (found[0] === query && !query.endsWith("/")) return undefined;
  const items = found.filter((name) => name !== query).map((name) => ({ value: mentionOf(name), label: name }));
  return { from, items, enter: "take" };
}
