import { expect } from "vitest";
import type { Delta, Event, Outcome } from "../../../src/core/event.js";
import { Inbox } from "../../../src/core/inbox.js";
import { memoryLog } from "../../../src/core/log.js";
import { run } from "../../../src/core/loop.js";
import { callsIn, type Json, text } from "../../../src/core/message.js";
import type { Model } from "../../../src/core/model.js";
import type { Tool } from "../../../src/core/tool.js";
import type { Endpoint } from "../../../src/models/endpoint.js";
import { openai } from "../../../src/models/openai.js";
import type { Quirk } from "../../../src/models/scripted/quirks.js";
import type { ScriptedCall, Turn } from "../../../src/models/scripted/script.js";
import { type ModelServer, modelServer } from "../../../src/models/scripted/server.js";

export type Ran = {
  outcome: Outcome;
  /** The tools that ran, in order. */
  ran: { name: string; input: Json }[];
  events: readonly Event[];
  /** All text that was shown. */
  shown: string;
  server: ModelServer;
};

const SCHEMA = {
  type: "object",
  properties: {
    n: { type: "integer" },
    deep: { type: "object" },
    list: { type: "array" },
    yes: { type: "boolean" },
    words: { type: "string" },
  },
};

/** A whole run of the loop against a server with these quirks; tools `f`, `g` and `wait` note what they are given. */
export async function ran(
  turns: readonly Turn[],
  quirks: readonly Quirk[],
  more: Partial<Endpoint> = {},
): Promise<Ran> {
  await using server = await modelServer(turns, { quirks });
  const model = openai({ baseUrl: server.url, apiKey: "any", model: "scripted", maxOutput: 100, ...more });
  return { ...(await runWith(model)), server };
}

export async function runWith(model: Model): Promise<Omit<Ran, "server">> {
  const seen: Ran["ran"] = [];
  const tool = (name: string): Tool<Json> => ({
    name,
    description: name,
    input: { json: SCHEMA, parse: (input) => input },
    effect: () => ({ kind: "run", subjects: [name] }),
    async run(input) {
      seen.push({ name, input });
      return "fine";
    },
  });
  const log = memoryLog();
  log.append({ type: "session", version: 1, id: "s", cwd: "/w", system: "be good" });
  const inbox = new Inbox();
  inbox.post({ parts: [text("go")], from: "user" });
  const tools = ["f", "g", "wait"].map(tool);
  const items: (Event | Delta)[] = [];
  const steps = run({ log, inbox, model, tools, plugins: [] }, new AbortController().signal);
  let step = await steps.next();
  for (; !step.done; step = await steps.next()) items.push(step.value);
  const shown = items.map((item) => (item.type === "text" ? item.text : "")).join("");
  return { outcome: step.value, ran: seen, events: log.events, shown };
}

export const scripted = (turns: readonly Turn[]): Ran["ran"] =>
  turns.flatMap(({ calls = [] }) => calls.map(({ name, input = {} }: ScriptedCall) => ({ name, input })));

/** What was written down of the model's words and calls. */
export function expectRecorded(events: readonly Event[], turns: readonly Turn[]): void {
  const replies = events.filter((event) => event.type === "reply");
  expect(replies.map(({ parts }) => callsIn(parts).length)).toEqual(turns.map(({ calls = [] }) => calls.length));
  const said = replies.map(({ parts }) =>
    parts
      .map((part) => (part.type === "text" ? part.text : ""))
      .join("")
      .trim(),
  );
  expect(said).toEqual(turns.map(({ text: words = "" }) => words.trim()));
}

export function reasonOf(events: readonly Event[]): string {
  const ended = events.at(-1);
  return ended?.type === "ended" ? (ended.reason ?? "") : "";
}
