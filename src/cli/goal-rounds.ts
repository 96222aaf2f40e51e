import type { Delta, Event, EventOf } from "../core/event.js";
import type { Log } from "../core/log.js";
import { plainText } from "../core/message.js";
import { openingPrompt, resumingPrompt } from "../goals/continue.js";
import { baselineIn, GOAL, roundsIn, sinceAgreed } from "../goals/master.js";
import type { Baseline, GoalEnd } from "../goals/progress.js";
import type { Contract } from "../goals/types.js";
import type { Board } from "./goal-board.js";
import type { Interruption } from "./interrupts.js";

/** Which checks could not be run before work began, and why; undefined where each could. */
export function unableWords({ criteria }: Contract, found: Baseline): string | undefined {
  const unable = [...found.entries()].filter(([, verdict]) => verdict?.run?.ended === "unable");
  if (unable.length === 0) return undefined;
  const lines = unable.map(([at, verdict]) => `  ${at + 1}. ${criteria[at]?.check}: ${verdict?.run?.why ?? ""}`);
  const many = unable.length === 1 ? "A check" : `${unable.length} checks`;
  return `${many} of this goal cannot be run:\n${lines.join("\n")}`;
}

/** Records that a goal was not begun: there is nothing to go on with. */
export function notBegun(log: Log): void {
  log.append({ type: "state", key: GOAL.outcome, value: { outcome: "not met", why: "a check cannot be run" } });
}

/** Whether the worker was told of the newest goal. */
export function isBegun(events: readonly Event[]): boolean {
  return sinceAgreed(events).some(({ type }) => type === "prompt");
}

/** What the worker must hear before a run on the goal; undefined where it heard all, and the loop goes on by itself. */
export function wordsFor(contract: Contract, events: readonly Event[]): string | undefined {
  const since = sinceAgreed(events);
  const opening = openingPrompt(contract, baselineIn(events));
  const told = since.findLastIndex(
    (event) => event.type === "prompt" && (event.from === GOAL.contract || plainText(event.parts) === opening),
  );
  if (told < 0) return opening;
  const after = since.slice(told + 1);
  const left = after.findIndex(({ type }) => type === "ended");
  const talked = left >= 0 && after.slice(left).some(({ type }) => type === "prompt");
  return talked ? resumingPrompt(contract, roundsIn(events), baselineIn(events)) : undefined;
}

/** Keeps a board with what a run on its goal does; `round` is called when one is over. */
export function watching(board: Board, round: () => void): (item: Event | Delta) => void {
  return (item) => {
    if (item.type === "status" && item.by === GOAL.contract) board.doing(item.text);
    if (item.type !== "state" || item.key !== GOAL.round) return;
    board.doing("");
    round();
  };
}

const CAUSES: Record<Exclude<Interruption, "timeout">, string> = {
  SIGINT: "by Ctrl-C",
  SIGTERM: "by the signal SIGTERM",
  SIGHUP: "its terminal was closed",
  "output closed": "what reads its output was closed",
};

/** Why work on a goal ended where no round says so. */
export function haltOf(ended: EventOf<"ended"> | undefined, cause: Interruption | undefined): GoalEnd {
  if (cause === "timeout") return { outcome: "limit", why: "the time given is over" };
  if (cause !== undefined) return { outcome: "interrupted", why: CAUSES[cause] };
  const why = ended?.reason ?? "it ended before its criteria were looked at";
  if (ended?.outcome === "aborted") return { outcome: "interrupted", why };
  return { outcome: ended?.outcome === "limit" ? "limit" : "not met", why };
}
