import { describe, expect, it } from "vitest";
import type { Delta, Event } from "../../src/core/event.js";
import { type Message, plainText, text } from "../../src/core/message.js";
import { ModelError } from "../../src/core/model.js";
import { openGateway } from "../../src/models/gateway/open-gateway.js";
import { ROLES } from "../../src/models/gateway/tiers.js";
import { modelServer } from "../../src/models/scripted/server.js";
import { ask, failure, take, user } from "./answering.js";
import { busy, gatewayOf, modelAt, testClock, wire } from "./gateways.js";

const told = (deltas: readonly Delta[]) => deltas.flatMap((delta) => (delta.type === "status" ? [delta.text] : []));

describe("a gateway falls back", () => {
  it("after three times 529, within the tier in order, and says who failed, why, and who is asked", async () => {
    await using one = await modelServer(() => busy(529, { message: "Overloaded" }));
    await using two = await modelServer(["from two"]);
    const { gateway, clock } = gatewayOf([
      modelAt("cheap", { url: two.url, tier: "cheap" }),
      modelAt("one", { url: one.url }),
      modelAt("two", { url: two.url }),
    ]);
    const model = gateway.modelFor("work");
    expect(model.id).toBe("one");
    const { deltas, reply } = await take(model);
    expect(plainText(reply.parts)).toBe("from two");
    expect(reply.model).toBe("two");
    expect(one.requests.map((request) => request.model)).toEqual(["one", "one", "one"]);
    expect(two.requests.map((request) => request.model)).toEqual(["two"]);
    expect(clock.slept).toEqual([500, 1000]);
    expect(told(deltas)).toHaveLength(3);
    expect(told(deltas).at(-1)).toMatch(
      /^one failed \(127\.0\.0\.1:\d+ has too much to do \(529\)\)\. Now asking two\.$/,
    );
    expect(model.id).toBe("two");
  });

  it.each([
    ["a refused key", busy(401)],
    ["a used-up quota", busy(429, { message: "You exceeded your current quota", type: "insufficient_quota" })],
    ["an unknown model", busy(404)],
    ["no money", busy(402)],
    ["a page that is no model", { raw: { status: 200, type: "text/html", body: "<html>hi</html>" } }],
  ])("at once after %s", async (_, turn) => {
    await using one = await modelServer(() => turn);
    await using two = await modelServer(() => "ok");
    const { gateway, clock } = gatewayOf([modelAt("one", { url: one.url }), modelAt("two", { url: two.url })]);
    const model = gateway.modelFor("work");
    await take(model);
    expect([one.requests.length, two.requests.length, clock.slept]).toEqual([1, 1, []]);
    await take(model);
    expect([one.requests.length, two.requests.length]).toEqual([1, 2]);
  });

  it("when a host is not there, after three tries", async () => {
    await using two = await modelServer(["ok"]);
    const { gateway, clock } = gatewayOf([
      modelAt("gone", { url: "http://127.0.0.1:1" }),
      modelAt("two", { url: two.url }),
    ]);
    const { deltas } = await take(gateway.modelFor("work"));
    expect(told(deltas).at(-1)).toContain("gone failed (127.0.0.1:1 could not be asked: the connection was refused)");
    expect(clock.slept).toEqual([500, 1000]);
  });

  it("at once where a provider wants a long wait, and leaves it alone that long", async () => {
    await using one = await modelServer(() => busy(429, { headers: { "retry-after": "90" } }));
    await using two = await modelServer(() => "ok");
    const { gateway, clock } = gatewayOf([modelAt("one", { url: one.url }), modelAt("two", { url: two.url })]);
    await take(gateway.modelFor("work"));
    expect([one.requests.length, two.requests.length, clock.slept]).toEqual([1, 1, []]);
    clock.at += 89_000;
    expect(gateway.modelFor("work").id).toBe("two");
    clock.at += 1000;
    expect(gateway.modelFor("work").id).toBe("one");
  });

  it("not where a provider wants a short wait: that is waited", async () => {
    await using one = await modelServer([busy(429, { headers: { "retry-after": "7" } }), "ok"]);
    await using two = await modelServer([]);
    const { gateway, clock } = gatewayOf([modelAt("one", { url: one.url }), modelAt("two", { url: two.url })]);
    await take(gateway.modelFor("work"));
    expect([two.requests.length, clock.slept]).toEqual([0, [7000]]);
  });

  it("from tier to tier: strong, fast, cheap; cheap, fast, strong", async () => {
    await using down = await modelServer(() => busy(401));
    await using up = await modelServer(() => "ok");
    const tiers = ["cheap", "fast", "strong"] as const;
    const all = (last: string) => {
      const models = tiers.map((tier) => modelAt(tier, { url: tier === last ? up.url : down.url, tier }));
      return gatewayOf(models).gateway;
    };
    await take(all("cheap").modelFor("work"));
    expect(down.requests.map(({ model }) => model)).toEqual(["strong", "fast"]);
    await take(all("strong").modelFor("title"));
    expect(down.requests.slice(2).map(({ model }) => model)).toEqual(["cheap", "fast"]);
    expect(up.requests.map(({ model }) => model)).toEqual(["cheap", "strong"]);
  });

  it("never once something was shown", async () => {
    for (const turn of [
      { text: "half", cut: "text" },
      { calls: [{ name: "f" }], cut: "calls" },
    ] as const) {
      await using one = await modelServer(() => turn);
      await using two = await modelServer(() => "ok");
      const { gateway } = gatewayOf([modelAt("one", { url: one.url }), modelAt("two", { url: two.url })]);
      const error = await failure(gateway.modelFor("work"));
      expect(error).toBeInstanceOf(ModelError);
      expect(error.message).toContain("cut off");
      expect([one.requests.length, two.requests.length]).toEqual([1, 0]);
    }
  });

  it("never for a request that is bad by itself", async () => {
    await using one = await modelServer(() => busy(400, { message: "messages: too odd" }));
    await using two = await modelServer(() => "ok");
    const { gateway } = gatewayOf([modelAt("one", { url: one.url }), modelAt("two", { url: two.url })]);
    const model = gateway.modelFor("work");
    for (let n = 0; n < 4; n += 1) expect(await failure(model)).toMatchObject({ status: 400 });
    expect(two.requests).toEqual([]);
    expect(model.id).toBe("one");
  });

  it("from a window that is too small to a larger one only, and lets its own error be seen", async () => {
    await using large = await modelServer(["ok"]);
    const asked: string[] = [];
    const overflow = new ModelError("The conversation is too long.", {
      transient: false,
      status: 400,
      kind: "overflow",
    });
    const open = (windows: Record<string, number>) =>
      openGateway({
        models: Object.entries(windows).map(([name, window]) => modelAt(name, { url: large.url, window })),
        clock: testClock(),
        wire: (endpoint) => ({
          id: endpoint.model,
          window: endpoint.window ?? 0,
          async *stream(request, signal) {
            asked.push(endpoint.model);
            if ((endpoint.window ?? 0) < 1000) throw overflow;
            return yield* wire(endpoint).stream(request, signal);
          },
        }),
      });
    await take(open({ small: 500, same: 500, large: 1000 }).modelFor("work"));
    expect(asked).toEqual(["small", "large"]);
    expect(await failure(open({ small: 500, same: 500 }).modelFor("work"))).toBe(overflow);
    await large.close();
    expect(await failure(open({ small: 500, gone: 1000 }).modelFor("work"))).toBe(overflow);
  });

  it("asks the one model of a gateway ten times, as without one", async () => {
    await using one = await modelServer(() => busy(503));
    const { gateway, clock } = gatewayOf([modelAt("one", { url: one.url })]);
    expect(await failure(gateway.modelFor("work"))).toMatchObject({ status: 503, transient: true });
    expect(one.requests).toHaveLength(10);
    expect(clock.slept).toEqual([500, 1000, 2000, 4000, 8000, 16_000, 32_000, 32_000, 32_000]);
  });

  it("ends with one error that names each model when all are down, bounded in count", async () => {
    await using one = await modelServer(() => busy(503));
    await using two = await modelServer(() => busy(401));
    await using three = await modelServer(() => busy(529));
    const { gateway } = gatewayOf([
      modelAt("one", { url: one.url }),
      modelAt("two", { url: two.url }),
      modelAt("three", { url: three.url, tier: "cheap" }),
    ]);
    const error = await failure(gateway.modelFor("work"));
    expect(error.message).toMatch(
      /No model of the gateway.*one \(.*503.*two \(.*refused the key.*three \(.*529.*doctor/s,
    );
    expect(error.message).not.toContain("key-of-a-test");
    expect(two.requests).toHaveLength(1);
    expect(one.requests.length + two.requests.length + three.requests.length).toBe(16);
  });

  it("begins no second request to a model after ten minutes, yet each is asked once", async () => {
    const clock = testClock();
    const asked: string[] = [];
    const gateway = openGateway({
      models: ["one", "two"].map((name) => modelAt(name, { url: "http://127.0.0.1:1" })),
      clock,
      wire: ({ model }) => ({
        id: model,
        window: 1,
        async *stream() {
          asked.push(model);
          clock.at += 300_000;
          yield { type: "status", by: model, text: "waiting" };
          throw new ModelError(`${model} was silent`, { transient: true });
        },
      }),
    });
    await failure(gateway.modelFor("work"));
    expect(asked).toEqual(["one", "two"]);
  });

  it("ends its wait at once when it is interrupted, and blames nobody", async () => {
    await using one = await modelServer(() => busy());
    const gateway = openGateway({ models: [modelAt("one", { url: one.url })], wire });
    const stop = new AbortController();
    const stream = gateway.modelFor("work").stream(ask(), stop.signal);
    expect(await stream.next()).toMatchObject({ value: { type: "status", by: "gateway" } });
    const next = stream.next();
    stop.abort("SIGINT");
    await expect(next).rejects.toThrow("SIGINT");
  });
});

describe("the roles of a gateway", () => {
  it("work, plan and judge are strong, summarise and title cheap, and settings change that", () => {
    const models = ["strong", "fast", "cheap"].map((tier) =>
      modelAt(tier, { url: "http://127.0.0.1:1", tier: tier as "strong", window: tier.length }),
    );
    const usual = gatewayOf(models).gateway;
    expect(ROLES.map((role) => usual.modelFor(role).id)).toEqual(["strong", "strong", "cheap", "strong", "cheap"]);
    const own = gatewayOf(models, { work: "fast", title: "strong" }).gateway;
    expect(ROLES.map((role) => own.modelFor(role).id)).toEqual(["fast", "strong", "cheap", "strong", "strong"]);
    expect(own.modelFor("work").window).toBe(4);
    expect(own.named("nobody")).toBeUndefined();
  });
});

describe("a change of wires in mid-session", () => {
  it("is taken by strict servers, with thinking and a call in between, there and back", async () => {
    await using one = await modelServer([
      { thinking: "hm", calls: [{ name: "f", id: "call.1/odd" }] },
      busy(402),
      "back again",
    ]);
    await using two = await modelServer([{ thinking: "signed", text: "I call", calls: [{ name: "f" }] }, "said"]);
    const { gateway, clock } = gatewayOf([
      modelAt("one", { url: one.url }),
      modelAt("two", { url: `${two.url}/anthropic`, provider: "anthropic" }),
    ]);
    const model = gateway.modelFor("work");
    const messages: Message[] = [user("begin")];
    const say = async () => {
      const { reply } = await take(model, ask(messages));
      messages.push({ role: "assistant", parts: reply.parts });
      for (const part of reply.parts)
        if (part.type === "call")
          messages.push({ role: "tool", callId: part.id, parts: [text("did it")], failed: false });
      return reply;
    };
    await say();
    await say();
    await say();
    messages.push(user("go on"));
    clock.at += 30_000;
    expect(plainText((await say()).parts)).toBe("back again");
    expect(one.requests).toHaveLength(3);
    expect(two.requests).toHaveLength(2);
    expect([...one.refusals, ...two.refusals]).toEqual([]);
    expect(one.requests[2]?.messages.filter(({ role }) => role === "tool")).toHaveLength(2);
    expect(two.requests[0]?.results).toEqual(["did it"]);
  });
});

describe("the figures of a gateway", () => {
  it("are read from the log: calls, errors, median latency, tokens, cost", async () => {
    await using one = await modelServer(({ n }) => (n < 3 ? busy() : "late"));
    await using two = await modelServer(() => ({ text: "ok", usage: { input: 1000, output: 100 } }));
    const models = [modelAt("gpt-4o", { url: one.url }), modelAt("gpt-4o-mini", { url: two.url })];
    const { gateway, events, clock } = gatewayOf(models);
    const keep = (fact: Omit<Extract<Event, { type: "spent" }>, "seq" | "at">) =>
      events.push({ ...fact, seq: events.length, at: 0 });
    for (let n = 0; n < 2; n += 1) {
      const { reply } = await take(gateway.modelFor("work"));
      keep({ type: "spent", usage: reply.usage, model: reply.model, on: "a test" });
      clock.at += 5;
    }
    expect(gateway.figures(events)).toEqual([
      expect.objectContaining({ name: "gpt-4o", tier: "strong", calls: 3, errors: 3, latency: null, cost: 0 }),
      expect.objectContaining({ name: "gpt-4o-mini", calls: 2, errors: 0, latency: 0 }),
    ]);
    const [, mini] = gateway.figures(events);
    expect(mini?.usage).toMatchObject({ input: 2000, output: 200 });
    expect(mini?.cost).toBeCloseTo((2000 * 0.15 + 200 * 0.6) / 1e6, 12);
    expect(gateway.figures(events.slice(events.length - 2))[1]?.calls).toBe(1);
    expect(JSON.stringify(events)).not.toContain("key-of-a-test");
  });

  it("tell two models of one name apart by their hosts, and do not know the cost of an unknown one", async () => {
    await using one = await modelServer(() => busy(401));
    await using two = await modelServer(() => "ok");
    const { gateway, events } = gatewayOf([modelAt("local", { url: one.url }), modelAt("local", { url: two.url })]);
    const { deltas, reply } = await take(gateway.modelFor("work"));
    events.push({ type: "spent", usage: reply.usage, model: reply.model, on: "a test", seq: events.length, at: 0 });
    expect(told(deltas)[0]).toContain(`Now asking local at 127.0.0.1:${two.port}`);
    expect(gateway.figures(events).map(({ name, calls, errors, cost }) => [name, calls, errors, cost])).toEqual([
      [`local at 127.0.0.1:${one.port}`, 1, 1, 0],
      [`local at 127.0.0.1:${two.port}`, 1, 0, null],
    ]);
  });
});
