import { describe, expect, it } from "vitest";
import type { Model } from "../../src/core/model.js";
import { retrying } from "../../src/models/retrying.js";
import { scriptedModel } from "../../src/models/scripted/model.js";
import type { Turn } from "../../src/models/scripted/script.js";
import { take } from "./answering.js";

const REQUEST = { system: "", messages: [], tools: [] };
const busy = (status = 503): Turn => ({ error: { status } });

describe("retrying", () => {
  it.each([408, 409, 429, 500, 503, 529])("asks again after %i and tells of it", async (status) => {
    const model = scriptedModel([busy(status), busy(status), "ok"]);
    const { deltas, reply } = await take(retrying(model, { base: 1 }));
    expect(reply.parts).toEqual([{ type: "text", text: "ok" }]);
    const told = deltas.filter((delta) => delta.type === "status").map((delta) => delta.text);
    expect(told).toHaveLength(2);
    expect(told[1]).toContain("(3 of 10)");
  });

  it.each([400, 401, 403, 404, 413])("does not ask again after %i", async (status) => {
    const model = scriptedModel([busy(status), "ok"]);
    await expect(take(retrying(model, { base: 1 }))).rejects.toMatchObject({ status });
    expect(model.requests).toHaveLength(1);
  });

  it("never asks again once something was shown", async () => {
    for (const turn of [
      { text: "half", cut: "text" },
      { calls: [{ name: "f" }], cut: "calls" },
    ] as const) {
      const model = scriptedModel([turn, "ok"]);
      await expect(take(retrying(model, { base: 1 }))).rejects.toThrow("cut off");
      expect(model.requests).toHaveLength(1);
    }
  });

  it("asks again when nothing but thinking was shown", async () => {
    const model = scriptedModel([{ thinking: "hm", cut: "text" }, "ok"]);
    const { reply } = await take(retrying(model, { base: 1 }));
    expect(reply.parts).toEqual([{ type: "text", text: "ok" }]);
  });

  it("asks the model that there is at each attempt", async () => {
    const models = [scriptedModel([busy()], { id: "strong" }), scriptedModel(["ok"], { id: "fast" })];
    let now = 0;
    const chosen = () => models[now] ?? scriptedModel([]);
    const moving: Model = {
      get id() {
        return chosen().id;
      },
      window: 1,
      stream: (request, signal) => chosen().stream(request, signal),
    };
    const model = retrying(moving, {
      sleep: async () => {
        now = 1;
      },
    });
    const { reply } = await take(model);
    expect([reply.model, model.id]).toEqual(["fast", "fast"]);
  });

  it("asks ten times at most", async () => {
    const model = scriptedModel(() => busy());
    await expect(take(retrying(model, { base: 0 }))).rejects.toMatchObject({ status: 503 });
    expect(model.requests).toHaveLength(10);
  });

  it("begins no attempt after its time is over", async () => {
    const model = scriptedModel(() => ({ ...busy(), delay: 5 }));
    await expect(take(retrying(model, { base: 0, within: 0 }))).rejects.toMatchObject({ status: 503 });
    expect(model.requests).toHaveLength(1);
  });

  it("waits 0.5 s doubling to 32 s, with up to a quarter more, or as long as it is asked to", async () => {
    const waits = async (random: () => number, turn: Turn) => {
      const stop = new AbortController();
      const seconds: string[] = [];
      // the clock is not waited for: each attempt is read from what is announced
      for (let attempt = 1; attempt <= 8; attempt += 1) {
        const stream = retrying(
          scriptedModel(() => turn),
          { random, base: 500 * 2 ** (attempt - 1) },
        ).stream(REQUEST, stop.signal);
        const { value } = await stream.next();
        seconds.push(/Again in ([\d.]+) s/.exec(value && "text" in value ? value.text : "")?.[1] ?? "");
      }
      stop.abort("enough");
      return seconds;
    };
    expect(await waits(() => 0, busy())).toEqual(["0.5", "1.0", "2.0", "4.0", "8.0", "16.0", "32.0", "32.0"]);
    expect((await waits(() => 1, busy())).slice(0, 2)).toEqual(["0.6", "1.3"]);
  });

  it("ends its wait at once when it is interrupted", async () => {
    const stop = new AbortController();
    const stream = retrying(
      scriptedModel(() => busy()),
      { base: 60_000, cap: 60_000 },
    ).stream(REQUEST, stop.signal);
    expect(await stream.next()).toMatchObject({ value: { type: "status" } });
    const next = stream.next();
    stop.abort("SIGINT");
    await expect(next).rejects.toThrow("SIGINT");
  });
});
