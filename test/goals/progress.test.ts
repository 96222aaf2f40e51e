import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  holds,
  judgedAtLast,
  outcomeOf,
  regressions,
  standing,
  unmet,
  verdictOf,
  wantsDifferent,
} from "../../src/goals/progress.js";
import type { Round, Verdict } from "../../src/goals/types.js";
import { contractOf, failed, passed, proved, roundOf, runOf, unproved } from "./goal-samples.js";

const MIXED = contractOf([
  { describe: "tests", check: "npm test" },
  { describe: "readable" },
  { describe: "documented" },
]);
const CHECKED = contractOf([{ describe: "tests", check: "npm test" }]);

describe("a verdict", () => {
  const [checked, judged] = MIXED.criteria.map((criterion) => criterion);
  it.each<[string, boolean, boolean, Verdict | undefined]>([
    ["a check that passed", true, false, passed()],
    ["a check that failed", false, false, failed()],
    ["a judge with a quote", false, true, proved()],
    ["a judge without a quote", false, false, { met: true, by: "judge", reason: "I think so" }],
    ["a judge with an empty quote", false, false, proved(" ")],
    ["a judge that says no", false, false, unproved()],
    ["a check that claims to be met with exit 1", false, false, { ...failed(), met: true }],
    ["a check without a run", false, false, { met: true, by: "check", reason: "r" }],
    ["a check that timed out with code 0", false, false, { ...passed(), run: runOf(0, "", { ended: "timeout" }) }],
    ["a check that passed but not often enough", false, false, { ...passed(), met: false }],
    ["nothing", false, false, undefined],
  ])("of %s holds for a criterion with a check: %s, without: %s", (_, withCheck, without, verdict) => {
    expect(checked && holds(checked, verdict)).toBe(withCheck);
    expect(judged && holds(judged, verdict)).toBe(without);
  });

  it("is made of a run", () => {
    expect(verdictOf(runOf(0))).toMatchObject({ met: true, by: "check", reason: "the check exited with 0" });
    expect(verdictOf(runOf(2))).toMatchObject({ met: false, reason: "the check exited with 2" });
    expect(verdictOf(runOf(null))).toMatchObject({ met: false, reason: "the check was ended by a signal" });
    expect(verdictOf(runOf(null, "", { ended: "timeout", ms: 61_000 }))).toMatchObject({
      met: false,
      reason: "the check timed out after 1 min 1 s",
    });
    expect(verdictOf(runOf(0, "", { ended: "aborted" }))).toMatchObject({
      met: false,
      reason: "the check was interrupted",
    });
    expect(verdictOf(runOf(null, "", { ended: "unable", why: "no such\nprogram" }))).toMatchObject({
      met: false,
      reason: "the check could not be run: no such program",
    });
  });
});

describe("what stands", () => {
  it("is what the newest round that counts found, else what was found before the work", () => {
    const baseline = [failed(), undefined, undefined];
    expect(standing(MIXED, [], baseline)).toEqual(baseline);
    const one = roundOf(1, [passed(), proved(), unproved()]);
    const voided = roundOf(2, [passed(), proved(), proved()], { voided: ["test/a.ts"] });
    expect(standing(MIXED, [one, voided], baseline)).toEqual(one.verdicts);
    expect(unmet(MIXED, [one, voided], baseline)).toEqual([2]);
    expect(unmet(MIXED, [], [])).toEqual([0, 1, 2]);
    expect(unmet(MIXED, [roundOf(1, [passed()])])).toEqual([1, 2]);
  });

  it("tells what passed before the work and does not now", () => {
    const baseline = [passed(), undefined, undefined];
    expect(regressions(MIXED, [roundOf(1, [failed(), proved(), unproved()])], baseline)).toEqual([0]);
    expect(regressions(MIXED, [roundOf(1, [passed(), unproved(), unproved()])], baseline)).toEqual([]);
    expect(regressions(MIXED, [roundOf(1, [failed(), proved(), proved()])], [failed(), undefined, undefined])).toEqual(
      [],
    );
    expect(outcomeOf(MIXED, [roundOf(1, [failed(), proved(), proved()])])).toBeUndefined();
  });

  it("has each criterion without a check judged until it is met, and all of them at the last", () => {
    expect(judgedAtLast(MIXED)).toEqual([1, 2]);
    expect(judgedAtLast(CHECKED)).toEqual([]);
  });
});

