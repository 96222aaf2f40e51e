import type { ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import { describe, expect, it } from "vitest";
import { saidIn } from "../../src/cli/said-line.js";
import type { Json } from "../../src/core/message.js";
import { modelServer } from "../../src/models/scripted/server.js";
import { nanocoder, openaiAt, place, sessionsIn, start } from "./nanocoder.js";

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
    expect(why({ type: "control_request", request_id: "1", request: { subtype: "set_model" } })).toContain("set_model");
    expect(why({ type: "control_request" })).toContain('"request_id"');
  });
});
