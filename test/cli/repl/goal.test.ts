import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { savedSession } from "../../../src/app/saved-session.js";
import { goalCommand } from "../../../src/cli/repl/commands/goal-command.js";
import type { Event } from "../../../src/core/event.js";
import { text } from "../../../src/core/message.js";
import { GOAL, roundsIn } from "../../../src/goals/master.js";
import type { Script } from "../../../src/models/scripted/script.js";
import { modelServer } from "../../../src/models/scripted/server.js";
import { lastSaid } from "../../../src/store/session-last.js";
import { bash, isJudge, placeWith, verdicts } from "../goals.js";
import { type Place, place } from "../nanocoder.js";
import { opened, type Person, scripted } from "./sessions.js";

const A = "make a\na is there ||| cat a.txt && grep -q a a.txt";

type Options = { where?: Place; person?: Person; locale?: "en" | "zh"; resume?: { id: string } };

async function session(script: Script, options: Options = {}) {
  const made = await scripted(script, options);
  return { ...made, goal: (words: string) => made.desk.during(() => goalCommand(made.desk, words)) };
}

describe("/goal", () => {
  it("is met after a wrong attempt, in a conversation that goes on", async () => {
    const script = [
      "Hello.",
      bash("echo b > a.txt"),
      "Done: it passes.",
      bash("echo a > a.txt"),
      "Fixed.",
      "You asked for a.",
    ];
    await using made = await session(script);
    await made.prompt("hi");
    await made.goal(A);
    expect(made.told()).toContain("make a\n  1. a is there\n     $ cat a.txt && grep -q a a.txt");
    expect(made.told()).toContain("[GOAL MET] make a (2 iterations)\n  [x] 1. a is there: the check exited with 0");
    const { messages } = made.requests[1] ?? { messages: [] };
    expect(JSON.stringify(messages)).toContain("Hello.");
    expect(made.requests[3]?.lastText).toMatch(/^The goal is not met yet[\s\S]*\n> b\n/);
    expect(roundsIn(made.events()).map(({ verdicts: [one] }) => one?.met)).toEqual([false, true]);
    const drawn = made.ui.drawn.join("\n--\n");
    expect(drawn).toContain("goal, before the first round");
    expect(drawn).toMatch(/round 1: check 1 of 1: cat a\.txt.*, 0 s/);
    expect(drawn).toMatch(
      /goal, after round 1 of 10, \$0\.\d+: make a\n {2}\[ ] 1\. a is there: the check exited with 1/,
    );
    const report = join(made.where.home, ".nanocoder/goals", `${made.desk.opened.id}.json`);
    expect(JSON.parse(readFileSync(report, "utf8"))).toMatchObject({ met: true, iterations: 2 });
    await made.prompt("what did I ask for?");
    expect(made.requests.at(-1)?.lastText).toBe("what did I ask for?");
  });

  it("voids a round that changes a protected file, with the flags of the command line", async () => {
    const where = placeWith({ "check.sh": "test -s a.txt\n" });
    const script = [bash("echo true > check.sh"), "Done.", bash("echo a > a.txt"), "Done."];
    await using made = await session(script, { where });
    await made.goal('--protect check.sh --max-iterations 3 --stable 2 don\'t stop "here"\n||| sh check.sh');
    expect(made.told()).toContain(
      "Nobody may change: check.sh\nAt most: 3 rounds\nAt the end each check must pass 2 times",
    );
    expect(made.told()).toContain('[GOAL MET] don\'t stop "here" (2 iterations)');
    expect(made.told()).toContain("Round 1 did not count, protected files were changed: check.sh");
    expect(readFileSync(join(where.work, "check.sh"), "utf8")).toBe("test -s a.txt\n");
  });

  it("begins a second goal anew: what the first proved, cost and reported does not count", async () => {
    const usage = { input: 40_000, output: 10 };
    const script = [
      { ...bash("echo a > a.txt"), usage },
      { text: "Done.", usage },
      { text: "Done: as before.", usage: { input: 10, output: 10 } },
      bash("echo b > b.txt"),
      "Done.",
    ];
    await using made = await session(script);
    await made.goal(A);
    await made.goal("make b\nb is there ||| grep -q b b.txt");
    expect(made.told()).toContain("[GOAL MET] make a (1 iteration)");
    expect(made.told()).toContain("[GOAL MET] make b (2 iterations)\n  [x] 1. b is there");
    expect(made.requests[2]?.lastText).toMatch(/^Goal: make b[\s\S]*Failing before the work/);
    expect(roundsIn(made.events()).map(({ n }) => n)).toEqual([1, 2]);
    const report = (nth: string) =>
      JSON.parse(readFileSync(join(made.where.home, ".nanocoder/goals", `${made.desk.opened.id}${nth}.json`), "utf8"));
    expect(report("")).toMatchObject({ goal: "make a", iterations: 1 });
    expect(report("-2")).toMatchObject({ goal: "make b", iterations: 2 });
    expect(report("").total_cost_usd).toBeGreaterThan(0.2);
    expect(report("-2").total_cost_usd).toBeLessThan(0.1);
  });

  it("is open for --resume where a goal before it in the session is over", async () => {
    await using made = await session([bash("echo a > a.txt"), "Done.", "Cannot."], {
      person: { see: (item) => item.type === "text" && item.text === "Cannot." && made.desk.interrupt() },
    });
    await made.goal(A);
    await made.goal("make b\nb is there ||| grep -q b b.txt");
    const { path } = savedSession(
      { home: join(made.where.home, ".nanocoder"), cwd: made.where.work },
      made.desk.opened.id,
    );
    const said = lastSaid(path, [GOAL.contract, GOAL.outcome]);
    expect(said.states).toMatchObject({ [GOAL.contract]: { goal: "make b" }, [GOAL.outcome]: null });
  });

  it("goes on after Esc, after a conversation in between, and in a resumed session", async () => {
    const where = place();
    const stopAt = (words: string): Person => ({
      see: (item) => void (item.type === "text" && item.text.includes(words) && now?.interrupt()),
    });
    let now: { interrupt(): boolean } | undefined;
    const first = [bash("echo b > a.txt"), "Done.", bash("echo 1 > c.txt"), "WAIT a little", "I was at it."];
    let id = "";
    {
      await using made = await session(first, { where, person: stopAt("WAIT") });
      now = made.desk;
      await made.goal(A);
      expect(made.told()).toContain("Ended: interrupted by the user");
      expect(made.told()).toContain("/goal resume goes on with it.");
      await made.prompt("what are you doing?");
      id = made.desk.opened.id;
    }
    await using later = await session([bash("echo a > a.txt"), "Done."], { where, resume: { id } });
    now = undefined;
    await later.goal("resume");
    expect(later.requests[0]?.lastText).toMatch(/^Go on with the goal: make a\n\nThe goal is not met yet/);
    expect(later.told()).toContain("[GOAL MET] make a (2 iterations)");
    await expect(later.goal("resume")).rejects.toThrow("/goal resume: the goal of this session is over: met.");
  });

  it.each([
    [
      "a round was recorded",
      (event: Event) => event.type === "state" && event.key === GOAL.round,
      /^The goal is not met/,
    ],
    [
      "the worker had stopped",
      (event: Event) => event.type === "reply" && event.stop === "end",
      /^The goal is not met/,
    ],
    [
      "the goal was agreed on",
      (event: Event) => event.type === "state" && event.key === GOAL.contract,
      /^Goal: make a/,
    ],
  ])("goes on in a session that died after %s, and repeats no round", async (_, isLast, opening) => {
    const where = place();
    let path = "";
    let id = "";
    {
      await using made = await session([bash("echo b > a.txt"), "Done.", bash("echo a > a.txt"), "Done."], { where });
      await made.goal(A);
      ({ id } = made.desk.opened);
      path = savedSession({ home: join(where.home, ".nanocoder"), cwd: where.work }, id).path;
    }
    const lines = readFileSync(path, "utf8").split("\n");
    writeFileSync(
      path,
      `${lines.slice(0, lines.findIndex((line) => line !== "" && isLast(JSON.parse(line))) + 1).join("\n")}\n`,
    );
    writeFileSync(join(where.work, "a.txt"), "b\n");
    await using later = await session([bash("echo a > a.txt"), "Done."], { where, resume: { id } });
    await later.goal("resume");
    expect(later.requests[0]?.lastText).toMatch(opening);
    const rounds = roundsIn(later.events());
    expect(rounds.map(({ n }) => n)).toEqual(rounds.map((_, at) => at + 1));
    expect(later.told()).toContain(`[GOAL MET] make a (${rounds.length} iteration`);
  });

  it("tells the worker of a goal that was interrupted before it began", async () => {
    await using made = await session(["Hello.", bash("echo a > a.txt"), "Done."]);
    const slow = made.goal("make a\na ||| grep -q a a.txt || sleep 20");
    await expect
      .poll(() => made.events().some((event) => event.type === "state" && event.key === "goal.start"))
      .toBe(true);
    made.desk.interrupt();
    await slow;
    await made.prompt("hi");
    writeFileSync(join(made.where.work, "a.txt"), "a");
    await made.goal("resume");
    expect(made.requests[1]?.lastText).toMatch(/^Goal: make a/);
    expect(made.told()).toContain("[GOAL MET] make a (1 iteration)");
  });

  it("lets the person steer: their words reach the worker, and the rounds go on", async () => {
    const script = [bash("echo b > a.txt"), "Done.", bash("echo a > a.txt"), "Done.", "Noted."];
    let steered = false;
    await using made = await session(script, {
      person: {
        see(item) {
          if (item.type !== "result" || steered) return;
          steered = true;
          made.desk.opened.agent.inbox.post({ parts: [text("be quick")], from: "user" });
        },
      },
    });
    await made.goal(A);
    expect(made.requests[1]?.lastText).toContain("be quick");
    expect(made.told()).toContain("[GOAL MET] make a (2 iterations)");
  });

  it("answers what was said while the last round was looked at, once the goal is over", async () => {
    await using made = await session([bash("echo a > a.txt"), "Done.", "You are welcome."], {
      person: {
        see(item) {
          if (item.type !== "status" || !item.text.includes("check 1")) return;
          made.desk.opened.agent.inbox.post({ parts: [text("thanks")], from: "user" });
        },
      },
    });
    await made.goal(A);
    expect(made.requests[2]?.lastText).toBe("thanks");
    expect(made.ui.seen.put).toEqual([]);
  });

  it("asks where a check cannot be run, and works on the goal as it was edited", async () => {
    const person: Person = {
      choose: ["edit"],
      edit: [
        (words) => `${words.replace("no-such-program", "grep -q a a.txt #")}stable: x\n`,
        (words) => words.replace("stable: x\n", ""),
      ],
    };
    await using made = await session([bash("echo a > a.txt"), "Done."], { person });
    await made.goal("make a\na is there ||| no-such-program");
    expect(made.ui.seen.asked).toEqual([
      { title: "Begin all the same?", labels: ["edit the goal", "begin all the same", "do not begin"] },
    ]);
    expect(made.told()).toMatch(/A check of this goal cannot be run:\n {2}1\. no-such-program: /);
    expect(made.ui.seen.said.filter(({ type }) => type === "error")).toHaveLength(2);
    expect(made.told()).toContain("[GOAL MET] make a (1 iteration)");
  });

  it("does not begin where the person leaves it, and is over then", async () => {
    await using made = await session([]);
    await made.goal("make a\na is there ||| no-such-program");
    expect(made.requests).toEqual([]);
    await expect(made.goal("resume")).rejects.toThrow("is over: not met");
  });

  it("asks for criteria line by line, and begins nothing without one", async () => {
    const person: Person = { fill: ["a is there |||", "a is there ||| grep -q a a.txt", "", undefined] };
    await using made = await session([bash("echo a > a.txt"), "Done."], { person, locale: "zh" });
    await made.goal("做 a");
    expect(made.ui.seen.fields.map(({ text: draft }) => draft)).toEqual([undefined, "a is there |||", undefined]);
    expect(made.told()).toContain("[GOAL MET] 做 a (1 iteration)");
    expect(made.ui.drawn.join("\n")).toContain("目标，第一轮之前");
    await made.goal("另一个");
    expect(made.told()).toContain("没有给出条件");
  });

  it("shows the goal of the session and where it stands, and offers to go on", async () => {
    let now: { interrupt(): boolean } | undefined;
    const person: Person = {
      see: (item) => void (item.type === "text" && item.text === "WAIT" && now?.interrupt()),
      choose: ["go on"],
    };
    await using made = await session(["WAIT", bash("echo a > a.txt"), "Done."], { person });
    now = made.desk;
    await made.goal("");
    expect(made.told()).toContain("This session has no goal.");
    await made.goal(A);
    await made.goal("");
    expect(made.ui.seen.asked).toEqual([
      { title: "This goal is open.", labels: ["go on with it", "leave it for now"] },
    ]);
    expect(made.told()).toContain("[GOAL MET]");
    await made.goal("");
    expect(made.told()).toContain("It is over: met: every criterion is proved.");
  });

  it("meets limits of its own, and reads a goal from its file", async () => {
    const yaml = "goal: make a\ncriteria:\n  - a ||| grep -q a a.txt\nlimits:\n  max_turns: 2\n";
    await using made = await session(({ n }) => bash(n < 2 ? "date >> b" : "sleep 20"), {
      where: placeWith({ "goal.yaml": yaml }),
    });
    await made.goal("goal.yaml");
    expect(made.requests).toHaveLength(2);
    expect(made.told()).toContain("Ended: limit: max_turns");
    await made.goal("--timeout 1s make c\nc ||| false");
    expect(made.told()).toContain("Ended: limit: the time given is over");
  });

  it("is not proved to the judge by what was printed before it was agreed on", async () => {
    const judge = verdicts({ met: true, evidence: "proof-is-here in full" });
    const work: Script = [bash("cat proof.txt"), "Seen.", "Done.", bash("cat proof.txt"), "Done."];
    let n = 0;
    await using made = await session(
      (request) => {
        if (isJudge(request)) return judge;
        n += 1;
        return work[n - 1] as string;
      },
      { where: placeWith({ "proof.txt": "proof-is-here in full\n" }) },
    );
    await made.prompt("look");
    await made.goal("prove it\nit is proved");
    expect(roundsIn(made.events()).map(({ verdicts: [one] }) => one?.met)).toEqual([false, true]);
  });

  it("that was begun by force goes on without asking again", async () => {
    let now: { interrupt(): boolean } | undefined;
    const person: Person = { see: (item) => void (item.type === "text" && item.text === "WAIT" && now?.interrupt()) };
    await using made = await session(["WAIT"], { person });
    now = made.desk;
    await made.goal("--force --max-iterations 1 make it\nit runs ||| no-such-program");
    await made.goal("resume");
    expect(made.ui.seen.asked).toEqual([]);
    expect(made.told()).toContain("[GOAL NOT MET] make it (1 iteration)");
  });

  it("does not check the changed files besides", async () => {
    await using made = await session([bash("echo '{' > a.json"), "Done."]);
    await made.goal("make a\n||| test -s a.json");
    expect(made.events().filter((event) => event.type === "state" && event.key === "verify")).toEqual([]);
    expect(existsSync(join(made.where.work, "a.json"))).toBe(true);
  });

  it.each([
    ["--protct x make it", /unknown option '--protct'/],
    ["make it ||| test -e a", /a criterion stands on a line of its own, behind the goal's: Ctrl\+J begins one/],
    ["make it\nok ||| true\nbad |||", /line 3: The criterion has nothing after "\|\|\|"/],
    ["--max-iterations 0 x\n||| true", /--max-iterations wants a whole number/],
    ["--output-format json x", /--output-format is for the command line/],
    ["resume", /this session has no goal/],
    ["--max-cost 1 x\n||| true", /the price of gpt-nobody is not known/],
  ])("refuses %j in one sentence", async (words, why) => {
    await using server = await modelServer([]);
    const env = { OPENAI_BASE_URL: server.url, OPENAI_API_KEY: "k", NANOCODER_MODEL: "gpt-nobody" };
    await using made = await opened({ where: place(), url: server.url, env });
    await expect(made.desk.during(() => goalCommand(made.desk, words))).rejects.toThrow(why);
  });

  it("tells its flags", async () => {
    await using made = await session([]);
    await made.goal("--help");
    expect(made.told()).toContain("--protect <glob>");
  });
});
