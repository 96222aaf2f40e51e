import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { describe, expect, it } from "vitest";
import { createAgent } from "../../src/app/create-agent.js";
import { pickSession } from "../../src/cli/pick-session.js";
import { state } from "../../src/core/fold.js";
import { scriptedModel } from "../../src/models/scripted/model.js";
import { modelServer } from "../../src/models/scripted/server.js";
import { openLog } from "../../src/store/log-file.js";
import { listSessions } from "../../src/store/session-list.js";
import { type Ended, nanocoder, openaiAt, type Place, place, sessionsIn, start } from "./nanocoder.js";

const call = (name: string, input: Record<string, string>) => ({ calls: [{ name, input }] });
const idsOf = (where: Place) => sessionsIn(where).map(([first]) => (first?.type === "session" ? first.id : ""));
const pathOf = (where: Place) =>
  listSessions(join(where.home, ".nanocoder"), { limit: 9 }).sessions[0]?.path ?? "no session";

type Server = Awaited<ReturnType<typeof modelServer>>;
const runs =
  (where: Place, server: Server) =>
  (args: readonly string[], env: Record<string, string> = {}) =>
    nanocoder(["-p", ...args], { place: where, env: { ...openaiAt(server.url), ...env } });
const resultOf = ({ stdout }: Ended) => JSON.parse(stdout);

