import {
  forEachChild,
  type ParameterExpansionPart,
  type ParsedScript,
  type SyntaxNode,
  type Word,
  type WordPart,
} from "unbash";
import { expandBraces } from "./braces.js";
import { isSecretName } from "./secrets.js";
import { ANYTHING, type Field, type Flow, HOLE, joined, NOTHING, type Where, worst } from "./types.js";

/** What a variable holds. */
export type Value = {
  text: string;
  flow: Flow;
  /** The elements of an array. */
  fields?: readonly Field[];
};

/** What the shell knows while it goes through a line. */
export type Scope = {
  /** Undefined after a `cd` to a folder that cannot be told. */
  cwd: string | undefined;
  /** Where a `cd` that may have failed wanted to go. */
  hoped?: string | undefined;
  vars: Map<string, Value>;
  positional: readonly Field[];
  /** `$0`, when it is given. */
  zero?: Field | undefined;
};

/** What expanding words needs of the interpreter. */
export type Expander = {
  where: Where;
  scope: Scope;
  /** Runs a substitution: what it would print. */
  substitute(script: ParsedScript): Flow;
  /** Something that is not provably harmless. */
  doubt(why: string): void;
};

/** A stretch of a word: quoted text stays as it is, unquoted expansions are split at blanks. */
type Piece = { text: string; quoted: boolean; glob: boolean; split: boolean; flow: Flow; stream?: Flow };

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

