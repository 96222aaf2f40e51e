import type { Json } from "../core/message.js";
import { isFields } from "../platform/fields.js";
import type { HookEnd } from "../platform/hook-process.js";
import { visible } from "../platform/text.js";
import type { Fields } from "./hook-input.js";
import type { HookEvent } from "./hook-settings.js";

/** What one hook said. */
export type HookAnswer = {
  /** The hook, as people and the model are told of it. */
  hook: string;
  verdict?: "allow" | "ask" | "deny";
  why?: string;
  updated?: Fields;
  context?: string;
  /** Why the run must end. */
  end?: string;
  message?: string;
  /** What is wrong with the hook itself. */
  failure?: string;
  aborted?: true;
};

/** The hook that was run, and when. `timeout` in seconds. */
export type Asked = { command: string; timeout: number; event: HookEvent };

// how a hook is told of: by the first 80 characters of its command
function hookName(command: string): string {
  return `the hook "${visible(command.trim().replace(/\s+/g, " ").slice(0, 80)).toWellFormed()}"`;
}

/** Reads what a hook said by its exit code and its output. */
export function readAnswer({ command, timeout, event }: Asked, run: HookEnd): HookAnswer {
  const hook = hookName(command);
  const said = firstLine(run.stderr);
  if (run.ended === "aborted") return { hook, aborted: true };
  if (run.ended === "timeout") return { hook, failure: `it took longer than ${timeout} s` };
  if (run.ended === "failed") return { hook, failure: `it could not be started: ${said}` };
  if (run.code === null) return { hook, failure: "a signal ended it" };
  if (run.code === 2) return { hook, verdict: "deny", why: run.stderr.trim() || "it gave no reason (empty stderr)" };
  if (run.code !== 0) return { hook, failure: `exit code ${run.code}${said && `: ${said}`}` };
  return { hook, ...readOutput(run.stdout.trim(), event) };
}

function firstLine(text: string): string {
  return visible(text.trim().split("\n", 1)[0]?.slice(0, 200) ?? "");
}

type Read = Omit<HookAnswer, "hook">;

function readOutput(said: string, event: HookEvent): Read {
  if (said === "") return {};
  const value = parsed(said);
  if (value === undefined) return plainAnswer(said, event);
  const fault = isFields(value) ? faultIn(value, ANSWER, event) : "it is not an object";
  if (fault !== undefined || !isFields(value)) return { failure: `its answer does not fit: ${fault}` };
  return answerOf(value, hook(value));
}

function parsed(said: string): Json | undefined {
  try {
    return JSON.parse(said);
  } catch {
    return undefined;
  }
}

/** Moments at which plain words are told to the model. */
const LISTENED: readonly HookEvent[] = ["UserPromptSubmit", "SessionStart"];

// words are no decision, but what has a brace in it may be one that came out broken
function plainAnswer(said: string, event: HookEvent): Read {
  const listened = LISTENED.includes(event);
  if (said.startsWith("{") || (!listened && said.includes("{"))) return { failure: "its output is not valid JSON" };
  return listened ? { context: said } : {};
}

type Field = { wanted: string; fits(value: Json, event: HookEvent): boolean };

const STRING: Field = { wanted: "a string", fits: (value) => typeof value === "string" };
const BOOLEAN: Field = { wanted: "true or false", fits: (value) => typeof value === "boolean" };
const OBJECT: Field = { wanted: "an object", fits: isFields };
const oneOf = (...values: string[]): Field => ({
  wanted: values.map((value) => `"${value}"`).join(" or "),
  fits: (value) => values.some((each) => each === value),
});

const ANSWER: Readonly<Record<string, Field>> = {
  continue: BOOLEAN,
  stopReason: STRING,
  suppressOutput: BOOLEAN,
  systemMessage: STRING,
  decision: oneOf("block", "approve"),
  reason: STRING,
  hookSpecificOutput: OBJECT,
};
const SPECIFIC: Readonly<Record<string, Field>> = {
  hookEventName: { wanted: "the event's own name", fits: (value, event) => value === event },
  permissionDecision: oneOf("allow", "deny", "ask"),
  permissionDecisionReason: STRING,
  updatedInput: OBJECT,
  additionalContext: STRING,
};

// a misspelt key may have been a refusal, so unknown ones do not fit
function faultIn(value: Fields, known: Readonly<Record<string, Field>>, event: HookEvent): string | undefined {
  for (const [key, each] of Object.entries(value)) {
    const field = Object.hasOwn(known, key) ? known[key] : undefined;
    if (field === undefined) return `"${visible(key.slice(0, 40))}" is not known (${Object.keys(known).join(", ")})`;
    if (each !== null && !field.fits(each, event)) return `"${key}" must be ${field.wanted}`;
  }
  return known === ANSWER ? faultIn(hook(value), SPECIFIC, event) : undefined;
}

function hook({ hookSpecificOutput: own }: Fields): Fields {
  return isFields(own) ? own : {};
}

const VERDICTS = ["deny", "ask", "allow"] as const;

function answerOf(value: Fields, own: Fields): Read {
  const old = { block: "deny", approve: "allow" }[textOf(value.decision) ?? ""];
  const verdict = VERDICTS.find((each) => each === own.permissionDecision || each === old);
  const why = textOf(own.permissionDecisionReason) ?? textOf(value.reason);
  const [context, message] = [textOf(own.additionalContext), textOf(value.systemMessage)];
  return {
    ...(verdict && { verdict, why: why ?? "it gave no reason" }),
    ...(isFields(own.updatedInput) && { updated: own.updatedInput }),
    ...(context && { context }),
    ...(message && { message }),
    ...(value.continue === false && { end: textOf(value.stopReason) ?? why ?? "it gave no reason" }),
  };
}

function textOf(value: Json | undefined): string | undefined {
  return typeof value === "string" && value.trim() !== "" ? value : undefined;
}
