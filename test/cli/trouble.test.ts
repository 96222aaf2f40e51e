import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { messages } from "../../src/core/fold.js";
import { modelServer } from "../../src/models/scripted/server.js";
import { expectValid } from "../core/valid.js";
import { MAIN, nanocoder, openaiAt, place, processesWith, sessionsIn, start } from "./nanocoder.js";

const bash = (command: string) => ({ calls: [{ name: "bash", input: { command } }] });
const env = openaiAt;

describe("configuration", () => {
  it("without key and address: exit 2, what mends it, and the demo", async () => {
    const ended = await nanocoder(["-p", "x"], { place: place() });
    expect(ended).toMatchObject({ code: 2, stdout: "" });
    expect(ended.stderr).toMatch(/OPENAI_API_KEY[\s\S]*OPENAI_BASE_URL[\s\S]*nanocoder demo/);
  });

  it.each([
    [["--nonsense"], "unknown option '--nonsense'"],
    [["-p", "x", "--max-turn", "3"], "Did you mean --max-turns?"],
    [["-p", "x", "--max-turns", "none"], "--max-turns wants a whole number"],
    [["-p", "x", "--max-cost", "0"], "--max-cost wants an amount in USD above 0"],
    [["-p", "x", "--max-cost", "1e3"], 'above 0, such as 0.50, not "1e3"'],
    [["-p", "x", "--max-cost", "1", "-m", "brand-new"], "the price of brand-new is not known"],
    [["-p", "x", "--timeout", "soon"], "--timeout wants a duration"],
    [["-p", "x", "--provider", "other"], "openai, anthropic"],
    [["-p", "x", "--permission-mode", "god"], "strict, default, plan, auto"],
    [["-p", "x", "--tools", "read_file,fly"], 'no tool "fly"'],
    [["-p", "x", "--cwd", "/does/not/exist"], "does not exist"],
    [["-p", "x", "--cwd", "/etc/passwd"], "not a folder"],
    [["-p", "x", "--base-url", "nowhere"], "is not a URL"],
    [["-p", "x", "-r", "nothing"], 'no session "nothing"'],
    [["-p", "x", "-c"], "no session of"],
    [["-p", " "], "prompt is empty"],
    [["-p"], "argument missing"],
    [["doctr"], "Did you mean doctor?"],
    [["gaol", "make the tests pass", "--check", "npm test"], "Did you mean goal?"],
    [["-p", "mend", "the", "build"], 'wants quotes: nanocoder -p "mend the build"'],
    [["-p", "mend", "it"], 'wants quotes: nanocoder -p "mend it"'],
    [["mend", "the", "build"], 'wants quotes: nanocoder "mend the build"'],
    [["undo", "1", "2"], "See nanocoder undo --help"],
    [["completion", "tcsh"], "bash, zsh or fish"],
    [[], "nanocoder -p"],
  ])("%j: exit 2 and one sentence", async (args, words) => {
    const ended = await nanocoder(args, { place: place(), env: env("http://127.0.0.1:1") });
    expect(ended).toMatchObject({ code: 2, stdout: "" });
    expect(ended.stderr).toContain(words);
    expect(ended.stderr).not.toContain("    at ");
  });

  it("says that a model is unknown, and goes on", async () => {
    await using server = await modelServer(["ok"]);
    const ended = await nanocoder(["-p", "x", "-m", "brand-new"], { place: place(), env: env(server.url) });
    expect(ended).toMatchObject({ code: 0, stdout: "ok\n" });
    expect(ended.stderr).toContain("brand-new is not in the catalogue");
  });

  it("answers --help for every command, and --version at once", async () => {
    for (const args of [["--help"], ["doctor", "--help"], ["demo", "--help"], ["completion", "--help"], ["help"]]) {
      const ended = await nanocoder(args, { place: place() });
      expect(ended).toMatchObject({ code: 0, stderr: "" });
      expect(ended.stdout).toContain("Usage: nanocoder");
    }
    const help = (await nanocoder(["--help"], { place: place() })).stdout;
    expect(help.split("\n").filter((line) => line.length > 80)).toEqual([]);
    expect(help).toMatch(/^Usage: nanocoder \[PROMPT\] \[options\]\n {7}nanocoder -p PROMPT/);
    expect(help).toMatch(/--output-format <format> {2}with -p:/);
    expect((await nanocoder(["--version"], { place: place() })).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});

describe("a folder or a pipe that cannot be used", () => {
  it("a folder that was removed: exit 2, unless another is named", async () => {
    await using server = await modelServer(["ok"]);
    const { home, work } = place();
    const run = (more: string) => {
      const script = `cd "${work}" && mkdir -p gone && cd gone && rmdir "${work}/gone" && exec "${process.execPath}" "${MAIN}" -p x ${more}`;
      return spawnSync("bash", ["-c", script], {
        env: { PATH: process.env.PATH, HOME: home, ...env("http://127.0.0.1:1") },
        encoding: "utf8",
      });
    };
    expect(run("")).toMatchObject({ status: 2, stdout: "" });
    expect(run("").stderr).toContain("no longer exists");
    expect(run(`--cwd "${work}" --timeout 300ms`).status).toBe(3);
    expect(server.requests).toEqual([]);
  });

  it("a pipe without end: exit 2", async () => {
    const { home, work } = place();
    const script = `cat /dev/zero | "${process.execPath}" "${MAIN}" -p x`;
    const ended = spawnSync("bash", ["-c", script], {
      cwd: work,
      env: { PATH: process.env.PATH, HOME: home, ...env("http://127.0.0.1:1") },
      encoding: "utf8",
    });
    expect(ended.status).toBe(2);
    expect(ended.stderr).toContain("more than 64 MiB");
  });
});

describe("a home that cannot be written", () => {
  it.each(["/proc/nowhere", "/dev/null/below"])(
    "does the work all the same and says that the session is not saved (%s)",
    async (home) => {
      await using server = await modelServer(["ok"]);
      const where = place();
      const ended = await nanocoder(["-p", "x"], {
        place: where,
        env: { ...env(server.url), NANOCODER_HOME: home },
      });
      expect(ended).toMatchObject({ code: 0, stdout: "ok\n" });
      expect(ended.stderr).toContain("not saved");
    },
  );

  it("works without HOME", async () => {
    await using server = await modelServer(["ok"]);
    const ended = await nanocoder(["-p", "x"], {
      place: { ...place(), home: "" },
      env: { ...env(server.url), NANOCODER_HOME: place().home },
    });
    expect(ended).toMatchObject({ code: 0, stdout: "ok\n" });
  });
});

describe("the model's side", () => {
  const trouble = async (server: { url: string }, more: string[] = []) =>
    nanocoder(["-p", "x", ...more], { place: place(), env: env(server.url) });

  it("a wrong key: exit 1, says so, and never shows the key", async () => {
    await using server = await modelServer([
      { error: { status: 401, message: "Incorrect API key provided: test-key-123456" } },
    ]);
    const ended = await trouble(server);
    expect(ended).toMatchObject({ code: 1, stdout: "" });
    expect(ended.stderr).toContain("refused the key (401)");
    expect(ended.stderr).not.toContain("test-key-123456");
  });

  it("a wrong URL and an HTML page with status 200", async () => {
    await using server = await modelServer([
      { raw: { status: 200, type: "text/html", body: "<html>Welcome to nginx</html>" } },
    ]);
    const page = await trouble(server);
    expect(page.code).toBe(1);
    expect(page.stderr).toMatch(/text\/html.*Welcome to nginx.*Check the base URL/s);
    const none = createServer((_, response) => response.writeHead(404).end("no")).listen(0, "127.0.0.1");
    await new Promise((resolve) => none.once("listening", resolve));
    const address = none.address();
    const lost = await trouble({ url: `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}` });
    none.close();
    expect(lost).toMatchObject({ code: 1 });
    expect(lost.stderr).toContain("404");
  });

  it("a request that is too large: exit 1 at once", async () => {
    await using server = await modelServer([{ error: { status: 413, message: "too large" } }]);
    const ended = await trouble(server);
    expect(ended.code).toBe(1);
    expect(ended.stderr).toContain("too large");
    expect(server.requests).toHaveLength(1);
  });

  it("a refused connection is tried again, visibly, until the time is over", async () => {
    const ended = await trouble({ url: "http://127.0.0.1:1" }, ["--timeout", "1200ms"]);
    expect(ended.code).toBe(3);
    expect(ended.stderr).toContain("connection was refused");
    expect(ended.stderr).toMatch(/Again in 0\.\d s \(2 of 10\)/);
  });

  it("an overload is waited for as the provider asks, and the work is done", async () => {
    await using server = await modelServer([
      { error: { status: 529, headers: { "retry-after-ms": "20" } } },
      { error: { status: 429, headers: { "retry-after": "0" } } },
      "ok",
    ]);
    expect(await trouble(server)).toMatchObject({ code: 0, stdout: "ok\n" });
    expect(server.requests).toHaveLength(3);
  });

  it("a stream cut in the middle is asked again, its text left out", async () => {
    await using server = await modelServer([{ text: "half of an ans", cut: "text" }, "whole"]);
    const where = place();
    const ended = await nanocoder(["-p", "x"], { place: where, env: env(server.url) });
    expect(ended).toMatchObject({ code: 0, stdout: "whole\n" });
    expect(server.requests[1]?.messages).toHaveLength(1);
    expect(sessionsIn(where)[0]?.map((event) => event.type)).toContain("retried");
  });

  it("a stream cut after a call that ran goes on from its result; the call runs once", async () => {
    await using server = await modelServer([{ ...bash("echo ran >> log"), cut: "calls" }, "done"]);
    const where = place();
    const ended = await nanocoder(["-p", "x", "--yolo"], { place: where, env: env(server.url) });
    expect(ended).toMatchObject({ code: 0, stdout: "done\n" });
    expect(readFileSync(join(where.work, "log"), "utf8")).toBe("ran\n");
    expect(server.requests[1]?.results).toEqual(["(no output)"]);
  });
});

describe("an end from outside", () => {
  it.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)("%s in a running command: nothing survives, the session goes on", async (signal, code) => {
    const mark = `31${Math.floor(Math.random() * 1e9)}`;
    await using server = await modelServer([bash(`(setsid sleep ${mark} &) ; sleep ${mark}`), "done"]);
    const where = place();
    const run = start(["-p", "x", "--yolo"], { place: where, env: env(server.url) });
    while (processesWith(`sleep\0${mark}`).length < 2) await new Promise((resolve) => setTimeout(resolve, 10));
    run.kill(signal);
    const ended = await run.ended;
    expect(ended.code).toBe(code);
    expect(ended.stderr).toContain("--resume");
    expect(processesWith(mark)).toEqual([]);
    expect(existsSync(join(where.home, ".nanocoder/sessions"))).toBe(true);
    const [events = []] = sessionsIn(where);
    expect(events.at(-1)).toMatchObject({ type: "ended", outcome: "aborted", reason: signal });
    expectValid(messages(events));
    const again = await nanocoder(["-p", "go on", "-c"], { place: where, env: env(server.url) });
    expect(again).toMatchObject({ code: 0, stdout: "done\n" });
    expect(server.requests[1]?.messages.find((message) => message.role === "tool")?.text).toContain("interrupted");
  });

  it.each(["silent", "retrying"] as const)("SIGINT while the model is %s: exit 130 at once", async (state) => {
    const script =
      state === "silent"
        ? [{ silent: true } as const]
        : () => ({ error: { status: 503, headers: { "retry-after": "60" } } });
    await using server = await modelServer(script);
    const run = start(["-p", "x"], { place: place(), env: env(server.url) });
    await server.arrived(0);
    if (state === "retrying")
      await new Promise<void>((resolve) =>
        run.stderr?.on("data", (piece: string) => piece.includes("Again in") && resolve()),
      );
    run.kill("SIGINT");
    expect((await run.ended).code).toBe(130);
  });

  it("kill -9 as the next request arrives: every result is kept", async () => {
    const where = place();
    await using server = await modelServer((request) => {
      if (request.messages.some((message) => message.text === "go on")) return "done";
      return request.n < 5 ? bash(`echo ${request.n}`) : { silent: true };
    });
    const run = start(["-p", "x", "--yolo"], { place: where, env: env(server.url) });
    await server.arrived(5);
    run.kill("SIGKILL");
    await run.ended;
    const again = await nanocoder(["-p", "go on", "-c", "--yolo"], { place: where, env: env(server.url) });
    expect(again).toMatchObject({ code: 0, stdout: "done\n" });
    const results = server.requests
      .at(-1)
      ?.messages.filter((message) => message.role === "tool")
      .map((message) => message.text);
    expect(results).toEqual(["0", "1", "2", "3", "4"]);
    expect(server.refusals).toEqual([]);
  });

  it("kill -9 in a running command: the model is told that it may have taken effect", async () => {
    const where = place();
    await using server = await modelServer([bash("echo begun > begun; sleep 5"), "done"]);
    const run = start(["-p", "x", "--yolo"], { place: where, env: env(server.url) });
    while (!existsSync(join(where.work, "begun"))) await new Promise((resolve) => setTimeout(resolve, 10));
    run.kill("SIGKILL");
    await run.ended;
    await nanocoder(["-p", "go on", "-c"], { place: where, env: env(server.url) });
    expect(server.requests[1]?.messages.find((message) => message.role === "tool")?.text).toContain(
      "may or may not have taken effect",
    );
  });

  it("a reader that has gone ends a stream of lines", async () => {
    await using server = await modelServer(() => bash("true"));
    const run = start(["-p", "x", "--output-format", "stream-json"], { place: place(), env: env(server.url) });
    run.stdout?.once("data", () => run.stdout?.destroy());
    expect((await run.ended).code).toBe(130);
  });

  it("a second process on the same session is refused with the first one's number", async () => {
    await using server = await modelServer([{ silent: true }]);
    const where = place();
    const first = start(["-p", "x"], { place: where, env: env(server.url) });
    await server.arrived(0);
    const second = await nanocoder(["-p", "y", "-c"], { place: where, env: env(server.url) });
    expect(second.code).toBe(1);
    expect(second.stderr).toContain(`open in another nanocoder (process ${first.pid})`);
    first.kill("SIGKILL");
    await first.ended;
  });
});
