import { visible } from "../../../platform/text.js";
import { untabbed } from "../screen/cells.js";
import { cut } from "../screen/wrap.js";
import type { Theme } from "../theme.js";

type Row = { old: number | undefined; now: number | undefined; sign: " " | "+" | "-" | "@"; text: string };

const HUNK = /^@@ -(\d+)(?:,\d+)? \+(\d+)(?:,\d+)? @@(.*)$/;

/** A unified diff as lines with the numbers that they had and have. What stands before its first hunk is left out. */
export function diffLines(diff: string, theme: Theme, columns: number): string[] {
  const rows = rowsOf(visible(diff).trimEnd().split("\n"));
  const wide = Math.max(1, ...rows.map(({ old = 0, now = 0 }) => String(Math.max(old, now)).length));
  const gutter = columns >= 2 * wide + 20 ? 2 : columns >= wide + 12 ? 1 : 0;
  return rows.map((row) => cut(drawn(row, { theme, wide, gutter }), columns));
}

function rowsOf(lines: readonly string[]): Row[] {
  const at = { old: 0, now: 0 };
  const begin = lines.findIndex((line) => HUNK.test(line));
  if (begin < 0) return [];
  return lines.slice(begin).flatMap((line, n): Row[] => {
    const [, old, now, words = ""] = HUNK.exec(line) ?? [];
    if (old === undefined) return [rowOf(line, at)];
    Object.assign(at, { old: Number(old), now: Number(now) });
    return n === 0 ? [] : [{ old: undefined, now: undefined, sign: "@", text: `…${words}` }];
  });
}

function rowOf(line: string, at: { old: number; now: number }): Row {
  const text = line.slice(1);
  if (line.startsWith("+")) return { old: undefined, now: at.now++, sign: "+", text };
  if (line.startsWith("-")) return { old: at.old++, now: undefined, sign: "-", text };
  if (line.startsWith("\\")) return { old: undefined, now: undefined, sign: "@", text: line };
  return { old: at.old++, now: at.now++, sign: " ", text };
}

// two columns of numbers where there is room, one of the newer where there is less
function drawn(
  { old, now, sign, text }: Row,
  { theme, wide, gutter }: { theme: Theme; wide: number; gutter: number },
): string {
  const number = (value: number | undefined) => String(value ?? "").padStart(wide);
  const numbers = gutter === 2 ? `${number(old)} ${number(now)} ` : gutter === 1 ? `${number(now ?? old)} ` : "";
  const words = untabbed(text);
  if (sign === "@") return theme.dim(`${" ".repeat(numbers.length)}${words}`);
  const line = `${sign} ${words}`;
  const paint = sign === "+" ? theme.added : sign === "-" ? theme.removed : (plain: string) => plain;
  return `${theme.dim(numbers)}${paint(line)}`;
}
