import { chmodSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { describe, expect, it } from "vitest";
import { LineUi } from "../../../src/cli/repl/line-ui.js";
import { Seat } from "../../../src/cli/repl/seat.js";
import type { Event } from "../../../src/core/event.js";
import { modelServer } from "../../../src/models/scripted/server.js";
import { pty } from "../../setup/pty.js";
import { MAIN, nanocoder, openaiAt, place, sessionsIn } from "../nanocoder.js";
import { endOf, goesOn, leaves, type Session, session } from "./session.js";

const DUMB = { env: { TERM: "dumb" }, until: "/help" };
const bash = (command: string) => ({ calls: [{ name: "bash", input: { command } }] });
const asks = ({ terminal }: Session) => terminal.until(/^>$/m);

async function says(it: Session, words: string): Promise<void> {
  await asks(it);
  it.terminal.type(`${words}\r`);
}

describe("a terminal that can do no more than lines", () => {
  it("gets a prompt after each turn, with commands, several lines, questions and Chinese words", async () => {
    const script = ["one answer", "two answers", { text: "I look.", ...bash("touch made") }, "你好世界"];
    await using it = await session({ ...DUMB, script });
    await says(it, "say ome\u007f\u007fne");
    await it.terminal.until(/one answer\n>$/m);
    it.terminal.type("first \\\rsecond\r");
    await it.terminal.until(/two answers\n>$/m);
    expect(it.server.requests[0]?.lastText).toBe("say one");
    expect(it.server.requests[1]?.lastText).toBe("first \nsecond");
    await says(it, "/help");
    await it.sees("Keys and signs");
    await says(it, "做点事情");
    await it.sees("no and say why");
    expect(it.shown()).toMatch(/^I look\.\n> bash\(/m);
    it.terminal.type("n\r");
    await it.sees("你好世界");
    await asks(it);
    expect(it.server.requests[2]?.lastText).toBe("做点事情");
    expect(it.server.requests[3]?.results[0]).toContain("the user said no");
    expect(it.server.refusals).toEqual([]);
    expect(it.terminal.bytes.log).not.toContain("\u001b");
    it.terminal.key("ctrl-d");
    expect(await endOf(it.terminal)).toEqual({ code: 0, left: [] });
    expect(it.shown()).toContain("Go on with");
  });

  it("interrupts by Ctrl-C, a question too, and exits when it comes twice", async () => {
    const script = [{ text: "flowing ".repeat(20), hold: 60_000 }, bash("touch made"), "gone on"];
    await using it = await session({ ...DUMB, script });
    await says(it, "begin");
    await it.sees("flowing");
    it.terminal.key("ctrl-c");
    await says(it, "again");
    await it.sees("no and say why");
    it.terminal.key("ctrl-c");
    await says(it, "and now?");
    await it.sees("gone on");
    expect(it.server.refusals).toEqual([]);
    await asks(it);
    it.terminal.key("ctrl-c");
    await it.sees("Ctrl+C again exits");
    it.terminal.key("ctrl-c");
    expect(await endOf(it.terminal)).toEqual({ code: 0, left: [] });
  });
});

describe("without a terminal on both sides", () => {
  it("tells of a session gone on with who said what: the end of a job is nobody's prompt", () => {
    const [input, output] = [new PassThrough(), new PassThrough()];
    const ui = new LineUi({ input, output, locale: "en", hands: new Seat() });
    const prompt = (words: string, from: string, seq: number): Event => {
      return { type: "prompt", parts: [{ type: "text", text: words }], from, seq, at: 0 };
    };
    ui.recount([prompt("go", "user", 0), prompt("[Background command bg_0001 ended]", "job", 1)]);
    ui.close();
    expect(String(output.read())).toBe("> go\n[job] [Background command bg_0001 ended]\n");
  });

  it("words on a pipe, or an answer into one, are one shot", async () => {
    await using server = await modelServer(["from a pipe", "into a pipe"]);
    const where = place();
    const env = openaiAt(server.url);
    expect(await nanocoder([], { place: where, env, stdin: "say it" })).toMatchObject({
      code: 0,
      stdout: "from a pipe\n",
    });
    const line = `${process.execPath} ${MAIN} "first words" | cat`;
    const terminal = pty({ file: "sh", args: ["-c", line], cwd: where.work, env: { HOME: where.home, ...env } });
    expect((await terminal.ended).code).toBe(0);
    expect(terminal.screen().join("\n")).toContain("into a pipe");
    expect(server.requests.map(({ lastText }) => lastText)).toEqual(["say it", "first words"]);
  });

  it("and without words it is an error that says what to do", async () => {
    const ended = await nanocoder([], { place: place(), env: openaiAt("http://127.0.0.1:9") });
    expect(ended).toMatchObject({ code: 2, stdout: "" });
    expect(ended.stderr).toMatch(/nanocoder -p/);
  });
});

it("flags of one shot are refused in a session", async () => {
  for (const flag of ["--output-format=json", "--include-partial"]) {
    await using it = await session({ line: [flag], until: undefined });
    expect(await endOf(it.terminal)).toEqual({ code: 2, left: [] });
    expect(it.shown()).toContain(`${flag.split("=")[0]} is for a run without a person: nanocoder -p`);
  }
});

it("speaks Chinese where the locale is, and paints nothing under NO_COLOR", async () => {
  const env = { LANG: "zh_CN.UTF-8", NO_COLOR: "1" };
  await using it = await session({ env, script: ["你好"], until: "请输入任务" });
  it.terminal.type("你好吗\r");
  await it.sees("> 你好吗", "你好\n");
  expect(it.shown()).toContain("/help 列出命令与按键");
  it.terminal.key("ctrl-d");
  expect(await endOf(it.terminal)).toEqual({ code: 0, left: [] });
  expect(it.shown()).toContain("继续此会话");
  // dim and bold are no colours
  expect(it.terminal.bytes.log).not.toMatch(/\u001b\[(?:[\d;]*;)?(?:[349][0-8]|10[0-7])(?:;[\d;]*)?m/);
});

const tmux = readdirSync("/usr/bin").includes("tmux");

it.runIf(tmux)("works inside tmux", async () => {
  await using it = await session({
    ...{ file: "tmux", script: ["hello from inside"], columns: 100 },
    args: ["-L", `hh-${process.pid}`, "-f", "/dev/null", "new-session", process.execPath, MAIN, "--no-sandbox"],
  });
  await it.sends("say hi");
  await it.sees("> say hi", "hello from inside");
  it.terminal.key("ctrl-d");
  expect((await it.terminal.ended).code).toBe(0);
});

describe("a session that cannot be kept", () => {
  it("in a home that cannot be written says so, and goes on", async () => {
    const where = place();
    writeFileSync(join(where.home, ".nanocoder"), "a file where a folder should be");
    await using it = await session({ where, script: ["hello"], until: "not saved" });
    await it.sends("hi");
    await it.sees("hello");
    await it.rests();
    expect(await leaves(it)).toEqual({ code: 0, left: [] });
    expect(it.shown()).not.toContain("Go on with");
  });

  it("because the disk is full says so, and ends in order", async () => {
    const where = place();
    mkdirSync(join(where.work, "bin"));
    const path = join(where.work, "bin/limited");
    writeFileSync(path, `#!/bin/bash\nulimit -f 12\nexec ${process.execPath} ${MAIN} --no-sandbox\n`);
    chmodSync(path, 0o755);
    const script = ["x".repeat(20_000), "y"];
    await using it = await session({ where, file: path, args: [], script });
    await it.sends("fill it");
    await it.sees("could not be written");
    await it.rests();
    expect(await leaves(it)).toEqual({ code: 0, left: [] });
    expect(
      sessionsIn(where)
        .flat()
        .map(({ type }) => type),
    ).toContain("prompt");
  });
});

describe("a session is started", () => {
  it("by first words, gone on with by -c, by id and by choice, and copied by --fork", async () => {
    const where = place();
    let id = "";
    {
      await using it = await session({ where, script: ["first answer"], line: ["first words"], until: "first answer" });
      await it.rests();
      expect(it.server.requests[0]?.lastText).toBe("first words");
      await leaves(it);
      id = /--resume (\S+)/.exec(it.shown())?.[1] ?? "";
    }
    for (const [n, line] of [["-c"], ["-r", id], ["-r"], ["--fork", "-r", id]].entries()) {
      const picks = line.length === 1 && line[0] === "-r";
      await using it = await session({
        where,
        script: [`answer ${n}`],
        line,
        ...(picks && { until: "Which session?" }),
      });
      if (picks) it.terminal.key("enter");
      await it.sees("> first words", "first answer");
      await goesOn(it, `answer ${n}`);
      expect(await leaves(it)).toEqual({ code: 0, left: [] });
    }
    const sessions = sessionsIn(where).map((events) => events.filter(({ type }) => type === "prompt").length);
    expect(sessions.sort()).toEqual([4, 5]);
  });

  it("but not while another has it: one sentence, and the terminal is not touched", async () => {
    const where = place();
    await using first = await session({ where, script: ["hello"] });
    await first.sends("hi");
    await first.sees("hello");
    await using second = await session({ where, line: ["-c"], until: undefined });
    expect(await endOf(second.terminal)).toEqual({ code: 2, left: [] });
    const [line, ...more] = second
      .shown()
      .split("\n")
      .filter((each) => each !== "");
    expect([line, ...more].join("")).toMatch(/^nanocoder: This session is open in another nanocoder \(process \d+\)/);
    expect(second.terminal.bytes.log).not.toContain("\u001b");
  });
});
