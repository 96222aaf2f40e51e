import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { NO_USAGE } from "../../src/core/event.js";
import { text } from "../../src/core/message.js";
import { Breaker } from "../../src/models/gateway/breaker.js";
import { modelServer } from "../../src/models/scripted/server.js";
import { ask, failure, take } from "./answering.js";
import { busy, gatewayOf, modelAt, testClock } from "./gateways.js";

const light = { heavy: false };

describe("a model that fails", () => {
  it("rests after three failures in a row, half a minute doubling to ten, with one probe after each", () => {
    const clock = testClock();
    const breaker = new Breaker(clock.now);
    for (let n = 0; n < 2; n += 1) breaker.begin().failed(light);
    breaker.begin().answered();
    for (let n = 0; n < 2; n += 1) breaker.begin().failed(light);
    expect(breaker.rests).toBe(false);
    breaker.begin().failed(light);
    const rests: number[] = [];
    for (let n = 0; n < 7; n += 1) {
      const from = clock.at;
      while (breaker.rests) clock.at += 1000;
      rests.push((clock.at - from) / 1000);
      breaker.begin().failed(light);
    }
    expect(rests).toEqual([30, 60, 120, 240, 480, 600, 600]);
    while (breaker.rests) clock.at += 1000;
    breaker.begin().answered();
    expect(breaker.rests).toBe(false);
    breaker.begin().failed(light);
    expect(breaker.rests).toBe(false);
  });

  it("is probed by one request at a time, and by another when that told nothing", () => {
    const clock = testClock();
    const breaker = new Breaker(clock.now);
    breaker.begin().failed({ heavy: true });
    clock.at = 30_000;
    expect(breaker.rests).toBe(false);
    const probe = breaker.begin();
    expect(breaker.rests).toBe(true);
    probe.left();
    probe.failed(light);
    expect(breaker.rests).toBe(false);
  });

  it("does not rest longer because it was asked while all rested", () => {
    const clock = testClock();
    const breaker = new Breaker(clock.now);
    breaker.begin().failed({ heavy: true });
    for (let n = 0; n < 9; n += 1) breaker.begin().failed(light);
    clock.at = 30_000;
    expect(breaker.rests).toBe(false);
  });

  it("whatever happens, is asked again ten minutes later at the latest", () => {
    const acts: Record<string, (breaker: Breaker, clock: { at: number }) => void> = {
      fail: (breaker) => breaker.begin().failed(light),
      heavy: (breaker) => breaker.begin().failed({ heavy: true }),
      answer: (breaker) => breaker.begin().answered(),
      leave: (breaker) => breaker.begin().left(),
      wait: (_, clock) => {
        clock.at += 45_000;
      },
    };
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...Object.values(acts)), { maxLength: 60 }), (done) => {
        const clock = testClock();
        const breaker = new Breaker(clock.now);
        for (const act of done) act(breaker, clock);
        clock.at += 600_000;
        return !breaker.rests;
      }),
    );
  });
});

describe("a gateway with a model that rests", () => {
  it("asks the other at once, probes the first by one request after its rest, and returns to it", async () => {
    let down = true;
    await using one = await modelServer(() => (down ? busy() : "one"));
    await using two = await modelServer(() => "two");
    const { gateway, clock } = gatewayOf([modelAt("one", { url: one.url }), modelAt("two", { url: two.url })]);
    const model = gateway.modelFor("work");
    const counts = async () => {
      await take(model);
      return [one.requests.length, two.requests.length];
    };
    expect(await counts()).toEqual([3, 1]);
    expect(await counts()).toEqual([3, 2]);
    clock.at += 30_000;
    expect(await counts()).toEqual([4, 3]);
    clock.at += 59_000;
    expect(await counts()).toEqual([4, 4]);
    clock.at += 1000;
    down = false;
    expect(model.id).toBe("one");
    expect(await counts()).toEqual([5, 4]);
    expect(await counts()).toEqual([6, 4]);
  });

  it("with all at rest asks the one that failed longest ago rather than nothing", async () => {
    await using one = await modelServer(() => busy(401));
    await using two = await modelServer(() => busy(401));
    const { gateway, clock } = gatewayOf([modelAt("one", { url: one.url }), modelAt("two", { url: two.url })]);
    const [work, pinned] = [gateway.modelFor("work"), gateway.named("one")];
    await failure(work);
    clock.at += 1000;
    if (pinned) await failure(pinned);
    expect(work.id).toBe("two");
    await failure(work);
    expect([one.requests.length, two.requests.length]).toEqual([3, 2]);
  });

  it("is probed by the next request when the reader of a probe left", async () => {
    await using one = await modelServer([busy(401), "unread", "read"]);
    await using two = await modelServer(["two"]);
    const { gateway, clock } = gatewayOf([modelAt("one", { url: one.url }), modelAt("two", { url: two.url })]);
    const model = gateway.modelFor("work");
    await take(model);
    clock.at += 30_000;
    const stream = model.stream(ask(), new AbortController().signal);
    await stream.next();
    expect(model.id).toBe("two");
    await stream.return({ parts: [], stop: "cut", model: "", usage: NO_USAGE });
    expect(model.id).toBe("one");
    expect((await take(model)).reply.parts).toEqual([text("read")]);
  });
});
