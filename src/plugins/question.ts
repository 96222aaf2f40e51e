import type { Json } from "../core/message.js";
import { sentence } from "../core/run-tools.js";
import type { Effect, Preview, Tool, ToolContext } from "../core/tool.js";
import { visible } from "../platform/text.js";
import { inputOf } from "./hook-input.js";
import { narrowest, shownSubjects } from "./rules.js";

/**
 * Something only a person can decide. Words and subjects have hidden characters made visible; the rest is as it is.
 *
 * @example
 * const ask = async ({ tool, subjects }: Question): Promise<Answer> =>
 *   tool === "bash" && subjects[0] === "npm test" ? { verdict: "allow", why: "tests" } : { verdict: "deny", why: "no" };
 */
export type Question = {
  /** The name of the tool. */
  tool: string;
  /** What it would touch, as it was judged. */
  effect: Effect;
  /** The arguments that it would run with. */
  input: Json;
  /** What it would touch: the command, the resolved paths, the address. */
  subjects: readonly string[];
  /** Why a person is asked, in a sentence. */
  why: string;
  /** What it would write. */
  preview?: Preview;
  /** Which agent asks; absent: the session itself. */
  from?: string;
  /** How a path was spelled that leads elsewhere through a link. */
  via?: string;
  /** The rules that `always` would write. Absent: it must be asked each time. */
  always?: readonly string[];
};

/**
 * `once`, `session` and `always` say for how long a yes counts; `why` of a no is told to the model. `input` are
 * arguments that the person gave instead, for this one time: they are judged anew and the model is told.
 *
 * @prop verdict - Yes or no.
 * @prop why - Of a no: told to the model. Of a yes: recorded.
 * @prop for - For how long a yes counts; `once` when absent.
 * @prop input - Arguments in place of those that were asked about.
 * @example
 * const answer: Answer = { verdict: "deny", why: "Not on a Friday." };
 */
export type Answer = { verdict: "allow" | "deny"; why: string; for?: "once" | "session" | "always"; input?: Json };

/**
 * What goes with a question: when it needs no answer any more, and how many wait behind it.
 *
 * @prop signal - Fires when it needs no answer any more.
 * @prop waiting - How many questions wait behind it.
 * @example
 * const ask = async ({ why }: Question, { signal }: Asking): Promise<Answer> =>
 *   signal.aborted ? { verdict: "deny", why: "too late" } : { verdict: "allow", why, for: "once" };
 */
export type Asking = { signal: AbortSignal; waiting(): number };

export type Asked = { tool: Tool; input: unknown; context: ToolContext; effect: Effect };
/** A firm question is asked each time: no rule can answer it. */
type Reason = { why: string; firm: boolean; from?: string | undefined };

/** The question of a call. What it would write is worked out only now. */
export async function questionOf(asked: Asked, { why, firm, from }: Reason): Promise<Question> {
  const { tool, input, context, effect } = asked;
  const rules = firm ? [] : narrowest({ tool: tool.name, effect });
  const preview = await previewOf(asked);
  return {
    tool: tool.name,
    effect,
    input: inputOf(input, context),
    subjects: shownSubjects(effect).map((each) => visible(each)),
    why,
    ...(preview === undefined ? {} : { preview }),
    ...(from === undefined ? {} : { from }),
    ...(effect.via === undefined ? {} : { via: visible(effect.via) }),
    ...(rules.length > 0 ? { always: rules } : {}),
  };
}

/** Whether a call would still write what its question showed. */
export async function isAsShown({ preview }: Question, asked: Asked): Promise<boolean> {
  const now = await previewOf(asked);
  return now?.type === preview?.type && now?.text === preview?.text;
}

// what a file holds may stand in the fault: it goes to the person, not to the model
async function previewOf({ tool, input, context, effect }: Asked): Promise<Preview | undefined> {
  try {
    return await tool.preview?.(input, { ...context, judged: effect });
  } catch (error) {
    return { type: "text", text: `It would fail: ${sentence(error)}` };
  }
}
