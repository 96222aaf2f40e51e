import type { Past } from "./browsing.js";

/** A search in what was sent before. `at` is which hit is shown. */
export type Searching = { query: string; hits: readonly Past[]; at: number };

/** The search for a query, at its newest hit. Each word of it must occur; small letters find capitals too. */
export function searchFor(query: string, all: readonly Past[]): Searching {
  const words = query.split(/\s+/).filter((word) => word !== "");
  const hits = words.length === 0 ? [] : all.filter((past) => words.every((word) => holds(past.words, word)));
  return { query, hits, at: 0 };
}

function holds(text: string, word: string): boolean {
  return word === word.toLowerCase() ? text.toLowerCase().includes(word) : text.includes(word);
}

/** The next older hit; at the oldest it stays. */
export function older(search: Searching): Searching {
  return { ...search, at: Math.min(search.at + 1, Math.max(0, search.hits.length - 1)) };
}

/** The next newer hit; at the newest it stays. */
export function newer(search: Searching): Searching {
  return { ...search, at: Math.max(0, search.at - 1) };
}
