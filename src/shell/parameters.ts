import type { ParameterExpansionPart } from "unbash";
import { type Expander, type Piece, plain } from "./pieces.js";
import { lookUp } from "./scope.js";
import { isSecretName } from "./secrets.js";
import { HOLE, NOTHING } from "./types.js";

/** A variable's value as a piece of a word; of a secret only that it is one. */
export function variable(name: string, expander: Expander): Piece {
  const value = lookUp(name, expander);
  const flow = value?.flow ?? NOTHING;
  // a secret is known here, but must not be told
  if (isSecretVariable(name, expander)) return { ...plain(HOLE, false), flow: { ...flow, secret: "variable" } };
  return { ...plain(value?.text ?? "", false), flow };
}

function isSecretVariable(name: string, { scope }: Expander): boolean {
  return !scope.vars.has(name) && isSecretName(name);
}

/** `${…}` with its operation, as far as it can be told. */
export function parameter(part: ParameterExpansionPart, expander: Expander): Piece {
  const { parameter: name, prefix, operation, index } = part;
  if (index && !/^(\d+|[@*])$/.test(index.text)) expander.doubt("an index that may run what it holds");
  if (prefix === "#") return plain("0", true);
  if (prefix === "!") {
    expander.doubt("an indirect expansion");
    const target = lookUp(name, expander)?.text ?? "";
    return /^\w+$/.test(target) ? variable(target, expander) : plain(HOLE, false);
  }
  const whole = variable(name, expander);
  if (!operation) return index ? { ...whole, text: HOLE } : whole;
  const result = operated(whole, operation, expander);
  if (operation.type === "Default" && operation.operator.includes("="))
    expander.scope.vars.set(name, { text: result.text, flow: result.flow });
  return result;
}

type Operation = NonNullable<ParameterExpansionPart["operation"]>;

function operated(whole: Piece, operation: Operation, expander: Expander): Piece {
  const { flow } = whole;
  const simple = operation.type === "Default" && /^:?[-?]$/.test(operation.operator);
  if (!simple && operation.type !== "Remove") expander.doubt("an expansion that is not followed to the letter");
  if (operation.type === "Default") return defaulted(whole, operation, expander);
  if (operation.type === "Transform" || operation.type === "Unknown") {
    expander.doubt("an expansion that may run what a variable holds");
    return { ...plain(HOLE, false), flow };
  }
  const changed = whole.text.includes(HOLE) ? undefined : changedText(whole.text, operation, expander);
  return { ...plain(changed ?? HOLE, false), flow };
}

function changedText(text: string, operation: Operation, expander: Expander): string | undefined {
  switch (operation.type) {
    case "Remove":
      return removed(text, operation.operator, expander.whole(operation.operand).text);
    case "Replace":
      return replaced(
        text,
        operation.operator,
        [operation.pattern, operation.replacement].map((word) => expander.whole(word).text),
      );
    case "Slice":
      for (const word of [operation.offset, operation.length])
        if (word && !/^\s*-?\d+$/.test(word.text)) expander.doubt("a slice by what is not a plain number");
      return sliced(
        text,
        [operation.offset, operation.length].map((word) => word && Number(expander.whole(word).text)),
      );
    case "CaseModification":
      return operation.operator.startsWith("^") ? text.toUpperCase() : text.toLowerCase();
    default:
      return undefined;
  }
}

// patterns with globs are not followed
function removed(text: string, operator: string, pattern: string): string | undefined {
  if (/[*?[\\\0]/.test(pattern)) return undefined;
  if (operator.startsWith("#")) return text.startsWith(pattern) ? text.slice(pattern.length) : text;
  return text.endsWith(pattern) ? text.slice(0, text.length - pattern.length) : text;
}

function replaced(text: string, operator: string, [from = "", to = ""]: readonly string[]): string | undefined {
  if (/[*?[\\]/.test(from) || (from + to).includes(HOLE) || from === "") return undefined;
  if (operator === "//") return text.replaceAll(from, () => to);
  return operator === "/" ? text.replace(from, () => to) : undefined;
}

function sliced(text: string, [from, length]: readonly (number | undefined)[]): string | undefined {
  if (from === undefined || !Number.isInteger(from) || (length !== undefined && !Number.isInteger(length)))
    return undefined;
  return text.slice(from).slice(0, length);
}

function defaulted(whole: Piece, operation: Operation & { type: "Default" }, expander: Expander): Piece {
  const { operator, operand } = operation;
  const other = expander.whole(operand);
  if (operator.includes("=")) expander.doubt("an expansion that sets a variable");
  // `${x:?}` ends the command when x is empty: what follows it is never reached
  if (operator.includes("?")) return whole.text === "" ? plain("unset", true) : whole;
  const missing = whole.text === "";
  const use = operator.includes("+") ? !missing : missing;
  if (operator.includes("+") && missing) return plain("", false);
  return use ? { ...plain(other.text, false), flow: other.flow } : whole;
}
