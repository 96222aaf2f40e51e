import { type Config, readConfig, thisMachine } from "../app/config.js";
import { UsageError } from "../app/usage-error.js";
import { redactor } from "../platform/secrets.js";
import { nearest, visible } from "../platform/text.js";
import { wishesIn } from "../plugins/memory-rules.js";
import { addMemory, forgetMemories, memoriesOf, textFault } from "../store/memories.js";
import type { Memory } from "../store/memory-file.js";
import { findMemories } from "../store/memory-search.js";
import { agreed } from "./agreed.js";
import { type Asked, MEMORY_COMMANDS, type MemoryFlags } from "./asked.js";
import { forgetThese, SHOWN, tableOf } from "./memory-told.js";
import { write } from "./output.js";
import { counted } from "./session-text.js";

type Wish = Extract<Asked, { type: "memory" }>;
type Request = { config: Config; flags: MemoryFlags; words: string };

/** Lists, adds, searches or forgets what is remembered. */
export async function memoryCommand({ what, flags, words }: Wish): Promise<number> {
  const config = await readConfig(flags, thisMachine());
  return { list, add, search, forget }[what]({ config, flags, words });
}

async function list({ config, flags, words }: Request): Promise<number> {
  if (words !== "") throw new UsageError(noCommand(words.split(" ")[0] ?? words));
  const memories = await memoriesIn(config, flags);
  if (memories.length > 0) return show(memories, flags);
  if (!flags.json) await print(`Nothing is remembered in ${visible(config.cwd)}. nanocoder memory add "TEXT" does.\n`);
  return 0;
}

function noCommand(word: string): string {
  const [near] = nearest(word, MEMORY_COMMANDS);
  return `memory: there is no command "${word}". Did you mean ${near ?? `one of ${MEMORY_COMMANDS.join(", ")}`}?`;
}

async function add({ config, flags, words }: Request): Promise<number> {
  const { home, cwd, keys } = config;
  const redact = redactor(keys);
  const fault = textFault(words, redact);
  if (fault !== undefined) throw new UsageError(`memory add: ${fault}`);
  const [wish] = wishesIn([words]);
  const draft = {
    text: words,
    scope: flags.scope ?? "project",
    importance: importanceOf(flags.importance),
    kind: wish?.kind ?? "project",
  };
  const { memory, known, notices } = await addMemory({ home, cwd }, draft, redact);
  for (const notice of notices) await note(notice);
  const where = memory.scope === "global" ? "for every folder" : `for ${visible(cwd)}`;
  await print(known ? `known already as ${memory.id}, ${where}\n` : `remembered as ${memory.id}, ${where}\n`);
  return 0;
}

function importanceOf(text: string | undefined): number {
  if (text === undefined) return 0.5;
  if (/^(0?\.\d+|[01](\.0+)?)$/.test(text)) return Number(text);
  throw new UsageError(`--importance wants a number from 0 to 1, not "${text}".`);
}

async function search({ config, flags, words }: Request): Promise<number> {
  if (words.trim() === "") throw new UsageError("memory search wants some words to look for.");
  const most = limitOf(flags.limit);
  const found = findMemories(await memoriesIn(config, flags), words).slice(0, most);
  if (found.length > 0) return show(found, flags);
  if (!flags.json) await print(`Nothing that is remembered fits "${visible(words)}".\n`);
  return 0;
}

function limitOf(text: string | undefined): number {
  if (text === undefined) return SHOWN;
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new UsageError(`--limit wants a whole number of at least 1, not "${text}".`);
}

async function forget({ config, flags, words }: Request): Promise<number> {
  const { home, cwd } = config;
  const memories = await memoriesIn(config, flags);
  if (flags.all) return forgetAll({ config, flags, words }, memories);
  if (words.trim() === "") throw new UsageError("memory forget wants an id: see nanocoder memory list.");
  const gone = await forgetThese({ home, cwd }, memories, { ids: words.split(" "), list: "nanocoder memory list" });
  for (const { id, text } of gone) await print(`forgot ${id}: ${visible(text)}\n`);
  return 0;
}

async function forgetAll({ config, flags, words }: Request, memories: readonly Memory[]): Promise<number> {
  if (words !== "") throw new UsageError("memory forget: give either ids or --all.");
  if (memories.length === 0) {
    await print("Nothing is remembered here.\n");
    return 0;
  }
  const scopes = new Set(memories.map(({ scope }) => scope));
  const what = `${counted(memories.length, "memory").replace("memorys", "memories")} (${[...scopes].join(" and ")})`;
  if (!flags.yes && !process.stdin.isTTY)
    throw new UsageError(`memory forget --all asks before it forgets ${what}, and here nobody can answer: add --yes.`);
  if (!(flags.yes || (await agreed(`Forget ${what} for good?`)))) {
    await print("Nothing was forgotten.\n");
    return 1;
  }
  const { home, cwd } = config;
  const ids = memories.map(({ id }) => id);
  await print(`forgot ${await forgetMemories({ home, cwd }, ids)}\n`);
  return 0;
}

async function memoriesIn({ home, cwd }: Config, { scope }: MemoryFlags): Promise<Memory[]> {
  const { memories, notices } = await memoriesOf({ home, cwd });
  for (const notice of notices) await note(notice);
  return memories.filter((memory) => scope === undefined || memory.scope === scope);
}

async function show(memories: readonly Memory[], { json }: MemoryFlags): Promise<number> {
  const { isTTY, columns } = process.stdout;
  const lines = json ? memories.map(jsonLine) : tableOf(memories, isTTY ? columns : undefined);
  await print(lines.map((line) => `${line}\n`).join(""));
  return 0;
}

function jsonLine({ created, used, ...memory }: Memory): string {
  const times = { created_at: new Date(created).toISOString(), used_at: new Date(used).toISOString() };
  return JSON.stringify({ ...memory, ...times });
}

function print(text: string): Promise<void> {
  return write(process.stdout, text, () => undefined);
}

function note(line: string): Promise<void> {
  return write(process.stderr, `nanocoder: ${visible(line)}\n`, () => undefined);
}
