import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Json } from "../../src/core/message.js";
import { modelServer } from "../../src/models/scripted/server.js";
import { nanocoder, openaiAt, place } from "./nanocoder.js";

const call = (name: string, input: Json) => ({ name, input });
const bash = (command: string) => call("bash", { command });
const WIRES = { openai: openaiAt, anthropic: (url: string) => ({ ANTHROPIC_BASE_URL: url, ANTHROPIC_API_KEY: "k" }) };

describe.each(["openai", "anthropic"] as const)("the loop over the %s wire", (wire) => {
  const auto = (server: { url: string }, where = place()) =>
    nanocoder(["-p", "go", "--yolo"], { place: where, env: { ...WIRES[wire](server.url) } });

  it("makes exactly two requests for one call, the second with the call and its one result", async () => {
    await using server = await modelServer([{ calls: [bash("echo hi")] }, "done"]);
    expect(await auto(server)).toMatchObject({ code: 0, stdout: "done\n" });
    expect(server.requests).toHaveLength(2);
    const [, assistant, result, ...rest] = server.requests[1]?.messages ?? [];
    expect(assistant?.calls).toMatchObject([{ name: "bash", input: { command: "echo hi" } }]);
    expect(result).toMatchObject({ role: "tool", text: "hi", callId: assistant?.calls[0]?.id });
    expect(rest).toEqual([]);
  });

  it("answers two calls in their order, each by its id", async () => {
    await using server = await modelServer([{ calls: [bash("sleep 0.2; echo 1"), bash("echo 2")] }, "done"]);
    await auto(server);
    const [, assistant, ...results] = server.requests[1]?.messages ?? [];
    expect(results.map((result) => [result.callId, result.text])).toEqual([
      [assistant?.calls[0]?.id, "1"],
      [assistant?.calls[1]?.id, "2"],
    ]);
  });

  it("runs a call though the reply says that it stopped", async () => {
    const stop = wire === "openai" ? "stop" : "end_turn";
    await using server = await modelServer([{ calls: [bash("echo ran")], stop }, "done"]);
    await auto(server);
    expect(server.requests[1]?.results).toEqual(["ran"]);
  });

  it("goes on after a failing command, a huge output, bytes that are no text, and every kind of bad call", async () => {
    const calls = [
      bash("echo wrong >&2; exit 3"),
      bash("head -c 200000 /dev/zero | tr '\\0' x"),
      bash("printf 'a\\377b'"),
      call("foo", {}),
      call("write_file", { path: "x" }),
      { name: "bash", raw: '{"command": "ls' },
    ];
    await using server = await modelServer([{ calls }, "done"]);
    expect(await auto(server)).toMatchObject({ code: 0 });
    const results = server.requests[1]?.results ?? [];
    expect(results[0]).toBe("[exit code 3]\nwrong");
    expect(results[1]?.length).toBeLessThan(60_000);
    expect(results[2]).toBe("a\ufffdb");
    expect(results[3]).toContain('no tool "foo"');
    expect(results[4]).toContain("content is missing");
    expect(results[5]).toContain("not a JSON object");
    expect(server.refusals).toEqual([]);
  });

  it("writes, reads, edits and finds a file, and sees a write in a read of the same reply", async () => {
    const path = "a/b/c.txt";
    const script = [
      { calls: [call("write_file", { path, content: "one\n" }), call("read_file", { path })] },
      {
        calls: [
          call("edit_file", { path, old_text: "one", new_text: "two" }),
          call("glob", { pattern: "**/*.txt" }),
          call("grep", { pattern: "two" }),
        ],
      },
      "done",
    ];
    await using server = await modelServer(script);
    const where = place();
    await auto(server, where);
    expect(readFileSync(join(where.work, path), "utf8")).toBe("two\n");
    expect(server.requests[1]?.results).toEqual(["Created a/b/c.txt, 1 lines", "1\tone"]);
    expect(server.requests[2]?.results.slice(1)).toEqual([path, `${path}:1:two`]);
  });
});

describe("the other commands", () => {
  it("demo: mends a real project over HTTP, offline, and leaves nothing behind", async () => {
    const where = place();
    const ended = await nanocoder(["demo"], { place: where });
    expect(ended).toMatchObject({ code: 0, stderr: "" });
    expect(ended.stdout).toContain("only its words are scripted");
    expect(ended.stdout).toContain("AssertionError");
    expect(ended.stdout).toContain("3 checks passed");
    expect(ended.stdout).toContain("verify: syntax of slug.js: passed");
    expect(ended.stdout).toContain("4 answers over 4 requests");
    const folder = /was made in (\S+)\./.exec(ended.stdout)?.[1] ?? "";
    expect(spawnSync("ls", [folder]).status).not.toBe(0);
  });

  it("doctor: says what is right, and each problem with its mend", async () => {
    await using server = await modelServer([]);
    const good = await nanocoder(["doctor"], { place: place(), env: openaiAt(server.url) });
    expect(good.code).toBe(0);
    expect(good.stdout).toMatch(/✓ model gpt-4o \(openai wire\): window 128,000 tokens/);
    expect(good.stdout).toContain(`✓ ${server.url} answers; key from OPENAI_API_KEY`);
    expect(good.stdout).not.toContain("test-key");
    const bad = await nanocoder(["doctor"], { place: place(), env: openaiAt("http://127.0.0.1:1") });
    expect(bad.code).toBe(1);
    expect(bad.stdout).toMatch(/✗ http:\/\/127\.0\.0\.1:1: it cannot be reached[\s\S]*mend: check the base URL/);
    const none = await nanocoder(["doctor"], { place: place(), env: { NANOCODER_HOME: "/dev/null/x" } });
    expect(none.stdout).toMatch(/✗ \/dev\/null\/x cannot be written[\s\S]*✗ no model is configured/);
  });

  it.each(["bash", "zsh", "fish"])("completion %s: names commands and flags", async (shell) => {
    const ended = await nanocoder(["completion", shell], { place: place() });
    expect(ended.code).toBe(0);
    for (const word of ["doctor", "demo", "max-turns", "stream-json"]) expect(ended.stdout).toContain(word);
  });

  it("completion bash: completes", async () => {
    const where = place();
    const { stdout } = await nanocoder(["completion", "bash"], { place: where });
    const script = join(where.work, "completion.sh");
    writeFileSync(script, stdout);
    const ask = (line: string) => {
      const words = line.split(" ");
      const code = `source ${script}; COMP_WORDS=(${words.map((word) => `'${word}'`).join(" ")}); COMP_CWORD=${words.length - 1}; _nanocoder; echo "\${COMPREPLY[*]}"`;
      return execFileSync("bash", ["-c", code], { encoding: "utf8" }).trim();
    };
    expect(ask("nanocoder do")).toBe("doctor");
    expect(ask("nanocoder --max")).toBe("--max-turns --max-cost");
    expect(ask("nanocoder --output-format str")).toBe("stream-json");
    expect(ask("nanocoder go")).toBe("goal");
    expect(ask("nanocoder goal ini")).toBe("init");
    expect(ask("nanocoder goal text --ch")).toBe("--check");
    expect(ask("nanocoder goal text --max")).toBe("--max-iterations --max-turns --max-cost");
    expect(ask("nanocoder goal text --pr")).toBe("--protect --provider");
    expect(ask("nanocoder undo --re")).toBe("--redo");
    expect(ask("nanocoder memory add --sc")).toBe("--scope");
  });
});
