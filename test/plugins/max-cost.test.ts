import { describe, expect, it } from "vitest";
import { type Fact, NO_USAGE } from "../../src/core/event.js";
import { type Log, memoryLog } from "../../src/core/log.js";
import type { Session } from "../../src/core/session.js";
import { scriptedModel } from "../../src/models/scripted/model.js";
import { limits } from "../../src/plugins/limits.js";

const usage = { ...NO_USAGE, output: 100_000 };
const reply: Fact = { type: "reply", parts: [], stop: "end", model: "gpt-4o", usage };
const spent: Fact = { type: "spent", usage, model: "gpt-4o", on: "summary" };

async function said(...facts: Fact[]) {
  const log = memoryLog();
  for (const fact of facts) log.append(fact);
  return limits({ maxCost: 2 }).beforeStep?.(sessionOf(log));
}

function sessionOf({ events }: Log): Session {
  const { signal } = new AbortController();
  return { events, model: scriptedModel([]), cwd: "/w", signal, emit: () => undefined };
}

describe("a limit of 2 USD", () => {
  it("counts answers and side requests of this run", async () => {
    expect(await said(reply)).toBeUndefined();
    const reason = "max_cost: $2.000000 spent of $2";
    expect(await said(reply, spent)).toMatchObject({ type: "ended", outcome: "limit", reason });
    expect(await said(reply, { type: "ended", outcome: "done" }, reply)).toBeUndefined();
  });

  it("counts each log by itself", async () => {
    const logs = [memoryLog(), memoryLog()];
    const plugin = limits({ maxCost: 2 });
    logs[1]?.append({ type: "prompt", parts: [], from: "user" });
    const verdicts = logs.map(async (log) => {
      log.append(reply);
      return plugin.beforeStep?.(sessionOf(log));
    });
    expect(await Promise.all(verdicts)).toEqual([undefined, undefined]);
  });

  it("ends a run whose cost cannot be counted, but not for an answer that broke", async () => {
    const unknown = { ...reply, model: "someone-else" };
    expect(await said(unknown)).toMatchObject({ reason: "max_cost: the price of someone-else is not known" });
    const silent = { ...reply, usage: NO_USAGE };
    expect(await said(silent)).toMatchObject({ reason: "max_cost: gpt-4o does not tell the tokens it used" });
    expect(await said({ ...silent, stop: "cut" })).toBeUndefined();
  });
});
