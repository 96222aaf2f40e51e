/** What a plain command reads: the operands that are paths. */
export type PlainRead = { operands: string[] };

type Rule = { flags: RegExp; operands: "paths" | "words" };

const WORDS: Rule = { flags: /^-/, operands: "words" };
const NUMBERED = /^-(\d+|[nc]\d+|[nc]|q|v)$/;

// only what is known to read, with only the flags that are known to be harmless
const COMMANDS: Record<string, Rule> = {
  true: WORDS,
  false: WORDS,
  sleep: WORDS,
  echo: WORDS,
  pwd: { flags: /^-[LP]$/, operands: "words" },
  uname: { flags: /^-[amnprsv]+$/, operands: "words" },
  whoami: WORDS,
  basename: WORDS,
  dirname: WORDS,
  ls: { flags: /^-[1ACFRStaghilrs]+$/, operands: "paths" },
  cat: { flags: /^-[bensuvAET]+$/, operands: "paths" },
  head: { flags: NUMBERED, operands: "paths" },
  tail: { flags: NUMBERED, operands: "paths" },
  wc: { flags: /^-[clmwL]+$/, operands: "paths" },
  stat: { flags: /^-[Lt]+$/, operands: "paths" },
};

// no quote, expansion, redirection, glob or assignment: the shell passes such words on as they stand
const PLAIN = /^[A-Za-z0-9_./,@%+:-]+( +[A-Za-z0-9_./,@%+:-]+)*$/;
const JOINTS = / *(?:;|&&|\|\||\|) */;

/**
 * A command line that is known to do nothing but read, or undefined: plain words, also several commands joined
 * by `;`, `&&`, `||` and `|`. It is a short list on purpose: what is not on it may do anything.
 */
export function plainRead(command: string): PlainRead | undefined {
  const parts = command.trim().split(JOINTS).map(simpleRead);
  if (!parts.every((part) => part !== undefined)) return undefined;
  return { operands: parts.flatMap((part) => part.operands) };
}

function simpleRead(line: string): PlainRead | undefined {
  if (!PLAIN.test(line)) return undefined;
  const [name = "", ...words] = line.split(/ +/);
  const rule = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (rule === undefined) return undefined;
  if (words.some((word) => word.startsWith("-") && !rule.flags.test(word))) return undefined;
  const operands = rule.operands === "paths" ? words.filter((word) => !word.startsWith("-")) : [];
  return { operands: rule.operands === "paths" && operands.length === 0 ? ["."] : operands };
}
