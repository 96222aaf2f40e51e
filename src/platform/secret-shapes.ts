import { type Context, isWords, NAMED, type Shape } from "./secret-names.js";

/** A secret in a text, from `start` to before `end`. */
export type Found = { kind: string; start: number; end: number };

// what a person writes where a key belongs is words; a key is not
function isKey(secret: string): boolean {
  const some = secret.slice(0, 512);
  return /\d/.test(some) && new Set(some).size >= 8 && !isWords(some.slice(3));
}

const PROSE = /^(?:[A-Z]?[a-z]+|[A-Z_]+|(?:your|x{3}|(?:my|the|some)[-_]).*)$/;
const NO_PASSWORD = /^(?:\$|%\w+%$|\{|\*+$|x+$|pass(?:word)?$|pw$|secret$)/i;

// each pattern ends where the next candidate of its kind could begin: the whole is linear
const SHAPES: readonly Shape[] = [
  { kind: "anthropic-key", begins: ["sk-ant-"], pattern: /sk-ant-[\w-]{20,}/y, accepts: isKey },
  { kind: "api-key", begins: ["sk-"], pattern: /sk-(?!ant-)[\w-]{20,}/y, accepts: isKey },
  { kind: "api-key", begins: ["gsk_", "xai-", "pplx-"], pattern: /(?:gsk_|xai-|pplx-)[A-Za-z0-9]{32,}/y },
  {
    kind: "github-token",
    begins: ["ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"],
    pattern: /(?:gh[pousr]_[A-Za-z0-9]{30,}|github_pat_\w{30,})/y,
    accepts: isKey,
  },
  { kind: "gitlab-token", begins: ["glpat-"], pattern: /glpat-[\w-]{20,}/y, accepts: isKey },
  {
    kind: "slack-token",
    begins: ["xoxa-", "xoxb-", "xoxe-", "xoxp-", "xoxr-", "xoxs-"],
    pattern: /xox[abeprs]-[A-Za-z0-9-]{10,}/y,
    accepts: isKey,
  },
  {
    kind: "slack-webhook",
    begins: ["hooks.slack.com/"],
    pattern: /(hooks\.slack\.com\/services\/)([\w/]{20,})/y,
    inWord: true,
  },
  { kind: "aws-key", begins: ["AKIA", "ASIA"], pattern: /A[KS]IA[A-Z0-9]{16}(?![A-Za-z0-9])/y },
  { kind: "google-key", begins: ["AIza"], pattern: /AIza[\w-]{35,}/y },
  { kind: "google-token", begins: ["ya29."], pattern: /ya29\.[\w.-]{20,}/y },
  {
    kind: "stripe-key",
    begins: ["sk_live_", "rk_live_", "sk_test_", "rk_test_"],
    pattern: /[rs]k_(?:live|test)_[A-Za-z0-9]{16,}/y,
  },
  { kind: "npm-token", begins: ["npm_"], pattern: /npm_[A-Za-z0-9]{36,}/y },
  { kind: "pypi-token", begins: ["pypi-"], pattern: /pypi-[\w-]{40,}/y },
  { kind: "huggingface-token", begins: ["hf_"], pattern: /hf_[A-Za-z0-9]{30,}/y },
  { kind: "sendgrid-key", begins: ["SG."], pattern: /SG\.[\w-]{16,}\.[\w-]{16,}/y },
  { kind: "twilio-key", begins: ["SK"], pattern: /SK[0-9a-f]{32}(?![A-Za-z0-9])/y },
  { kind: "telegram-token", begins: [":AA"], pattern: /(:)((?<=\d{8}:)AA[\w-]{32,})/y, inWord: true },
  { kind: "jwt", begins: ["eyJ"], pattern: /eyJ[\w-]{6,}\.[\w-]{8,}\.[\w-]*/y },
  {
    kind: "authorization",
    begins: ["Authorization", "authorization", "AUTHORIZATION"],
    pattern:
      /(authorization\\{0,3}["'`]?[ \t]{0,4}[:=][ \t]{0,4}\\{0,3}["'`]?(?:bearer|basic|token|apikey)[ \t]{1,4})([\w.~+/=-]{6,})/iy,
    accepts: (secret) => !PROSE.test(secret),
    inWord: true,
  },
  {
    kind: "authorization",
    begins: ["Bearer ", "bearer ", "BEARER "],
    pattern: /(bearer {1,4})([\w.~+/=-]{16,})/iy,
    accepts: (secret) => isKey(`   ${secret}`) && !PROSE.test(secret),
    inWord: true,
  },
  {
    kind: "url-password",
    begins: ["://"],
    pattern: /(:\/\/[^\s:@/?#"'`<>[\]\\]{0,200}:)([^\s/"'`<>[\]\\,;]{1,1000})(?=@)/y,
    accepts: (secret) => !NO_PASSWORD.test(secret),
    inWord: true,
  },
  NAMED,
];

/** What may begin a secret, as a pattern without groups. */
export function anchors(own: readonly string[]): string {
  const known = SHAPES.flatMap(({ begins }) => begins);
  return [...new Set([...own, ...known, PEM_BEGIN])].map(escaped).join("|");
}

function escaped(literal: string): string {
  return literal.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&");
}

/** Finds which known secret begins at a place of a text; `from` is where the last one ended. */
export function shapeFinder(): (text: string, at: number, from: number) => Found | undefined {
  const byFirst = new Map<string, Shape[]>();
  for (const shape of SHAPES) {
    for (const first of new Set(shape.begins.map((each) => each.charAt(0)))) {
      byFirst.set(first, [...(byFirst.get(first) ?? []), shape]);
    }
  }
  return (text, at, from) => {
    for (const shape of byFirst.get(text.charAt(at)) ?? []) {
      const found = find(shape, { text, at, from });
      if (found) return found;
    }
    return text.startsWith(PEM_BEGIN, at) ? pemAt(text, at) : undefined;
  };
}

type Place = { text: string; at: number; from: number };

function find({ kind, pattern, accepts, inWord }: Shape, { text, at, from }: Place): Found | undefined {
  if (!inWord && !startsWord({ text, at, from })) return undefined;
  const match = matchAt(pattern, text, at);
  if (!match) return undefined;
  const [whole, head = "", secret = whole] = match;
  const context: Context = { before: text.slice(Math.max(from, at - 40), at), head };
  if (accepts && !accepts(secret, context)) return undefined;
  return { kind, start: at + head.length, end: at + head.length + secret.length };
}

// line ends and quotes may be written as escapes, and colours and %xx end in letters too
function startsWord({ text, at, from }: Place): boolean {
  if (!/[\w-]/.test(text.charAt(at - 1))) return true;
  const before = text.slice(Math.max(from, at - 12), at);
  return /[\\%\u001b]/.test(before) && /(?:\\[nrtbf]|\\u[0-9a-f]{4}|%[0-9a-f]{2}|\u001b\[[\d;]*m)$/i.test(before);
}

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}

const PEM_BEGIN = "-----BEGIN ";
/** Of a key block, in characters. */
const LONGEST = 60_000;
const PEM = /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----/y;
const PEM_END = /-----END [A-Z0-9 ]{0,50}-----/y;
const PEM_LINES = /(?:(?:[\r\n]|\\{1,4}[rn])+[ \t]{0,40}[A-Za-z0-9+/=]{16,100}){1,2000}/y;

// the whole block; of one that was cut off, the lines that are there
function pemAt(text: string, at: number): Found | undefined {
  const begin = matchAt(PEM, text, at);
  if (!begin) return undefined;
  const inside = at + begin[0].length;
  const dashes = text.indexOf("-----", inside);
  const block = dashes - inside <= LONGEST && /[A-Za-z0-9+/=]{16}/.test(text.slice(inside, Math.max(inside, dashes)));
  const end = block ? matchAt(PEM_END, text, dashes) : null;
  const last = end ?? matchAt(PEM_LINES, text, inside);
  return last ? { kind: "private-key", start: at, end: last.index + last[0].length } : undefined;
}