function plain(text: string, quoted: boolean): Piece {
  return { text, quoted, glob: false, split: false, flow: NOTHING };
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
      return [{ ...plain("*", false), glob: true }];
    case "BraceExpansion":
      return [plain(part.text, false)];
    case "SimpleExpansion":
      return [{ ...variable(part.text.slice(1), expander), split: true }];
    case "ParameterExpansion":
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

const NUMBERS = new Set(["?", "#", "$", "!", "RANDOM", "SECONDS", "LINENO", "BASHPID", "PPID", "UID", "EUID", "SHLVL"]);

/** What a variable holds; a HOLE when that cannot be known. */
export function lookUp(name: string, { scope, where }: Pick<Expander, "scope" | "where">): Value | undefined {
  if (NUMBERS.has(name)) return { text: "0", flow: NOTHING };
  if (/^\d+$/.test(name)) {
    const field = name === "0" ? (scope.zero ?? { text: "bash", flow: NOTHING }) : scope.positional[Number(name) - 1];
    return field && { text: field.text, flow: field.flow };
  }
  if (name === "@" || name === "*") {
    return {
      text: scope.positional.map(({ text }) => text).join(" "),
      flow: joined(scope.positional.map(({ flow }) => flow)),
    };
  }
  const set = scope.vars.get(name);
  if (set) return set;
  if (name === "PWD") return { text: scope.cwd ?? HOLE, flow: NOTHING };
  if (name === "HOME") return { text: where.home, flow: NOTHING };
  if (name === "IFS") return { text: " \t\n", flow: NOTHING };
  if (name === "OLDPWD" || name === "REPLY" || name.startsWith("BASH")) return { text: HOLE, flow: NOTHING };
  const value = where.env[name];
  return value === undefined ? undefined : { text: value, flow: NOTHING };
}

function variable(name: string, expander: Expander): Piece {
  const value = lookUp(name, expander);
  const flow = value?.flow ?? NOTHING;
  // a secret is known here, but must not be told
  if (isSecretVariable(name, expander)) return { ...plain(HOLE, false), flow: { ...flow, secret: "variable" } };
  return { ...plain(value?.text ?? "", false), flow };
}

function isSecretVariable(name: string, { scope }: Expander): boolean {
  return !scope.vars.has(name) && isSecretName(name);
}

function parameter(part: ParameterExpansionPart, expander: Expander): Piece {
  const { parameter: name, prefix, operation, index } = part;
  if (index) runWord(index, expander);
  if (prefix === "#") return plain("0", true);
  if (prefix === "!") {
    expander.doubt("an indirect expansion");
    const target = lookUp(name, expander)?.text ?? "";
    return /^\w+$/.test(target) ? variable(target, expander) : plain(HOLE, false);
  }
  const whole = variable(name, expander);
  if (!operation) return index ? { ...whole, text: HOLE } : whole;
  return operated(whole, operation, expander);
}

type Operation = NonNullable<ParameterExpansionPart["operation"]>;

function operated(whole: Piece, operation: Operation, expander: Expander): Piece {
  const { text, flow } = whole;
  const withText = (changed: string): Piece => ({ ...plain(text.includes(HOLE) ? HOLE : changed, false), flow });
  switch (operation.type) {
    case "Default":
      return defaulted(whole, operation, expander);
    case "Remove": {
      const pattern = expandWhole(operation.operand, expander).text;
      if (/[*?[\\]/.test(pattern) || pattern.includes(HOLE)) return { ...plain(HOLE, false), flow };
      const fromStart = operation.operator.startsWith("#");
      if (fromStart) return withText(text.startsWith(pattern) ? text.slice(pattern.length) : text);
      return withText(text.endsWith(pattern) ? text.slice(0, text.length - pattern.length) : text);
    }
    case "Replace": {
      const [from, to] = [
        expandWhole(operation.pattern, expander).text,
        expandWhole(operation.replacement, expander).text,
      ];
      if (/[*?[\\]/.test(from) || (from + to).includes(HOLE) || from === "") return { ...plain(HOLE, false), flow };
      if (operation.operator === "//") return withText(text.replaceAll(from, () => to));
      if (operation.operator === "/") return withText(text.replace(from, () => to));
      return { ...plain(HOLE, false), flow };
    }
    case "Slice": {
      const [from, length] = [operation.offset, operation.length].map(
        (word) => word && Number(expandWhole(word, expander).text),
      );
      if (from === undefined || !Number.isInteger(from) || (length !== undefined && !Number.isInteger(length)))
        return { ...plain(HOLE, false), flow };
      const rest = from < 0 ? text.slice(from) : text.slice(from);
      return withText(length === undefined ? rest : length < 0 ? rest.slice(0, length) : rest.slice(0, length));
    }
    case "CaseModification":
      return withText(operation.operator.startsWith("^") ? text.toUpperCase() : text.toLowerCase());
    case "Names":
      return plain(HOLE, false);
    default:
      expander.doubt("an expansion that may run what a variable holds");
      return { ...plain(HOLE, false), flow };
  }
}

function defaulted(whole: Piece, operation: Operation & { type: "Default" }, expander: Expander): Piece {
  const { operator, operand } = operation;
  const other = expandWhole(operand, expander);
  if (operator.includes("=")) expander.doubt("an expansion that sets a variable");
  const missing = whole.text === "";
  const use = operator.includes("+") ? !missing : missing;
  if (operator.includes("+") && missing) return plain("", false);
  return use ? { ...plain(other.text, false), flow: other.flow } : whole;
}

// numbers may hide commands: an array index in the value of a variable is run
function checkArithmetic(text: string, expander: Expander): void {
  for (const [name] of text.matchAll(/[A-Za-z_]\w*/g)) {
    const value = lookUp(name, expander)?.text ?? "";
    if (value !== "" && !/^\s*[-+]?\w+\s*$/.test(value)) {
      expander.doubt("arithmetic on a value that is not known to be a number");
      return;
    }
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

function runWord(word: Word, expander: Expander): void {
  runNested(word, expander);
}

// each way through the braces of a word, with its quoting
function braced(pieces: readonly Piece[]): Piece[][] {
  // quoted stretches are hidden behind marks while the braces around them are opened
  const hidden: Piece[] = [];
  const text = pieces
    .map((piece) => {
      if (!piece.quoted && !piece.split && !piece.glob) return piece.text;
      hidden.push(piece);
      return String.fromCharCode(0xe000 + hidden.length - 1);
    })
    .join("");
  return expandBraces(text).map((word) =>
    word
      .split(/([\ue000-\uf8ff])/)
      .filter((stretch) => stretch !== "")
      .map((stretch) => {
        const known = /^[\ue000-\uf8ff]$/.test(stretch) ? hidden[stretch.charCodeAt(0) - 0xe000] : undefined;
        return known ?? { ...plain(stretch, false), glob: /[*?[]/.test(stretch) };
      }),
  );
}

function fieldsOf(pieces: readonly Piece[]): Field[] {
  const fields: Field[] = [];
  let open: Field | undefined;
  const add = (text: string, piece: Piece) => {
    open ??= { text: "", glob: false, flow: NOTHING };
    open.text += text;
    open.glob ||= piece.glob || (!piece.quoted && piece.split && /[*?[]/.test(text));
    open.flow = mixed(open.flow, piece.flow);
    if (piece.stream) open.stream = piece.stream;
  };
  for (const piece of pieces) {
    if (!piece.split) {
      if (piece.text !== "" || piece.quoted) add(piece.text, piece);
      continue;
    }
    const words = piece.text.split(/[ \t\n]+/);
    words.forEach((word, n) => {
      if (n > 0 && open) {
        fields.push(open);
        open = undefined;
      }
      if (word !== "") add(word, piece);
    });
  }
  if (open) fields.push(open);
  return fields;
}

function mixed(a: Flow, b: Flow): Flow {
  const below = a.below || b.below ? { below: true as const } : {};
  return { net: a.net || b.net, secret: worst([a.secret, b.secret]), ...below };
}
