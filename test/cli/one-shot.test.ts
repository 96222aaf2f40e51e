import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { modelServer } from "../../src/models/scripted/server.js";
import { nanocoder, openaiAt, place, sessionsIn, start } from "./nanocoder.js";

const call = (name: string, input: Record<string, string | number>) => ({ name, input });

describe("nanocoder -p", () => {
  it("prints the answer and nothing else on stdout", async () => {
    await using server = await modelServer(["hello there"]);
    const ended = await nanocoder(["-p", "say hi"], { place: place(), env: openaiAt(server.url) });
    expect(ended).toEqual({ code: 0, signal: null, stdout: "hello there\n", stderr: "" });
    expect(server.requests[0]?.lastText).toBe("say hi");
    expect(server.refusals).toEqual([]);
  });

  it.each(["openai", "anthropic"] as const)("fixes the typo over the %s wire", async (wire) => {
    const script = [
      { text: "I look.", calls: [call("read_file", { path: "a.txt" })] },
      { calls: [call("edit_file", { path: "a.txt", old_text: "helo", new_text: "hello" })] },
      "Fixed.",
    ];
    await using server = await modelServer(script);
    const where = place();
    writeFileSync(join(where.work, "a.txt"), "helo\r\nworld\r\n", { mode: 0o755 });
    const env = wire === "openai" ? openaiAt(server.url) : { ANTHROPIC_BASE_URL: server.url, ANTHROPIC_API_KEY: "k" };
    const ended = await nanocoder(["-p", "fix the typo"], { place: where, env: { ...env } });
    expect(ended.code).toBe(0);
    expect(readFileSync(join(where.work, "a.txt"), "utf8")).toBe("hello\r\nworld\r\n");
    expect(server.requests.map((request) => request.wire)).toEqual([wire, wire, wire]);
    expect(server.requests[1]?.results).toEqual(["1\thelo\n2\tworld"]);
    expect(ended.stderr).toContain('> read_file(path="a.txt")');
    expect(ended.stderr).toContain("+hello");
  });

  it("keeps the first request under 8 kB with all tools", async () => {
    await using server = await modelServer(["ok"]);
    await nanocoder(["-p", "hi"], { place: place(), env: openaiAt(server.url) });
    expect(server.requests[0]?.tools).toEqual([
      "read_file",
      "write_file",
      "edit_file",
      "bash",
      "job",
      "glob",
      "grep",
      "http",
      "compact",
      "todo_write",
      "agent",
      "remember",
      "recall",
      "forget",
    ]);
    expect(server.requests[0]?.raw.length).toBeLessThan(8000);
    expect(server.requests[0]?.system.length).toBeLessThan(3000);
  });

  it("gives one JSON object with its keys, and lines as they come", async () => {
    const script = [{ text: "I look.", calls: [call("read_file", { path: "nothing" })] }, "done"];
    await using server = await modelServer(() => script[server.requests.length % 2 === 1 ? 0 : 1] ?? "");
    const where = place();
    const one = await nanocoder(["-p", "x", "--output-format", "json"], { place: where, env: openaiAt(server.url) });
    const result = JSON.parse(one.stdout);
    expect(result).toMatchObject({
      type: "result",
      schema_version: 1,
      subtype: "success",
      is_error: false,
      result: "done",
      num_turns: 2,
    });
    expect(Object.keys(result)).toEqual([
      "type",
      "schema_version",
      "subtype",
      "is_error",
      "result",
      "session_id",
      "num_turns",
      "duration_ms",
      "duration_api_ms",
      "model",
      "usage",
      "total_cost_usd",
      "permission_denials",
      "termination_reason",
    ]);
    expect(result.total_cost_usd).toBeGreaterThan(0);
    const many = await nanocoder(["-p", "x", "--output-format", "stream-json", "--include-partial"], {
      place: where,
      env: openaiAt(server.url),
    });
    const lines = many.stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    const kinds = lines.map((line) => line.type).filter((type) => type !== "stream_event");
    expect(kinds).toEqual(["system", "assistant", "user", "assistant", "result"]);
    expect(lines.some((line) => line.type === "stream_event" && line.event.delta.text.includes("look"))).toBe(true);
    const [assistant, user] = lines.filter((line) => line.type === "assistant" || line.type === "user");
    expect(user.message.content[0]).toMatchObject({
      type: "tool_result",
      tool_use_id: assistant.message.content[1].id,
      is_error: true,
    });
  });

  it("goes on with -c and -r, with an append-only prefix", async () => {
    await using server = await modelServer(["one", "two", "three"]);
    const where = place();
    await nanocoder(["-p", "first"], { place: where, env: openaiAt(server.url) });
    await nanocoder(["-p", "second", "-c"], { place: where, env: openaiAt(server.url) });
    const id = sessionsIn(where)[0]?.[0];
    await nanocoder(["-p", "third", "-r", id?.type === "session" ? id.id : ""], {
      place: where,
      env: openaiAt(server.url),
    });
    expect(sessionsIn(where)).toHaveLength(1);
    expect(server.requests[2]?.messages.map((message) => message.text)).toEqual([
      "first",
      "one",
      "second",
      "two",
      "third",
    ]);
    const open = (n: number) => server.requests[n]?.raw.slice(0, -2) ?? "?";
    expect(server.requests[1]?.raw.startsWith(open(0))).toBe(true);
    expect(server.requests[2]?.raw.startsWith(open(1))).toBe(true);
  });

  it("refuses in default mode what only auto may do, tells the model, and exits 4", async () => {
    const script = [
      {
        calls: [
          call("bash", { command: "touch made" }),
          call("write_file", { path: "../out", content: "x" }),
          call("bash", { command: "pwd" }),
        ],
      },
      "I could not.",
    ];
    await using server = await modelServer(script);
    const where = place();
    const args = ["-p", "x", "--output-format", "json", "--no-sandbox"];
    const ended = await nanocoder(args, { place: where, env: openaiAt(server.url) });
    expect(ended.code).toBe(4);
    expect(existsSync(join(where.work, "made"))).toBe(false);
    const result = JSON.parse(ended.stdout);
    expect(result.subtype).toBe("error_denied");
    expect(result.permission_denials.map((denial: { tool: string }) => denial.tool)).toEqual(["bash", "write_file"]);
    expect(server.requests[1]?.results[0]).toContain("Denied");
    expect(server.requests[1]?.results[2]).toBe(where.work);
  });

  it("reads nothing outside the workspace: by .., absolutely, or through a link", async () => {
    const where = place();
    writeFileSync(join(where.home, "secret"), "s3cret");
    symlinkSync(join(where.home, "secret"), join(where.work, "link"));
    const paths = ["../../etc/passwd", "/etc/passwd", "link", `../${where.work.split("/").at(-1)}-evil/x`];
    await using server = await modelServer([{ calls: paths.map((path) => call("read_file", { path })) }, "no"]);
    const ended = await nanocoder(["-p", "x"], { place: where, env: openaiAt(server.url) });
    expect(ended.code).toBe(4);
    for (const result of server.requests[1]?.results ?? []) expect(result).toContain("outside the workspace");
    expect(server.requests[1]?.raw).not.toContain("s3cret");
  });

  it("runs the shell in auto mode and keeps its folder from call to call", async () => {
    const script = [
      { calls: [call("bash", { command: "mkdir sub && cd sub" })] },
      { calls: [call("bash", { command: "pwd; echo $OPENAI_API_KEY." })] },
      "ok",
    ];
    await using server = await modelServer(script);
    const where = place();
    const ended = await nanocoder(["-p", "x", "--yolo"], { place: where, env: openaiAt(server.url) });
    expect(ended.code).toBe(0);
    expect(server.requests[2]?.results[0]).toBe(`${where.work}/sub\n.`);
  });

  it("stops at --max-turns with 3 and at --timeout with 3", async () => {
    await using server = await modelServer(() => ({ calls: [call("bash", { command: "true" })] }));
    const turns = await nanocoder(["-p", "x", "--max-turns", "3", "--output-format", "json"], {
      place: place(),
      env: openaiAt(server.url),
    });
    expect(turns.code).toBe(3);
    expect(server.requests).toHaveLength(3);
    expect(JSON.parse(turns.stdout)).toMatchObject({ subtype: "error_max_turns", num_turns: 3, is_error: true });
    await using silent = await modelServer([{ silent: true }]);
    const timed = await nanocoder(["-p", "x", "--timeout", "300ms", "--output-format", "json"], {
      place: place(),
      env: openaiAt(silent.url),
    });
    expect(timed.code).toBe(3);
    expect(JSON.parse(timed.stdout).subtype).toBe("error_timeout");
  });

  it("stops with 3 before the next request once --max-cost is spent", async () => {
    const usage = { input: 1_000_000, output: 100_000 };
    await using server = await modelServer(({ n }) => ({ calls: [call("bash", { command: `echo ${n}` })], usage }));
    const args = ["-p", "x", "--output-format", "json", "--max-cost"];
    const ended = await nanocoder([...args, "7"], { place: place(), env: openaiAt(server.url) });
    expect(ended.code).toBe(3);
    expect(server.requests).toHaveLength(2);
    expect(JSON.parse(ended.stdout)).toMatchObject({
      subtype: "error_max_cost",
      total_cost_usd: 7,
      termination_reason: "max_cost: $7.000000 spent of $7",
    });
    expect(ended.stderr).toMatch(/Stopped: max_cost: .*--resume/);
    const where = place();
    mkdirSync(join(where.home, ".nanocoder"));
    writeFileSync(join(where.home, ".nanocoder/settings.json"), '{"limits":{"maxCost":0.01}}');
    const set = await nanocoder(args.slice(0, -1), { place: where, env: openaiAt(server.url) });
    expect(set.code).toBe(3);
    expect(server.requests).toHaveLength(3);
  });

  it("stops with 3 when it goes in circles, after it was told", async () => {
    await using server = await modelServer(() => ({ calls: [call("read_file", { path: "nothing" })] }));
    const where = place();
    const args = ["-p", "x", "--output-format", "json"];
    const ended = await nanocoder(args, { place: where, env: openaiAt(server.url) });
    expect(ended.code).toBe(3);
    expect(server.requests).toHaveLength(5);
    expect(server.requests[2]?.raw).not.toContain("going in circles");
    expect(server.requests[3]?.lastText).toContain('going in circles: read_file {"path":"nothing"} gave');
    const reason = expect.stringMatching(/^going in circles: read_file .* 5 times in a row$/);
    expect(JSON.parse(ended.stdout)).toMatchObject({ subtype: "error_loop", termination_reason: reason });
    expect(ended.stderr).toMatch(/Stopped: going in circles: .*--resume/);
  });

  it("offers only --tools, puts --system and --append-system in place, works in --cwd", async () => {
    await using server = await modelServer(["ok"]);
    const where = place();
    const args = [
      "-p",
      "x",
      "--tools",
      "read_file,grep",
      "--system",
      "BE BRIEF",
      "--append-system",
      "AND KIND",
      "-C",
      where.home,
    ];
    await nanocoder(args, { place: where, env: openaiAt(server.url) });
    expect(server.requests[0]?.tools).toEqual(["read_file", "grep"]);
    expect(server.requests[0]?.system).toMatch(/^BE BRIEF\n\nAND KIND\n\nEnvironment/);
    expect(server.requests[0]?.system).toContain(`Working directory: ${where.home}`);
  });
});

