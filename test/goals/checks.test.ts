import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { connect } from "node:net";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { baseline, type Check, passed, runCheck } from "../../src/goals/checks.js";
import { runShell } from "../../src/platform/exec.js";
import { processesWith } from "../cli/nanocoder.js";
import { ENV, place } from "./places.js";

const signal = new AbortController().signal;
const around = (cwd: string) => ({ cwd, env: ENV, signal, outputs: join(cwd, "out") });
const check = (command: string, cwd = place(), more: Partial<Check> = {}) =>
  runCheck({ command, ...more, ...around(cwd) });

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === "object" && address ? address.port : 0;
}

const answers = (port: number) =>
  new Promise<boolean>((resolve) => {
    const socket = connect(port, "127.0.0.1", () => resolve(true));
    socket.on("error", () => resolve(false)).on("connect", () => socket.destroy());
  });

describe("a check", () => {
  it("passes by exit code 0 and by nothing else", async () => {
    expect(await check("echo all tests pass; exit 1")).toMatchObject({ ended: "exited", code: 1 });
    const run = await check("echo failed");
    expect(run).toMatchObject({ command: "echo failed", ended: "exited", code: 0 });
    expect(passed(run)).toBe(true);
    expect(passed(await check("kill -9 $$"))).toBe(false);
  });

  it("gets the environment of the start, as on a build server, and nothing to act through", async () => {
    const cwd = place({ "evil.sh": "echo EVIL\n" });
    const env = {
      ...ENV,
      PATH: `.:bin::${ENV.PATH}`,
      BASH_ENV: join(cwd, "evil.sh"),
      "BASH_FUNC_true%%": "() { echo EVIL; }",
      LD_PRELOAD: join(cwd, "evil.so"),
      MINE: "1",
      FORCE_COLOR: "1",
    };
    const { output } = await runCheck({ command: "true; env; pwd", ...around(cwd), env });
    const text = output.head + output.tail;
    expect(text).not.toMatch(/EVIL|LD_PRELOAD|FORCE_COLOR|BASH_ENV/);
    for (const line of [
      "MINE=1",
      "CI=true",
      "NO_COLOR=1",
      "TERM=dumb",
      `PATH=${[...new Set(ENV.PATH.split(":"))].join(":")}`,
      cwd,
    ])
      expect(text.split("\n")).toContain(line);
    const own = await runCheck({ command: "echo $CI", ...around(cwd), env: { ...ENV, CI: "no" } });
    expect(own.output.head).toBe("no\n");
  });

  it("keeps 2,000 characters of the beginning and 6,000 of the end, and counts the bytes", async () => {
    const { output } = await check("seq 1 200000");
    expect(output.head).toHaveLength(2000);
    expect(output.tail).toHaveLength(6000);
    expect(output.head.startsWith("1\n2\n")).toBe(true);
    expect(output.tail.endsWith("\n200000\n")).toBe(true);
    expect(output.bytes).toBe(1_288_895);
    const short = (await check("seq 1 1000")).output;
    expect(short.head + short.tail).toBe(`${Array.from({ length: 1000 }, (_, n) => n + 1).join("\n")}\n`);
  });

  it("tells no secret", async () => {
    const redact = (text: string) => text.replaceAll("hunter2", "[secret]");
    const run = await runCheck({ command: "echo hunter2", ...around(place()), redact });
    expect(run.output.head).toBe("[secret]\n");
  });

  it("ends with its time, and all it started with it", async () => {
    const number = `31${Math.floor(Math.random() * 1e9)}`;
    const run = await check(`setsid sleep ${number} & sleep ${number}`, place(), { timeout: 200 });
    expect(run).toMatchObject({ ended: "timeout", code: null });
    expect(run.ms).toBeGreaterThanOrEqual(190);
    expect(processesWith(`sleep\0${number}`)).toEqual([]);
  });

  it("leaves nothing running when it passes", async () => {
    const number = `31${Math.floor(Math.random() * 1e9)}`;
    expect(passed(await check(`setsid sleep ${number} >/dev/null 2>&1 & exit 0`))).toBe(true);
    expect(processesWith(`sleep\0${number}`)).toEqual([]);
  });

  it("meets no server that the worker left to answer for the work", async () => {
    const cwd = place();
    const port = await freePort();
    const server = `setsid node -e 'require("http").createServer((q, s) => s.end("ok")).listen(${port}, "127.0.0.1", () => require("fs").writeFileSync("up", ""))' >/dev/null 2>&1 &`;
    await runShell({ ...around(cwd), command: `${server} until [ -e up ]; do sleep 0.02; done`, timeout: 20_000 });
    expect(await answers(port)).toBe(true);
    const run = await check(`node -e 'fetch("http://127.0.0.1:${port}").then(() => {}, () => process.exit(7))'`, cwd);
    expect(run.code).toBe(7);
  });

  const unable: [string, string, RegExp][] = [
    ["a program that is not there", "no-such-program-x --all", /no-such-program-x was not found/],
    ["one that a script calls", "sh -c 'no-such-y'", /no-such-y was not found/],
    ["one that env calls", "env no-such-z", /no-such-z was not found/],
    ["a file that is no program", "/etc/passwd", /\/etc\/passwd may not be executed/],
    ["a folder", "/etc", /\/etc may not be executed/],
    ["a script without its interpreter", "./lost", /its interpreter \/no\/such is missing/],
    ["what is no shell", "if then", /not a command line.*syntax error/],
    ["an open quote", 'echo "a', /not a command line.*unexpected EOF/],
  ];
  it.each(unable)("cannot run: %s", async (_, command, why) => {
    const run = await check(command, place({ lost: "#!/no/such\n" }));
    expect(run.ended).toBe("unable");
    expect(run.why).toMatch(why);
  });

  const failing: [string, string, number][] = [
    ["prints such words", "echo 'bash: line 1: x: command not found'; exit 1", 1],
    ["prints of a syntax error", "echo 'syntax error near unexpected token'; exit 2", 2],
    ["asks for what is yet to be written", "./greet --help", 127],
    ["asks for a file of the workspace that may not be run yet", "./plain", 126],
  ];
  it.each(failing)("fails, and could run, when it %s", async (_, command, code) => {
    expect(await check(command, place({ plain: "echo" }))).toMatchObject({ ended: "exited", code });
  });

  it("is unable where the workspace is gone, and aborted before it starts", async () => {
    expect(await check("true", "/no/such/folder")).toMatchObject({ ended: "unable" });
    const gone = await runCheck({ command: "touch a", ...around(place()), signal: AbortSignal.abort() });
    expect(gone).toMatchObject({ ended: "aborted", code: null });
  });
});

