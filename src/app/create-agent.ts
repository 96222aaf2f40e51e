import type { Delta, Event, Outcome } from "../core/event.js";
import { last, sinceLastEnd, state } from "../core/fold.js";
import { type Agent, run } from "../core/loop.js";
import { text, type UserPart } from "../core/message.js";
import { imageFault, imageType } from "../platform/image-bytes.js";
import { redactor } from "../platform/secrets.js";
import { within } from "../platform/waiting.js";
import { answerIn, outputIn } from "../plugins/answer.js";
import type { Answer, Question } from "../plugins/question.js";
import type { AgentOptions } from "./agent-options.js";
import { assembleOn, type Front, type Opened } from "./assemble.js";
import { configOf, modelsFor } from "./library-config.js";
import { sessionOf } from "./library-session.js";
import { BUSY, CLOSED, type Door, oneRun } from "./one-run.js";
import { AGENT_OPTIONS, checkNames } from "./option-names.js";
import { MODE, modeToGoOn } from "./session-settings.js";

/**
 * What goes with one thing that is said.
 *
 * @example
 * await agent.chat("Run the tests.", { signal: AbortSignal.timeout(60_000), see: (item) => console.log(item.type) });
 */
export type ChatOptions = {
  /** Ends the run: tools have ended and `ended` is recorded before `chat` throws. */
  signal?: AbortSignal;
  /** Sees each fact once it is recorded, and deltas as they come. */
  see?: (item: Event | Delta) => void;
};

/**
 * An agent with the two-line use: say something, get the answer. For all else it is what `run` takes.
 *
 * @example
 * const answer: string = await agent.chat("Why does the build fail?");
 */
export type ChatAgent = Agent & {
  /** The session's id, by which one in the sessions' folder is resumed. */
  readonly id: string;
  /**
   * Works until the model stops and gives its last words. Takes words, or words and images. Throws when the run ended in any other way than
   * done, and when another is under way.
   *
   * @example
   * const image = { type: "image" as const, mime: "image/png", data: png.toString("base64") };
   * console.log(await agent.chat([text("What is wrong on this page?"), image]));
   */
  chat(words: string | readonly UserPart[], options?: ChatOptions): Promise<string>;
  /** Ends the `chat` that is under way and what the agent's commands left running, and lets go of its session's file. A `run` of yours ends by its own signal. */
  close(): Promise<void>;
  /** The same, for `await using`. */
  [Symbol.asyncDispose](): Promise<void>;
};

/**
 * Makes an agent with the built-in tools, working in a folder. It is assembled as the command line's is, from options instead of settings and
 * flags. Throws an error named `UsageError` for an option that cannot be.
 *
 * @example
 * const agent = await createAgent({ model: openai({ baseUrl, apiKey, model: "gpt-5" }), cwd: "." });
 * console.log(await agent.chat("Which tests fail, and why?"));
 * await agent.close();
 */
export async function createAgent(options: AgentOptions): Promise<ChatAgent> {
  checkNames("createAgent", options, AGENT_OPTIONS);
  return (await openAgent(options)).agent;
}

/** An agent, and what it stands on. */
export async function openAgent(options: AgentOptions): Promise<{ agent: ChatAgent; opened: Opened }> {
  const base = await configOf(options);
  const redact = redactor(base.keys);
  const door = oneRun();
  const front = frontOf(options, door);
  const models = await modelsFor(options, base);
  const session = await sessionOf(options, { config: base, redact, front });
  const mode = options.permissionMode ?? modeToGoOn(state(session.log.events, MODE), "default").mode;
  const opened = await assembleOn({ config: { ...base, mode }, front, models, redact, session });
  return { agent: chatting(opened, door), opened };
}

function frontOf(options: AgentOptions, door: Door): Front {
  const { notice = () => undefined, ask = refuse, tools = [], plugins = [], remember } = options;
  return {
    notice,
    ask,
    tools,
    plugins: async () => [door.plugin, ...plugins],
    remember: remember ?? (async () => undefined),
  };
}

/** How long an answer that is under way may take to end, in milliseconds: who closes an agent from inside of its tool would wait for ever. */
const PATIENCE = 3000;

function chatting({ agent, id, close }: Opened, door: Door): ChatAgent {
  const stop = new AbortController();
  let working: Promise<unknown> | undefined;
  let closed: Promise<void> | undefined;
  const shut = async () => {
    door.shut();
    stop.abort(new Error("the agent was closed"));
    await within(PATIENCE, working ?? Promise.resolve());
    await close();
  };
  const end = () => {
    closed ??= shut();
    return closed;
  };
  return {
    ...agent,
    id,
    close: end,
    [Symbol.asyncDispose]: end,
    async chat(words, { signal, see } = {}) {
      if (closed) throw new Error(CLOSED);
      if (working || door.busy(agent.log)) throw new Error(BUSY);
      const either = signal ? AbortSignal.any([signal, stop.signal]) : stop.signal;
      const asked = answer(agent, partsOf(words), { signal: either, ...(see && { see }) });
      working = asked.catch(() => undefined);
      try {
        return await asked;
      } finally {
        working = undefined;
      }
    },
  };
}

// types say the same; not every program has them
function partsOf(words: string | readonly UserPart[]): readonly UserPart[] {
  const parts = typeof words === "string" ? [text(words)] : words;
  if (!Array.isArray(parts) || !parts.every(isPart))
    throw new Error("chat wants words, or a list of words and images.");
  for (const part of parts) checkImage(part);
  if (parts.every((part) => part.type === "text" && part.text.trim() === ""))
    throw new Error("There is nothing to say: the words are empty.");
  return parts;
}

function isPart(part: Partial<Record<"type" | "text" | "mime" | "data", unknown>> | null): boolean {
  if (part?.type === "text") return typeof part.text === "string";
  return part?.type === "image" && typeof part.mime === "string" && typeof part.data === "string";
}

// what a provider refuses would be refused with every word that follows
function checkImage(part: UserPart): void {
  if (part.type !== "image") return;
  const bytes = Buffer.from(part.data, "base64");
  const fault = imageFault(bytes) ?? (imageType(bytes) === part.mime ? undefined : `is no ${part.mime}`);
  if (fault !== undefined) throw new Error(`An image ${fault}.`);
}

async function answer(agent: Agent, parts: readonly UserPart[], { signal, see }: ChatOptions): Promise<string> {
  // what was said to a run that never began must not be heard by the next
  signal?.throwIfAborted();
  agent.inbox.post({ parts, from: "user" });
  const work = run(agent, signal ?? new AbortController().signal);
  const outcome = await seen(work, see);
  const ended = last(agent.log.events, "ended");
  if (outcome !== "done") throw new Error(`The run ended without an answer: ${ended?.reason ?? outcome}.`);
  const events = sinceLastEnd(agent.log.events);
  const output = outputIn(events);
  if (output === null) throw new Error("The run was ended before its answer fitted the output schema.");
  return output ?? answerIn(events).text;
}

// who looks may fail: the run is over then all the same
async function seen(work: ReturnType<typeof run>, see: ChatOptions["see"]): Promise<Outcome> {
  try {
    let step = await work.next();
    while (!step.done) {
      see?.(step.value);
      step = await work.next();
    }
    return step.value;
  } finally {
    await work.return("aborted");
  }
}

async function refuse({ why }: Question): Promise<Answer> {
  return { verdict: "deny", why: `${why} (nobody is there to ask: pass \`ask\`, a rule or another permissionMode)` };
}
