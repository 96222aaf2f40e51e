import { type Hit, lineAt } from "./find-text.js";

/** Why a text that should stand once stands more often. */
export function ambiguous(path: string, content: string, hits: readonly Hit[]): string {
  const places = hits.slice(0, 10).map((hit) => lineAt(content, hit.from));
  const lines = places.join(", ") + (hits.length > 10 ? ", …" : "");
  return `old_text stands ${hits.length} times in ${path} (lines ${lines}). Add lines around it until it is unique, or set replace_all. Nothing was changed.`;
}

/** Why a text was not found, with what comes nearest to it. */
export function absent(path: string, content: string, { old, fresh }: { old: string; fresh: string }): string {
  const lead = `old_text stands 0 times in ${path}; nothing was changed.`;
  if (numbered(old)) return `${lead} It carries the line numbers of read_file: send the text without them.`;
  if (fresh !== "" && content.includes(fresh))
    return `${lead} new_text is already there: the edit looks already applied.`;
  if (content.includes(old.replaceAll("\\n", "\n")) && old.includes("\\n")) {
    return `${lead} It holds "\\n" as two characters where the file has a line end: send real line ends.`;
  }
  const near = nearestBlock(content, old);
  return near === undefined ? `${lead} Read the file again.` : `${lead} The nearest text is:\n${near}`;
}

function numbered(old: string): boolean {
  const lines = old.split("\n").filter((line) => line !== "");
  return lines.length > 0 && lines.every((line) => /^\s*\d+(\t|→)/.test(line));
}

/** Lines that are looked at for the nearest text, and characters that are shown. */
const MOST = { lines: 20_000, shown: 1500 };

// the place whose lines share most with the wanted ones, blanks aside
function nearestBlock(content: string, old: string): string | undefined {
  const lines = content.split("\n", MOST.lines);
  const lookedFor = old.split("\n").map((line) => line.trim());
  const wanted = { lines: lookedFor, known: new Set(lookedFor.filter((line) => line.length > 2)) };
  let best = { at: 0, score: 0 };
  for (let at = 0; at < lines.length; at += 1) {
    const score = scoreAt(lines, at, wanted);
    if (score > best.score) best = { at, score };
  }
  if (best.score === 0) return undefined;
  const block = lines.slice(best.at, best.at + lookedFor.length);
  return block
    .map((line, n) => `${best.at + n + 1}\t${line}`)
    .join("\n")
    .slice(0, MOST.shown);
}

type Wanted = { lines: readonly string[]; known: ReadonlySet<string> };

function scoreAt(lines: readonly string[], at: number, wanted: Wanted): number {
  const here = lines[at]?.trim() ?? "";
  const anchored = wanted.known.has(here) ? 1 : likeness(here, wanted.lines[0] ?? "");
  if (anchored < 0.6) return 0;
  return wanted.lines
    .slice(0, 200)
    .reduce((sum, line, n) => sum + (line !== "" && lines[at + n]?.trim() === line ? 1 : 0), anchored);
}

// the share of words in common
function likeness(a: string, b: string): number {
  const [left, right] = [words(a), words(b)];
  if (left.size === 0 || right.size === 0) return 0;
  const common = [...left].filter((word) => right.has(word)).length;
  return (2 * common) / (left.size + right.size);
}

function words(line: string): Set<string> {
  return new Set(line.match(/[\p{L}\p{N}_]+/gu) ?? []);
}