describe("several checks", () => {
  it("run one after another in the workspace, and stop with an abort", async () => {
    const cwd = place();
    const stop = new AbortController();
    const commands = ["cd /; echo 1 >> $OLDPWD/l", "echo 2 >> l; pwd", "touch busy; sleep 30", "echo 4 >> l"];
    const watch = setInterval(() => existsSync(join(cwd, "busy")) && stop.abort(), 5);
    const heard: number[] = [];
    const found = await baseline(
      commands.map((check) => ({ describe: check, check })),
      { ...around(cwd), signal: stop.signal, tell: (at) => heard.push(at) },
    );
    clearInterval(watch);
    expect(found.map((each) => each?.state)).toEqual(["passing", "passing", undefined, undefined]);
    expect(heard).toEqual([0, 1, 2]);
    expect(found[1]?.run.output.head).toBe(`${cwd}\n`);
    expect(readFileSync(join(cwd, "l"), "utf8")).toBe("1\n2\n");
  });

  it("tell before work what passes, fails and cannot run", async () => {
    const criteria = ["true", "false", undefined, "no-such-program-x"].map((each) => ({
      describe: "x",
      ...(each && { check: each }),
    }));
    const found = await baseline(criteria, around(place()));
    expect(found.map((each) => each?.state)).toEqual(["passing", "failing", undefined, "unable"]);
  });
});
