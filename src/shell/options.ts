import { type Field, HOLE } from "./types.js";

/** How a program reads its arguments. */
export type Syntax = {
  /** Short flags that take a value, glued or as the next word. */
  valued?: string;
  /** Long flags that take the next word as value when it is not glued by `=`. */
  long?: readonly string[];
  /** Flags by which it does more than read, long ones also by their abbreviations. */
  unsafe?: readonly string[];
  /** Options end at the first operand. */
  strict?: boolean;
  /** `-name value`, as find and tar's old form have it: no clusters. */
  single?: boolean;
};

export type Option = { flag: string; value?: Field };
export type Options = {
  options: Option[];
  operands: Field[];
  /** The first thing that is not provably a plain flag or operand. */
  doubt?: string;
};

/** Tells flags, their values and operands apart, as getopt does. */
export function readOptions(args: readonly Field[], syntax: Syntax): Options {
  const out: Options = { options: [], operands: [] };
  const rest = [...args];
  for (let arg = rest.shift(); arg; arg = rest.shift()) {
    if (arg.text === "--") break;
    if (mayBeFlag(arg)) out.doubt ??= "a word that may be any flag";
    if (isOperand(arg)) {
      out.operands.push(arg);
      if (syntax.strict) break;
    } else if (arg.text.startsWith("--") || syntax.single) longOption(arg, rest, { syntax, out });
    else cluster(arg, rest, { syntax, out });
  }
  out.operands.push(...rest);
  const bad = out.options.find(({ flag }) => isUnsafe(flag, syntax.unsafe ?? []));
  if (bad) out.doubt = `the flag ${bad.flag}`;
  return out;
}

function isOperand({ text }: Field): boolean {
  return !text.startsWith("-") || text === "-";
}

// an unknown start, or a glob that may match a file named like a flag
function mayBeFlag({ text, glob }: Field): boolean {
  return text.startsWith(HOLE) || (glob && /^[*?[]/.test(text));
}

type Reading = { syntax: Syntax; out: Options };

function longOption(arg: Field, rest: Field[], { syntax, out }: Reading): void {
  const at = arg.text.indexOf("=");
  const flag = at < 0 ? arg.text : arg.text.slice(0, at);
  if (at >= 0) out.options.push({ flag, value: { ...arg, text: arg.text.slice(at + 1) } });
  else if (syntax.long?.some((each) => each === flag || (!syntax.single && flag.length > 3 && each.startsWith(flag))))
    take(flag, rest, out);
  else out.options.push({ flag });
}

function cluster(arg: Field, rest: Field[], { syntax, out }: Reading): void {
  const letters = arg.text.slice(1);
  for (let at = 0; at < letters.length; at += 1) {
    const flag = `-${letters[at]}`;
    if (!syntax.valued?.includes(letters[at] ?? "")) {
      out.options.push({ flag });
      continue;
    }
    const glued = letters.slice(at + 1);
    if (glued === "") take(flag, rest, out);
    else out.options.push({ flag, value: { ...arg, text: glued } });
    return;
  }
}

function take(flag: string, rest: Field[], out: Options): void {
  const value = rest.shift();
  out.options.push(value ? { flag, value } : { flag });
}

function isUnsafe(flag: string, unsafe: readonly string[]): boolean {
  if (flag.includes(HOLE)) return true;
  return unsafe.some((each) => each === flag || (flag.length > 2 && flag.startsWith("--") && each.startsWith(flag)));
}

/** The words as one line, quoted where a reader could mistake them. */
export function shown(fields: readonly Field[]): string {
  return fields
    .map(({ text, glob }) => {
      const open = text.replaceAll(HOLE, "…");
      return glob || /^[\w@%+=:,./~^{}[\]…-]+$/u.test(open) ? open : `'${open.replaceAll("'", "'\\''")}'`;
    })
    .join(" ");
}
