import type { Event, Fact } from "./event.js";
import type { Call } from "./message.js";
import { text } from "./message.js";
import type { Session } from "./session.js";
import type { Effect, Result, Tool, ToolContext } from "./tool.js";

/** Calls of one reply that run at the same time. */
const AT_ONCE = 8;
/** How long a tool may take to notice an abort, in milliseconds. */
const GRACE = 3000;

export type ToolRunner = {
  /** Runs the call as soon as no earlier one conflicts. It always ends in exactly one `result`. */
  start(call: Call, from: From): void;
  /** Resolves when each started call has its result; rejects when a fact could not be recorded. */
  settled(): Promise<void>;
};

type From = "stream" | "reply";
/** A call, and whether its reply is still to be recorded. */
type Begun = { call: Call; from: From };

type Setup = {
  tools: readonly Tool[];
  session: Session;
  record(fact: Fact): Event;
};

type Job = { effect: Effect; done: Promise<void> };

/** Runs the calls of one reply: together where they cannot disturb each other, in reply order where they can. */
export function toolRunner(setup: Setup): ToolRunner {
  const jobs: Job[] = [];
  const slots = semaphore(AT_ONCE);
  let planned: Promise<unknown> = Promise.resolve();
  const all: Promise<void>[] = [];

  const schedule = async (begun: Begun) => {
    const plan = await prepare(setup, begun.call);
    if ("failed" in plan) return finish(setup, begun, plan);
    const before = jobs.filter((job) => conflict(job.effect, plan.effect)).map((job) => job.done);
    const done = Promise.all(before)
      .then(() => slots(() => perform(setup, begun, plan)))
      .then(() => undefined);
    jobs.push({ effect: plan.effect, done });
    return { done };
  };

  return {
    start(call, from) {
      const scheduled = planned.then(() => schedule({ call, from }));
      planned = scheduled.catch(() => undefined);
      all.push(scheduled.then((job) => job?.done));
      all.at(-1)?.catch(() => undefined);
    },
    async settled() {
      await Promise.all(all);
    },
  };
}

/** Two calls that must keep their order. */
export function conflict(a: Effect, b: Effect): boolean {
  if (a.kind === "none" || b.kind === "none") return false;
  if (a.kind === "run" || b.kind === "run") return true;
  if (a.kind !== "write" && b.kind !== "write") return false;
  return a.subjects.some((mine) => b.subjects.some((other) => overlap(mine, other)));
}

function overlap(a: string, b: string): boolean {
  return a === b || a.startsWith(`${b}/`) || b.startsWith(`${a}/`) || a === "/" || b === "/";
}

type Plan = { run(context: ToolContext): Promise<string | Result>; effect: Effect };
type Refusal = Result & { failed: true };

async function prepare({ tools, session }: Setup, call: Call): Promise<Plan | Refusal> {
  const tool = tools.find((each) => each.name === call.name);
  if (!tool) return refusal(`There is no tool "${call.name}". Tools: ${tools.map((each) => each.name).join(", ")}.`);
  if (call.malformed !== undefined) {
    const shown = call.malformed.slice(0, 200);
    return refusal(
      `The arguments of ${call.name} are not a JSON object, or one nested too deeply: ${shown}\nNothing was run. Send the call again.`,
    );
  }
  try {
    const input = await tool.input.parse(call.input);
    return { run: (context) => tool.run(input, context), effect: await tool.effect(input, session) };
  } catch (error) {
    return refusal(`${call.name}: ${sentence(error)}`);
  }
}

async function perform(setup: Setup, begun: Begun, plan: Plan): Promise<void> {
  const { session, record } = setup;
  const { call } = begun;
  if (session.signal.aborted) return finish(setup, begun, refusal("Not run: the user interrupted."));
  const began = performance.now();
  recordStart(setup, begun);
  const context: ToolContext = {
    ...session,
    callId: call.id,
    progress: (line) => session.emit({ type: "progress", callId: call.id, text: line }),
    record: (fact) => void record(fact.type === "judged" ? { ...fact, callId: call.id } : fact),
  };
  const result = await attempt(() => plan.run(context), session.signal);
  const { parts, failed = false, details } = result;
  const ms = Math.round(performance.now() - began);
  record({ type: "result", callId: call.id, parts, failed, ms, ...(details === undefined ? {} : { details }) });
}

async function attempt(run: () => Promise<string | Result>, signal: AbortSignal): Promise<Result> {
  const patience = waitForDeaf(signal);
  try {
    const value = await Promise.race([run(), patience.gone]);
    return typeof value === "string" ? { parts: [text(value)] } : value;
  } catch (error) {
    return refusal(sentence(error));
  } finally {
    patience.end();
  }
}

// rejects only for a tool that ignores its signal: every other one ends by itself within the grace
function waitForDeaf(signal: AbortSignal): { gone: Promise<never>; end(): void } {
  let timer: NodeJS.Timeout | undefined;
  let start = () => {};
  const gone = new Promise<never>((_, reject) => {
    start = () => {
      timer = setTimeout(() => reject(new Error("Interrupted: the tool did not stop in time.")), GRACE);
    };
  });
  if (signal.aborted) start();
  else signal.addEventListener("abort", start, { once: true });
  return {
    gone,
    end() {
      clearTimeout(timer);
      signal.removeEventListener("abort", start);
    },
  };
}

function finish(setup: Setup, begun: Begun, result: Result): void {
  recordStart(setup, begun);
  setup.record({ type: "result", callId: begun.call.id, parts: result.parts, failed: result.failed ?? false });
}

function recordStart({ record }: Setup, { call, from }: Begun): void {
  record({ type: "started", callId: call.id, name: call.name, ...(from === "stream" ? { call } : {}) });
}

function refusal(why: string): Refusal {
  return { parts: [text(why)], failed: true };
}

/** The words of whatever was thrown. */
export function sentence(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function semaphore(size: number): <T>(work: () => Promise<T>) => Promise<T> {
  let free = size;
  const waiting: (() => void)[] = [];
  return async (work) => {
    if (free > 0) free -= 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else free += 1;
    }
  };
}
