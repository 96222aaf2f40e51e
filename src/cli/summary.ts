import type { Event, EventOf, Usage } from "../core/event.js";
import { last, state, usage } from "../core/fold.js";
import type { Json } from "../core/message.js";
import { costOf } from "../models/catalog.js";
import { answerIn, outputIn } from "../plugins/answer.js";
import { VERIFY } from "../plugins/verify-options.js";
import type { Interruption } from "./interrupts.js";

export type Subtype =
  | "success"
  | "error_max_turns"
  | "error_max_cost"
  | "error_loop"
  | "error_timeout"
  | "error_provider"
  | "error_denied"
  | "interrupted";

export type Denial = { tool: string; input: Json; reason: string };

/** How a run went, read from its events. `cost` is in USD; null when a model's price is unknown. */
export type Summary = {
  subtype: Subtype;
  exitCode: number;
  /** The answer, or why there is none. */
  result: string;
  /** The answer as JSON that fits `--output-schema`. */
  output?: string;
  reason: string;
  turns: number;
  apiMs: number;
  usage: Usage;
  cost: number | null;
  denials: Denial[];
  /** What checking the changed files found. */
  verification?: Json;
};

/** Reads the events of one run. `all`: where the calls stand that earlier runs left at work in the background. */
export function summarise(
  events: readonly Event[],
  cause: Interruption | undefined,
  all: readonly Event[] = events,
): Summary {
  const replies = events.filter((event) => event.type === "reply");
  const output = outputIn(events);
  const ended = endOf(events, output);
  const denials = denied(events, all);
  const { subtype, exitCode } = verdict(ended, cause, denials.length > 0);
  const reason =
    subtype === "success" ? "done" : subtype === "error_denied" ? "denied" : (cause ?? ended?.reason ?? "ended");
  const answer = answerIn(events);
  const verification = state(events, VERIFY);
  return {
    subtype,
    exitCode,
    result: subtype === "error_provider" && (answer.whole || answer.text === "") ? reason : (output ?? answer.text),
    ...(typeof output === "string" ? { output } : {}),
    reason,
    turns: replies.length,
    apiMs: replies.reduce((sum, reply) => sum + (reply.ms ?? 0), 0),
    usage: usage(events),
    cost: costOf(events) ?? null,
    denials,
    ...(verification === undefined ? {} : { verification }),
  };
}

// a hook may end a run whose answer does not fit
function endOf(events: readonly Event[], output: string | null | undefined): EventOf<"ended"> | undefined {
  const ended = last(events, "ended");
  if (ended?.outcome !== "done" || output !== null) return ended;
  return { ...ended, outcome: "failed", reason: "the run was ended before its answer fitted the output schema" };
}

function verdict(
  ended: EventOf<"ended"> | undefined,
  cause: Interruption | undefined,
  wasDenied: boolean,
): { subtype: Subtype; exitCode: number } {
  if (ended?.outcome === "done")
    return wasDenied ? { subtype: "error_denied", exitCode: 4 } : { subtype: "success", exitCode: 0 };
  if (ended?.outcome === "limit") return { subtype: limitMet(ended.reason), exitCode: 3 };
  if (ended?.outcome !== "aborted") return { subtype: "error_provider", exitCode: 1 };
  if (cause === "timeout") return { subtype: "error_timeout", exitCode: 3 };
  return { subtype: "interrupted", exitCode: cause === "SIGTERM" || cause === "SIGHUP" ? 143 : 130 };
}

function limitMet(reason = ""): Subtype {
  if (reason.startsWith("max_cost")) return "error_max_cost";
  return reason.startsWith("going in circles") ? "error_loop" : "error_max_turns";
}

function denied(events: readonly Event[], all: readonly Event[]): Denial[] {
  const calls = new Map<string, { name: string; input: Json }>();
  for (const event of all) {
    if (event.type !== "reply") continue;
    for (const part of event.parts) if (part.type === "call") calls.set(part.id, part);
  }
  return events
    .filter((event) => event.type === "judged")
    .filter((event) => event.verdict === "deny")
    .map(({ callId, why }) => ({
      tool: calls.get(callId)?.name ?? "",
      input: calls.get(callId)?.input ?? {},
      reason: why,
    }));
}
