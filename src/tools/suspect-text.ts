import { basename, extname } from "node:path";

/** A text that is to be written; `known` is what the file holds now, undefined when there is none yet. */
export type Suspect = { path: string; name: "new_text" | "content"; fresh: string; known: string | undefined };

/** Throws a sentence when a text carries what was meant for a reader and not for the file. */
export function refuseSuspect(suspect: Suspect): void {
  const why = [redacted, elided, fenced, plussed].map((look) => look(suspect)).find((found) => found !== undefined);
  if (why !== undefined) throw new Error(`${suspect.name} ${why} Nothing was changed.`);
}

const MARK = "[redacted";

function redacted({ path, fresh, known = "" }: Suspect): string | undefined {
  if (!fresh.includes(MARK) || known.includes(MARK)) return undefined;
  return `holds "${MARK}", which stands for a secret you were not shown; writing it to ${path} would destroy the secret. Edit around it.`;
}

const COMMENT = String.raw`(?:\/\/|#|--|;|%|\/\*+|\{\s*\/\*|<!--|"""|''')`;
const DOTS = String.raw`(?:\.{3}|…)`;
const REST =
  "(?:rest|remaining|remainder|existing|unchanged|previous|omitted|elided|same as|as before|other (?:code|methods|functions)|keep|其余|其他|剩余|原有|现有|省略|不变)";
const THINGS = "(?:code|lines?|contents?|implementation|methods?|functions?|file|logic|class|imports?)";
const ELISIONS = [
  new RegExp(String.raw`^${COMMENT}\s*${DOTS}.*${REST}`, "i"),
  new RegExp(
    String.raw`^${COMMENT}.*\b(?:rest|remaining|existing|other|previous)\s(?:\w+\s){0,2}${THINGS}\b.*${DOTS}`,
    "i",
  ),
  new RegExp(
    String.raw`^${COMMENT}.*\b(?:rest|remaining|remainder)\b.*\b(?:unchanged|the same|as before|omitted)\b`,
    "i",
  ),
  new RegExp(`^${COMMENT}.*(?:其余|其他|剩余|原有|现有).*(?:不变|省略|相同)`),
  new RegExp(String.raw`^${DOTS}\s+.*${REST}`, "i"),
];
const BARE = new RegExp(String.raw`^${COMMENT}\s*${DOTS}\s*(?:\*\/\s*\}?|-->)?\s*$`);

function elided({ path, fresh, known }: Suspect): string | undefined {
  if (known === undefined) return undefined;
  const patterns = isProse(path) ? ELISIONS : [...ELISIONS, BARE];
  const lines = fresh.split("\n").map((line) => line.trim());
  const line = lines.find((each) => patterns.some((pattern) => pattern.test(each)) && !known.includes(each));
  if (line === undefined) return undefined;
  return `stands for text it leaves out ("${line.slice(0, 80)}"): ${path} would lose that text. Write all of it, or edit smaller places.`;
}

function fenced({ path, fresh, known = "" }: Suspect): string | undefined {
  if (isProse(path) || known.includes("```") || !/^\s*```[^\n`]*\n/.test(fresh)) return undefined;
  return `begins with a code fence, which ${path} would then hold: send the text without the fence.`;
}

function plussed({ path, fresh, known = "" }: Suspect): string | undefined {
  const lines = fresh.split("\n").filter((line) => line.trim() !== "");
  if (isProse(path) || lines.length < 2 || !lines.every((line) => line.startsWith("+")) || /^\+/m.test(known))
    return undefined;
  return `has a + before each line, which ${path} would then hold: send the text without diff marks.`;
}

const PROSE = /^\.(?:md|mdx|markdown|rst|adoc|txt|patch|diff|ipynb)$/;

function isProse(path: string): boolean {
  return PROSE.test(extname(path).toLowerCase()) || /^(?:readme|changelog)$/i.test(basename(path));
}
