import { spawn } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import type { Event } from "../../src/core/event.js";
import type { Script } from "../../src/models/scripted/script.js";
import { modelServer } from "../../src/models/scripted/server.js";
import { listSessions } from "../../src/store/session-list.js";
import { MAIN, nanocoder, openaiAt, type Place, place, sessionsIn, start } from "./nanocoder.js";
import { bash, isPlanner, planOfSteps, planRun, plansIn, plansOf, statuses, stepOf, TWO } from "./planning.js";

const idOf = (where: Place) => {
  const first = sessionsIn(where).at(-1)?.[0];
  return first?.type === "session" ? first.id : "";
};

const sessionFile = ({ home }: Place) =>
  listSessions(join(home, ".nanocoder"), { limit: 1 }).sessions[0]?.path ?? "no session";

const isDone = (where: Place) => hasPlan(where) && plansIn(where).at(-1)?.phase === "done";
const hasPlan = (where: Place) => existsSync(join(where.home, ".nanocoder/sessions")) && plansIn(where).length > 0;

describe("nanocoder plan", () => {
  it("plans without tools, and works on the approved plan step by step in one session", async () => {
    const where = place();
    writeFileSync(join(where.work, "AGENTS.md"), "Never use tabs.\n");
    writeFileSync(join(where.work, "文件.txt"), "x");
    const script = [
      TWO,
      bash("echo a > a.txt"),
      "Made.\nSTEP DONE",
      bash("grep -q a a.txt"),
      "All is well.\n**STEP DONE**",
    ];
    const { requests, ...ended } = await planRun(script, ["make", "a file", "--yes"], { where });
    expect(ended.code).toBe(0);
    expect(ended.stdout).toBe("[x] 1. Make a.txt\n[x] 2. Check it\n\nAll is well.\n");
    expect(ended.stderr).toContain("[>] 1. Make a.txt\n");
    expect(ended.stderr).toMatch(/\[x] 1\. Make a\.txt\n\[>] 2\. Check it\n[\s\S]*\[x] 2\. Check it\n$/);
    const [planner, first, , second] = requests;
    expect(planner?.tools).toEqual([]);
    expect(planner?.system).toContain("Never use tabs.");
    expect(planner?.lastText).toContain("> 文件.txt");
    expect(planner?.lastText).toMatch(/\n\nPlan this request:\n\nmake a file$/);
    expect(first?.lastText).toMatch(
      /^make a file[\s\S]*\[>] 1\. Make a\.txt\n[\s\S]*Do step 1 of 2 now[\s\S]*with the word a\n/,
    );
    expect(first?.tools).toContain("bash");
    expect(second?.messages.length).toBeGreaterThan(first?.messages.length ?? 0);
    expect(second?.lastText).toMatch(/^Do step 2 of 2 now[\s\S]*It is proved by: grep -q a a\.txt\n/);
    expect(plansIn(where).map(({ phase }) => phase)).toEqual(["planning", "proposed", "running", "running", "done"]);
    const spent = sessionsIn(where)[0]?.filter(({ type }) => type === "spent");
    expect(spent).toMatchObject([{ on: "plan", model: "gpt-4o" }]);
  });

  it("without --yes and a terminal: prints the plan, does nothing, and says how to go on", async () => {
    const shown = await planRun([TWO], ["make a file"]);
    expect(shown).toMatchObject({
      code: 0,
      stdout: "[ ] 1. Make a.txt\n       with the word a\n[ ] 2. Check it\n       verify: grep -q a a.txt\n",
    });
    const id = idOf(shown.where);
    expect(shown.stderr).toContain(`Nothing was done yet. Work on it with: nanocoder plan --resume ${id} --yes`);
    expect(existsSync(join(shown.where.work, "a.txt"))).toBe(false);
    const again = await planRun([], ["--resume", id], shown);
    expect(again).toMatchObject({ code: 0, stdout: shown.stdout });
    const script = [bash("echo a > a.txt"), "STEP DONE", bash("grep -q a a.txt"), "STEP DONE"];
    const worked = await planRun(script, ["--resume", "--yes"], shown);
    expect(worked).toMatchObject({ code: 0, stdout: "[x] 1. Make a.txt\n[x] 2. Check it\n" });
    expect((await planRun([], ["--resume", id], shown)).stdout).toBe(
      "[x] 1. Make a.txt\n       with the word a\n[x] 2. Check it\n       verify: grep -q a a.txt\n",
    );
    const none = await planRun([], ["--resume"], shown);
    expect(none).toMatchObject({ code: 2, stdout: "" });
    expect(none.stderr).toContain("there is no plan of");
  });

  it("gives json: the plan, and after the work what became of it", async () => {
    const shown = await planRun([TWO], ["make a file", "--output-format", "json"]);
    expect(JSON.parse(shown.stdout)).toMatchObject({
      type: "plan",
      schema_version: 1,
      status: "proposed",
      is_error: false,
      session_id: idOf(shown.where),
      steps: [
        { n: 1, title: "Make a.txt", details: "with the word a", status: "pending" },
        { n: 2, title: "Check it", verify: "grep -q a a.txt", status: "pending" },
      ],
    });
    const script = [bash("echo a > a.txt"), "STEP DONE", bash("grep -q a a.txt"), "Fine.\nSTEP DONE"];
    const worked = await planRun(script, ["--resume", "--yes", "--output-format", "stream-json"], shown);
    const lines = worked.stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(lines[0]).toMatchObject({ type: "system", subtype: "init" });
    expect(lines.filter(({ type }) => type === "assistant")).toHaveLength(4);
    expect(lines.at(-1)).toMatchObject({
      type: "plan",
      status: "done",
      result: "Fine.",
      num_turns: 4,
      termination_reason: "done",
    });
  });

  it("tries a failed step once more with its error, then has the rest planned anew", async () => {
    const rest = planOfSteps({ title: "Make it by hand" }, { title: "Check it", verify: "test -s a.txt" });
    const script = [
      planOfSteps(
        { title: "Generate a.txt", verify: "./generate" },
        { title: "Look around" },
        { title: "Check it", verify: "grep -q a a.txt" },
      ),
      bash("./generate"),
      "STEP DONE",
      bash("./generate"),
      "STEP FAILED: there is no ./generate",
      rest,
      bash("echo a > a.txt"),
      "STEP DONE",
      bash("test -s a.txt"),
      "STEP DONE",
    ];
    const { requests, ...ended } = await planRun(script, ["make a file", "--yes"]);
    expect(ended.code).toBe(0);
    expect(ended.stdout).toBe(
      "[!] 1. Generate a.txt (there is no ./generate)\n[-] 2. Look around\n[x] 3. Make it by hand\n[x] 4. Check it\n",
    );
    expect(requests[3]?.lastText).toMatch(
      /^Step 1 is not done: it was said to be done, but its verification failed: \.\/generate/,
    );
    expect(requests[5]?.tools).toEqual([]);
    expect(requests[5]?.lastText).toMatch(
      /> \[>] 1\. Generate a\.txt[\s\S]*Step 1 failed twice[\s\S]*> there is no \.\/generate/,
    );
    expect(requests[6]?.lastText).toMatch(/^The rest of the plan was made anew[\s\S]*Do step 3 of 4 now/);
    expect(ended.stderr).toContain("plan: step 1 failed (2 of 2): there is no ./generate");
    expect(ended.stderr).toContain("plan: planning the rest anew (1 of 2)");
  });

  it("ends not done with exit 1 when the rest was planned anew twice, and goes on from there once more", async () => {
    const one = (title: string) => planOfSteps({ title, verify: "test -e there" });
    const no = "STEP FAILED: it is not there";
    const ended = await planRun(
      [one("A"), no, no, one("B"), no, no, one("C"), no, no],
      ["find it", "--yes", "--output-format", "json"],
    );
    expect(ended.code).toBe(1);
    const reason = "step 3 (C) failed: it is not there";
    expect(JSON.parse(ended.stdout)).toMatchObject({
      status: "failed",
      is_error: true,
      replans: 2,
      termination_reason: reason,
    });
    expect(statuses(plansIn(ended.where).at(-1))).toEqual(["failed", "failed", "failed"]);
    expect(ended.stderr).toContain(
      `nanocoder: the plan is not done: ${reason}\nGo on with: nanocoder plan --resume ${idOf(ended.where)}`,
    );
    writeFileSync(join(ended.where.work, "there"), "");
    const later = await planRun([bash("test -e there"), "STEP DONE"], ["--resume"], ended);
    expect(later.code).toBe(0);
    expect(later.stdout).toMatch(/^\[!] 1\. A .*\n\[!] 2\. B .*\n\[x] 3\. C\n$/);
  });

  it("takes no word for a step that was not proved: notes first, then it failed", async () => {
    const plan = planOfSteps({ title: "Test", verify: "node check.js" });
    const where = place();
    writeFileSync(join(where.work, "check.js"), "process.exit(1)");
    const script = [
      plan,
      "STEP DONE",
      bash("node check.js || true"),
      "STEP DONE",
      "STEP DONE",
      bash("node check.js"),
      "STEP DONE",
      "garbage",
      "garbage",
    ];
    const { requests, ...ended } = await planRun(script, ["test", "--yes"], { where });
    expect(requests[2]?.lastText).toContain(
      "its verification was not run as it stands, alone on its line: node check.js",
    );
    expect(requests[4]?.lastText).toContain("That does not count as done yet");
    expect(requests[5]?.lastText).toContain(
      "Step 1 is not done: it was said to be done, but its verification was not run",
    );
    expect(isPlanner(requests[7] ?? expect.fail("no planner"))).toBe(true);
    expect(requests[7]?.lastText).toContain("its verification failed: node check.js [exit code 1]");
    expect(ended.code).toBe(1);
    expect(ended.stderr).toContain("gave no plan that can be used, twice: the answer is not JSON");
    expect(plansIn(where).at(-1)).toMatchObject({ phase: "failed", steps: [{ status: "failed", failures: 2 }] });
  });

  it("holds a second attempt to what failed in the first one", async () => {
    const plan = planOfSteps({ title: "Test", verify: "test -e there" });
    const script = [plan, bash("test -e there"), "STEP DONE", "STEP DONE", "no", "no"];
    const { requests, ...ended } = await planRun(script, ["test", "--yes"]);
    expect(ended.code).toBe(1);
    expect(requests).toHaveLength(6);
    expect(ended.stderr).toContain("step 1 failed (2 of 2): it was said to be done, but its verification failed");
  });

  it("is not done where a hook ends the run before: exit 1, and it can be gone on with", async () => {
    const where = place();
    mkdirSync(join(where.home, ".nanocoder"));
    const settings = join(where.home, ".nanocoder/settings.json");
    writeFileSync(
      settings,
      JSON.stringify({ hooks: { Stop: [{ hooks: [{ command: `echo '{"continue":false}'` }] }] } }),
    );
    const ended = await planRun([TWO, bash("echo a > a.txt"), "STEP DONE"], ["make a file", "--yes"], { where });
    expect(ended.code).toBe(1);
    expect(ended.stderr).toContain("the plan is not done: the run was ended before the plan was done");
    rmSync(settings);
    const later = await planRun([bash("grep -q a a.txt"), "STEP DONE"], ["--resume"], { where });
    expect(later).toMatchObject({ code: 0, stdout: "[x] 1. Make a.txt\n[x] 2. Check it\n" });
  });

  it("stops at a limit with its exit code, and goes on from the step it was at", async () => {
    const script = [TWO, bash("echo a > a.txt"), "STEP DONE"];
    const ended = await planRun(script, ["make a file", "--yes", "--max-turns", "2", "--output-format", "json"]);
    expect(ended.code).toBe(3);
    expect(JSON.parse(ended.stdout)).toMatchObject({ status: "running", termination_reason: "max_turns" });
    const later = await planRun([bash("grep -q a a.txt"), "STEP DONE"], ["--resume"], ended);
    expect(later.code).toBe(0);
  });

  it("says with exit 4 where something it needed was refused, although it was done", async () => {
    const where = place();
    await using server = await modelServer([
      TWO,
      bash("curl http://127.0.0.1:9 > a.txt"),
      bash("echo a > a.txt"),
      "STEP DONE",
      bash("grep -q a a.txt"),
      "STEP DONE",
    ]);
    const args = ["plan", "make a file", "--yes", "--no-sandbox", "--allow", "bash(echo a > a.txt)"];
    const ended = await nanocoder(args, { place: where, env: openaiAt(server.url) });
    expect(ended.stderr).toContain("denied: bash: ");
    expect(ended.code).toBe(4);
  });

  it.each([0, 1])("Ctrl-C at request %i: exit 130, and how to go on", async (n) => {
    const where = place();
    const silent = { silent: true as const };
    await using server = await modelServer(n === 0 ? [silent] : [TWO, silent]);
    const args = ["plan", "make a file", "--yes", "--output-format", "json"];
    const run = start(args, { place: where, env: openaiAt(server.url) });
    await server.arrived(n);
    run.kill("SIGINT");
    const ended = await run.ended;
    expect(ended.code).toBe(130);
    expect(JSON.parse(ended.stdout)).toMatchObject({ status: n === 0 ? "planning" : "running", is_error: true });
    expect(ended.stderr).toContain(`Go on with: nanocoder plan --resume ${idOf(where)}`);
    const script = [bash("echo a > a.txt"), "STEP DONE", bash("grep -q a a.txt"), "STEP DONE"];
    const later = await planRun(n === 0 ? [TWO, ...script] : script, ["--resume", "--yes"], { where });
    expect(later).toMatchObject({ code: 0, stdout: "[x] 1. Make a.txt\n[x] 2. Check it\n" });
  });

  it("goes to the next step only when what verification sends back is mended", async () => {
    const written = (content: string) => ({ calls: [{ name: "write_file", input: { path: "a.json", content } }] });
    const plan = planOfSteps({ title: "Write" }, { title: "Check", verify: "grep -q 1 a.json" });
    const script = [
      plan,
      written('{"a": 1'),
      "STEP DONE",
      written('{"a": 1}'),
      "STEP DONE",
      bash("grep -q 1 a.json"),
      "STEP DONE",
    ];
    const { requests, ...ended } = await planRun(script, ["write it", "--yes", "--verify"]);
    expect(ended).toMatchObject({ code: 0, stdout: "[x] 1. Write\n[x] 2. Check\n" });
    expect(requests[3]?.lastText).toContain("a.json");
    expect(requests[3]?.lastText).not.toContain("Do step");
    expect(requests[5]?.lastText).toMatch(/^Do step 2 of 2 now/);
  });

  it("asks a worker that does not say how the step ended, twice, then counts it as failed", async () => {
    const script = [
      planOfSteps({ title: "Look", verify: "see that it is fine" }),
      "Hm.",
      "Hm.",
      "Hm.",
      bash("ls"),
      "STEP DONE",
    ];
    const { requests, code } = await planRun(script, ["look", "--yes"]);
    expect(code).toBe(0);
    expect(requests[2]?.lastText).toContain("You stopped in the middle of a step.");
    expect(requests[4]?.lastText).toContain("the worker stopped without saying whether it is done");
  });

  it.each([
    ["no JSON", "I would rather not.", "the answer is not JSON"],
    ["no steps", '{"steps": []}', "there is no step: at least one is wanted"],
    [
      "too many",
      planOfSteps(...Array.from({ length: 21 }, (_, n) => ({ title: `s${n}`, verify: "true" }))),
      "there are 21 steps: at most 20 are wanted",
    ],
    ["no proof", planOfSteps({ title: "only" }), 'step 1: the last step must verify the whole: give it a "verify"'],
    ["a huge title", planOfSteps({ title: "x".repeat(5000), verify: "true" }), '"title" has'],
  ])("a planner that answers with %s is asked once more, then told: exit 1", async (_, answer, why) => {
    const bad = await planRun([answer, answer], ["do it", "--yes"]);
    expect(bad).toMatchObject({ code: 1, stdout: "" });
    expect(bad.requests[1]?.lastText).toContain(why);
    expect(bad.stderr).toContain("gpt-4o gave no plan that can be used, twice: ");
    expect(bad.stderr).toContain(why);
    const mended = await planRun([answer, TWO], ["do it"]);
    expect(mended.code).toBe(0);
    expect(mended.stdout).toContain("[ ] 2. Check it");
  });

  it("shows no control characters, keeps Chinese, and works on a plan of one step", async () => {
    const plan = planOfSteps({
      title: "写一个\u001b[31m文件\u202e",
      details: "中文\u0007说明",
      verify: "test -s 文件",
    });
    const { requests, ...ended } = await planRun(
      [plan, bash("echo 好 > 文件"), bash("test -s 文件"), "完成\nSTEP DONE"],
      ["写文件", "--yes"],
    );
    expect(ended).toMatchObject({ code: 0, stdout: "[x] 1. 写一个[31m文件\n\n完成\n" });
    expect(requests[1]?.lastText).toContain(
      "Do step 1 of 1 now, and nothing of the later ones: 写一个[31m文件\n中文说明\n",
    );
  });

  it.each([
    [[], "say what is to be planned"],
    [["x", "--resume", "abc"], "give either a text to plan, or --resume"],
    [["x", "-c"], "--continue does not go with it"],
    [["--resume", "nope"], 'There is no session "nope"'],
  ])("refuses %j with a sentence and exit 2", async (args, why) => {
    const ended = await planRun([], args);
    expect(ended).toMatchObject({ code: 2, stdout: "" });
    expect(ended.stderr).toContain(why);
  });

  it("says so where a session has no plan, and where the model cannot be asked", async () => {
    const where = place();
    await using server = await modelServer(["hello", { error: { status: 401 } }]);
    const env = openaiAt(server.url);
    await nanocoder(["-p", "hi"], { place: where, env });
    const none = await nanocoder(["plan", "--resume", idOf(where)], { place: where, env });
    expect(none).toMatchObject({ code: 2, stdout: "" });
    expect(none.stderr).toContain(`The session ${idOf(where)} has no plan`);
    const failed = await nanocoder(["plan", "x"], { place: where, env });
    expect(failed).toMatchObject({ code: 1, stdout: "" });
    expect(failed.stderr).toMatch(/nanocoder: .*401[\s\S]*Go on with: nanocoder plan --resume/);
  });

  it("asks the gateway's strong tier for the plan, and tells help and completion", async () => {
    const where = place();
    await using strong = await modelServer([TWO], { models: ["big"] });
    const env = { NANOCODER_GATEWAY_MODELS: `big:strong:${strong.url}/v1:k,small:cheap:http://127.0.0.1:9/v1:k` };
    expect((await nanocoder(["plan", "x"], { place: where, env })).stdout).toContain("[ ] 1. Make a.txt");
    expect(strong.requests[0]?.model).toBe("big");
    expect((await nanocoder(["plan", "--help"], { place: where })).stdout).toContain("--yes");
    expect((await nanocoder(["completion", "bash"], { place: where })).stdout).toMatch(/words="[^"]*\bplan /);
  });
});

