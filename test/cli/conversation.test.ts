import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import { createInterface } from "node:readline";
import { describe, expect, it } from "vitest";
import { saidIn } from "../../src/cli/said-line.js";
import type { Json } from "../../src/core/message.js";
import { modelServer } from "../../src/models/scripted/server.js";
import { MAIN, nanocoder, openaiAt, place, sessionsIn, start } from "./nanocoder.js";

const FLAGS = ["-p", "-", "--input-format", "stream-json", "--output-format", "stream-json"];
const PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==";

const user = (content: Json) => JSON.stringify({ type: "user", message: { role: "user", content } });
const read = (stdout: string) =>
  stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));

// what it says, line by line, as another program hears it
function heard(child: ChildProcess): (type: string) => Promise<{ [key: string]: Json }> {
  if (child.stdout === null) throw new Error("no stdout");
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  return async (type) => {
    for (;;) {
      const { value, done } = await lines.next();
      if (done) throw new Error(`it ended before a line of type ${type}`);
      const line = JSON.parse(value);
      if (line.type === type) return line;
    }
  };
}

// what it writes goes to a disk that is full
async function started(args: readonly string[], { env, stdin }: { env: Record<string, string>; stdin: string }) {
  const { home, work } = place();
  const full = openSync("/dev/full", "w");
  const child = spawn(process.execPath, [MAIN, ...args], {
    cwd: work,
    env: { PATH: process.env.PATH, HOME: home, ...env },
    stdio: ["pipe", full, "pipe"],
  });
  closeSync(full);
  child.stdin?.end(stdin);
  let stderr = "";
  child.stderr?.setEncoding("utf8").on("data", (piece: string) => {
    stderr += piece;
  });
  const [code] = await once(child, "close");
  return { code, stderr };
}

