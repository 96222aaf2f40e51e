import { unifiedDiff } from "../platform/diff.js";
import { COUNTED, type Found, lineAt, type Wanted } from "./find-text.js";

/** Why a text that should stand once stands more often. */
export function ambiguous(path: string, content: string, { hits, ignored }: Found): string {
  const places = hits.slice(0, 10).map((hit) => lineAt(content, hit.from));
  const lines = places.join(", ") + (hits.length > 10 ? ", …" : "");
  const aside = ignored === undefined ? "" : ` when ${ignored} are ignored; exactly it stands nowhere`;
  const count = hits.length < COUNTED ? hits.length : `at least ${COUNTED}`;
  return `old_text stands ${count} times in ${path} (lines ${lines})${aside}. Add lines around it until it is unique (of equal neighbours take all), or set replace_all. Nothing was changed.`;
}

/** Why a text was not found, with what comes nearest to it. */
export async function absent(path: string, content: string, wanted: Wanted): Promise<string> {
  const lead = `old_text stands 0 times in ${path}; nothing was changed.`;
  const sure = [numbered, escaped].map((hint) => hint(content, wanted)).find((hint) => hint !== undefined);
  if (sure !== undefined) return `${lead} ${sure}`;
  const maybe = [applied, otherCase, anchored]
    .map((hint) => hint(content, wanted))
    .filter((hint) => hint !== undefined);
  const near = await nearestText(content, wanted.old);
  const advice = maybe.length === 0 && near === undefined ? [" Read the file again."] : [];
  return [lead, ...maybe.map((hint) => ` ${hint}`), ...advice, near ?? ""].join("");
}

const NUMBER = /^\s*\d+(?:\t|→|\s*\||: )/;

function numbered(_content: string, { old }: Wanted): string | undefined {
  const lines = old.split("\n").filter((line) => line !== "");
  const all = lines.length > 0 && lines.every((line) => NUMBER.test(line));
  return all ? "It carries the line numbers of read_file: send the text without them." : undefined;
}

const ESCAPES: Record<string, string> = { n: "\n", t: "\t", r: "\r" };

function escaped(content: string, { old }: Wanted): string | undefined {
  if (!old.includes("\\")) return undefined;
  const plain = old.replace(/\\([\s\S])/g, (_, char: string) => ESCAPES[char] ?? char);
  if (!unix(content).includes(unix(plain))) return undefined;
  if (old.includes("\\n") && plain.includes("\n"))
    return 'It holds "\\n" as two characters where the file has a line end: send real line ends.';
  return "It is escaped once too often: send the text as it stands in the file, without the additional backslashes.";
}

function applied(content: string, { fresh }: Wanted): string | undefined {
  if (fresh.trim() === "" || !unix(content).includes(unix(fresh))) return undefined;
  const line = lineAt(unix(content), unix(content).indexOf(unix(fresh)));
  return `new_text is already there (line ${line}): the edit looks already applied.`;
}

function otherCase(content: string, { old }: Wanted): string | undefined {
  const at = content.toLowerCase().indexOf(old.toLowerCase());
  return at < 0 ? undefined : `It differs from line ${lineAt(content, at)} in upper and lower case.`;
}

function anchored(content: string, { old }: Wanted): string | undefined {
  const wanted = old.split("\n").map((line) => line.trim());
  const lines = content.split("\n", MOST.lines).map((line) => line.trim());
  const ends = wanted.filter((line) => line.length > 2);
  const [from, to] = [lines.indexOf(ends[0] ?? ""), lines.lastIndexOf(ends.at(-1) ?? "")];
  if (ends.length < 2 || wanted.length < 3 || from < 0 || to - from + 1 <= wanted.length) return undefined;
  return `Its first and last line stand ${to - from} lines apart (lines ${from + 1} and ${to + 1}), with other text between: old_text must hold all of what is replaced.`;
}

function unix(text: string): string {
  return text.replaceAll("\r\n", "\n");
}

/** Lines that are looked at for the nearest text, and characters that are shown and compared. */
const MOST = { lines: 20_000, shown: 1500, compared: 20_000 };

async function nearestText(content: string, old: string): Promise<string | undefined> {
  const block = nearestBlock(content, old);
  if (block === undefined) return undefined;
  const shown = block.lines.map((line, n) => `${block.at + n + 1}\t${line}`).join("\n");
  const theirs = `${block.lines.join("\n")}\n`;
  const lead = ` The nearest text is:\n${shown.slice(0, MOST.shown)}`;
  if (theirs.length + old.length > MOST.compared) return lead;
  const { text } = await unifiedDiff("x", `${unix(old).replace(/\n$/, "")}\n`, theirs);
  const changes = text.split("\n").slice(3).join("\n").trimEnd();
  return `${lead}\n(- old_text, + the file)\n${changes.slice(0, MOST.shown)}`;
}

type Block = { at: number; lines: readonly string[] };

// the place whose lines share most with the wanted ones, blanks aside, up to where the last of them stands
function nearestBlock(content: string, old: string): Block | undefined {
  const lines = unix(content).split("\n", MOST.lines);
  const lookedFor = unix(old)
    .replace(/\n$/, "")
    .split("\n")
    .map((line) => line.trim());
  const wanted = { lines: lookedFor, known: new Set(lookedFor.filter((line) => line.length > 2)) };
  let best = { at: 0, score: 0 };
  for (let at = 0; at < lines.length; at += 1) {
    const score = scoreAt(lines, at, wanted);
    if (score > best.score) best = { at, score };
  }
  if (best.score === 0) return undefined;
  const reach = lines.slice(best.at, best.at + lookedFor.length + 5);
  const end = reach.findLastIndex((line) => line.trim() === lookedFor.at(-1));
  return { at: best.at, lines: reach.slice(0, end > 0 ? end + 1 : lookedFor.length) };
}

type Sought = { lines: readonly string[]; known: ReadonlySet<string> };

function scoreAt(lines: readonly string[], at: number, wanted: Sought): number {
  const here = lines[at]?.trim() ?? "";
  const anchor = wanted.known.has(here) ? 1 : likeness(here, wanted.lines[0] ?? "");
  if (anchor < 0.6) return 0;
  return wanted.lines
    .slice(0, 200)
    .reduce((sum, line, n) => sum + (line !== "" && lines[at + n]?.trim() === line ? 1 : 0), anchor);
}

// the share of words in common
function likeness(a: string, b: string): number {
  const [left, right] = [words(a), words(b)];
  if (left.size === 0 || right.size === 0) return 0;
  const common = [...left].filter((word) => right.has(word)).length;
  return (2 * common) / (left.size + right.size);
}

function words(line: string): Set<string> {
  return new Set(line.slice(0, 2000).match(/[\p{L}\p{N}_]+/gu) ?? []);
}
