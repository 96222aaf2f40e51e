import { describe, expect, it } from "vitest";
import { type Model, ModelError } from "../../src/core/model.js";
import { retrying } from "../../src/models/retrying.js";
import { scriptedModel } from "../../src/models/scripted/model.js";
import type { Turn } from "../../src/models/scripted/script.js";
import { failure, take } from "./answering.js";

const busy: Turn = { error: { status: 503 } };

/** Never answers, and may ask for a wait. */
function asking(retryAfter?: number): Model {
  const error = new ModelError("busy", { transient: true, ...(retryAfter === undefined ? {} : { retryAfter }) });
  return { id: "m", window: 1, stream: () => throwing(error) };
}

function throwing(error: Error): ReturnType<Model["stream"]> {
  const stream: ReturnType<Model["stream"]> = {
    next: () => Promise.reject(error),
    return: async (value) => ({ done: true, value: await value }),
    throw: (thrown) => Promise.reject(thrown),
    [Symbol.asyncIterator]: () => stream,
    [Symbol.asyncDispose]: async () => {},
  };
  return stream;
}

async function waits(model: Model, random: number): Promise<number[]> {
  const slept: number[] = [];
  const sleep = async (ms: number) => void slept.push(ms);
  await failure(retrying(model, { random: () => random, sleep }));
  return slept;
}

describe("the waits of retrying", () => {
  it("double from 0.5 s to 32 s, nine of them", async () => {
    expect(await waits(asking(), 0)).toEqual([500, 1000, 2000, 4000, 8000, 16_000, 32_000, 32_000, 32_000]);
  });

  it("are longer by a quarter at most", async () => {
    const longest = await waits(asking(), 1);
    expect([longest[0], longest[1], longest.at(-1)]).toEqual([625, 1250, 40_000]);
  });

  it("are as the provider asks, within two minutes", async () => {
    expect((await waits(asking(3000), 1))[0]).toBe(3000);
    expect((await waits(asking(9_999_000), 1))[0]).toBe(120_000);
  });

  it("begin anew with each request", async () => {
    const slept: number[] = [];
    const sleep = async (ms: number) => void slept.push(ms);
    const model = retrying(scriptedModel([busy, busy, "one", busy, "two"]), { random: () => 0, sleep });
    await take(model);
    await take(model);
    expect(slept).toEqual([500, 1000, 500]);
  });
});
