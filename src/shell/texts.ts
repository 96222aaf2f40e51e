import { type Program, type Run, read, unknown } from "./run.js";
import { type Field, type Flow, isKnown, joined, NOTHING } from "./types.js";

/** `echo`: what it prints is known when its words are. */
export const echo: Program = ({ args, run }) => {
  tellSecrets(args, run);
  let words = args;
  let [newline, escapes] = [true, false];
  while (words[0] && /^-[neE]+$/.test(words[0].text)) {
    newline &&= !words[0].text.includes("n");
    escapes ||= words[0].text.includes("e");
    words = words.slice(1);
  }
  const text = words.map((word) => word.text).join(" ") + (newline ? "\n" : "");
  return textFlow(words, escapes ? unescaped(text) : text);
};

// a variable whose name says that it is a secret
function tellSecrets(args: readonly Field[], run: Run): void {
  for (const arg of args) if (arg.glob) read(run, arg);
  if (args.some((arg) => arg.flow.secret === "variable")) unknown(run, "it shows a secret");
}

/** `printf`, as far as its pattern is plain. */
export const printf: Program = ({ args, run }) => {
  if (args[0]?.text === "-v") {
    unknown(run, "it sets a variable from a pattern");
    const name = args[1]?.text ?? "";
    run.scope.vars.set(name, {
      text: formatted(
        unescaped(args[2]?.text ?? ""),
        args.slice(3).map((arg) => arg.text),
      ),
      flow: joined(args.map((arg) => arg.flow)),
    });
    return NOTHING;
  }
  tellSecrets(args, run);
  const [format, ...values] = args[0]?.text === "--" ? args.slice(1) : args;
  if (!format) return NOTHING;
  return textFlow(
    args,
    formatted(
      unescaped(format.text),
      values.map((value) => value.text),
    ),
  );
};

function textFlow(fields: readonly Field[], text: string): Flow {
  const flow = joined(fields.map((field) => field.flow));
  const plain = fields.every((field) => isKnown(field) && !field.glob && !/\\[Ucu]|%[^sdb%]/.test(field.text));
  const globs = fields.filter((field) => field.glob);
  return { ...flow, text: plain ? text : undefined, ...(globs.length > 0 ? { searched: globs } : {}) };
}

function formatted(format: string, values: string[]): string {
  const left = [...values];
  let text = "";
  do {
    text += format.replace(/%(%|[-+ #0]*\d*(?:\.\d+)?[a-zA-Z])/g, (_, kind: string) => {
      if (kind === "%") return "%";
      const value = left.shift() ?? "";
      return kind.endsWith("b") ? unescaped(value) : value;
    });
  } while (left.length > 0 && left.length < values.length && text.length < 10_000);
  return text;
}

const ESCAPES: Record<string, string> = {
  n: "\n",
  t: "\t",
  r: "\r",
  a: "\x07",
  b: "\b",
  e: "\x1b",
  f: "\f",
  v: "\v",
  "\\": "\\",
};

function unescaped(text: string): string {
  return text.replace(/\\(x[0-9a-fA-F]{1,2}|u[0-9a-fA-F]{1,4}|0?[0-7]{1,3}|.)/g, (all, code: string) => {
    if (/^[xu]/.test(code) && code.length > 1) return String.fromCharCode(Number.parseInt(code.slice(1), 16));
    if (/^[0-7]/.test(code)) return String.fromCharCode(Number.parseInt(code, 8) & 255 || 10);
    return ESCAPES[code] ?? all;
  });
}
