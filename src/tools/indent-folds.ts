import { type Found, type Hit, type Wanted, withEndingsOf } from "./find-text.js";

/** A line of the file: its place without its line end, the place behind that, its indent, and the rest without blanks behind. */
type Line = Hit & { next: number; indent: string; bare: string };

/** How a line of the new text is indented in the file; undefined when it cannot be. */
type Rule = { ignored: string; indent(of: string): string | undefined };

type Pair = { mine: string; theirs: string };

/** The places whose lines differ only in an indent that is shifted evenly, or in tabs against blanks: each fold's own finding. */
export function indentFolds(content: string, wanted: Wanted): Found[] {
  const old = linesOf(wanted.old.replace(LAST_END, ""));
  if (old.every(({ bare }) => bare === "")) return [];
  const lines = linesOf(content);
  const places = [...lines.keys()].filter((at) => old.every(({ bare }, n) => lines[at + n]?.bare === bare));
  return [evenShift, retabbed].map((ruleOf) => {
    const rules = new Map<number, { rule: Rule; lines: readonly Line[] }>();
    const hits = places.flatMap((at) => {
      const there = lines.slice(at, at + old.length);
      const rule = ruleOf(pairs(there, old));
      if (rule === undefined || !fits(rule, wanted.fresh)) return [];
      const hit = spanOf(there, wanted);
      rules.set(hit.from, { rule, lines: there });
      return [hit];
    });
    const ignored = rules.values().next().value?.rule.ignored ?? "";
    return { hits, ignored, textFor: (hit) => written(content, wanted, rules.get(hit.from)) };
  });
}

function linesOf(content: string): Line[] {
  const lines: Line[] = [];
  for (let from = 0; from <= content.length; ) {
    const found = content.indexOf("\n", from);
    const end = found < 0 ? content.length : found;
    const text = content.slice(from, end);
    const to = text.endsWith("\r") ? end - 1 : end;
    const indent = /^[ \t]*/.exec(text)?.[0] ?? "";
    lines.push({ from, to, next: found < 0 ? end : end + 1, indent, bare: text.slice(indent.length).trimEnd() });
    from = end + 1;
  }
  return lines;
}

// a line end behind both texts stays where it is
function spanOf(lines: readonly Line[], { old, fresh }: Wanted): Hit {
  const [first, last] = [lines[0], lines.at(-1)];
  const whole = old.endsWith("\n") && !fresh.endsWith("\n");
  return { from: first?.from ?? 0, to: (whole ? last?.next : last?.to) ?? 0 };
}

function pairs(there: readonly Line[], old: readonly Line[]): Pair[] {
  return old.flatMap(({ indent, bare }, n) => (bare === "" ? [] : [{ mine: there[n]?.indent ?? "", theirs: indent }]));
}

function evenShift(all: readonly Pair[]): Rule | undefined {
  const [first] = all;
  if (first === undefined || first.mine === first.theirs) return undefined;
  const { mine, theirs } = first;
  if (mine.endsWith(theirs)) {
    const more = mine.slice(0, mine.length - theirs.length);
    if (!all.every((pair) => pair.mine === more + pair.theirs)) return undefined;
    return { ignored: `indent (shifted by ${more.length} more)`, indent: (of) => more + of };
  }
  if (!theirs.endsWith(mine)) return undefined;
  const less = theirs.slice(0, theirs.length - mine.length);
  if (!all.every((pair) => pair.theirs === less + pair.mine)) return undefined;
  const indent = (of: string) => (of.startsWith(less) ? of.slice(less.length) : undefined);
  return { ignored: `indent (shifted by ${less.length} less)`, indent };
}

/** Blanks that a tab may stand for. */
const WIDTHS = [4, 2, 8, 3];

function retabbed(all: readonly Pair[]): Rule | undefined {
  const differing = all.filter(({ mine, theirs }) => mine !== theirs);
  const width = WIDTHS.find((each) => all.every(({ mine, theirs }) => wide(mine, each) === wide(theirs, each)));
  if (differing.length === 0 || width === undefined) return undefined;
  const tabs = differing.every(({ mine }) => mine.includes("\t"));
  if (!tabs && differing.some(({ mine }) => mine.includes("\t"))) return undefined;
  const indent = (of: string) => {
    const columns = wide(of, width);
    return tabs ? "\t".repeat(columns / width) + " ".repeat(columns % width) : " ".repeat(columns);
  };
  return { ignored: `tabs against blanks (a tab for ${width})`, indent };
}

function wide(indent: string, width: number): number {
  return [...indent].reduce((sum, char) => sum + (char === "\t" ? width : 1), 0);
}

function fits({ indent }: Rule, fresh: string): boolean {
  return linesOf(fresh).every((line) => line.bare === "" || indent(line.indent) !== undefined);
}

type Place = { rule: Rule; lines: readonly Line[] };

// lines that the old and the new text share stay as the file has them
async function written(content: string, wanted: Wanted, place: Place | undefined): Promise<string> {
  const before = rows(wanted.old.replace(LAST_END, ""));
  const after = rowsInstead(wanted);
  const { diffArrays } = await import("diff");
  const changes = diffArrays(before, after, { comparator: (a, b) => a.trimEnd() === b.trimEnd() });
  let at = 0;
  let gone: readonly Line[] = [];
  const out = changes.flatMap(({ added, removed, value }) => {
    const there = place?.lines.slice(at, at + value.length) ?? [];
    if (added) return value.map((row, n) => changed(content, indented(row, place), pairedWith(gone, value.length, n)));
    at += value.length;
    gone = removed ? there : [];
    return removed ? [] : there.map((line) => own(content, line));
  });
  const end = withEndingsOf(content.slice(place?.lines[0]?.from, place?.lines[0]?.next), content, "\n");
  return out.map((row, n) => (n < out.length - 1 ? row.text + (row.end || end) : row.text)).join("");
}

// as many new lines as old ones are taken as the same lines, changed
function pairedWith(gone: readonly Line[], count: number, n: number): Line | undefined {
  return gone.length === count ? gone[n] : undefined;
}

// a changed line keeps the blanks behind it and its line end
function changed(content: string, text: string, line: Line | undefined): Row {
  if (line === undefined) return { text, end: "" };
  const before = content.slice(line.from, line.to);
  const behind = text === text.trimEnd() ? before.slice(before.trimEnd().length) : "";
  return { text: text + behind, end: content.slice(line.to, line.next) };
}

type Row = { text: string; end: string };

function rowsInstead({ old, fresh }: Wanted): string[] {
  if (!old.endsWith("\n")) return rows(fresh);
  return fresh === "" ? [] : rows(fresh.replace(LAST_END, ""));
}

const LAST_END = /\r?\n$/;

function rows(text: string): string[] {
  return text.split(/\r?\n/);
}

function own(content: string, { from, to, next }: Line): Row {
  return { text: content.slice(from, to), end: content.slice(to, next) };
}

function indented(row: string, place: Place | undefined): string {
  const indent = /^[ \t]*/.exec(row)?.[0] ?? "";
  const rest = row.slice(indent.length);
  return rest === "" ? row : (place?.rule.indent(indent) ?? indent) + rest;
}
