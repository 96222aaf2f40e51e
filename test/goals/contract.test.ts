import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readContract } from "../../src/goals/contract.js";
import { criteriaOf } from "../../src/goals/criteria.js";
import type { GoalFlags } from "../../src/goals/flags.js";
import { contractFrom, contractJson } from "../../src/goals/logged.js";
import type { Contract, Round } from "../../src/goals/types.js";
import { contractText, contractYaml } from "../../src/goals/write.js";

const given = async (flags: GoalFlags, yaml?: string) => {
  const reading = await readContract({ flags, ...(yaml !== undefined && { yaml }) });
  return reading.type === "contract" ? reading.contract : reading.faults.map(({ why }) => why);
};

const text = (most: number) =>
  fc
    .oneof(
      fc.string({ unit: "binary", minLength: 1, maxLength: most }),
      fc.string({ minLength: 1, maxLength: most }),
      fc.constantFrom(
        "yes",
        "null",
        "8080",
        "a: b",
        "- a",
        "# x",
        "x #y",
        "*.ts",
        "!grep x",
        "a\n b\n",
        "a ||| b",
        "1e3",
        "~",
      ),
    )
    .map((each) => each.replaceAll("\0", "").trim().slice(0, most).trim())
    .filter((each) => each !== "");
const glob = fc.constantFrom("test/**", "**/*.test.ts", "a b/[c].ts", "{a,b}/**", "ö/**", "yes", "1");
const optional = <T>(key: string, value: fc.Arbitrary<T>) => fc.record({ [key]: value }, { requiredKeys: [] });
const proved = fc
  .tuple(text(60), text(60), optional("timeout", fc.integer({ min: 1000, max: 3_600_000 })))
  .map(([describe, check, more]) => ({ describe, check, ...more }));
const contract: fc.Arbitrary<Contract> = fc
  .record({
    goal: text(200),
    criteria: fc.array(
      fc.oneof(
        text(60).map((describe) => ({ describe })),
        proved,
      ),
      { minLength: 1, maxLength: 5 },
    ),
    protect: fc.uniqueArray(glob),
    limits: fc
      .tuple(
        fc.integer({ min: 1, max: 1000 }),
        optional("maxTurns", fc.integer({ min: 1, max: 1_000_000 })),
        optional("maxCost", fc.double({ min: 1e-9, max: 1e9, noNaN: true })),
        optional("timeout", fc.integer({ min: 1000, max: 24 * 86_400_000 })),
      )
      .map(([iterations, ...more]) => Object.assign({ iterations }, ...more)),
    stable: fc.integer({ min: 1, max: 100 }),
    clean: fc.boolean(),
    include: fc.uniqueArray(glob),
  })
  .chain((whole) => optional("judge", text(40)).map((more) => ({ ...whole, ...more })));

describe("a contract", () => {
  it("is the same after it was written as YAML, and after it was logged", async () => {
    await fc.assert(
      fc.asyncProperty(contract, async (agreed) => {
        expect(await readContract({ yaml: contractYaml(agreed) })).toEqual({ type: "contract", contract: agreed });
        expect(contractFrom(contractJson(agreed))).toEqual(agreed);
      }),
      { numRuns: 500 },
    );
  });

  it("is none, and no error, where a log holds something else", () => {
    fc.assert(fc.property(fc.anything(), (json) => contractFrom(json) === undefined));
    fc.assert(
      fc.property(contract, fc.constantFrom(...KEYS), fc.anything(), (agreed, key, instead) => {
        const found = contractFrom({ ...agreed, [key]: instead });
        if (found) expect(contractFrom(contractJson(found))).toEqual(found);
      }),
    );
    const agreed = contractJson(fc.sample(contract, 1)[0] as Contract);
    for (const change of STRANGE)
      expect(contractFrom({ ...(agreed as object), ...change }), JSON.stringify(change)).toBeUndefined();
  });

  it("is shown with numbers, proofs and bounds, and nothing hidden in it", () => {
    const shown = contractText({
      goal: "Make it pass",
      criteria: [
        { describe: "Tests pass", check: "npm test\nnpm run e2e", timeout: 90_000 },
        { describe: "Lint", check: "npm run lint" },
        { describe: "The README is \u202eright" },
      ],
      protect: ["test/**"],
      limits: { iterations: 3, maxTurns: 9, maxCost: 2.5, timeout: 3_600_000 },
      stable: 2,
      clean: true,
      include: [".env"],
      judge: "gpt-5",
      file: "/w/goal.yaml",
    });
    expect(shown).toBe(`Make it pass
  1. Tests pass
     $ npm test
       npm run e2e  (90s at most)
  2. Lint
     $ npm run lint  (5m at most)
  3. The README is \\u{202e}right
     judged
Nobody may change: test/**
Read from: /w/goal.yaml
At most: 3 rounds, 9 turns, 2.5 USD, 1h
At the end each check must pass 2 times in a row.
The last checks run in a fresh copy with .env.
What has no check is judged by gpt-5.`);
  });
});

const KEYS = ["goal", "criteria", "protect", "limits", "stable", "clean", "include", "judge", "file"] as const;
const STRANGE = [
  { goal: "" },
  { goal: "x".repeat(4001) },
  { criteria: [] },
  { criteria: [{ describe: "d", check: "" }] },
  { criteria: [{ describe: "d", timeout: 5000 }] },
  { criteria: [{ describe: "d", check: "x", timeout: 5 }] },
  { protect: ["../x"] },
  { limits: { iterations: 0 } },
  { limits: { iterations: 1, maxCost: -1 } },
  { stable: 1.5 },
  { clean: "true" },
  { judge: 5 },
  { file: "" },
];

