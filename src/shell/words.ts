import { forEachChild, type ParsedScript, type SyntaxNode, type Word, type WordPart } from "unbash";
import { steers } from "./names.js";
import { parameter, variable } from "./parameters.js";
import { braced, type Expander, fieldsOf, type Piece, plain } from "./pieces.js";
import { lookUp, type Scope } from "./scope.js";
import { ANYTHING, type Field, HOLE, NOTHING } from "./types.js";

/** The fields that words become: after braces, `~`, variables, substitutions, splitting and quote removal. */
export function expandWords(words: readonly Word[], expander: Expander): Field[] {
  return words.flatMap((word) => expandWord(word, expander));
}

/** The one text of a word where the shell does not split: assignments, redirections, `case`. */
export function expandWhole(word: Word, expander: Expander): Field {
  const pieces = piecesOf(word, expander);
  const fields = fieldsOf(pieces.map((piece) => ({ ...piece, split: false })));
  return fields[0] ?? { text: "", glob: false, flow: NOTHING };
}

function expandWord(word: Word, expander: Expander): Field[] {
  const all = positionalOf(word, expander.scope);
  if (all) return [...all];
  const pieces = piecesOf(word, expander);
  if (!word.parts?.some((part) => part.type === "BraceExpansion")) return fieldsOf(pieces);
  return braced(pieces).flatMap(fieldsOf);
}

// "$@" and $* as a word of their own
function positionalOf(word: Word, scope: Scope): readonly Field[] | undefined {
  if (/^("\$(@|\{@\})"|\$[@*]|\$\{[@*]\})$/.test(word.text)) return scope.positional;
  const array = /^"?\$\{(\w+)\[[@*]\]\}"?$/.exec(word.text)?.[1];
  return array === undefined ? undefined : scope.vars.get(array)?.fields;
}

function piecesOf(word: Word, expander: Expander): Piece[] {
  const parts = word.parts ?? [];
  const pieces = parts.length === 0 ? [plain(word.value, false)] : parts.flatMap((part) => pieceOf(part, expander));
  const first = pieces[0];
  if (first && !first.quoted && word.text.startsWith("~")) first.text = withHome(first.text, expander);
  return pieces;
}

function withHome(text: string, { where, scope }: Expander): string {
  const [user = "", rest = ""] = [text.slice(1).split("/")[0], text.includes("/") ? text.slice(text.indexOf("/")) : ""];
  if (user === "") return where.home + rest;
  if (user === "+") return (scope.cwd ?? HOLE) + rest;
  if (user === "-") return HOLE + rest;
  return (user === "root" ? "/root" : `/home/${user}`) + rest;
}

function pieceOf(part: WordPart, expander: Expander): Piece[] {
  switch (part.type) {
    case "Literal":
      return [plain(part.value, false)];
    case "SingleQuoted":
    case "AnsiCQuoted":
      return [plain(part.value, true)];
    case "DoubleQuoted":
    case "LocaleString":
      return quotedPieces(part.parts, expander);
    case "Glob":
      return [{ ...plain(part.text, false), glob: true }];
    case "ExtendedGlob":
      runNested(part, expander);
      return [{ ...plain("*", false), glob: true }];
    case "BraceExpansion":
      runNested(part, expander);
      // quotes and variables in it are not followed
      if (!/["'\\$`]/.test(part.text)) return [plain(part.text, false)];
      expander.doubt("braces around quotes or variables");
      return [plain(/[\\$`]/.test(part.text) ? HOLE : part.text.replace(/["']/g, ""), false)];
    case "SimpleExpansion":
      return [{ ...variable(part.text.slice(1), expander), split: true }];
    case "ParameterExpansion":
      runNested(part, expander);
      return [{ ...parameter(part, expander), split: true }];
    case "CommandExpansion":
      return [{ ...substitution(part.script, expander), split: true }];
    case "ArithmeticExpansion":
      checkArithmetic(part.text, expander);
      runNested(part.expression, expander);
      return [plain("0", true)];
    case "ProcessSubstitution": {
      const stream = part.script ? expander.substitute(part.script) : ANYTHING;
      return [{ ...plain("/dev/fd/63", true), stream: part.operator === "<" ? stream : NOTHING }];
    }
  }
}

function quotedPieces(parts: readonly WordPart[], expander: Expander): Piece[] {
  const pieces = parts.flatMap((part) => pieceOf(part, expander));
  return [plain("", true), ...pieces.map((piece) => ({ ...piece, quoted: true, glob: false, split: false }))];
}

function substitution(script: ParsedScript | undefined, expander: Expander): Piece {
  const flow = script ? expander.substitute(script) : ANYTHING;
  return { ...plain(flow.text === undefined ? HOLE : flow.text.replace(/\n+$/, ""), false), flow };
}

/** Numbers may hide commands: an array index in the value of a variable is run. Only plain numbers are proved. */
export function checkArithmetic(text: string, expander: Expander): void {
  const inner = text.replace(/^\$\(\(([\s\S]*)\)\)$/, "$1");
  if (/\$\(|`|\[|\$\{?[\d@*!]/.test(inner)) expander.doubt("arithmetic that may run what a value holds");
  for (const [name] of inner.matchAll(/(?<![\w#])[A-Za-z_]\w*/g)) {
    const value = lookUp(name, expander)?.text ?? "";
    if (!/^\s*-?\d*\s*$/.test(value)) expander.doubt("arithmetic on a value that is not known to be a number");
    if (steers(name)) expander.doubt(`arithmetic on ${name}`);
  }
}

/** Finds the substitutions below a node of the tree and runs them. */
export function runNested(node: SyntaxNode | undefined, expander: Expander): void {
  if (node === undefined) return;
  if ("script" in node) {
    if (node.script) expander.substitute(node.script);
    return;
  }
  forEachChild(node, (child) => runNested(child, expander));
}
