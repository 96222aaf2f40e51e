import type { ThemeName } from "../../app/settings.js";

export type Paint = (text: string) => string;

/** How things look. Each paint ends what it began, so that styles never leak out of their text. */
export type Theme = Record<
  | "dim"
  | "bold"
  | "italic"
  | "underline"
  | "struck"
  | "accent"
  | "good"
  | "bad"
  | "warn"
  | "added"
  | "removed"
  | "code"
  | "heading"
  | "link",
  Paint
> & {
  /** The row that is chosen in a list. */
  chosen: Paint;
};

/** What the terminal's text stands on. */
export type Ground = "light" | "dark";

const sgr = (on: string, off: string) => (text: string) => (text === "" ? "" : `\u001b[${on}m${text}\u001b[${off}m`);
const plain: Paint = (text) => text;

/** The terminal's own palette, which its owner chose to be read. */
const DARK: Theme = {
  dim: sgr("2", "22"),
  bold: sgr("1", "22"),
  italic: sgr("3", "23"),
  underline: sgr("4", "24"),
  struck: sgr("9", "29"),
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

/** Cyan and yellow are hard to read on white. */
const LIGHT: Theme = {
  ...DARK,
  accent: sgr("34", "39"),
  warn: sgr("35", "39"),
  code: sgr("35", "39"),
  heading: sgr("1;34", "22;39"),
};

/** Blue and red are told apart by those to whom green and red are one. */
const APART = {
  dark: { good: sgr("94", "39"), added: sgr("94", "39") },
  light: { good: sgr("34", "39"), added: sgr("34", "39") },
};

type Looks = { colours: boolean; ground?: Ground; daltonized?: boolean };

/** `colours: false` is for NO_COLOR: emphasis stays, colour goes. */
export function themeOf({ colours, ground = "dark", daltonized = false }: Looks): Theme {
  if (colours) return { ...(ground === "light" ? LIGHT : DARK), ...(daltonized && APART[ground]) };
  const none = { accent: plain, good: plain, bad: plain, warn: plain, added: plain, removed: plain, code: plain };
  return { ...DARK, ...none, heading: DARK.bold, link: DARK.underline };
}

/** What a terminal tells of its ground by COLORFGBG; dark where it tells nothing. */
function groundOf(env: Record<string, string | undefined>): Ground {
  const ground = env.COLORFGBG?.split(";").at(-1);
  return ground === "7" || ground === "15" ? "light" : "dark";
}

/** The theme that a person has set, or the one that fits the terminal; `colours` is whether it wants any. */
export function themeNamed(
  name: ThemeName = "auto",
  { colours, env }: { colours: boolean; env: Record<string, string | undefined> },
): Theme {
  const [ground, daltonized] = name.split("-");
  return themeOf({
    colours: colours && name !== "none",
    ground: ground === "light" || ground === "dark" ? ground : groundOf(env),
    daltonized: daltonized !== undefined,
  });
}
