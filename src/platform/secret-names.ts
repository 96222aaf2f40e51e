/** A kind of secret and how it is recognised. */
export type Shape = {
  kind: string;
  /** The characters it may begin with. */
  begins: readonly string[];
  /** Sticky, from there on. With two groups the first stays and the second is the secret. */
  pattern: RegExp;
  accepts?: (secret: string, context: Context) => boolean;
  /** May begin within a word. */
  inWord?: true;
};

/** What stands before a secret: the text before the pattern, and the pattern's first group. */
export type Context = { before: string; head: string };

/** What characters a value in `NAME=value` has; no separator is among them, so that no two values overlap. */
const VALUE = "((?:base64:)?[^\\s\"'`\\\\,;<>(){}[\\]|&:=]{16,512}={0,2})";
const QUOTE = "\\\\{0,3}[\"'`]?";
const SUFFIX = "(?:[_-]?(?:\\d{1,2}|value|base64|b64|prod|production|dev|staging|live|test))?";
const BETWEEN = `${QUOTE}(?:[ \\t]{0,4}(?:=>|:=|[:=>])[ \\t]{0,4}|[ \\t])`;
const WORDS = [
  "key",
  "token",
  "secret",
  "password",
  "passwd",
  "passphrase",
  "pwd",
  "credential",
  "credentials",
  "_auth",
];

/** `NAME=value`, `"name": "value"` and the like, where the name tells of a secret and the value looks random. */
export const NAMED: Shape = {
  kind: "secret",
  begins: WORDS.flatMap((word) => [word, word.toUpperCase(), capitalised(word)]),
  pattern: new RegExp(`((?:${WORDS.toReversed().join("|")})${SUFFIX}${BETWEEN}${QUOTE})${VALUE}`, "iy"),
  accepts: (value, context) => {
    const name = nameKind(context);
    if (name === "aws" && /^[A-Za-z0-9/+]{40}$/.test(value)) return true;
    return name !== "none" && looksRandom(value) && (name !== "weak" || isMixed(value));
  },
  inWord: true,
};

function capitalised(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}

const HARMLESS =
  /(?:public|primary|foreign|cache|sort|partition|hash|range|row|page|next|continuation|sync|resume|cursor|idempotency|dedup|group|map|object|index|i18n|translation|message|shortcut|hot|short|cut)[-_. ]?$/i;
const STRONG =
  /(?:api|secret|private|access|auth|signing|sign|encryption|encrypt|master|account|storage|deploy|ssh|license|webhook|shared|app|server|service|client|hmac|jwt|session|admin|host)[-_. ]?$/i;

// "key" is also a word for what is no secret: alone it counts for less, within a word for nothing
function nameKind({ before, head }: Context): "aws" | "strong" | "weak" | "none" {
  if (HARMLESS.test(before)) return "none";
  if (!/[:=>]/.test(head) && !/--[\w-]*$/.test(before)) return "none";
  if (!/^key/i.test(head)) return "strong";
  if (/secret[-_ ]?access[-_ ]?$/i.test(before)) return "aws";
  if (STRONG.test(before) || (/[A-Z0-9]_$/.test(before) && head.startsWith("KEY"))) return "strong";
  return /[a-z]$/.test(before) && head.startsWith("k") ? "none" : "weak";
}

const PLACEHOLDER =
  /^(?:[$%*]|\.{3}|x{3}|your|change|(?:my|the|some|a|insert|enter|replace|add|put|paste|example|sample|test|dummy|fake|mock|foo)[-_.]|(?:process|import\.meta|os|env|config|settings|secrets|vault|self|this|options|args|req|props|params|ctx|context)\.|arn:|sha\d{3}-)/i;
const PATH = /^(?:~|\.{1,2})?\/[\w.@-]*(?:\/|$)|:\/\//;

function looksRandom(value: string): boolean {
  if (PLACEHOLDER.test(value) || PATH.test(value) || isWords(value)) return false;
  if (!/[A-Za-z]/.test(value) || entropy(value) < 2.8) return false;
  const digits = value.replace(/\D/g, "").length;
  // names in code change class too, but hold no digit
  return digits >= Math.max(3, value.length * 0.12) || (digits > 0 && changes(value) >= (value.length - 1) * 0.45);
}

function isMixed(value: string): boolean {
  return value.length >= 20 && /[a-z]/.test(value) && /[A-Z]/.test(value) && /\d/.test(value);
}

/** Whether a value is words and small numbers with separators between them, as names and placeholders are. */
export function isWords(value: string): boolean {
  return value
    .split(/[-_./+=~@:#!?]/)
    .every((piece) => /^(?:[A-Z]?[a-z]{0,16}\d{0,2}|[A-Z]{0,16}|\d{1,8})$/.test(piece));
}

/** Bits per character, by how often each occurs (Shannon). */
function entropy(value: string): number {
  const counts = new Map<string, number>();
  for (const each of value) counts.set(each, (counts.get(each) ?? 0) + 1);
  let bits = 0;
  for (const count of counts.values()) bits -= (count / value.length) * Math.log2(count / value.length);
  return bits;
}

// how often a capital, a small letter, a digit and another character follow one of another class
function changes(value: string): number {
  const classes = value
    .replace(/[a-z]/g, "a")
    .replace(/[A-Z]/g, "A")
    .replace(/\d/g, "0")
    .replace(/[^aA0]/g, ".");
  return [...classes].filter((each, n) => n > 0 && each !== classes[n - 1]).length;
}