describe("stdin", () => {
  it("is appended in a fence when it brings something", async () => {
    await using server = await modelServer(["ok"]);
    await nanocoder(["-p", "review"], { place: place(), env: openaiAt(server.url), stdin: "a\n```js\nb\n```\n" });
    expect(server.requests[0]?.lastText).toBe("review\n\n````\na\n```js\nb\n```\n````");
  });

  it("is the prompt for -", async () => {
    await using server = await modelServer(["ok"]);
    await nanocoder(["-p", "-"], { place: place(), env: openaiAt(server.url), stdin: "do it" });
    expect(server.requests[0]?.lastText).toBe("do it");
  });

  it.each([[["-p", "-"]], [[]]])("is awaited as the prompt by %j, and a silent one hears so", async (args) => {
    await using server = await modelServer(["ok"]);
    const run = start(args, { place: place(), env: openaiAt(server.url), stdin: "open" });
    await once(run.stderr ?? run, "data");
    run.stdin?.end("do it");
    expect(await run.ended).toMatchObject({ code: 0, stdout: "ok\n" });
    expect((await run.ended).stderr).toContain("The prompt is awaited on stdin.");
    expect(server.requests[0]?.lastText).toBe("do it");
  });

  it("blocks nothing when it is open and silent", async () => {
    await using server = await modelServer(["ok"]);
    const run = start(["-p", "hi"], { place: place(), env: openaiAt(server.url), stdin: "open" });
    const ended = await run.ended;
    expect(ended).toMatchObject({ code: 0, stdout: "ok\n" });
    expect(ended.stderr).toContain("stdin was left unread");
  });

  it("takes a prompt of 5 MB, and one that looks like a flag", async () => {
    await using server = await modelServer(["ok", "ok", "ok"]);
    const big = "x".repeat(5_000_000);
    const env = { ...openaiAt(server.url), NANOCODER_MAX_CONTEXT: "3000000" };
    expect((await nanocoder(["-p", "-"], { place: place(), env, stdin: big })).code).toBe(0);
    expect((await nanocoder(["-p", "--version"], { place: place(), env })).code).toBe(0);
    expect((await nanocoder(["-p", "--", "--help me"], { place: place(), env })).code).toBe(0);
    expect(server.requests.map((request) => request.lastText.length)).toEqual([5_000_000, 9, 9]);
  });
});
