export type Paint = (text: string) => string;

/** How things look. Each paint ends what it began, so that styles never leak out of their text. */
export type Theme = Record<
  "dim" | "bold" | "italic" | "accent" | "good" | "bad" | "warn" | "added" | "removed" | "code" | "heading" | "link",
  Paint
> & {
  /** The row that is chosen in a list. */
  chosen: Paint;
};

const sgr = (on: string, off: string) => (text: string) => (text === "" ? "" : `\u001b[${on}m${text}\u001b[${off}m`);
const plain: Paint = (text) => text;

/** The terminal's own palette, so that light and dark both read well. */
const COLOURS: Theme = {
  dim: sgr("2", "22"),
  bold: sgr("1", "22"),
  italic: sgr("3", "23"),
  accent: sgr("36", "39"),
  good: sgr("32", "39"),
  bad: sgr("31", "39"),
  warn: sgr("33", "39"),
  added: sgr("32", "39"),
  removed: sgr("31", "39"),
  code: sgr("36", "39"),
  heading: sgr("1;36", "22;39"),
  link: sgr("4;34", "24;39"),
  chosen: sgr("7", "27"),
};

/** `colours: false` is for NO_COLOR: emphasis stays, colour goes. */
export function themeOf({ colours }: { colours: boolean }): Theme {
  if (colours) return COLOURS;
  const { dim, bold, italic, chosen } = COLOURS;
  const none = { accent: plain, good: plain, bad: plain, warn: plain, added: plain, removed: plain, code: plain };
  return { ...none, dim, bold, italic, chosen, heading: bold, link: sgr("4", "24") };
}
