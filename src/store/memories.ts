import { randomBytes } from "node:crypto";
import type { Redactor } from "../platform/secrets.js";
import { changeMemories, type Kept, LONGEST, type Memory, type MemoryKind, readMemories } from "./memory-file.js";
import { consolidated, MOST_TAGS, merged, sameness } from "./memory-merge.js";
import { hasMemories, type MemoryPlace, type MemoryScope, memoryPath, SCOPES } from "./memory-place.js";

/** Something to remember. `importance` is 0 to 1, 0.5 when absent. */
export type Draft = {
  text: string;
  scope: MemoryScope;
  importance?: number;
  tags?: readonly string[];
  kind?: MemoryKind;
};

/** `known`: it was there before, in these or in other words. */
export type Remembered = { memory: Memory; known: boolean };

const DAY = 86_400_000;

/** All memories that count in a workspace, newest first. */
export async function memoriesOf(place: MemoryPlace): Promise<Kept> {
  if (!hasMemories(place)) return { memories: [], notices: [] };
  const [project, global] = await Promise.all(SCOPES.map((scope) => readMemories(memoryPath(place, scope))));
  const all = [
    ...(project?.memories ?? []).filter(belongs(place, "project")),
    ...(global?.memories ?? []).filter(belongs(place, "global")),
  ];
  return {
    memories: all.sort((a, b) => b.created - a.created),
    notices: [...(project?.notices ?? []), ...(global?.notices ?? [])],
  };
}

function belongs({ cwd }: MemoryPlace, scope: MemoryScope): (memory: Memory) => boolean {
  return (memory) => memory.scope === scope && (scope === "global" || memory.workspace === cwd);
}

/** Why a text is not remembered, in a sentence; undefined when it can be. */
export function textFault(text: string, redact: Redactor): string | undefined {
  const line = oneLine(text);
  if (line === "") return "There is nothing to remember: the text is empty.";
  if (line.length > LONGEST)
    return `A memory has at most ${LONGEST} characters, and this has ${line.length}: say it shorter, or put it in a file.`;
  if (redact.text(line) === line) return undefined;
  return "This text holds a secret (a key, a token or a password), and secrets are never remembered: say where it is kept instead.";
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, " ").trim().toWellFormed();
}

/** Remembers; what was known is strengthened instead. Throws where `textFault` finds one. */
export async function addMemory(
  place: MemoryPlace,
  draft: Draft,
  redact: Redactor,
): Promise<Remembered & { notices: string[] }> {
  const fault =
    textFault(draft.text, redact) ??
    (draft.tags ?? [])
      .map((tag) => (redact.text(tag) === tag ? undefined : "A tag holds a secret: nothing was remembered."))
      .find((each) => each);
  if (fault !== undefined) throw new Error(fault);
  const { memories, notices } = await memoriesOf(place);
  const key = sameness(oneLine(draft.text));
  const everywhere = memories.find((each) => each.scope === "global" && sameness(each.text) === key);
  const scope = everywhere ? "global" : draft.scope;
  let result: Remembered | undefined;
  const more = await changeMemories(memoryPath(place, scope), (all) => {
    const mine = all.filter(belongs(place, scope));
    const fresh = made({ ...draft, scope }, { place, taken: [...all, ...memories] });
    const known = mine.find((each) => sameness(each.text) === key);
    const memory = known ? merged(known, fresh) : fresh;
    result = { memory, known: known !== undefined };
    const next = known ? mine.map((each) => (each === known ? memory : each)) : [...mine, memory];
    return [...all.filter((each) => !mine.includes(each)), ...consolidated(next, fresh.created)];
  });
  if (result === undefined) throw new Error("Nothing was remembered.");
  return { ...result, notices: [...notices, ...more] };
}

type Making = { place: MemoryPlace; taken: readonly Memory[] };

function made({ text, scope, importance = 0.5, tags = [], kind = "project" }: Draft, { place, taken }: Making): Memory {
  const now = Date.now();
  const short = tags.map((tag) => oneLine(tag).slice(0, 40)).filter((tag) => tag !== "");
  return {
    id: freshId(taken),
    text: oneLine(text),
    scope,
    ...(scope === "project" ? { workspace: place.cwd } : {}),
    importance: Math.min(1, Math.max(0, importance)),
    tags: [...new Set(short)].slice(0, MOST_TAGS),
    kind,
    created: now,
    used: now,
  };
}

function freshId(taken: readonly Memory[]): string {
  for (;;) {
    const id = [...randomBytes(8)].map((byte) => (byte % 36).toString(36)).join("");
    if (!taken.some((each) => each.id === id)) return id;
  }
}

/** Forgets these, by their ids; gives how many there were. */
export async function forgetMemories(place: MemoryPlace, ids: readonly string[]): Promise<number> {
  let count = 0;
  for (const scope of SCOPES) {
    const isMine = belongs(place, scope);
    await changeMemories(memoryPath(place, scope), (all) => {
      const rest = all.filter((each) => !(isMine(each) && ids.includes(each.id)));
      count += all.length - rest.length;
      return rest.length === all.length ? undefined : rest;
    });
  }
  return count;
}

/** Notes that these were of use. Written once a day for each, so that most runs write nothing. */
export async function useMemories(place: MemoryPlace, memories: readonly Memory[]): Promise<void> {
  const now = Date.now();
  const stale = memories.filter(({ used }) => now - used > DAY);
  for (const scope of SCOPES) {
    const ids = stale.filter((each) => each.scope === scope).map(({ id }) => id);
    if (ids.length === 0) continue;
    await changeMemories(memoryPath(place, scope), (all) =>
      all.map((each) => (ids.includes(each.id) ? { ...each, used: now } : each)),
    );
  }
}
