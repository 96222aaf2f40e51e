import { type Event, type Fact, NO_USAGE } from "../../src/core/event.js";
import { memoryLog } from "../../src/core/log.js";
import { type Json, text } from "../../src/core/message.js";
import { verdictOf } from "../../src/goals/progress.js";
import type { CheckRun, Contract, Criterion, Round, Verdict } from "../../src/goals/types.js";

export function contractOf(criteria: Criterion[], more: Partial<Contract> = {}): Contract {
  return {
    goal: "the library adds numbers",
    criteria,
    protect: [],
    limits: { iterations: 10 },
    stable: 1,
    clean: false,
    include: [],
    ...more,
  };
}

export function runOf(code: number | null, printed = "", more: Partial<CheckRun> = {}): CheckRun {
  const output = { head: "", tail: printed, bytes: Buffer.byteLength(printed) };
  return { command: "npm test", ended: "exited", code, ms: 1234, output, ...more };
}

export const passed = (printed?: string): Verdict => verdictOf(runOf(0, printed));
export const failed = (printed?: string): Verdict => verdictOf(runOf(1, printed));
export const proved = (evidence = "a quote of it"): Verdict => ({
  met: true,
  by: "judge",
  reason: "it is shown",
  evidence,
});
export const unproved = (reason = "nothing shows it"): Verdict => ({ met: false, by: "judge", reason });

export function roundOf(n: number, verdicts: Verdict[], more: Partial<Round> = {}): Round {
  return { n, verdicts, work: `work ${n}`, ...more };
}

/** Facts of a worker who says something, then calls a tool and gets a result. */
export function step(id: string, call: { name: string; input: Json }, printed: string, words = ""): Fact[] {
  const parts = [...(words === "" ? [] : [text(words)]), { type: "call" as const, id, ...call }];
  return [
    { type: "reply", parts, stop: "calls", model: "worker", usage: NO_USAGE },
    { type: "result", callId: id, parts: [text(printed)], failed: false },
  ];
}

export function said(words: string): Fact {
  return { type: "reply", parts: [text(words)], stop: "end", model: "worker", usage: NO_USAGE };
}

export function eventsOf(facts: readonly Fact[]): readonly Event[] {
  const log = memoryLog();
  for (const fact of facts) log.append(fact);
  return log.events;
}