describe("stream-json input", () => {
  it("is one run for each message of one session, with texts and images, until stdin ends", async () => {
    await using server = await modelServer(["one", "two"]);
    const where = place();
    const image = { type: "image", source: { type: "base64", media_type: "image/png", data: PIXEL } };
    const stdin = `${user("first")}\n\n${user([{ type: "text", text: "what is this?" }, image])}`;
    const { code, stdout } = await nanocoder(FLAGS, { place: where, env: openaiAt(server.url), stdin });
    const lines = read(stdout);
    expect(lines.map(({ type }) => type)).toEqual(["system", "assistant", "result", "assistant", "result"]);
    expect(lines.filter(({ type }) => type === "result").map(({ result, num_turns }) => [result, num_turns])).toEqual([
      ["one", 1],
      ["two", 1],
    ]);
    expect(code).toBe(0);
    expect(new Set(lines.map(({ session_id }) => session_id)).size).toBe(1);
    expect(server.requests[1]?.messages.map(({ text }) => text)).toEqual([
      "first",
      "one",
      expect.stringContaining("what is this?"),
    ]);
    expect(JSON.stringify(server.requests[1]?.body)).toContain(PIXEL);
    expect(sessionsIn(where)).toHaveLength(1);
  });

  it("takes -p without a prompt, as other agents' programs write it", async () => {
    await using server = await modelServer(() => "hi");
    for (const args of [["-p", ...FLAGS.slice(2)], [...FLAGS.slice(2), "--print"], FLAGS.slice(2)]) {
      const ended = await nanocoder(args, { place: place(), env: openaiAt(server.url), stdin: user("x") });
      expect([ended.code, read(ended.stdout).at(-1).result]).toEqual([0, "hi"]);
    }
  });

  it("holds a conversation: an interrupt ends the run that is under way, and the next message is heard", async () => {
    await using server = await modelServer(["hello", { silent: true }, "again here"]);
    const child = start(FLAGS, { place: place(), env: openaiAt(server.url), stdin: "open" });
    const next = heard(child);
    child.stdin?.write(`${user("hi")}\n`);
    await next("result");
    child.stdin?.write(`${user("think long")}\n`);
    await server.arrived(1);
    child.stdin?.write(
      `${JSON.stringify({ type: "control_request", request_id: "r1", request: { subtype: "interrupt" } })}\n`,
    );
    expect(await next("control_response")).toEqual({
      type: "control_response",
      response: { subtype: "success", request_id: "r1" },
    });
    expect(await next("result")).toMatchObject({ subtype: "interrupted", is_error: true });
    child.stdin?.write(`{"type":"interrupt"}\n${user("still there?")}\n`);
    expect(await next("result")).toMatchObject({ subtype: "success", result: "again here" });
    child.stdin?.end();
    expect((await child.ended).code).toBe(0);
    expect(server.requests[2]?.messages.map(({ text }) => text).join("\n")).toContain("think long");
  });

  it("refuses a bad first line before anything ran, and tells of a later one in a line", async () => {
    await using server = await modelServer(() => "fine");
    const where = place();
    const early = await nanocoder(FLAGS, { place: where, env: openaiAt(server.url), stdin: `hello\n${user("x")}\n` });
    expect([early.code, early.stdout]).toEqual([2, ""]);
    expect(early.stderr).toContain("nanocoder: line 1 of stdin: this is not a JSON object.");
    expect([server.requests.length, sessionsIn(where).length]).toEqual([0, 0]);
    const stdin = `${user("a")}\n{"type":"usr"}\n${user("b")}\n`;
    const late = await nanocoder(FLAGS, { place: where, env: openaiAt(server.url), stdin });
    const lines = read(late.stdout);
    expect(lines.map(({ type }) => type)).toEqual(["system", "assistant", "result", "error", "assistant", "result"]);
    expect(lines[3]).toMatchObject({ line: 2, message: expect.stringContaining('there is no line of type "usr"') });
    expect(late.code).toBe(2);
  });

  it("refuses what does not go with it, and a stdin that says nothing", async () => {
    await using server = await modelServer(() => "fine");
    const env = openaiAt(server.url);
    const said = async (args: readonly string[], stdin = user("x")) => {
      const { code, stderr } = await nanocoder(args, { place: place(), env, stdin });
      return `${code} ${stderr}`;
    };
    expect(await said(FLAGS.slice(0, 4))).toContain("2 nanocoder: --input-format stream-json answers in JSON lines");
    expect(await said(["-p", "words", ...FLAGS.slice(2)])).toContain("takes its messages from stdin");
    expect(await said(FLAGS, "\n")).toContain("2 nanocoder: stdin brought no message");
    expect(await said(["goal", "x", "--input-format", "stream-json"])).toContain("--input-format does not go with it");
    expect(await said(["-p", "x", "--input-format", "yaml"])).toMatch(/^2 .*Allowed choices are text, stream-json/);
    expect(server.requests).toHaveLength(0);
  });

  it("ends by a signal, also while it waits for the next message", async () => {
    await using server = await modelServer(["one"]);
    const child = start(FLAGS, { place: place(), env: openaiAt(server.url), stdin: "open" });
    const next = heard(child);
    child.stdin?.write(`${user("x")}\n`);
    await next("result");
    child.kill("SIGTERM");
    expect((await child.ended).code).toBe(143);
  });

  it("is one object a line, also for readers to whom U+2028 and U+0085 end one", async () => {
    const odd = "one\u2028two\u2029three\u0085four\nfive\ud800";
    await using server = await modelServer([{ calls: [{ name: "bash", input: { command: `echo '${odd}'` } }] }, odd]);
    const given = { place: place(), env: openaiAt(server.url), stdin: user(odd) };
    const { stdout } = await nanocoder([...FLAGS, "--include-partial", "--yolo"], given);
    const lines = stdout.trimEnd().split(/[\n\r\v\f\u0085\u2028\u2029]/);
    expect(lines.map((line) => JSON.parse(line)).at(-1).result).toMatch(/^one\u2028two\u2029three\u0085four\nfive/);
    expect(server.requests[0]?.lastText).toContain("one\u2028two");
  });

  it("takes bytes as they come: a mark at the beginning, CRLF, a character in two pieces, and an end in mid-turn", async () => {
    await using server = await modelServer([{ silent: true }, "late"]);
    const child = start(FLAGS, { place: place(), env: openaiAt(server.url), stdin: "open" });
    const next = heard(child);
    const bytes = Buffer.from(`\ufeff${user("你好")}\r\n`);
    const half = bytes.indexOf(Buffer.from("好")) + 1;
    child.stdin?.write(bytes.subarray(0, half));
    await new Promise((resolve) => setImmediate(resolve));
    child.stdin?.write(bytes.subarray(half));
    await server.arrived(0);
    child.stdin?.end(`{"type":"interrupt"}\n${user("再见")}`);
    expect(await next("result")).toMatchObject({ subtype: "interrupted" });
    expect(await next("result")).toMatchObject({ result: "late" });
    expect((await child.ended).code).toBe(0);
    expect(server.requests.map(({ lastText }) => lastText)).toEqual([
      expect.stringMatching(/^你好/),
      expect.stringMatching(/再见$/),
    ]);
  });

  it("goes on behind lines that nest without end or have no end of their own type", async () => {
    await using server = await modelServer(() => "fine");
    const deep = `{"type":${"[".repeat(100_000)}${"]".repeat(100_000)}}`;
    const long = `{"type":"${"x".repeat(1_000_000)}"}`;
    const stdin = [user("a"), deep, long, '{"type":"control_response"}', user("b")].join("\n");
    const { code, stdout } = await nanocoder(FLAGS, { place: place(), env: openaiAt(server.url), stdin });
    const lines = read(stdout);
    expect(lines.flatMap(({ type, line }) => (type === "error" ? [line] : []))).toEqual([2, 3, 4]);
    expect([code, lines.at(-1).result, stdout.length < 20_000]).toEqual([2, "fine", true]);
  });

  it("reads no further behind a line of more than 64 MiB", async () => {
    await using server = await modelServer(() => "fine");
    const stdin = `${user("a")}\n${"x".repeat(64 * 1024 * 1024 + 70_000)}\n${user("b")}\n`;
    const child = start(FLAGS, { place: place(), env: openaiAt(server.url), stdin: "open" });
    child.stdin?.on("error", () => undefined).end(stdin);
    const { code, stdout } = await child.ended;
    expect(read(stdout).at(-1)).toMatchObject({ type: "error", line: 2, message: expect.stringContaining("64 MiB") });
    expect([code, server.requests.length]).toEqual([2, 1]);
  });

  it("ends when nobody reads it any more, and says so where it cannot be written", async () => {
    await using server = await modelServer(() => "fine");
    const env = openaiAt(server.url);
    const child = start(FLAGS, { place: place(), env, stdin: "open" });
    child.stdout?.destroy();
    child.stdin?.write(`${user("a")}\n`);
    const { code, stderr } = await child.ended;
    expect([code, stderr]).not.toContain("Error");
    expect(code).toBe(130);
    for (const args of [FLAGS, ["-p", "-"], ["-p", "-", "--output-format", "json"]]) {
      const full = await started(args, { env, stdin: user("a") });
      expect(full).toEqual({
        code: 1,
        stderr: expect.stringMatching(/^nanocoder: The output cannot be written: .*$/m),
      });
      expect(full.stderr).not.toMatch(/^\s+at /m);
    }
  });

  it("goes on where its stderr has no reader", async () => {
    await using server = await modelServer(({ n }) =>
      n % 2 === 0 ? { calls: [{ name: "bash", input: { command: "echo x" } }] } : "fine",
    );
    const given = { place: place(), env: openaiAt(server.url), stdin: "open" as const };
    const child = start(FLAGS, given);
    child.stderr?.destroy();
    child.stdin?.end(user("a"));
    const { code, stdout } = await child.ended;
    expect([code, read(stdout).at(-1)]).toEqual([0, expect.objectContaining({ result: "fine" })]);
  });

  it("says what is wrong with a line", () => {
    const why = (line: Json) => {
      const said = saidIn(JSON.stringify(line));
      return "why" in said ? said.why : said.type;
    };
    const message = (content: Json) => why({ type: "user", message: { role: "user", content } });
    expect(why([])).toContain("not a JSON object");
    expect(why({ type: "user", message: { role: "assistant", content: "x" } })).toContain('the role "user"');
    expect(message(" ")).toBe("the message is empty.");
    expect(message([])).toBe("the message is empty.");
    expect(message(3)).toContain('"content" wants a text');
    expect(message([{ type: "tool_result" }])).toContain('a block of type "tool_result"');
    const image = (source: Json) => message([{ type: "image", source }]);
    expect(image({ type: "url", url: "https://x" })).toContain('the type "base64"');
    expect(image({ type: "base64", media_type: "image/tiff", data: "AAAA" })).toContain("one of image/png");
    expect(image({ type: "base64", media_type: "image/png", data: "!" })).toContain("base64");
    expect(image({ type: "base64", media_type: "image/png", data: "AAAA" })).toContain("is no PNG, JPEG, GIF or WebP");
    const large = Buffer.concat([Buffer.from(PIXEL, "base64"), Buffer.alloc(4_000_000)]).toString("base64");
    expect(image({ type: "base64", media_type: "image/png", data: large })).toContain("3932160 at most");
    const block = { type: "image", source: { type: "base64", media_type: "image/jpeg", data: PIXEL } };
    expect(saidIn(user([block]))).toEqual({
      type: "prompt",
      parts: [{ type: "image", mime: "image/png", data: PIXEL }],
    });
    expect(why({ type: "control_request", request_id: "1", request: { subtype: "set_model" } })).toContain("set_model");
    expect(why({ type: "control_request" })).toContain('"request_id"');
  });
});
