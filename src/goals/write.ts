import { visible } from "../platform/text.js";
import { CHECK_TIME, timeText } from "./bounds.js";
import type { Contract, Criterion } from "./types.js";

/** A text as YAML: unquoted only where every reader takes it for the same text. */
export function yamlText(text: string): string {
  if (PLAIN.test(text) && !/^(?:y|n|yes|no|on|off|true|false|null|inf|nan|e)$/i.test(text)) return text;
  const escaped = (char: string) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`;
  return JSON.stringify(text).replace(/[\x7f-\xa0\u2028\u2029\ufeff\ufffe\uffff]/g, escaped);
}

// begins with a letter, ends with no blank, and holds nothing that means something in YAML
const PLAIN = /^[A-Za-z](?:[\w./()+*&|=<>;'"$%,-]| (?=\S))*$/;

/** A contract as a goal.yaml that reads as the same contract. */
export function contractYaml(contract: Contract): string {
  const { goal, criteria, protect, limits, stable, clean, include, judge } = contract;
  const { iterations, maxTurns, maxCost, timeout } = limits;
  return [
    `goal: ${yamlText(goal)}`,
    "criteria:",
    ...criteria.flatMap(criterionLines),
    ...listed("protect", protect),
    "limits:",
    `  iterations: ${iterations}`,
    ...(maxTurns === undefined ? [] : [`  max_turns: ${maxTurns}`]),
    ...(maxCost === undefined ? [] : [`  max_cost: ${maxCost}`]),
    ...(timeout === undefined ? [] : [`  timeout: ${timeText(timeout)}`]),
    `stable: ${stable}`,
    `clean: ${clean}`,
    ...listed("include", include),
    ...(judge === undefined ? [] : [`judge: ${yamlText(judge)}`]),
    "",
  ].join("\n");
}

/** The lines of one criterion, as an item of `criteria:`. */
export function criterionLines({ describe, check, timeout }: Criterion): string[] {
  return [
    `  - describe: ${yamlText(describe)}`,
    ...(check === undefined ? [] : [`    check: ${yamlText(check)}`]),
    ...(timeout === undefined ? [] : [`    timeout: ${timeText(timeout)}`]),
  ];
}

/** A key with a list of texts below it; nothing where the list is empty. */
export function listed(key: string, texts: readonly string[]): string[] {
  return texts.length === 0 ? [] : [`${key}:`, ...texts.map((text) => `  - ${yamlText(text)}`)];
}

/** A contract for people: numbered criteria with their proof, then what bounds the work. Nothing in it hides. */
export function contractText(contract: Contract): string {
  const { goal, criteria, protect, stable, clean, include, judge, file } = contract;
  const lines = [
    goal,
    ...criteria.map((criterion, n) => `  ${n + 1}. ${indented(criterion.describe, 5)}\n     ${proofOf(criterion)}`),
    ...(protect.length === 0 ? [] : [`Nobody may change: ${protect.join(", ")}`]),
    ...(file === undefined ? [] : [`Read from: ${file}`]),
    `At most: ${limitsText(contract)}`,
    ...(stable > 1 ? [`At the end each check must pass ${stable} times in a row.`] : []),
    ...(clean
      ? [`The last checks run in a fresh copy${include.length > 0 ? ` with ${include.join(", ")}` : ""}.`]
      : []),
    ...(judge === undefined ? [] : [`What has no check is judged by ${judge}.`]),
  ];
  return visible(lines.join("\n"));
}

function proofOf({ check, timeout = CHECK_TIME.unsaid }: Criterion): string {
  return check === undefined ? "judged" : `$ ${indented(check, 7)}  (${timeText(timeout)} at most)`;
}

function limitsText({ limits: { iterations, maxTurns, maxCost, timeout } }: Contract): string {
  return [
    iterations === 1 ? "1 round" : `${iterations} rounds`,
    ...(maxTurns === undefined ? [] : [`${maxTurns} turns`]),
    ...(maxCost === undefined ? [] : [`${maxCost} USD`]),
    ...(timeout === undefined ? [] : [timeText(timeout)]),
  ].join(", ");
}

function indented(text: string, by: number): string {
  return text.replaceAll("\n", `\n${" ".repeat(by)}`);
}
