import type { Delta, Event, Fact, Outcome } from "../core/event.js";
import { last, sinceLastEnd } from "../core/fold.js";
import { type Agent, run } from "../core/loop.js";
import { callsIn, type Json, plainText, text } from "../core/message.js";
import { sentence } from "../core/run-tools.js";
import type { Result, ToolContext } from "../core/tool.js";
import { duration, headTail } from "../platform/text.js";
import { answerIn } from "../plugins/answer.js";

/** The state keys `agent:<call>` say which session a sub-agent's call is. */
const CHILD = "agent:";

/** A sub-agent that is ready to work; `name` is that of its type, `title` tells it from others. `close` ends what it left running, and names it. */
export type Child = { agent: Agent; id: string; name: string; title: string; close(): Promise<readonly string[]> };
/** `context` is that of the call it works for, or what stands for it once the call was answered. */
export type Working = {
  task: string;
  child: Child;
  context: ToolContext;
  pay(fact: Fact): void;
  /** Sees each of its facts. */
  see?(event: Event): void;
};

/** How a sub-agent's work ended. `how` is a sentence's end, `said` its last words, whole; "" where there are none; `counts` what it did, and what ended with it. */
export type Report = {
  outcome: Outcome;
  how: string;
  said: string;
  counts: string;
  log: string;
  ms: number;
  details: Json;
};

/** Characters of a report as a result. */
const REPORT = { head: 16_000, tail: 4000 };

/** Works on a task until it is done or a limit is met. What goes wrong is in the report, never an error of the one who asked. */
export async function work(working: Working): Promise<Report> {
  const { task, child, context } = working;
  const { agent, id, name } = child;
  const value: Json = { session: id, type: name, task: task.slice(0, 200) };
  const began = performance.now();
  let outcome: Outcome = "failed";
  let broke: string | undefined;
  try {
    context.record({ type: "state", key: CHILD + context.callId, value });
    agent.inbox.post({ parts: [text(task)], from: "agent" });
    outcome = await worked(working);
  } catch (error) {
    broke = `broke: ${sentence(error)}`;
  }
  const ended = await child.close().catch((error: unknown) => {
    broke ??= `could not end what it had left running: ${sentence(error)}`;
    return [];
  });
  return reportOf(child, { outcome, broke, ended, ms: performance.now() - began });
}

/** The report as the result of a call that waited for it. */
export function resultOf({ outcome, how, said, counts, log, ms, details }: Report, { signal }: ToolContext): Result {
  if (outcome === "aborted" && signal.aborted) return failure("Interrupted: the sub-agent was ended.", details);
  const words = [
    bounded(said || "(no report)", REPORT),
    `[The sub-agent ${how}. ${counts}, ${duration(ms)}; ${log}]`,
  ].join("\n\n");
  return outcome === "done" || outcome === "limit" ? { parts: [text(words)], details } : failure(words, details);
}

async function worked(working: Working): Promise<Outcome> {
  const items = run(working.child.agent, working.context.signal);
  try {
    for (;;) {
      const { value, done } = await items.next();
      if (done) return value;
      see(value, working);
    }
  } finally {
    // what could not be recorded leaves nothing at work
    await items.return("aborted");
  }
}

// shown as it comes; what it cost and what was refused to it counts in the session it works for
function see(item: Event | Delta, { child, context, pay, see: seen }: Working): void {
  const { callId } = context;
  context.emit({ type: "child", callId, session: child.id, item });
  if (!("seq" in item)) return;
  seen?.(item);
  if (item.type === "spent" || (item.type === "reply" && item.stop !== "cut"))
    pay({ type: "spent", usage: item.usage, model: item.model, on: "agent" });
  if (item.type !== "judged" || item.verdict !== "deny") return;
  const call = callOf(item.callId, child.agent.log.events);
  context.record({
    type: "judged",
    verdict: "deny",
    by: item.by,
    why: `sub-agent ${child.title}, ${call}: ${item.why}`,
  });
}

function callOf(callId: string, events: readonly Event[]): string {
  const started = events.findLast((event) => event.type === "started" && event.callId === callId);
  return started?.type === "started" ? started.name : "a call";
}

type Ended = { outcome: Outcome; broke: string | undefined; ended: readonly string[]; ms: number };

function reportOf(child: Child, { outcome, broke, ended: left, ms }: Ended): Report {
  const events = sinceLastEnd(child.agent.log.events);
  const replies = events.filter((event) => event.type === "reply");
  const calls = replies.reduce((sum, { parts }) => sum + callsIn(parts).length, 0);
  const reason = last(events, "ended")?.reason;
  const details: Json = { session: child.id, type: child.name, outcome, rounds: replies.length, calls };
  const besides = left.length === 0 ? "" : `; ended with it: ${left.join(", ")}`;
  const counts = `${counted(replies.length, "round")}, ${counted(calls, "call")}${besides}`;
  const how = broke ?? endWords(outcome, reason, replies.length);
  return { outcome, how, said: lastWords(events), counts, log: `its log: session ${child.id}`, ms, details };
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}

function endWords(outcome: Outcome, reason: string | undefined, rounds: number): string {
  if (outcome === "done") return "is done";
  if (outcome === "limit" && reason === "max_turns")
    return `was stopped after ${rounds} rounds: this is as far as it came`;
  if (outcome === "limit") return `was stopped (${reason ?? "a limit"}): this is as far as it came`;
  return `failed: ${reason ?? outcome}`;
}

// its answer, else the newest words it said
function lastWords(events: readonly Event[]): string {
  const answer = answerIn(events).text.trim();
  if (answer !== "") return answer;
  const said = events.findLast((event) => event.type === "reply" && plainText(event.parts).trim() !== "");
  return said?.type === "reply" ? plainText(said.parts).trim() : "";
}

/** Beginning and end of a report, and how much is missing between them. */
export function bounded(words: string, most: { head: number; tail: number }): string {
  const { head, tail, cut } = headTail(words, most);
  return cut === 0 ? words : `${head}\n[… ${cut} characters left out …]\n${tail}`;
}

function failure(words: string, details: Json): Result {
  return { parts: [text(words)], failed: true, details };
}
