import { KINDS, type Memory } from "./memory-file.js";

/** Memories of one scope; above that the least valuable go. */
export const MOST = 500;
/** Tags of one memory. */
export const MOST_TAGS = 10;
const DAY = 86_400_000;

/** What time leaves of a memory's weight: half after ten days in which it was not used. */
export function freshness({ created, used }: Memory, now: number): number {
  return 1 / (1 + (0.1 * Math.max(0, now - Math.max(created, used))) / DAY);
}

const FILLERS = new Set(
  "a an the please remember that this to i we you me my our your should must also note kindly and".split(" "),
);

/** What two memories have in common that say the same: case, width, punctuation and filling words do not count. */
export function sameness(text: string): string {
  const plain = text
    .normalize("NFKC")
    .toLowerCase()
    .replace(/[。、]|[.,;:!?]+(?=\s|$|\p{Script=Han})/gu, " ");
  const words = plain.split(/\s+/).map((word) => word.replace(/^["'“”‘’(]+|["'“”‘’)]+$/g, ""));
  const told = words.filter((word) => word !== "" && !FILLERS.has(word)).join(" ");
  return told.replace(/请|记住|记得|的|了|吧/g, "").replace(/ ?(\p{Script=Han}) ?/gu, "$1") || text.trim();
}

/** Two that say the same as one: the older one's words and id, the stronger one's weight. */
export function merged(one: Memory, other: Memory): Memory {
  const kind = KINDS.find((each) => each === one.kind || each === other.kind) ?? one.kind;
  return {
    ...one,
    kind,
    importance: Math.max(one.importance, other.importance),
    tags: [...new Set([...one.tags, ...other.tags])].slice(0, MOST_TAGS),
    used: Math.max(one.used, other.used),
  };
}

/** Memories of one scope with those that say the same merged, and at most `most`. Never none where there was one. */
export function consolidated(memories: readonly Memory[], now: number, most = MOST): Memory[] {
  const kept = new Map<string, Memory>();
  for (const memory of memories) {
    const key = sameness(memory.text);
    const known = kept.get(key);
    kept.set(key, known ? merged(known, memory) : memory);
  }
  const all = [...kept.values()];
  if (all.length <= most) return all;
  const best = all.toSorted((a, b) => worth(b, now) - worth(a, now)).slice(0, Math.max(1, most));
  return all.filter((memory) => best.includes(memory));
}

// what the user said of themself counts twice
function worth(memory: Memory, now: number): number {
  const weight = memory.kind === "user" || memory.kind === "feedback" ? 2 : 1;
  return weight * memory.importance * freshness(memory, now);
}