describe("a plan on a terminal", () => {
  // what is typed once its question has been asked, in order
  async function typed(script: Script, answers: readonly string[], editor?: string) {
    const where = place();
    if (editor !== undefined) {
      writeFileSync(join(where.home, "editor"), editor);
      chmodSync(join(where.home, "editor"), 0o755);
    }
    await using server = await modelServer(script);
    const child = spawn("script", ["-qec", `'${process.execPath}' '${MAIN}' plan 'make a file' --yolo`, "/dev/null"], {
      cwd: where.work,
      env: {
        PATH: process.env.PATH,
        HOME: where.home,
        TERM: "dumb",
        NO_COLOR: "1",
        EDITOR: join(where.home, "editor"),
        ...openaiAt(server.url),
      },
    });
    let [screen, seen, next] = ["", 0, 0];
    child.stdout.setEncoding("utf8").on("data", (piece: string) => {
      screen += piece;
      const at = screen.indexOf("[e]dit: ", seen);
      if (at < 0) return;
      seen = at + 1;
      child.stdin.write(answers[next++] ?? "n\r");
    });
    const code = await new Promise((resolve) => child.on("close", resolve));
    child.stdin.destroy();
    return { code, screen: screen.replaceAll("\r\n", "\n"), where, requests: server.requests };
  }
  const here = existsSync("/usr/bin/script") && process.platform === "linux";

  it.runIf(here)("is worked on after y, and left alone after n", async () => {
    const yes = await typed(
      [TWO, bash("echo a > a.txt"), "STEP DONE", bash("grep -q a a.txt"), "STEP DONE"],
      ["what\r", "y\r"],
    );
    expect(yes.code).toBe(0);
    expect(yes.screen).toContain("[x] 2. Check it");
    const no = await typed([TWO], ["n\r"]);
    expect(no.code).toBe(1);
    expect(no.screen).toContain("The plan was not approved: nothing was done.");
    expect(plansIn(no.where).at(-1)?.phase).toBe("refused");
    expect(no.requests).toHaveLength(1);
    const left = await typed([TWO], ["\u0003"]);
    expect(left.code).toBe(130);
    expect(plansIn(left.where).at(-1)?.phase).toBe("proposed");
  });

  it.runIf(here)("is edited by e: what can be read takes its place, what cannot is opened again", async () => {
    // the first time it breaks the plan, the second time it mends that
    const editor = `#!/bin/sh
if grep -q broken "$1"; then printf '1. Make b.txt\\n   verify: test -s b.txt\\n' > "$1"; else echo broken >> "$1"; fi
`;
    const script = [TWO, bash("echo b > b.txt"), bash("test -s b.txt"), "STEP DONE"];
    const ended = await typed(script, ["e\r", "e\r", "y\r"], editor);
    expect(ended.screen).toMatch(/The plan stays as it was: line \d+ belongs to no step/);
    expect(ended.code).toBe(0);
    expect(ended.screen).toContain("[x] 1. Make b.txt");
    expect(ended.requests[1]?.lastText).toContain("It is proved by: test -s b.txt");
    expect(readFileSync(join(ended.where.work, "b.txt"), "utf8")).toBe("b\n");
  });
});

