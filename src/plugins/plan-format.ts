import type { Json } from "../core/message.js";
import { isFields } from "../tools/json-schema.js";
import { cleaned } from "./instruction-text.js";
import { jsonIn } from "./json-in.js";

/** One thing to do; `verify` is a command that passes when it is done, or words where no command can tell. */
export type Step = { title: string; details?: string; verify?: string };

export const STATUSES = ["pending", "in_progress", "done", "failed", "skipped"] as const;
export type Status = (typeof STATUSES)[number];

/** A step and how far it is; `why` says what went wrong last, `failures` how often it did. */
export type PlanStep = Step & { status: Status; why?: string; failures?: number };

/** What stands before a step. */
export const MARKERS: Record<Status, string> = {
  pending: "[ ]",
  in_progress: "[>]",
  done: "[x]",
  failed: "[!]",
  skipped: "[-]",
};

/** Steps of a plan, and characters of each of its texts. */
const MOST = { steps: 20, title: 200, details: 2000, verify: 500 };

export type Read = { steps: Step[] } | { faults: string[] };

/** The steps in a model's answer, or all that is wrong with it. */
export function stepsIn(answer: string): Read {
  const found = jsonIn(answer);
  return "why" in found ? { faults: [`the answer ${found.why}`] } : stepsOf(found.value);
}

/** Checks steps: 1 to 20, each with a title, the last one with a `verify`. Hidden characters are taken out. */
export function stepsOf(value: Json): Read {
  const list = isFields(value) ? value.steps : value;
  if (!Array.isArray(list)) return { faults: ['"steps" must be a list'] };
  if (list.length === 0) return { faults: ["there is no step: at least one is wanted"] };
  if (list.length > MOST.steps) return { faults: [`there are ${list.length} steps: at most ${MOST.steps} are wanted`] };
  const faults: string[] = [];
  const steps = list.map((each, at) => stepOf(each, (why) => faults.push(`step ${at + 1}: ${why}`)));
  const final = steps.at(-1);
  if (final?.title && final.verify === undefined)
    faults.push(`step ${steps.length}: the last step must verify the whole: give it a "verify"`);
  return faults.length > 0 ? { faults } : { steps };
}

function stepOf(value: Json, fault: (why: string) => void): Step {
  if (!isFields(value)) {
    fault('must be an object with a "title"');
    return { title: "" };
  }
  const field = (name: "title" | "details" | "verify") => {
    const given = value[name] ?? "";
    if (typeof given !== "string") fault(`"${name}" must be a text`);
    const words = typeof given === "string" ? cleaned(given.toWellFormed()).text.replace(/[ \t]+$/gm, "") : "";
    if (words.length > MOST[name]) fault(`"${name}" has ${words.length} characters: at most ${MOST[name]} are wanted`);
    return words;
  };
  const [title, details, verify] = [field("title").replace(/\s+/g, " "), field("details"), field("verify")];
  if (title === "" && typeof (value.title ?? "") === "string") fault('has no "title"');
  if (verify.includes("\n")) fault('"verify" must be one line');
  return { title, ...(details !== "" && { details }), ...(verify !== "" && { verify }) };
}

/** A plan as a list with markers; `open` shows details and verification too. */
export function planText(steps: readonly (Step & { status?: Status; why?: string })[]): string {
  return steps.flatMap((step, at) => [lineOf(step, at), ...below(step)]).join("\n");
}

/** A step on one line. */
export function lineOf(
  { title, status = "pending", why }: Step & { status?: Status; why?: string },
  at: number,
): string {
  const reason = status === "failed" && why !== undefined ? ` (${why})` : "";
  return `${MARKERS[status]} ${at + 1}. ${title}${reason}`;
}

function below({ details, verify }: Step): string[] {
  const lines = details?.split("\n") ?? [];
  return [...lines, ...(verify === undefined ? [] : [`verify: ${verify}`])].map((line) => `       ${line}`.trimEnd());
}
