import { homedir } from "node:os";
import { isAbsolute, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { holdsAtoms } from "./draft.js";
import { linesIn } from "./folds.js";

const BEGIN = "\u001b[200~";
const END = "\u001b[201~";
/** Beyond these a paste is shown folded. */
const MOST = { lines: 10, characters: 1000 };

/** The text of a bracketed paste as it is kept: only the ends of its lines are made one kind. Undefined: it is none. */
export function pastedText(data: string): string | undefined {
  if (!data.startsWith(BEGIN)) return undefined;
  const end = data.lastIndexOf(END);
  const text = data.slice(BEGIN.length, end < 0 ? undefined : end);
  return decoded(text).replace(/\r\n?/g, "\n");
}

// some tmux versions write control bytes of a paste as the keys that would make them
function decoded(text: string): string {
  if (!text.includes("\u001b[1")) return text;
  return text.replace(/\u001b\[1(05|06|09);5u/g, (_, code: string) => ({ "05": "\t", "06": "\n" })[code] ?? "\r");
}

/** Whether a paste is shown folded: it is long, or holds characters that the prompt uses itself. */
export function isLong(text: string): boolean {
  return text.length > MOST.characters || linesIn(text) > MOST.lines || holdsAtoms(text);
}

/** The image files that a paste names, as absolute paths, when it names nothing else. `isFile` looks on the disk. */
export function imagesNamed(text: string, cwd: string, isFile: (path: string) => boolean): string[] {
  if (text.length > 4096 || !/\.(png|jpe?g|gif|webp)/i.test(text)) return [];
  const whole = text.trim();
  if (isImage(whole, cwd, isFile)) return [pathOf(whole, cwd)];
  const words = shellWords(whole);
  return words.every((word) => isImage(word, cwd, isFile)) ? words.map((word) => pathOf(word, cwd)) : [];
}

function isImage(word: string, cwd: string, isFile: (path: string) => boolean): boolean {
  return /\.(png|jpe?g|gif|webp)$/i.test(word) && !word.includes("\n") && isFile(pathOf(word, cwd));
}

function pathOf(word: string, cwd: string): string {
  if (word.startsWith("file://")) return fromUrl(word);
  if (word.startsWith("~/")) return resolve(homedir(), word.slice(2));
  return isAbsolute(word) ? word : resolve(cwd, word);
}

function fromUrl(url: string): string {
  try {
    return fileURLToPath(url);
  } catch {
    return url;
  }
}

// quotes and backslashes as a terminal writes them when files are dropped on it
function shellWords(text: string): string[] {
  const words = text.match(/(?:'[^']*'|"(?:\\.|[^"\\])*"|\\.|[^\s'"\\])+/gs) ?? [];
  return words.map((word) =>
    word.replace(
      /'([^']*)'|"((?:\\.|[^"\\])*)"|\\(.)/gs,
      (_, single?: string, double?: string, escaped?: string) =>
        single ?? double?.replace(/\\(["\\$`])/g, "$1") ?? escaped ?? "",
    ),
  );
}
