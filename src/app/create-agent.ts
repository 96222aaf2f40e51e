import { randomUUID } from "node:crypto";
import { realpathSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { last, sinceLastEnd, state } from "../core/fold.js";
import { Inbox } from "../core/inbox.js";
import { type Log, memoryLog } from "../core/log.js";
import { type Agent, run } from "../core/loop.js";
import { text } from "../core/message.js";
import type { JsonSchema, Model } from "../core/model.js";
import type { Plugin } from "../core/plugin.js";
import type { Tool } from "../core/tool.js";
import { redactor } from "../platform/secrets.js";
import { answerIn, outputIn } from "../plugins/answer.js";
import { background } from "../plugins/background.js";
import { outputSchema } from "../plugins/output-schema.js";
import type { Mode } from "../plugins/permission.js";
import type { Answer, Asking, Question } from "../plugins/question.js";
import { outputsIn } from "../store/outputs.js";
import { newSessionId } from "../store/sessions.js";
import { agentOf, builtinTools, closeAgent } from "./agent.js";
import { homeOf, ownKeys, thisMachine, withoutKeys } from "./config.js";
import { type Surroundings, surroundings, systemPrompt } from "./prompt.js";
import { MODE, modeToGoOn, recordSettings } from "./session-settings.js";

export type AgentOptions = {
  /** Who answers: `openai(…)`, `anthropic(…)`, or any `Model`. */
  model: Model;
  /** The workspace; the process's folder when absent. */
  cwd?: string;
  /** `default` when absent, or the stricter one that `log` was left in: reads and edits inside the workspace, all else is asked. */
  permissionMode?: Mode;
  /** Answers what the mode would ask a person; when absent the answer is no. */
  ask?: (question: Question, asking: Asking) => Promise<Answer>;
  /** Tools beside the built-in ones. */
  tools?: readonly Tool[];
  /** The names of the built-in tools to have; all when absent. */
  builtins?: readonly string[];
  plugins?: readonly Plugin[];
  /** In place of the system prompt; the environment is still told. */
  system?: string;
  /** Added to the system prompt. */
  appendSystem?: string;
  /** Where facts go, and what a session goes on from; memory when absent. */
  log?: Log;
  /** Answers of the model per run; unlimited when absent. */
  maxTurns?: number;
  /** USD per run; unlimited when absent. A model whose price is not known ends the run with its first answer. */
  maxCost?: number;
  /** Tokens per answer; the model's own limit when absent. */
  maxOutput?: number;
  /** What the final answer must fit: `chat` gives JSON then, or throws after two repairs. */
  outputSchema?: JsonSchema;
};

/** An agent with the two-line use: say something, get the answer. */
export type ChatAgent = Agent & {
  /** Works until the model stops and gives its last words. Throws when the run ended in any other way than done. */
  chat(words: string, options?: { signal?: AbortSignal }): Promise<string>;
  /** Ends what the agent's commands left running. */
  close(): Promise<void>;
};

/**
 * Makes an agent with the built-in tools, working in a folder.
 *
 * @example
 * const agent = createAgent({ model: openai({ baseUrl, apiKey, model: "gpt-5" }), cwd: "." });
 * console.log(await agent.chat("Which tests fail, and why?"));
 * await agent.close();
 */
export function createAgent(options: AgentOptions): ChatAgent {
  const machine = thisMachine();
  const cwd = realpathSync(options.cwd ?? machine.cwd);
  const log = options.log ?? memoryLog();
  const id = last(log.events, "session")?.id ?? newSessionId();
  const mode = options.permissionMode ?? modeToGoOn(state(log.events, MODE), "default").mode;
  const outputs = join(tmpdir(), `nanocoder-${randomUUID()}`);
  const home = machine.homedir;
  const redact = redactor(ownKeys(machine.env));
  const inbox = new Inbox();
  const kept = { outputs, redact: redact.text };
  const beside = { inbox, background: background({ ...kept, log, inbox, notice: () => undefined }) };
  const builtins = builtinTools({ ...kept, env: withoutKeys(machine.env), home }, beside.background);
  const agent = agentOf({
    ...options,
    log,
    beside,
    readable: [outputs],
    room: { save: outputsIn(outputs, redact.text) },
    cwd: last(log.events, "session")?.cwd ?? cwd,
    policy: {
      mode,
      rules: { allow: [], ask: [], deny: [] },
      home,
      own: homeOf(machine),
      writable: [],
      remember: async () => undefined,
    },
    plugins: [...(options.outputSchema ? [outputSchema(options.outputSchema)] : []), ...(options.plugins ?? [])],
    ask: options.ask ?? refuse,
    tools: [...builtins.filter(({ name }) => options.builtins?.includes(name) ?? true), ...(options.tools ?? [])],
  });
  if (last(log.events, "session") === undefined) {
    const system = promptOf(options, agent, surroundings(cwd, machine.env.SHELL || "/bin/sh"));
    log.append({ type: "session", version: 1, id, cwd, system });
  }
  recordSettings(log, { mode });
  return { ...agent, chat: (words, { signal } = {}) => chat(agent, words, signal), close: () => closeAgent(agent) };
}

function promptOf(options: AgentOptions, { tools, plugins }: Agent, around: Surroundings): string {
  const { system: instead, appendSystem: more } = options;
  return systemPrompt({
    around,
    tools: tools.map(({ name }) => name),
    plugins: plugins.map(saidAtOnce),
    ...(instead === undefined ? {} : { instead }),
    ...(more === undefined ? {} : { more }),
  });
}

function saidAtOnce(plugin: Plugin): string {
  const said = plugin.system?.() ?? "";
  if (typeof said === "string") return said;
  throw new Error(
    `The plugin "${plugin.name}" gives its part of the system prompt later: createAgent needs it at once.`,
  );
}

async function chat(agent: Agent, words: string, signal = new AbortController().signal): Promise<string> {
  agent.inbox.post({ parts: [text(words)], from: "user" });
  const work = run(agent, signal);
  let step = await work.next();
  while (!step.done) step = await work.next();
  const ended = last(agent.log.events, "ended");
  if (step.value !== "done") throw new Error(`The run ended without an answer: ${ended?.reason ?? step.value}.`);
  const events = sinceLastEnd(agent.log.events);
  const output = outputIn(events);
  if (output === null) throw new Error("The run was ended before its answer fitted the output schema.");
  return output ?? answerIn(events).text;
}

async function refuse({ why }: Question): Promise<Answer> {
  return { verdict: "deny", why: `${why} (nobody is there to ask: pass \`ask\` or another permissionMode)` };
}
