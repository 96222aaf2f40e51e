import { describe, expect, it } from "vitest";
import type { Event, Fact } from "../../src/core/event.js";
import { NO_USAGE } from "../../src/core/event.js";
import { messages } from "../../src/core/fold.js";
import { Inbox } from "../../src/core/inbox.js";
import { type Log, memoryLog } from "../../src/core/log.js";
import { run } from "../../src/core/loop.js";
import { plainText, text } from "../../src/core/message.js";
import { type Model, ModelError, type Request } from "../../src/core/model.js";
import { scriptedModel } from "../../src/models/scripted/model.js";
import type { Script } from "../../src/models/scripted/script.js";
import { context } from "../../src/plugins/context.js";
import { requestSize } from "../../src/plugins/context-size.js";
import { undoneCompaction } from "../../src/plugins/context-undo.js";
import { recover } from "../../src/plugins/recover.js";
import { expectValid } from "../core/valid.js";

const prompt = (words: string, from = "user"): Fact => ({ type: "prompt", parts: [text(words)], from });
const reply = (words: string): Fact => ({
  type: "reply",
  parts: [text(words)],
  stop: "end",
  model: "m",
  usage: NO_USAGE,
});
const wordsIn = (request: Request | undefined) =>
  (request?.messages ?? []).map(({ parts }) => plainText(parts)).join("\n");

function logOf(...facts: Fact[]): Log {
  const log = memoryLog();
  for (const fact of [{ type: "session", version: 1, id: "s", cwd: "/w", system: "be good" } as const, ...facts])
    log.append(fact);
  return log;
}

type Work = { window?: number; wrap?: (model: Model) => Model; maxOutput?: number };

/** Goes on with a log and gives the requests that were sent: those of summaries, and those of the work. */
async function workOn(log: Log, script: Script, { window = 16_000, wrap = (model) => model, maxOutput }: Work = {}) {
  const model = scriptedModel(script, { window });
  const plugins = [context({ save: () => undefined, maxOutput }), recover({ maxOutput })];
  const agent = { log, inbox: new Inbox(), model: wrap(model), tools: [], plugins, maxOutput };
  for await (const _ of run(agent, new AbortController().signal));
  expectValid(messages(log.events));
  return model.requests;
}

const compactions = ({ events }: Log) => events.filter(({ type }) => type === "compacted").length;

describe("a compaction of a run with many prompts", () => {
  const rounds = Array.from({ length: 14 }, (_, n) => [
    reply(`round ${n} ${"talk ".repeat(100)}`),
    prompt(`not yet ${n} ${"finding ".repeat(400)}`, "goal"),
  ]);

  it.each([
    ["word for word", "the task §a§ ", 50],
    ["shortened", "the task §a§ ", 4000],
  ])("keeps what the run began with, %s, and the newest", async (_, task, times) => {
    const log = logOf(prompt(task.repeat(times)), ...rounds.flat());
    const requests = await workOn(log, ["the record", "done"]);
    expect(compactions(log)).toBe(1);
    const words = wordsIn(requests.at(-1));
    expect(words).toContain(task.repeat(Math.min(times, 50)));
    expect(words).toContain("not yet 13");
  });
});

describe("an open request with more images than there is room for", () => {
  it("says after a compaction that they are gone", async () => {
    const image = { type: "image", mime: "image/png", data: "aGk=" } as const;
    const log = logOf({ type: "prompt", parts: [text("what are these? §open§"), image, image, image], from: "user" });
    for (let n = 0; n < 8; n += 1) log.append(reply(`step ${n} ${"talk ".repeat(800)}`));
    const requests = await workOn(log, ["the record", "done"]);
    expect(compactions(log)).toBe(1);
    expect(wordsIn(requests.at(-1))).toContain("what are these? §open§\n[3 images left out]");
  });
});

describe("a request that was not finished", () => {
  const long = Array.from({ length: 12 }, (_, n) => reply(`step ${n} ${"talk ".repeat(800)}`));

  it.each(["limit", "aborted", "failed"] as const)(
    "is told after a compaction of the run that goes on after: %s",
    async (outcome) => {
      const log = logOf(prompt("an older one §old§"), reply("yes"), { type: "ended", outcome: "done" });
      for (const fact of [prompt("the task §open§"), ...long, { type: "ended", outcome } as const]) log.append(fact);
      const requests = await workOn(log, ["the record", "done"]);
      expect(compactions(log)).toBe(1);
      expect(wordsIn(requests.at(-1))).toContain("the task §open§");
      expect(wordsIn(requests.at(-1))).not.toContain("§old§");
    },
  );
});

