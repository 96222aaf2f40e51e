import type { Delta, Event, Fact, Outcome } from "../core/event.js";
import { sinceLastEnd } from "../core/fold.js";
import { type Agent, run } from "../core/loop.js";
import { callsIn, type Json, plainText, text } from "../core/message.js";
import { sentence } from "../core/run-tools.js";
import type { Result, ToolContext } from "../core/tool.js";
import { duration, headTail } from "../platform/text.js";
import { answerIn } from "../plugins/answer.js";

/** The state keys `agent:<call>` say which session a sub-agent's call is. */
export const CHILD = "agent:";

/** A sub-agent that is ready to work. */
export type Child = { agent: Agent; id: string; name: string; close(): void };
export type Working = { task: string; child: Child; context: ToolContext; pay(fact: Fact): void };

/** Characters of a report. */
const REPORT = 20_000;

/** Works on a task until it is done or a limit is met. What goes wrong is a result, never an error of the one who asked. */
export async function work(working: Working): Promise<Result> {
  const { task, child, context } = working;
  const { agent, id, name } = child;
  const value: Json = { session: id, type: name, task: task.slice(0, 200) };
  context.record({ type: "state", key: CHILD + context.callId, value });
  agent.inbox.post({ parts: [text(task)], from: "agent" });
  const began = performance.now();
  try {
    const outcome = await worked(working);
    return reported(working, { outcome, ms: performance.now() - began });
  } catch (error) {
    return failure(`The sub-agent broke: ${sentence(error)}`, value);
  } finally {
    child.close();
  }
}

async function worked(working: Working): Promise<Outcome> {
  const items = run(working.child.agent, working.context.signal);
  for (;;) {
    const { value, done } = await items.next();
    if (done) return value;
    see(value, working);
  }
}

// shown as it comes; what it cost and what was refused to it counts in the session it works for
function see(item: Event | Delta, { child, context, pay }: Working): void {
  const { callId } = context;
  context.emit({ type: "child", callId, session: child.id, item });
  if (!("seq" in item)) return;
  if (item.type === "spent" || (item.type === "reply" && item.stop !== "cut"))
    pay({ type: "spent", usage: item.usage, model: item.model, on: "agent" });
  if (item.type !== "judged" || item.verdict !== "deny") return;
  const call = callOf(item.callId, child.agent.log.events);
  context.record({
    type: "judged",
    verdict: "deny",
    by: item.by,
    why: `sub-agent ${child.name}, ${call}: ${item.why}`,
  });
}

function callOf(callId: string, events: readonly Event[]): string {
  const started = events.findLast((event) => event.type === "started" && event.callId === callId);
  return started?.type === "started" ? started.name : "a call";
}

function reported({ child, context }: Working, { outcome, ms }: { outcome: Outcome; ms: number }): Result {
  const events = sinceLastEnd(child.agent.log.events);
  const replies = events.filter((event) => event.type === "reply");
  const calls = replies.reduce((sum, { parts }) => sum + callsIn(parts).length, 0);
  const ended = events.findLast((event) => event.type === "ended");
  const reason = ended?.type === "ended" ? ended.reason : undefined;
  const details: Json = { session: child.id, type: child.name, outcome, rounds: replies.length, calls };
  const end = endWords(outcome, reason, replies.length);
  const figures = `${replies.length} rounds, ${calls} calls, ${duration(ms)}; its log: session ${child.id}`;
  const words = [bounded(lastWords(events)), `[The sub-agent ${end}. ${figures}]`].join("\n\n");
  if (outcome === "aborted" && context.signal.aborted) return failure("Interrupted: the sub-agent was ended.", details);
  return outcome === "done" || outcome === "limit" ? { parts: [text(words)], details } : failure(words, details);
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
  return said?.type === "reply" ? plainText(said.parts).trim() : "(no report)";
}

function bounded(words: string): string {
  const { head, tail, cut } = headTail(words, { head: REPORT - 4000, tail: 4000 });
  return cut === 0 ? words : `${head}\n[… ${cut} characters left out …]\n${tail}`;
}

function failure(words: string, details: Json): Result {
  return { parts: [text(words)], failed: true, details };
}