describe("a session that is gone on with", () => {
  it("keeps its model, unless a flag names another, also in a copy", async () => {
    await using server = await modelServer(() => "ok", { models: ["gpt-4o"] });
    const where = place();
    const run = runs(where, server);
    await run(["one", "-m", "gpt-4.1"]);
    const kept = await run(["two", "-c"]);
    expect(kept).toMatchObject({ code: 0, stderr: "Model gpt-4.1, as this session was left; -m changes it.\n" });
    await run(["three", "-c", "--fork", "-m", "gpt-4o-mini"]);
    expect((await run(["four", "-c"])).stderr).toContain("Model gpt-4o-mini, as");
    expect(server.requests.map(({ model }) => model)).toEqual(["gpt-4.1", "gpt-4.1", "gpt-4o-mini", "gpt-4o-mini"]);
    expect(server.refusals).toEqual([]);
  });

  it("goes on with the configured model where its own is at an address that is not configured now, and says so", async () => {
    await using first = await modelServer(() => "ok");
    await using second = await modelServer(() => "ok");
    const where = place();
    await runs(where, first)(["one", "-m", "gpt-4.1"]);
    const moved = await runs(where, second)(["two", "-c"]);
    expect(moved.code).toBe(0);
    expect(moved.stderr).toBe(
      `This session used gpt-4.1 at ${first.url}, which is not configured now: it goes on with gpt-4o.\n`,
    );
    expect([first.requests.length, second.requests[0]?.model]).toEqual([1, "gpt-4o"]);
    expect((await runs(where, second)(["three", "-c"])).stderr).toBe("");
  });

  it("keeps a mode that lets less through, and never auto, which it says how to get back", async () => {
    const write = call("write_file", { path: "made.txt", content: "x" });
    await using server = await modelServer(({ messages }) => (messages.at(-1)?.role === "user" ? write : "ok"));
    const where = place();
    const run = runs(where, server);
    await run(["one", "--permission-mode", "plan"]);
    const still = await run(["two", "-c", "--output-format", "json"]);
    expect([still.code, resultOf(still).permission_denials[0]?.reason]).toEqual([4, "plan mode only reads"]);
    expect(still.stderr).toContain(
      "Permission mode plan, as this session was left; --permission-mode default changes it.",
    );
    expect((await run(["three", "-c", "--permission-mode", "default"])).code).toBe(0);
    expect((await run(["four", "-c"])).stderr).not.toContain("mode");
    expect((await run(["five", "-c", "--yolo"])).code).toBe(0);
    const calmed = await run(["six", "-c", "--output-format", "stream-json"]);
    expect(JSON.parse(calmed.stdout.split("\n")[0] ?? "").permission_mode).toBe("default");
    expect(calmed.stderr).toContain("was in mode auto; now it is default. --permission-mode auto brings auto back.");
    expect((await run(["seven", "-c"])).stderr).not.toContain("auto");
    const modes = sessionsIn(where)[0]?.flatMap((fact) =>
      fact.type === "state" && fact.key === "mode" ? [fact.value] : [],
    );
    expect(modes).toEqual(["plan", "default", "auto", "default"]);
  });

  it("works in its own folder wherever it is called from, and says when that is gone", async () => {
    const script = [
      "one",
      call("write_file", { path: "made.txt", content: "here" }),
      call("bash", { command: "pwd > ../outside.txt; pwd" }),
      "two",
    ];
    await using server = await modelServer(script);
    const where = place();
    const [there, elsewhere] = ["there", "elsewhere"].map((name) => ({ ...where, work: join(where.work, name) }));
    if (!there || !elsewhere) throw new Error("no folders");
    for (const { work } of [there, elsewhere]) mkdirSync(work);
    await runs(there, server)(["one"]);
    const [id = ""] = idsOf(where);
    const went = await runs(elsewhere, server)(["two", "-r", id, "--output-format", "stream-json"]);
    expect(went.stderr).toContain(`This session works in ${there.work}, where it began.`);
    expect(JSON.parse(went.stdout.split("\n")[0] ?? "").cwd).toBe(there.work);
    expect(readFileSync(join(there.work, "made.txt"), "utf8")).toBe("here");
    expect(server.requests[3]?.results[0]).toMatch(/Denied|Read-only/);
    expect(server.requests[3]?.system).toContain(`Working directory: ${there.work}`);
    const undone = await nanocoder(["undo"], { place: there });
    expect([undone.code, undone.stdout]).toEqual([0, expect.stringContaining("made.txt")]);
    renameSync(there.work, join(where.work, "moved"));
    const gone = await runs(elsewhere, server)(["three", "-r", id]);
    expect([gone.code, gone.stdout, gone.stderr]).toEqual([
      2,
      "",
      `nanocoder: The session ${id} works in ${there.work}, and that folder is not there any more. Put it back, or read the session with nanocoder sessions show ${id}.\n`,
    ]);
  });

  it("still knows what was allowed for the session, and any other state", async () => {
    const path = join(place().home, "s.jsonl");
    const where = place();
    const script = [call("bash", { command: "touch made" }), "ok"];
    const agentOn = async (answer: "session" | "never") => {
      const log = openLog(path);
      const asked: string[] = [];
      const agent = await createAgent({
        model: scriptedModel(script),
        cwd: where.work,
        log,
        ask: async ({ subjects: [subject = ""] }) => {
          asked.push(subject);
          if (answer === "never") return { verdict: "deny", why: "no" };
          return { verdict: "allow", why: "yes", for: answer };
        },
      });
      const end = () => agent.close().then(() => log.close());
      return { agent, log, asked, end };
    };
    const first = await agentOn("session");
    first.log.append({ type: "state", key: "todo", value: [{ text: "三", done: false }] });
    await first.agent.chat("go");
    await first.end();
    rmSync(join(where.work, "made"));
    const second = await agentOn("never");
    await second.agent.chat("again");
    expect([first.asked, second.asked]).toEqual([["touch made"], []]);
    expect(readFileSync(join(where.work, "made"), "utf8")).toBe("");
    expect(state(second.log.events, "todo")).toEqual([{ text: "三", done: false }]);
    await second.end();
  });

  it("is as strict in the library as it was left, and never auto by itself", async () => {
    const { work, home } = place();
    const path = join(home, "s.jsonl");
    const write = call("write_file", { path: "made.txt", content: "x" });
    const done = async (permissionMode?: "plan" | "auto" | "default") => {
      const log = openLog(path);
      const agent = await createAgent({
        model: scriptedModel([write, "ok"]),
        cwd: work,
        log,
        ...(permissionMode && { permissionMode }),
      });
      await agent.chat("go");
      await agent.close();
      log.close();
      const failed = log.events.findLast((event) => event.type === "result")?.failed;
      return [state(log.events, "mode"), failed];
    };
    expect(await done("plan")).toEqual(["plan", true]);
    expect(await done()).toEqual(["plan", true]);
    expect(await done("auto")).toEqual(["auto", false]);
    expect(await done()).toEqual(["default", false]);
  });

  it("tells what all of it has cost, and each run what that run did", async () => {
    await using server = await modelServer(() => ({ text: "ok", usage: { input: 1_000_000, output: 0 } }));
    const where = place();
    const run = runs(where, server);
    const costs = [];
    for (const args of [["one"], ["two", "-c"]])
      costs.push(resultOf(await run([...args, "--output-format", "json"])).total_cost_usd);
    expect(costs).toEqual([2.5, 2.5]);
    const shown = await nanocoder(["sessions", "show"], { place: where });
    expect(shown.stdout.split("\n")[0]).toMatch(/, 2 turns, 2000000 input, 0 cache, 0 output tokens, \$5\.0000$/);
  });

  it("goes on where its first line is damaged, and where only another part of it is", async () => {
    await using server = await modelServer(() => "ok");
    const where = place();
    const run = runs(where, server);
    await run(["one"]);
    const path = pathOf(where);
    const id = path.split("/").at(-1)?.replace(".jsonl", "") ?? "";
    for (const first of ["\0\0\0", '{"type":"session","cwd":"\n\\x']) {
      const [, ...rest] = readFileSync(path, "utf8").split("\n");
      writeFileSync(path, [first, ...rest.filter((line) => !line.startsWith('{"type":"session"'))].join("\n"));
      for (const args of [
        ["two", "-c"],
        ["three", "-r", id],
      ]) {
        const went = await run(args);
        expect([went.code, went.stderr]).toEqual([0, expect.stringContaining(`of ${path} w`)]);
      }
      expect(server.requests.at(-1)?.messages[0]?.text).toBe("one");
      expect(server.requests.at(-1)?.system).toContain(`Working directory: ${where.work}`);
      expect((await nanocoder(["sessions"], { place: where })).stdout).toContain(id);
    }
    expect(server.refusals).toEqual([]);
    expect(readFileSync(path, "utf8")).toContain(`"id":"${id}"`);
  });
});

