const WIDE =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u;

/** A line cut to the columns of a terminal, not to characters: Chinese takes two, a combining mark none. */
export function cutTo(line: string, columns: number): string {
  let [used, kept, whole] = [0, "", ""];
  for (const char of line) {
    used += widthOf(char);
    if (used > columns) return `${kept}…`;
    whole += char;
    if (used < columns) kept = whole;
  }
  return line;
}

function widthOf(char: string): number {
  if (/\p{M}/u.test(char)) return 0;
  return WIDE.test(char) ? 2 : 1;
}
