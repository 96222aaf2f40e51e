import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Event } from "../../src/core/event.js";
import { follower, messages } from "../../src/core/fold.js";
import type { Json } from "../../src/core/message.js";
import { anthropic } from "../../src/models/anthropic.js";
import { anthropicRenderer } from "../../src/models/anthropic-render.js";
import { openai } from "../../src/models/openai.js";
import { openaiRenderer, type ThinkingBack } from "../../src/models/openai-render.js";
import type { Body } from "../../src/models/request-body.js";
import { modelServer } from "../../src/models/scripted/server.js";
import { validateAnthropic } from "../../src/models/scripted/validate-anthropic.js";
import { validateOpenai } from "../../src/models/scripted/validate-openai.js";
import { ask, take } from "./answering.js";
import { anyLog, HOSTS, marksOf } from "./logs.js";

type Host = keyof typeof HOSTS;
type Told = Parameters<typeof messages>[0];

const textOf = (body: Body) => Buffer.concat(body).toString();
const BACK: readonly ThinkingBack[] = ["calls", "all", "none"];

// a request each time for the conversation so far, by one renderer
const WIRES = {
  openai: {
    model: openai,
    renderer(host: Host, back: ThinkingBack = "calls") {
      const render = openaiRenderer(host);
      return (told: ReturnType<typeof messages>, system = "be good") =>
        render({ model: "m", stream: true }, ask(told, { system }), { thinking: back, system: "system" });
    },
    validate: (body: Json, _host: Host) => validateOpenai(body),
  },
  anthropic: {
    model: anthropic,
    renderer(host: Host, _back?: ThinkingBack) {
      const render = anthropicRenderer(host);
      return (told: ReturnType<typeof messages>, system = "be good") =>
        render({ model: "m", max_tokens: 9, stream: true }, ask(told, { system }));
    },
    validate: (body: Json, host: Host) => validateAnthropic(body, (token) => token.startsWith(HOSTS[host])),
  },
} as const;

// one renderer for each host sees all logs, as one process sees many sessions
async function check(name: keyof typeof WIRES, runs: number): Promise<void> {
  const { renderer, validate } = WIRES[name];
  const hosts: readonly Host[] = ["one", "two"];
  const ways = hosts.flatMap((host) => BACK.map((back) => ({ host, render: renderer(host, back) })));
  let n = 0;
  await fc.assert(
    fc.asyncProperty(anyLog, fc.constantFrom("", " ", "be good", "\ud800"), async (events, system) => {
      const told = messages(events);
      n += 1;
      for (const { host, render } of ways.filter((_, at) => at % 3 === n % 3)) {
        const body = textOf(await render(told, system));
        validate(JSON.parse(body), host);
        const lost = marksOf(events).filter((mark) => !body.includes(mark));
        if (lost.length > 0) throw new Error(`lost: ${lost.join(" ")} in ${body.slice(0, 2000)}`);
      }
    }),
    { numRuns: runs },
  );
}

describe.each(["openai", "anthropic"] as const)("the %s request for any log", (name) => {
  it("is valid, and holds all that the log does not take back", () => check(name, 5000), 60_000);

  it("depends on the log alone, not on what was rendered before", async () => {
    await fc.assert(
      fc.asyncProperty(anyLog, fc.array(fc.nat(30), { maxLength: 4 }), async (events, looks) => {
        const growing: Event[] = [];
        const [follow, render] = [follower(), WIRES[name].renderer("one")];
        for (const event of events) {
          growing.push(event);
          if (looks.includes(growing.length)) await render(follow(growing));
        }
        const anew = await WIRES[name].renderer("one")(messages(events));
        expect(textOf(await render(follow(growing)))).toBe(textOf(anew));
      }),
      { numRuns: 300 },
    );
  }, 30_000);

  it("is taken by the strict server", async () => {
    await using server = await modelServer(() => "ok");
    const model = WIRES[name].model({ baseUrl: server.url, apiKey: "k", model: "m" });
    const seen: Told[] = [];
    await fc.assert(
      fc.asyncProperty(anyLog, async (events) => {
        seen.push(events);
        await take(model, ask(messages(events)));
      }),
      { numRuns: 40 },
    );
    expect(server.refusals).toEqual([]);
    expect(server.requests).toHaveLength(seen.length);
  }, 30_000);
});
