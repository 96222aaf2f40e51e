import type { Delta, Event, Fact, Outcome } from "./event.js";
import { NO_USAGE } from "./event.js";
import { drain, Feed, interleave } from "./feed.js";
import { follower, last, state } from "./fold.js";
import { hearing } from "./hearing.js";
import type { Inbox } from "./inbox.js";
import type { Log } from "./log.js";
import { callsIn } from "./message.js";
import type { Model, Request, ToolSpec } from "./model.js";
import type { Facts, Plugin } from "./plugin.js";
import { sentence, type ToolRunner, toolRunner } from "./run-tools.js";
import type { Session } from "./session.js";
import type { Tool } from "./tool.js";

/**
 * All the loop needs. The log's first event is its `session` fact.
 *
 * @example
 * const other: Agent = { ...agent, inbox: new Inbox(), log: memoryLog(agent.log.events) };
 */
export type Agent = {
  /** What happened, and where facts go. */
  log: Log;
  /** Where its next words come from. */
  inbox: Inbox;
  /** Who answers. */
  model: Model;
  /** What the model may call, beside the tools of plugins. */
  tools: readonly Tool[];
  /** The mechanisms; their order counts. */
  plugins: readonly Plugin[];
  /** In tokens; the model's own limit when absent. A `state` fact of the same name outweighs it. */
  maxOutput?: number | undefined;
};

type Item = Event | Delta;
type Run = {
  agent: Agent;
  session: Session;
  system: string;
  tools: readonly Tool[];
  specs: readonly ToolSpec[];
  feed: Feed<Item>;
  /** Reads the session's events as messages. */
  conversation: ReturnType<typeof follower>;
  /** The calls of the newest reply. */
  running: ToolRunner | undefined;
  record(fact: Fact): Event;
};

/**
 * Works until the model stops and nobody objects: take what has arrived, ask the model, run what it calls,
 * repeat. Yields each fact once it is recorded, and deltas as they come. A reader that leaves, and an abort,
 * stop everything: tools have ended and `ended` is recorded before this returns. Throws only when a fact
 * cannot be recorded or a plugin breaks.
 *
 * @example
 * for await (const item of run(agent, new AbortController().signal)) if (item.type === "text") write(item.text);
 */
export async function* run(agent: Agent, signal: AbortSignal): AsyncGenerator<Item, Outcome> {
  const inner = new AbortController();
  const leave = () => inner.abort(signal.reason);
  signal.addEventListener("abort", leave, { once: true });
  if (signal.aborted) leave();
  const work = begin(agent, inner.signal);
  let outcome: Outcome | undefined;
  try {
    while (outcome === undefined) outcome = yield* step(work);
    return outcome;
  } finally {
    signal.removeEventListener("abort", leave);
    inner.abort("the reader left");
    await work.running?.settled().catch(() => undefined);
    if (outcome === undefined) recordLeft(work);
  }
}

function begin(agent: Agent, signal: AbortSignal): Run {
  const feed = new Feed<Item>();
  const { log, plugins, model } = agent;
  const record = (fact: Fact) => {
    const event = log.append(fact);
    for (const plugin of plugins) plugin.onEvent?.(event);
    feed.push(event);
    return event;
  };
  const { cwd, system = "" } = last(log.events, "session") ?? {};
  if (cwd === undefined) throw new Error("The log has no session: append a `session` fact first.");
  const session: Session = { events: log.events, model, cwd, signal, emit: (delta) => feed.push(delta) };
  const pool = offered(agent, session);
  return { agent, session, system, ...pool, feed, conversation: follower(), running: undefined, record };
}

// read before each request: a server from outside may answer late
function offered({ plugins, tools: given }: Agent, session: Session): Pick<Run, "tools" | "specs"> {
  const own = plugins.flatMap((plugin) => plugin.tools?.(session) ?? []);
  const tools = [...given, ...own].map((tool) => wrap(tool, plugins));
  return { tools, specs: tools.map(({ name, description, input }) => ({ name, description, schema: input.json })) };
}

// the first plugin of the list is the outermost wrapper
function wrap(tool: Tool, plugins: readonly Plugin[]): Tool {
  return plugins.reduceRight((wrapped, plugin) => plugin.wrapTool?.(wrapped) ?? wrapped, tool);
}

