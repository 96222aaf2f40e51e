import MiniSearch from "minisearch";
import type { Memory } from "./memory-file.js";
import { freshness } from "./memory-merge.js";
import { isUnspaced, spacedWordsIn, wordsIn } from "./memory-words.js";

/** `matched` are words of the query; none of them is a part of another. */
export type Found = { memory: Memory; score: number; matched: readonly string[] };

/** Memories that are put into the index: to cut all of a thousand into words would take a tenth of a second. */
const INDEXED = 30;
/** Words of a query that count. */
const WORDS = 60;

/** The memories that say something about a query, best first: how well the words fit, by importance, by age. */
export function searchMemories(memories: readonly Memory[], query: string, now = Date.now()): Found[] {
  const words = [...new Set(wordsIn(query))].slice(0, WORDS);
  const likely = likeliest(memories, words, now);
  if (likely.length === 0) return [];
  const index = new MiniSearch<{ id: number; text: string; held: string }>({
    fields: ["text", "held"],
    tokenize: (text, field) => (field === "held" ? text.split(" ") : spacedWordsIn(text)),
    processTerm: (word) => word,
    searchOptions: { tokenize: () => words, prefix: (word) => /^[\w+#.]{4,}$/.test(word) },
  });
  index.addAll(
    likely.map(({ memory, held }, id) => ({ id, text: wholeText(memory), held: held.filter(isUnspaced).join(" ") })),
  );
  const found = index.search(query).flatMap(({ id, score, queryTerms }) => {
    const memory = likely[id]?.memory;
    if (memory === undefined) return [];
    return [{ memory, score: score * weight(memory, now), matched: whole(queryTerms) }];
  });
  return found.sort((a, b) => b.score - a.score || b.memory.created - a.memory.created);
}

/** The same for a person who looks for something: where no word fits, its letters are looked for, the newest first. */
export function findMemories(memories: readonly Memory[], query: string): Memory[] {
  const found = searchMemories(memories, query).map(({ memory }) => memory);
  if (found.length > 0) return found;
  const sought = plain(query.trim()).split(/\s+/);
  const holding = memories.filter((memory) => {
    const text = plain(wholeText(memory));
    return sought.every((word) => text.includes(word));
  });
  return holding.sort((a, b) => b.created - a.created);
}

const WIDE_LETTERS = /[\uff10-\uff19\uff21-\uff3a\uff41-\uff5a]/;

function plain(text: string): string {
  return (WIDE_LETTERS.test(text) ? text.normalize("NFKC") : text).toLowerCase();
}

function wholeText({ text, tags }: Memory): string {
  return tags.length === 0 ? text : `${text} ${tags.join(" ")}`;
}

function weight(memory: Memory, now: number): number {
  return memory.importance * freshness(memory, now);
}

type Likely = { memory: Memory; held: readonly string[] };

// those that hold a word at all, letter by letter; of many the best
function likeliest(memories: readonly Memory[], words: readonly string[], now: number): readonly Likely[] {
  const counts = new Map<string, number>();
  const holding = memories.flatMap((memory): Likely[] => {
    const text = plain(wholeText(memory));
    const held = words.filter((word) => text.includes(word));
    for (const word of held) counts.set(word, (counts.get(word) ?? 0) + 1);
    return held.length === 0 ? [] : [{ memory, held }];
  });
  if (holding.length <= INDEXED) return holding;
  const rarity = (word: string) => Math.log(1 + memories.length / (counts.get(word) ?? 1));
  const rated = holding.map((each) => ({
    each,
    rate: each.held.reduce((sum, word) => sum + rarity(word), 0) * weight(each.memory, now),
  }));
  return rated
    .sort((a, b) => b.rate - a.rate)
    .slice(0, INDEXED)
    .map(({ each }) => each);
}

function whole(words: readonly string[]): string[] {
  return words.filter((word) => !words.some((other) => other !== word && other.includes(word)));
}
