import { mkdtempSync, readFileSync, realpathSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { endLeftovers, runShell, type ShellRun } from "../../src/platform/exec.js";
import { processesWith } from "../cli/nanocoder.js";

const folder = () => realpathSync(mkdtempSync(join(tmpdir(), "exec-")));
const mark = () => `31${Math.floor(Math.random() * 1e9)}`;
const sleeping = (number: string) => processesWith(`sleep\0${number}`);

function run(command: string, more: Partial<ShellRun> = {}) {
  const cwd = more.cwd ?? folder();
  const env = { PATH: process.env.PATH ?? "" };
  return runShell({
    command,
    cwd,
    env,
    timeout: 20_000,
    signal: new AbortController().signal,
    outputs: join(cwd, "out"),
    ...more,
  });
}

async function until(done: () => boolean) {
  while (!done()) await new Promise((resolve) => setTimeout(resolve, 5));
}

describe("runShell", () => {
  it("gives output in the order it was written, and the exit code", async () => {
    expect(await run("echo a; echo b >&2; echo c; exit 3")).toMatchObject({
      output: "a\nb\nc\n",
      code: 3,
      ended: "exited",
      left: false,
    });
  });

  it("has no stdin, no terminal, and exactly the environment it was given", async () => {
    const { output } = await run(
      "cat; test -t 0 || echo no-tty; (: < /dev/tty) 2>/dev/null || echo none; env | sed 's/=.*//' | sort",
    );
    expect(output.split("\n").slice(0, 2)).toEqual(["no-tty", "none"]);
    const names = output.trim().split("\n").slice(2);
    expect(names).toEqual(["GIT_PAGER", "GIT_TERMINAL_PROMPT", "NANOCODER_JOB", "PAGER", "PATH", "PWD", "SHLVL", "_"]);
  });

  it("says where the shell ended, also after exit and with the command's own words untouched", async () => {
    const cwd = folder();
    expect((await run("mkdir a && cd a", { cwd })).cwd).toBe(`${cwd}/a`);
    expect((await run("cd a; exit 2", { cwd })).cwd).toBe(`${cwd}/a`);
    expect((await run("(cd a); echo cd", { cwd })).cwd).toBe(cwd);
    expect((await run('echo "$# $1 $0"', { cwd })).output).toBe("0  /bin/bash\n");
    expect(await run("trap 'echo mine' EXIT; cd a", { cwd })).toMatchObject({ output: "mine\n" });
    expect((await run("if then", { cwd })).output).toContain("syntax error");
  });

  it("keeps head and tail of 50 MB, writes all of it to a file, and stays small", async () => {
    const before = process.memoryUsage().rss;
    const { output, total, file } = await run("head -c 50000000 /dev/zero | tr '\\0' 'x'; echo; echo the end");
    expect(total).toBe(50_000_009);
    expect(output.length).toBeLessThan(51_000);
    expect(output).toMatch(/^x{10000}\n\[… \d+ bytes left out; the whole output is in /);
    expect(output.endsWith("x\nthe end\n")).toBe(true);
    expect(statSync(file ?? "").size).toBe(50_000_009);
    expect(statSync(file ?? "").mode & 0o777).toBe(0o600);
    expect(process.memoryUsage().rss - before).toBeLessThan(80_000_000);
  });

  it("says nothing of a file when the output is short", async () => {
    const end = await run("seq 1 2000");
    expect(end.file).toBeUndefined();
    expect(end.output.split("\n")).toHaveLength(2001);
  });

  it("counts exactly what it leaves out", async () => {
    const { output, total, file } = await run("seq 1 20000");
    const whole = readFileSync(file ?? "", "utf8");
    expect(whole).toHaveLength(total);
    const [head = "", gap = "", ...tail] = [
      output.slice(0, 10_000),
      output.slice(10_001).split("\n")[0],
      output.slice(output.indexOf("…]\n") + 3),
    ];
    expect(whole.startsWith(head)).toBe(true);
    expect(whole.endsWith(tail.join(""))).toBe(true);
    expect(Number(/(\d+) bytes/.exec(gap)?.[1])).toBe(total - head.length - tail.join("").length);
  });

  it("replaces what is no UTF-8, and never splits a character", async () => {
    const { output } = await run("printf 'a\\377b\\xe4\\xbd'; sleep 0.05; printf '\\xa0\\xf0\\x9f'");
    expect(output).toBe("a\ufffdb你\ufffd");
    expect(
      (
        await run(
          "for i in $(seq 3000); do printf '你好世界'; done; printf 'x'; for i in $(seq 3000); do printf '🌍'; done",
        )
      ).output.isWellFormed(),
    ).toBe(true);
  });

  it("cuts between characters, wherever the bound falls", async () => {
    for (const before of ["", "x"]) {
      const { output, file } = await run(
        `printf '${before}'; for i in $(seq 30000); do printf "🌍"; done; printf '${before}'`,
      );
      expect(file).toBeDefined();
      expect(output.isWellFormed()).toBe(true);
    }
  });

  it("shows the last state of a line that was written over, without colours", async () => {
    const { output } = await run("printf '10%%\\r50%%\\r100%%\\n\\033[31mred\\033[0m\\r\\nend'");
    expect(output).toBe("100%\nred\nend");
  });

  it.each([
    ["a child", (n: string) => `sleep ${n}`],
    ["grandchildren", (n: string) => `(sleep ${n} & sleep ${n}) & (sleep ${n}); sleep ${n}`],
    ["a child in a session of its own", (n: string) => `setsid sleep ${n} & sleep ${n}`],
    ["an orphan in a session of its own", (n: string) => `(setsid sleep ${n} &) ; sleep ${n}`],
    ["one that ignores SIGTERM", (n: string) => `trap '' TERM; (trap '' TERM; sleep ${n}) & sleep ${n}; sleep ${n}`],
  ])("ends %s within 2 s of a timeout", async (_, command) => {
    const n = mark();
    const began = performance.now();
    const end = await run(command(n), { timeout: 400 });
    expect(end).toMatchObject({ ended: "timeout" });
    expect(performance.now() - began).toBeLessThan(2400);
    expect(sleeping(n)).toEqual([]);
  });

  it("ends all of it on an abort, and runs nothing after one", async () => {
    const n = mark();
    const stop = new AbortController();
    const running = run(`(setsid sleep ${n} &); sleep ${n}`, { signal: stop.signal });
    await until(() => sleeping(n).length === 2);
    stop.abort();
    expect(await running).toMatchObject({ ended: "aborted" });
    expect(sleeping(n)).toEqual([]);
    await expect(run("true", { signal: stop.signal })).rejects.toThrow("interrupted");
  });

  it("does not wait for what it leaves running, says so, and ends it when asked", async () => {
    const n = mark();
    const began = performance.now();
    const end = await run(`sleep ${n} & (setsid sleep ${n} &) ; echo started`);
    expect(performance.now() - began).toBeLessThan(2000);
    expect(end).toMatchObject({ output: "started\n", code: 0, left: true });
    await until(() => sleeping(n).length === 2);
    await endLeftovers();
    expect(sleeping(n)).toEqual([]);
  });

  it("says when the shell cannot be started", async () => {
    const cwd = folder();
    rmSync(cwd, { recursive: true });
    await expect(run("true", { cwd })).rejects.toThrow(`could not be started in ${cwd}`);
  });

  it("runs eight sleeps at once", async () => {
    const began = performance.now();
    await Promise.all(Array.from({ length: 8 }, () => run("sleep 0.5")));
    expect(performance.now() - began).toBeLessThan(2000);
  });
});