describe("the end of a goal", () => {
  const good = [passed(), proved(), proved()];
  const bad = [failed(), proved(), proved()];
  const impossible: Verdict = { met: false, by: "judge", reason: "no\nbody can", impossible: true };

  it("is met when all of the newest round holds, whatever limit was met with it", () => {
    expect(
      outcomeOf(MIXED, [roundOf(1, bad), roundOf(2, good)], { limit: "time", interrupted: "ctrl-c" })?.outcome,
    ).toBe("met");
    expect(outcomeOf(MIXED, [roundOf(1, good), roundOf(2, bad)])).toBeUndefined();
    expect(outcomeOf(MIXED, [roundOf(1, good, { voided: ["test/a.ts"] })])).toBeUndefined();
    expect(outcomeOf(MIXED, [roundOf(1, good), roundOf(2, good, { voided: ["test/a.ts"] })])).toBeUndefined();
    expect(outcomeOf(MIXED, [roundOf(1, good.slice(0, 2))])).toBeUndefined();
    expect(outcomeOf(MIXED, [])).toBeUndefined();
    expect(outcomeOf(contractOf([]), [roundOf(1, [])])).toBeUndefined();
  });

  it("is impossible by the word of the judge on what has no check, in a round that counts", () => {
    expect(outcomeOf(MIXED, [roundOf(1, [passed(), impossible, proved()])], { limit: "x" })).toEqual({
      outcome: "impossible",
      why: "criterion 2 cannot be met: no body can",
    });
    expect(outcomeOf(MIXED, [roundOf(1, [impossible, proved(), proved()])])).toBeUndefined();
    expect(outcomeOf(MIXED, [roundOf(1, [passed(), impossible, proved()], { voided: ["a"] })])).toBeUndefined();
    expect(outcomeOf(MIXED, [roundOf(1, [passed(), { ...impossible, by: "check" }, proved()])])).toBeUndefined();
  });

  it("is an interruption or a limit, with its reason, once there was one", () => {
    expect(outcomeOf(MIXED, [], { limit: "the cost limit" })).toEqual({ outcome: "limit", why: "the cost limit" });
    expect(outcomeOf(MIXED, [roundOf(1, bad)], { limit: "l", interrupted: "i" })).toEqual({
      outcome: "interrupted",
      why: "i",
    });
  });

  it("is not met when the iterations are used up", () => {
    const two = contractOf([{ describe: "tests", check: "npm test" }], { limits: { iterations: 2 } });
    expect(outcomeOf(two, [roundOf(1, [failed()])])).toBeUndefined();
    expect(outcomeOf(two, [roundOf(1, [failed()]), roundOf(2, [failed()])])).toEqual({
      outcome: "not met",
      why: "not met after 2 iterations",
    });
    expect(outcomeOf(two, [roundOf(1, [failed()]), roundOf(2, [passed()])])?.outcome).toBe("met");
  });

  const same = (n: number, verdict = failed()) => roundOf(n, [verdict], { work: "same" });
  it("comes when the same fails on the same work, after a different approach was asked for once", () => {
    expect(wantsDifferent(CHECKED, [])).toBe(false);
    expect(wantsDifferent(CHECKED, [same(1)])).toBe(false);
    expect(wantsDifferent(CHECKED, [same(1), same(2)])).toBe(true);
    expect(outcomeOf(CHECKED, [same(1), same(2)])).toBeUndefined();
    const stopped = outcomeOf(CHECKED, [same(1), same(2), same(3)]);
    expect(stopped).toMatchObject({ outcome: "not met", why: expect.stringMatching(/^no progress/) });
  });

  it("does not come for other work, another failing set, or the same with something between", () => {
    for (const rounds of [
      [same(1), roundOf(2, [failed()]), same(3)],
      [roundOf(1, [failed()]), roundOf(2, [failed()]), roundOf(3, [failed()])],
    ]) {
      expect(wantsDifferent(CHECKED, rounds)).toBe(false);
      expect(outcomeOf(CHECKED, rounds)).toBeUndefined();
    }
    const other = [failed(), unproved(), proved()];
    const mixed = [bad, other, bad].map((verdicts, n) => roundOf(n + 1, verdicts, { work: "same" }));
    expect(wantsDifferent(MIXED, mixed)).toBe(false);
    const after = [same(1), same(2), roundOf(3, [failed()]), same(4), same(5)];
    expect(wantsDifferent(CHECKED, after)).toBe(true);
    expect(outcomeOf(CHECKED, after)).toBeUndefined();
    const voided = [same(1), same(2)].map((round) => ({ ...round, voided: ["a"] }));
    expect(wantsDifferent(CHECKED, [same(1), ...voided])).toBe(true);
    expect(outcomeOf(CHECKED, [same(1), ...voided])).toBeUndefined();
  });

  it("comes within the iterations for any rounds, and is met only by a last round that counts and holds", () => {
    const verdict = fc.constantFrom<Verdict>(passed(), failed(), proved(), unproved(), impossible, {
      met: true,
      by: "judge",
      reason: "r",
    });
    const round = fc.record({
      verdicts: fc.array(verdict, { maxLength: 4 }),
      work: fc.constantFrom("a", "b"),
      voided: fc.constantFrom(undefined, [], ["test/a.ts"]),
    });
    fc.assert(
      fc.property(fc.infiniteStream(round), fc.integer({ min: 1, max: 12 }), (all, iterations) => {
        const contract = { ...MIXED, limits: { iterations } };
        const rounds: Round[] = [];
        for (const { voided, ...each } of all) {
          if (outcomeOf(contract, rounds)) break;
          rounds.push({ n: rounds.length + 1, ...each, ...(voided && { voided }) });
          expect(rounds.length).toBeLessThanOrEqual(iterations);
        }
        const last = rounds.at(-1);
        const proof =
          (last?.voided ?? []).length === 0 &&
          MIXED.criteria.every((criterion, at) => holds(criterion, last?.verdicts[at]));
        expect(outcomeOf(contract, rounds)?.outcome === "met").toBe(proof);
      }),
      { numRuns: 500 },
    );
  });
});
