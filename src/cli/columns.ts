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

/** Columns that what goes on below a line stands in from it. */
const HANG = 4;

/** A text as a stream shows it: at a terminal lines end between words, and what goes on below stands in; elsewhere it is as it was. */
export function brokenFor(text: string, { isTTY, columns }: { isTTY?: boolean; columns?: number }): string {
  if (!isTTY || columns === undefined || columns < 1) return text;
  return text
    .split("\n")
    .flatMap((line) => broken(line, columns))
    .join("\n");
}

function broken(line: string, columns: number): string[] {
  if (room(line, columns) === line.length) return [line];
  const indent = line.length - line.trimStart().length + HANG;
  const hang = indent * 2 > columns ? "" : " ".repeat(indent);
  const lines: string[] = [];
  let now = "";
  for (const [word] of line.matchAll(/ *[^ ]+/g)) {
    const longer = now + word;
    if (now.trim() !== "" && room(longer, columns) < longer.length) {
      lines.push(now);
      now = hang + word.trimStart();
    } else now = longer;
    for (let most = room(now, columns); most < now.length; most = room(now, columns)) {
      const end = endIn(now, most);
      lines.push(now.slice(0, end));
      now = hang + now.slice(end);
    }
  }
  return [...lines, now];
}

// a word that is longer than a line ends behind a slash where there is one near
function endIn(line: string, most: number): number {
  const slash = line.lastIndexOf("/", most - 1) + 1;
  return slash > most / 2 ? slash : most;
}

// how many of its characters fit, one at least
function room(line: string, columns: number): number {
  let [used, at] = [0, 0];
  for (const char of line) {
    used += widthOf(char);
    if (used > columns && at > 0) return at;
    at += char.length;
  }
  return at;
}

function widthOf(char: string): number {
  if (/\p{M}/u.test(char)) return 0;
  return WIDE.test(char) ? 2 : 1;
}
