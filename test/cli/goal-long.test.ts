import { describe, expect, it } from "vitest";
import type { SeenRequest, Turn } from "../../src/models/scripted/script.js";
import { bash, eventsIn, goalRun, roundsOf } from "./goals.js";

const GOAL = "make a §goal§";
const MAKE_A = [GOAL, "--criterion", "a is there", "--check", "cat a.txt && grep -q right a.txt"];
const SMALL = { NANOCODER_MAX_CONTEXT: "16000" };

/** Works in rounds of tool calls, stops untruthfully after every `each`, and does it at the end. */
function worker(rounds: number, each: number) {
  let n = 0;
  return (request: SeenRequest): Turn => {
    if (request.tools.length === 0) return { text: "the record" };
    n += 1;
    if (n > rounds) return n === rounds + 1 ? bash("echo right > a.txt") : { text: "Done." };
    if (n % each === 0) return { text: `Done, I think (${n}).` };
    return { text: `step ${n} ${"talk ".repeat(150)}`, ...bash(`echo ${n} >> a.txt; seq ${n}00 ${n}99; seq 400`) };
  };
}

const isWork = ({ tools }: SeenRequest) => tools.length > 0;

describe("a goal in a small window", () => {
  it("is met over many compactions, and each request of its worker tells it", async () => {
    const ended = await goalRun(worker(42, 6), [...MAKE_A, "--max-iterations", "20"], { env: SMALL });
    expect(ended.code, ended.stderr).toBe(0);
    expect(ended.stdout).toContain("[GOAL MET]");
    const events = eventsIn(ended.where);
    expect(events.filter(({ type }) => type === "compacted").length).toBeGreaterThan(1);
    expect(roundsOf(ended.where).length).toBe(8);
    const work = ended.requests.filter(isWork);
    expect(work.filter(({ raw }) => !raw.includes("§goal§")).length).toBe(0);
  });

  it("is still told when it goes on after a limit", async () => {
    const { where } = await goalRun(worker(99, 50), [...MAKE_A, "--max-turns", "8"], { env: SMALL });
    const more = await goalRun(worker(30, 50), ["--resume", "--max-turns", "60"], { where, env: SMALL });
    expect(more.code, more.stderr).toBe(0);
    expect(eventsIn(where).filter(({ type }) => type === "compacted").length).toBeGreaterThan(0);
    const work = more.requests.filter(isWork);
    expect(work.filter(({ raw }) => !raw.includes("Work on this goal until every criterion is met")).length).toBe(0);
  });
});