describe("a session that another process has open", () => {
  it("is refused in a sentence that names the process, and taken once that one is killed", async () => {
    await using server = await modelServer(({ messages }) =>
      messages.at(-1)?.text === "busy" ? { silent: true } : "ok",
    );
    const where = place();
    const run = runs(where, server);
    const open = start(["-p", "busy"], { place: where, env: openaiAt(server.url) });
    await server.arrived(0);
    const refused = await run(["x", "-c"]);
    const why = `This session is open in another nanocoder (process ${open.pid}). Close it, or go on in a copy of the session: add --fork.`;
    expect([refused.code, refused.stdout, refused.stderr]).toEqual([1, "", `nanocoder: ${why}\n`]);
    expect(server.requests).toHaveLength(1);
    open.kill("SIGKILL");
    await open.ended;
    expect((await run(["x", "-c"])).code).toBe(0);
    expect(server.requests.at(-1)?.lastText).toBe("busyx");
    expect(server.refusals).toEqual([]);
  });

  it("is not taken from a process of another machine, and the sentence says what to remove", async () => {
    await using server = await modelServer(() => "ok");
    const where = place();
    const run = runs(where, server);
    await run(["one"]);
    const lock = `${pathOf(where)}.lock`;
    writeFileSync(lock, JSON.stringify({ pid: 1, start: "1", host: "elsewhere.example" }));
    const refused = await run(["two", "-c"]);
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining("on elsewhere.example (process 1)")]);
    expect(refused.stderr).toContain(`then remove ${lock}.`);
    expect((await run(["three", "-c", "--fork"])).code).toBe(0);
  });
});

describe("--resume without an id", () => {
  it("exits 2 without a terminal, naming the newest", async () => {
    await using server = await modelServer(() => "ok");
    const where = place();
    const run = runs(where, server);
    const none = await run(["x", "-r"]);
    expect([none.code, none.stderr]).toEqual([2, expect.stringContaining(`There is none of ${where.work} yet.`)]);
    for (const words of ["mend the build", "写一个测试"]) await run([words]);
    const named = await run(["x", "-r"]);
    expect([named.code, named.stdout]).toEqual([2, ""]);
    expect(named.stderr).toContain("give an id, or --continue for the newest");
    const lines = idsOf(where).map((id) => expect.stringContaining(id));
    expect(named.stderr.trimEnd().split("\n").slice(1).sort()).toEqual(lines);
    expect(named.stderr).toContain("写一个测试");
  });

  it("lets a person choose by number, or by part of a title first, in 40 columns", async () => {
    await using server = await modelServer(() => "ok");
    const where = place();
    for (const words of [
      "mend the build that has been red since the last release",
      "把所有的中文测试都改好，然后再运行一次完整的测试",
    ])
      await runs(where, server)([words]);
    const { sessions } = listSessions(join(where.home, ".nanocoder"), { cwd: where.work, limit: 9 });
    const [chinese = "", red = ""] = sessions.map(({ id }) => id);
    const pick = async (...answers: string[]) => {
      const [input, output] = [new PassThrough(), Object.assign(new PassThrough(), { columns: 40 })];
      let shown = "";
      output.setEncoding("utf8").on("data", (piece: string) => {
        shown += piece;
        if (!piece.includes("or nothing: ")) return;
        const next = answers.shift();
        if (next === undefined) input.end();
        else input.write(`${next}\n`);
      });
      const id = await pickSession({ home: join(where.home, ".nanocoder"), cwd: where.work, input, output });
      return { id, shown };
    };
    expect((await pick("2")).id).toBe(red);
    expect((await pick("中文", "1")).id).toBe(chinese);
    const { id, shown } = await pick("7", "nothing", "red", "");
    expect(id).toBeUndefined();
    expect(shown).toContain('No title holds "nothing".');
    expect(shown.trimEnd().endsWith("No session was chosen.")).toBe(true);
    expect((await pick()).id).toBeUndefined();
    const lines = shown.split("\n").map((line) => line.replace(/^Number.*?: /, ""));
    expect(lines.slice(0, 2)).toEqual([
      "1   0 min    1 turn  把所有的中文测试都…",
      "2   0 min    1 turn  mend the build tha…",
    ]);
    expect(lines).toContain("1   0 min    1 turn  mend the build tha…");
  });
});