describe("a compaction", () => {
  const long = Array.from({ length: 12 }, (_, n) => reply(`step ${n} ${"talk ".repeat(800)}`));

  it("tells nothing of what was taken back: a prompt that was refused, an answer that was none", async () => {
    const gone: Fact[] = [
      prompt(`§refused§ ${"word ".repeat(8000)}`),
      { type: "retried", reason: "a hook refused it", attempt: 1, voids: 1 },
      reply("§void§"),
      { type: "retried", reason: "cut off", attempt: 1, voids: 3 },
    ];
    const log = logOf(...gone, prompt("go on"), ...long, prompt("and now?"));
    const requests = await workOn(log, ["the record", "done"]);
    expect(compactions(log)).toBe(1);
    for (const request of requests) expect(wordsIn(request)).not.toMatch(/§refused§|§void§/);
  });

  it("keeps what sends the work back and was not read yet", async () => {
    const failing: Fact = { type: "note", by: "verify", text: `§failing§ ${"line ".repeat(1215)}` };
    const log = logOf(prompt("go"), ...long.slice(0, 4), failing);
    log.append({ type: "state", key: "compact", value: "" });
    const requests = await workOn(log, ["the record", "done"]);
    expect(compactions(log)).toBe(1);
    expect(wordsIn(requests.at(-1))).toContain(failing.text);
  });

  it("reads what was said itself where the newest one was taken back", async () => {
    const log = logOf(prompt("find §it§"), reply("found §here§"), ...long, { type: "ended", outcome: "done" });
    log.append({ type: "compacted", summary: "> a bad record", upto: log.events.length - 1 });
    log.append(undoneCompaction(log.events) as Fact);
    log.append(prompt("go on"));
    const [summary] = await workOn(log, ["the record", "done"]);
    expect(compactions(log)).toBe(2);
    expect(wordsIn(summary)).not.toContain("a bad record");
    expect(wordsIn(summary)).toContain("found §here§");
  });

  it("keeps the newest steps also where an answer with calls was taken back before them", async () => {
    const cut: Fact = {
      type: "reply",
      parts: [{ type: "call", id: "x", name: "look", input: {} }],
      stop: "cut",
      model: "m",
      usage: NO_USAGE,
    };
    const broken: Fact = { type: "retried", reason: "broke off", attempt: 1, voids: 2 };
    const log = logOf(prompt("go"), cut, broken, ...long, reply("§newest§"));
    const requests = await workOn(log, ["the record", "done"]);
    expect(compactions(log)).toBe(1);
    expect(wordsIn(requests.at(-1))).toContain("§newest§");
  });
});

describe("the size of a request", () => {
  it("counts no answer that was taken back", () => {
    const answer: Fact = {
      type: "reply",
      parts: [text("x".repeat(36_000))],
      stop: "length",
      model: "m",
      usage: { ...NO_USAGE, input: 2000, output: 10_000 },
    };
    const { events } = logOf(prompt("go"), answer, { type: "retried", reason: "cut off", attempt: 1, voids: 2 });
    expect(requestSize(events)).toBe(2000);
  });
});

/** Refuses some requests as too long, in these words. */
function refusing(words: string, when: (request: Request) => boolean) {
  return (model: Model): Model => ({
    ...model,
    async *stream(request, signal) {
      if (when(request)) throw new ModelError(words, { status: 400, transient: false, kind: "overflow" });
      return yield* model.stream(request, signal);
    },
  });
}

const learned = ({ events }: Log) =>
  events.flatMap((event) => (event.type === "state" && event.key === "context.window" ? [event.value] : []));

describe("a request that is too long again after a compaction", () => {
  it("is compacted a second time, without the newest steps", async () => {
    const long = Array.from({ length: 12 }, (_, n) => reply(`step ${n} ${"talk ".repeat(2500)}`));
    const log = logOf(prompt("go §open§"), ...long);
    const tooLong = refusing("prompt is too long", (request) => wordsIn(request).includes("step 11"));
    const requests = await workOn(log, ["the record", "the second record", "done"], {
      window: 128_000,
      wrap: (model) => ({
        ...tooLong(model),
        stream: (request, signal) =>
          request.messages.length === 1 && wordsIn(request).startsWith("What was said")
            ? model.stream(request, signal)
            : tooLong(model).stream(request, signal),
      }),
    });
    expect(log.events.at(-1)).toMatchObject({ type: "ended", outcome: "done" });
    expect(compactions(log)).toBe(2);
    expect(wordsIn(requests.at(-1))).toContain("§open§");
  });
});

describe("the window that a refusal tells", () => {
  it.each([
    "This model's maximum context length is 32768 tokens. However, you requested 33024 tokens (24832 in the messages, 8192 in the completion).",
    "input length and `max_tokens` exceed context limit: 24832 + 8192 > 32768, decrease input length or `max_tokens`",
  ])("is not taken for the output limit: %s", async (words) => {
    const long = Array.from({ length: 12 }, (_, n) => reply(`step ${n} ${"talk ".repeat(1300)}`));
    const log = logOf(prompt("go"), ...long, prompt("on"));
    let times = 0;
    await workOn(log, ["the record", "done"], {
      window: 128_000,
      wrap: refusing(words, () => times++ === 0),
    });
    const [{ window }] = learned(log) as [{ window: number }];
    expect(window).toBeGreaterThan(15_000);
    expect(log.events.at(-1)).toMatchObject({ outcome: "done" });
  });
});

describe("a raised output limit that does not fit beside the conversation", () => {
  it("is lowered again, and nothing is compacted for it", async () => {
    const log = logOf(prompt("go"), reply("talk ".repeat(3000)), prompt("and?"));
    const cut = { text: "half", stop: "length" as const };
    await workOn(log, [cut, "whole", "more"], {
      window: 32_000,
      maxOutput: 1000,
      wrap: refusing("too long with max_tokens", ({ maxOutput = 0 }) => maxOutput > 1000),
    });
    expect(log.events.at(-1)).toMatchObject({ type: "ended", outcome: "done" });
    expect(compactions(log)).toBe(0);
    expect(learned(log)).toEqual([]);
    const known: readonly Event[] = log.events;
    expect(known.filter(({ type }) => type === "retried").length).toBe(2);
  });
});
