import fc from "fast-check";
import { expect, it } from "vitest";
import { NO_USAGE } from "../../src/core/event.js";
import { ModelError, type ModelFailure } from "../../src/core/model.js";
import { openGateway } from "../../src/models/gateway/open-gateway.js";
import type { GatewayModel } from "../../src/models/gateway/tiers.js";
import { take } from "./answering.js";
import { modelAt, testClock } from "./gateways.js";

const FAILURES: Record<string, ModelFailure> = {
  busy: { transient: true, status: 529, kind: "overload" },
  slowDown: { transient: true, status: 429, retryAfter: 20_000 },
  broken: { transient: true },
  quota: { transient: false, status: 402, kind: "quota" },
  key: { transient: false, status: 401 },
  bad: { transient: false, status: 400 },
  tooLong: { transient: false, status: 400, kind: "overflow" },
};
type End = { as: string; shown: boolean };
type Try = { name: string; window: number } & End;

/** Plays the ends in turn over a gateway of so many models, and tells each request's tries. */
async function play(
  windows: readonly number[],
  ends: readonly End[],
  idle: number,
): Promise<{ tries: Try[]; failed: boolean }[]> {
  const clock = testClock();
  let tries: Try[] = [];
  let turn = 0;
  const wire = ({ model: name, window = 0 }: GatewayModel) => ({
    id: name,
    window,
    async *stream() {
      const end = ends[turn++ % ends.length] ?? { as: "answer", shown: false };
      tries.push({ name, window, ...end });
      if (end.shown) yield { type: "text" as const, text: "x" };
      const failure = FAILURES[end.as];
      if (failure) throw new ModelError(end.as, failure);
      return { parts: [], stop: "end" as const, model: name, usage: NO_USAGE };
    },
  });
  const models = windows.map((window, n) => modelAt(`m${n}`, { url: "http://h", window }));
  const model = openGateway({ models, clock, wire }).modelFor("work");
  const requests: { tries: Try[]; failed: boolean }[] = [];
  for (let n = 0; n < 5; n += 1) {
    tries = [];
    const failed = await take(model).then(
      () => false,
      () => true,
    );
    requests.push({ tries, failed });
    clock.at += idle;
  }
  return requests;
}

const end = fc.record({ as: fc.constantFrom("answer", ...Object.keys(FAILURES)), shown: fc.boolean() });
const setting = fc.tuple(
  fc.array(fc.constantFrom(1000, 2000, 3000), { minLength: 1, maxLength: 4 }),
  fc.array(end, { minLength: 1, maxLength: 30 }),
  fc.constantFrom(0, 20_000, 60_000),
);

/** What must never come after a try. */
function wrongAfter({ name, window, as, shown }: Try, later: readonly Try[]): Try[] {
  if (shown || as === "bad" || as === "answer") return [...later];
  if (as === "key" || as === "quota") return later.filter((each) => each.name === name);
  return as === "tooLong" ? later.filter((each) => each.window <= window) : [];
}

it("whatever fails: tries are bounded, nothing follows what was shown or bad, and nobody is left out", async () => {
  await fc.assert(
    fc.asyncProperty(setting, async ([windows, ends, idle]) => {
      for (const { tries, failed } of await play(windows, ends, idle)) {
        expect(tries.length).toBeLessThanOrEqual(10 + 3 * (windows.length - 1));
        expect(failed).toBe(tries.at(-1)?.as !== "answer");
        expect(tries.flatMap((each, at) => wrongAfter(each, tries.slice(at + 1)))).toEqual([]);
        const ownEnd = tries.some(({ as, shown }) => shown || as === "bad" || as === "tooLong");
        if (failed && !ownEnd) expect(new Set(tries.map(({ name }) => name)).size).toBe(windows.length);
      }
    }),
    { numRuns: 300 },
  );
});