describe("what the user typed", () => {
  it("is in the file before the first request, so that a kill loses none of it", async () => {
    await using server = await modelServer(({ n }) => (n < 2 ? { silent: true } : "ok"));
    const where = place();
    for (const args of [["first words"], ["second words", "-c"]]) {
      const before = server.requests.length;
      const open = start(["-p", ...args], { place: where, env: openaiAt(server.url) });
      await server.arrived(before);
      open.kill("SIGKILL");
      await open.ended;
    }
    await runs(where, server)(["third words", "-c"]);
    expect(server.requests[2]?.lastText).toBe("first wordssecond wordsthird words");
    expect(server.refusals).toEqual([]);
  });
});

describe("a run that is killed in the middle of its work", () => {
  it("is gone on with each time, whatever the kill cut, by either wire", async () => {
    const bench = join(import.meta.dirname, "../../bench/resume.js");
    const child = spawn(process.execPath, [bench, "--times", "10"], { stdio: ["ignore", "pipe", "inherit"] });
    let told = "";
    child.stdout.setEncoding("utf8").on("data", (piece: string) => {
      told += piece;
    });
    await once(child, "close");
    expect(JSON.parse(told)).toMatchObject({ times: 10, wentOn: 10, wrong: [] });
  }, 180_000);
});

describe("a session that moves between the wires", () => {
  it("goes on there and back, with thinking, calls and images", async () => {
    const png = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
    const look = { thinking: "I look at it", ...call("read_file", { path: "a.png" }) };
    await using server = await modelServer(({ n }) =>
      n % 2 === 0 ? look : { thinking: "I see", text: `answer ${n}` },
    );
    const where = place();
    writeFileSync(join(where.work, "a.png"), Buffer.from(png, "base64"));
    const claude = { ANTHROPIC_BASE_URL: server.url, ANTHROPIC_API_KEY: "k" };
    const wires = [
      { flags: ["--provider", "openai", "-m", "gpt-4o"], env: { ...openaiAt(server.url), ...claude } },
      { flags: ["--provider", "anthropic", "-m", "claude-sonnet-4-5"], env: { ...openaiAt(server.url), ...claude } },
    ] as const;
    for (const [n, at] of [0, 1, 0, 1].entries()) {
      const { flags = [], env } = wires[at] ?? {};
      const went = await nanocoder(["-p", `prompt ${n}`, ...(n === 0 ? [] : ["-c"]), ...flags], {
        place: where,
        env: { ...env },
      });
      expect([n, went.code, went.stdout]).toEqual([n, 0, `answer ${n * 2 + 1}\n`]);
    }
    // with no flag at all it stays where it is
    const stays = await nanocoder(["-p", "prompt 4", "-c"], {
      place: where,
      env: { ...openaiAt(server.url), ...claude },
    });
    expect(stays.code).toBe(0);
    expect(server.refusals).toEqual([]);
    expect(server.requests.map(({ wire }) => wire[0]).join("")).toBe("ooaaooaaaa");
    const newest = server.requests.at(-1)?.raw ?? "";
    for (let n = 0; n < 5; n += 1) expect(newest).toContain(`prompt ${n}`);
    expect(newest.split(png)).toHaveLength(6);
    expect(sessionsIn(where)).toHaveLength(1);
  });
});