describe("a round", () => {
  it("is plain data, so that a fact can hold it", () => {
    const run = { command: "x", ended: "exited", code: 1, ms: 5, output: { head: "no", tail: "", bytes: 2 } } as const;
    const round: Round = {
      n: 1,
      verdicts: [{ met: false, by: "check", reason: "exit 1", run }],
      voided: ["a"],
      work: "m",
    };
    expect(JSON.parse(JSON.stringify(round))).toEqual(round);
  });
});

describe("flags", () => {
  it("give each check to the criterion before it; what has no check is judged, what has no criterion describes itself", async () => {
    const criteria = [
      { check: "make" },
      { criterion: "Tests pass" },
      { check: "npm test" },
      { check: "npm run e2e" },
      { criterion: "It reads well" },
      { criterion: " Lint " },
      { check: "npm run lint" },
    ];
    expect(await given({ goal: " g ", criteria })).toMatchObject({
      goal: "g",
      criteria: [
        { describe: "make", check: "make" },
        { describe: "Tests pass", check: "npm test" },
        { describe: "npm run e2e", check: "npm run e2e" },
        { describe: "It reads well" },
        { describe: "Lint", check: "npm run lint" },
      ],
    });
  });

  it("beat the file's values, and add criteria, protected files and included ones to it", async () => {
    const yaml =
      "goal: g\ncriteria: a\nprotect: x\ninclude: i\nlimits: { iterations: 3, max_cost: 1 }\nstable: 2\nclean: true\njudge: m";
    const flags: GoalFlags = {
      criteria: [{ criterion: "b" }],
      protect: ["x", "tests/"],
      include: ["./j"],
      maxIterations: "5",
      maxTurns: "7",
      timeout: "90",
      stable: "4",
      clean: false,
      judge: "n",
    };
    expect(await given(flags, yaml)).toEqual({
      goal: "g",
      criteria: [{ describe: "a" }, { describe: "b" }],
      protect: ["x", "tests/**"],
      include: ["i", "j"],
      limits: { iterations: 5, maxCost: 1, maxTurns: 7, timeout: 90_000 },
      stable: 4,
      clean: false,
      judge: "n",
    });
    expect(await given({ goal: "other" }, yaml)).toMatchObject({ goal: "other", stable: 2, clean: true, judge: "m" });
  });

  it.each<[GoalFlags, string]>([
    [{ goal: "  " }, "The goal is empty: say in one sentence what should be done."],
    [{ goal: "g".repeat(4001) }, "The goal has 4,001 characters, 4,000 is the most: make it shorter."],
    [{ criteria: [{ criterion: "" }] }, "--criterion is empty."],
    [{ criteria: [{ check: " " }] }, "--check is empty."],
    [
      { protect: ["/etc/*"] },
      '--protect "/etc/*" leaves the workspace: name files from its folder on, such as test/**.',
    ],
    [
      { include: ["a/../../b"] },
      '--include "a/../../b" leaves the workspace: name files from its folder on, such as test/**.',
    ],
    [{ maxIterations: "0" }, '--max-iterations wants a whole number of 1 to 1,000, not "0".'],
    [{ maxTurns: "many" }, '--max-turns wants a whole number of 1 to 1,000,000, not "many".'],
    [{ maxCost: "-1" }, '--max-cost wants an amount in USD above 0, such as 2.50, not "-1".'],
    [{ timeout: "soon" }, '--timeout wants a time such as 90s, 5m or 1h, not "soon".'],
    [{ timeout: "10ms" }, "--timeout may be 1s to 576h, not 10ms."],
    [{ stable: "1.5" }, '--stable wants a whole number of 1 to 100, not "1.5".'],
    [{ judge: "" }, "--judge is empty."],
  ])("%j are refused in one sentence", async (flags, why) => {
    expect(await given({ goal: "g", criteria: [{ criterion: "c" }], ...flags })).toEqual([why]);
  });

  it("want a goal and a criterion", async () => {
    expect(await given({ criteria: [{ check: "x" }] })).toEqual([
      "There is no goal: say in one sentence what should be done.",
    ]);
    expect(await given({ goal: "g" })).toEqual([
      expect.stringContaining("There is no criterion: say what must be true"),
    ]);
    const many = Array.from({ length: 51 }, () => ({ check: "x" }));
    expect(await given({ goal: "g", criteria: many })).toEqual(["There are 51 criteria, 50 is the most."]);
  });
});

describe("lines of /goal", () => {
  it("are a description, a command, or both", () => {
    expect(criteriaOf(["Tests pass ||| npm test", "", "It reads well", " ||| a ||| b"])).toEqual({
      criteria: [
        { describe: "Tests pass", check: "npm test" },
        { describe: "It reads well" },
        { describe: "a ||| b", check: "a ||| b" },
      ],
      faults: [],
    });
    expect(criteriaOf(["", "x |||", `y ||| ${"z".repeat(4001)}`]).faults).toEqual([
      {
        why: 'The criterion has nothing after "|||": write the command there, or take "|||" out.',
        at: { line: 2, column: 1 },
      },
      {
        why: "The criterion has a check that has 4,001 characters, 4,000 is the most: make it shorter.",
        at: { line: 3, column: 1 },
      },
    ]);
  });
});
