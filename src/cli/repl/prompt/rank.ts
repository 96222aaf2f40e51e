/**
 * Names to choose from, made ready to be searched: `lower` is each in small letters, `bases` where its last part
 * begins, `abouts` what is told of it.
 */
export type Ranked = {
  names: readonly string[];
  lower: readonly string[];
  bases: readonly number[];
  abouts?: readonly string[];
};

export function ranked(names: readonly string[], abouts?: readonly string[]): Ranked {
  const lower = names.map((name) => name.toLowerCase());
  const bases = lower.map((name) => name.lastIndexOf("/", name.length - 2) + 1);
  return { names, lower, bases, ...(abouts && { abouts: abouts.map((about) => about.toLowerCase()) }) };
}

/** The names that a query may mean, best first: its letters occur in them in order. No query means all. */
export function best({ names, lower, bases }: Ranked, query: string, most: number): string[] {
  const wanted = query.toLowerCase();
  const top: Scored[] = [];
  for (let at = 0; at < lower.length; at += 1) {
    const score = scoreOf(lower[at] ?? "", bases[at] ?? 0, wanted);
    if (score < (top.length < most ? Number.POSITIVE_INFINITY : (top.at(-1)?.score ?? 0)))
      insert(top, { at, score }, most);
  }
  return top.map(({ at }) => names[at] ?? "");
}

/** Where the names stand that each word of a query may mean, best first; a word may also be one of what is told of a name. */
export function matching({ lower, bases, abouts = [] }: Ranked, query: string): number[] {
  const words = query.toLowerCase().trim().split(/\s+/);
  const scored: Scored[] = [];
  for (const [at, name] of lower.entries()) {
    let score = 0;
    for (const word of words) score += wordScore(name, bases[at] ?? 0, { word, about: abouts[at] });
    if (score < Number.POSITIVE_INFINITY) scored.push({ at, score });
  }
  return scored.sort((a, b) => a.score - b.score).map(({ at }) => at);
}

function wordScore(name: string, base: number, { word, about }: { word: string; about: string | undefined }): number {
  const score = scoreOf(name, base, word);
  return score > KIND.told * STEP && about?.includes(word) ? KIND.told * STEP : score;
}

type Scored = { at: number; score: number };

// few are kept, so a place among them is found by going backwards
function insert(top: Scored[], entry: Scored, most: number): void {
  let place = top.length;
  while (place > 0 && (top[place - 1]?.score ?? 0) > entry.score) place -= 1;
  top.splice(place, 0, entry);
  if (top.length > most) top.pop();
}

/** How the query is found in the name, from best to worst; within a kind the shorter name is better. */
const KIND = { same: 0, begins: 1, part: 2, path: 3, inside: 4, scattered: 5, told: 6, far: 7 };
const STEP = 10_000;

function scoreOf(name: string, base: number, query: string): number {
  const kind = kindOf(name, base, query);
  if (kind === undefined) return Number.POSITIVE_INFINITY;
  const depth = name.startsWith(".") || name.includes("/.") ? 5 : 0;
  return (
    KIND[kind] * STEP +
    Math.min(STEP - 1, name.length + depth + (kind === "far" || kind === "scattered" ? 4 * gaps(name, query) : 0))
  );
}

function kindOf(name: string, base: number, query: string): Exclude<keyof typeof KIND, "told"> | undefined {
  const place = name.indexOf(query, base);
  if (place === base) return name.length - base === query.length ? "same" : "begins";
  if (place > base) return /[^a-z0-9]/.test(name.charAt(place - 1)) ? "part" : "inside";
  if (name.startsWith(query)) return "path";
  if (name.includes(query)) return "inside";
  if (isScattered(name, query, base)) return "scattered";
  return isScattered(name, query, 0) ? "far" : undefined;
}

function isScattered(name: string, query: string, from: number): boolean {
  let at = from - 1;
  for (let n = 0; n < query.length; n += 1) {
    at = name.indexOf(query.charAt(n), at + 1);
    if (at < 0) return false;
  }
  return true;
}

// how often the letters do not follow one another
function gaps(name: string, query: string): number {
  let [at, count] = [-1, 0];
  for (let n = 0; n < query.length; n += 1) {
    const next = name.indexOf(query.charAt(n), at + 1);
    if (next !== at + 1) count += 1;
    at = next;
  }
  return count;
}