// the reader left, or a fact could not be recorded: then this one cannot either
function recordLeft({ record, session }: Run): void {
  try {
    record({ type: "ended", outcome: "aborted", reason: reasonOf(session.signal) });
  } catch {
    // what made this impossible is on its way to the caller already
  }
}

async function* step(work: Run): AsyncGenerator<Item, Outcome | undefined> {
  const { agent, session } = work;
  if (session.signal.aborted) return yield* end(work, "aborted", reasonOf(session.signal));
  for (const mail of agent.inbox.take()) work.record({ type: "prompt", ...mail });
  const before = yield* consult(work, (plugin) => plugin.beforeStep?.(session));
  if (before.ended) return before.ended;
  const answer = yield* ask(work);
  if (answer.type === "failed") return yield* afterFailure(work, answer.error);
  if (answer.calls > 0 || agent.inbox.waiting > 0 || session.signal.aborted) return undefined;
  return yield* beforeStop(work);
}

async function* afterFailure(work: Run, error: unknown): AsyncGenerator<Item, Outcome | undefined> {
  const { session } = work;
  if (session.signal.aborted) return undefined;
  const after = yield* consult(work, (plugin) => plugin.afterFailure?.(session, error));
  if (after.ended || after.facts.length > 0) return after.ended;
  return yield* end(work, "failed", sentence(error));
}

async function* beforeStop(work: Run): AsyncGenerator<Item, Outcome | undefined> {
  const stop = yield* consult(work, (plugin) => plugin.beforeStop?.(work.session));
  if (stop.ended || stop.facts.some(sendsBack) || work.agent.inbox.waiting > 0) return stop.ended;
  return yield* end(work, "done");
}

type Answer = { type: "answered"; calls: number } | { type: "failed"; error: unknown };

async function* ask(work: Run): AsyncGenerator<Item, Answer> {
  const { agent, session, feed, record } = work;
  const calls = toolRunner(Object.assign(work, offered(agent, session)));
  work.running = calls;
  const heard = hearing(session.events);
  const began = performance.now();
  const see = (item: Item) => {
    const known = heard.hear(item);
    if (known.type === "call") calls.start(known.call, "stream");
    return known;
  };
  const reply = yield* interleave(agent.model.stream(request(work), session.signal), feed, see);
  const ms = Math.round(performance.now() - began);
  if (reply.type === "answered") {
    const parts = reply.value.parts.map(heard.known);
    record({ type: "reply", ...reply.value, parts, ms });
    for (const call of callsIn(parts)) if (!heard.announced(call)) calls.start(call, "reply");
    yield* drain(calls.settled(), feed);
    return { type: "answered", calls: callsIn(parts).length };
  }
  const parts = heard.parts();
  if (parts.length > 0) record({ type: "reply", parts, stop: "cut", model: agent.model.id, usage: NO_USAGE, ms });
  yield* drain(calls.settled(), feed);
  return reply;
}

function request({ agent, session, system, specs, conversation }: Run): Request {
  const raised = state(session.events, "maxOutput");
  const maxOutput = typeof raised === "number" ? raised : agent.maxOutput;
  return { system, messages: conversation(session.events), tools: specs, maxOutput };
}

type Consulted = { facts: readonly Event[]; ended?: Outcome };

// one moment: all plugins answer the same log together, their facts are recorded in list order, the end last
async function* consult(work: Run, moment: (plugin: Plugin) => Facts): AsyncGenerator<Item, Consulted> {
  const asked = Promise.all(work.agent.plugins.map((plugin) => moment(plugin)));
  yield* drain(asked, work.feed);
  const said = (await asked).flat().filter((fact) => fact !== undefined);
  // a run ends once, and after all that was said
  const ended = said.find((fact) => fact.type === "ended");
  const others = said.filter(({ type }) => type !== "ended");
  const facts = [...others, ...(ended ? [ended] : [])].map((fact) => work.record(fact));
  yield* work.feed.take();
  return ended ? { facts, ended: ended.outcome } : { facts };
}

function sendsBack(fact: Event): boolean {
  return fact.type === "prompt" || fact.type === "note" || fact.type === "retried";
}

async function* end({ record, feed }: Run, outcome: Outcome, reason?: string): AsyncGenerator<Item, Outcome> {
  record({ type: "ended", outcome, ...(reason === undefined ? {} : { reason }) });
  yield* feed.take();
  return outcome;
}

function reasonOf(signal: AbortSignal): string {
  return signal.reason === undefined ? "interrupted" : sentence(signal.reason);
}
