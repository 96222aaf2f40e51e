import { messages } from "../../src/core/fold.js";
import { Inbox } from "../../src/core/inbox.js";
import { memoryLog } from "../../src/core/log.js";
import { type Agent, run } from "../../src/core/loop.js";
import { text } from "../../src/core/message.js";
import type { Tool } from "../../src/core/tool.js";
import { retrying } from "../../src/models/retrying.js";
import { type ScriptedModel, scriptedModel } from "../../src/models/scripted/model.js";
import type { Script } from "../../src/models/scripted/script.js";
import { limits } from "../../src/plugins/limits.js";
import { recover } from "../../src/plugins/recover.js";
import { expectValid } from "../core/valid.js";

export type Recovering = Agent & {
  asked: ScriptedModel["requests"];
  runs: number[];
  waits: number[];
  status: string[];
};

type Options = { id?: string; window?: number; maxOutput?: number };

/** An agent as it is assembled, but that no wait takes time; `runs` are the arguments of its tool, in order. */
export function recovering(script: Script, { maxOutput, ...model }: Options = {}): Recovering {
  const log = memoryLog();
  log.append({ type: "session", version: 1, id: "s", cwd: "/w", system: "be good" });
  const scripted = scriptedModel(script, { id: "gpt-4o", ...model });
  const runs: number[] = [];
  const waits: number[] = [];
  const sleep = async (ms: number) => void waits.push(ms);
  return {
    log,
    inbox: new Inbox(),
    model: retrying(scripted, { sleep, tries: 4, random: () => 0 }),
    tools: [counting(runs)],
    plugins: [limits({}), recover({ sleep, maxOutput })],
    ...(maxOutput === undefined ? {} : { maxOutput }),
    asked: scripted.requests,
    runs,
    waits,
    status: [],
  };
}

/** Says something and works to the end; any log that is left must tell a valid conversation. */
export async function work(one: Recovering, words = "go"): Promise<void> {
  one.inbox.post({ parts: [text(words)], from: "user" });
  for await (const item of run(one, new AbortController().signal))
    if (item.type === "status") one.status.push(item.text);
  expectValid(messages(one.log.events));
}

function counting(runs: number[]): Tool<{ n: number }> {
  const parse = (value: unknown) => value as { n: number };
  return {
    name: "count",
    description: "count",
    input: { json: { type: "object", properties: { n: { type: "integer" } } }, parse },
    effect: ({ n }) => ({ kind: "write", subjects: [`/w/${n}`] }),
    async run({ n }) {
      runs.push(n);
      return `counted ${n}`;
    },
  };
}