describe("a plan that was killed", () => {
  const titles = ["one", "two", "three", "four", "five"];
  // the work, the proof, the word
  const script: Script = (request) => {
    if (isPlanner(request))
      return planOfSteps(...titles.map((title) => ({ title, verify: `grep -q ${title} ran.txt` })));
    const title = titles[stepOf(request) - 1];
    const since = request.messages.slice(request.messages.findLastIndex(({ role }) => role === "user"));
    const results = since.filter(({ role }) => role === "tool").length;
    if (results === 0) return { ...bash(`echo ${title} >> ran.txt`), delay: 20 };
    return results === 1 ? { ...bash(`grep -q ${title} ran.txt`), delay: 20 } : "STEP DONE";
  };

  // runs until it ends, or is killed by chance
  async function lap(where: Place, env: Record<string, string>, most: number): Promise<"killed" | "ended"> {
    const run = start(["plan", hasPlan(where) ? "--resume" : "count", "--yes", "--yolo"], { place: where, env });
    await Promise.race([run.ended, sleep(most)]);
    run.kill("SIGKILL");
    const { code, stderr } = await run.ended;
    if (code !== null) expect(code, stderr).toBe(0);
    return code === null ? "killed" : "ended";
  }

  // works on one plan through at most 10 random kills, the last of which may come after its end; gives how many there were
  async function killed(where: Place, env: Record<string, string>): Promise<number> {
    let kills = 0;
    while (!isDone(where)) {
      const how = await lap(where, env, kills < 10 ? 100 + Math.random() * 700 : 60_000);
      if (how === "killed") kills += 1;
    }
    return kills;
  }

  // the numbers of steps that were asked for although they had been done
  function again(events: readonly Event[]): number[] {
    return events.flatMap((event, at) => {
      if (event.type !== "prompt" || event.from !== "plan") return [];
      const step = Number(/.*Do step (\d+) of/s.exec(JSON.stringify(event.parts))?.[1]);
      const before = plansOf(events.slice(0, at)).at(-1);
      return before?.steps[step - 1]?.status === "in_progress" ? [] : [step];
    });
  }

  it("goes on with the first step that is not done, over 20 random kills -9", async () => {
    await using server = await modelServer(script);
    let kills = 0;
    while (kills < 20) {
      const where = place();
      kills += await killed(where, openaiAt(server.url));
      const events = sessionsIn(where).at(-1) ?? [];
      expect(statuses(plansOf(events).at(-1))).toEqual(titles.map(() => "done"));
      expect(again(events)).toEqual([]);
    }
    expect(server.refusals).toEqual([]);
  }, 120_000);

  it("settles the word that was said before the kill: the step is not asked for again", async () => {
    const where = place();
    await planRun([TWO], ["make a file"], { where });
    const script = [bash("echo a > a.txt"), "STEP DONE", { silent: true as const }];
    await using server = await modelServer(script);
    const run = start(["plan", "--resume", "--yes", "--yolo"], { place: where, env: openaiAt(server.url) });
    await server.arrived(2);
    run.kill("SIGKILL");
    await run.ended;
    // as if the kill had come right after the reply
    const path = sessionFile(where);
    const lines = readFileSync(path, "utf8").trimEnd().split("\n");
    const reply = lines.findLastIndex((line) => line.startsWith('{"type":"reply"'));
    writeFileSync(path, `${lines.slice(0, reply + 1).join("\n")}\n`);
    expect(statuses(plansIn(where).at(-1))).toEqual(["in_progress", "pending"]);
    const { requests, code } = await planRun([bash("grep -q a a.txt"), "STEP DONE"], ["--resume"], { where });
    expect(code).toBe(0);
    expect(requests[0]?.lastText).toMatch(/^Do step 2 of 2 now/);
    // as if it had come between the new state and the next prompt: the old word is not the next step's
    const next = readFileSync(path, "utf8").split("\n");
    const state = next.findIndex((line) => line.startsWith('{"type":"state","key":"plan"') && line.includes('"done"'));
    writeFileSync(path, `${next.slice(0, state + 1).join("\n")}\n`);
    expect(statuses(plansIn(where).at(-1))).toEqual(["done", "in_progress"]);
    const resumed = await planRun([bash("grep -q a a.txt"), "STEP DONE"], ["--resume"], { where });
    expect(resumed.requests[0]?.lastText).toMatch(/The work on this plan was interrupted[\s\S]*Do step 2 of 2 now/);
    expect(resumed.code).toBe(0);
  });

  it("plans again where the kill came before there was a plan", async () => {
    const where = place();
    await using server = await modelServer([{ silent: true }]);
    const run = start(["plan", "make a file"], { place: where, env: openaiAt(server.url) });
    await server.arrived(0);
    run.kill("SIGKILL");
    await run.ended;
    const again = await planRun([TWO], ["--resume"], { where });
    expect(again).toMatchObject({ code: 0 });
    expect(again.requests[0]?.lastText).toMatch(/Plan this request:\n\nmake a file$/);
    expect(sessionsIn(where)).toHaveLength(1);
    expect(sessionsIn(where)[0]?.filter(({ type }) => type === "prompt")).toHaveLength(1);
  });
});
