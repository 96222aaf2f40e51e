import { execFileSync } from "node:child_process";
import { appendFileSync, existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import type { Effect } from "../../src/core/tool.js";
import { bash } from "../../src/tools/bash.js";
import { bench, folder } from "../tools/tools.js";

const tool = bash({
  env: { PATH: process.env.PATH ?? "", HOME: "/nowhere" },
  outputs: join(folder(), "out"),
  home: "/nowhere",
});

let at: ReturnType<typeof bench>;
let evil: string;

const git = (...args: string[]) =>
  execFileSync("git", args, {
    cwd: at.cwd,
    env: { PATH: process.env.PATH, HOME: "/nowhere", GIT_CONFIG_NOSYSTEM: "1" },
  });

beforeEach(() => {
  at = bench();
  // lies outside: what it leaves is not mistaken for a change of the repository
  const out = folder();
  evil = join(out, "evil.sh");
  writeFileSync(evil, `#!/bin/sh\ntouch ${out}/MARK\ncat "$1" 2>/dev/null\n`, { mode: 0o755 });
  git("init", "-q");
  git("config", "user.email", "a@b.example");
  git("config", "user.name", "a");
  writeFileSync(join(at.cwd, "a.txt"), "one\n");
  writeFileSync(join(at.cwd, ".gitattributes"), "*.txt diff=evil filter=evil\n");
  git("add", "-A");
  git("commit", "-qm", "first");
  appendFileSync(join(at.cwd, "a.txt"), "two\n");
});

const ran = () => existsSync(join(evil, "../MARK"));

const SETTINGS: [string, string[]][] = [
  ["core.fsmonitor", ["core.fsmonitor"]],
  ["a text conversion", ["diff.evil.textconv"]],
  ["a diff driver", ["diff.evil.command"]],
  ["an external diff", ["diff.external"]],
  ["filters", ["filter.evil.clean", "filter.evil.smudge"]],
  ["a pager", ["core.pager", "pager.log", "pager.diff"]],
  ["an alias of a command", ["alias.status", "alias.log"]],
];

describe("git, when it only shows, starts nothing that the repository names:", () => {
  it.each(SETTINGS)("%s", async (_, keys) => {
    for (const key of keys) git("config", key, evil);
    for (const command of [
      "git status",
      "git diff",
      "git log -p",
      "git show HEAD",
      "git blame a.txt",
      "git grep one",
    ]) {
      const effect = (await at.effect(tool, { command })) as Effect;
      expect([command, effect.kind]).toEqual([command, "read"]);
      await at.call(tool, { command });
      expect([command, ran()]).toEqual([command, false]);
    }
  });

  it("settings that are included", async () => {
    writeFileSync(join(at.cwd, "more"), `[diff "evil"]\n\ttextconv = ${evil}\n[core]\n\tfsmonitor = ${evil}\n`);
    git("config", "include.path", "../more");
    await at.call(tool, { command: "git diff; git status" });
    expect(ran()).toBe(false);
  });

  it("hooks", async () => {
    for (const hook of ["post-index-change", "fsmonitor-watchman", "pre-commit"]) {
      writeFileSync(join(at.cwd, ".git/hooks", hook), `#!/bin/sh\nexec ${evil}\n`, { mode: 0o755 });
    }
    await at.call(tool, { command: "git status" });
    expect(ran()).toBe(false);
  });

  it("shows the same all the same", async () => {
    git("config", "diff.evil.textconv", evil);
    expect((await at.call(tool, { command: "git diff" })).text).toContain("+two");
    expect((await at.call(tool, { command: "git status -s" })).text).toBe(" M a.txt");
  });

  it("a bare repository in a folder of the workspace", async () => {
    rmSync(join(at.cwd, ".git"), { recursive: true });
    execFileSync("git", ["init", "-q", "--bare", "inner"], { cwd: at.cwd });
    appendFileSync(join(at.cwd, "inner/config"), `[core]\n\tfsmonitor = ${evil}\n\tworktree = ..\n`);
    expect(((await at.effect(tool, { command: "git -C inner show" })) as Effect).kind).toBe("read");
    await at.call(tool, { command: "cd inner && git status" });
    expect(ran()).toBe(false);
  });

  it("a bare repository with drivers of its own needs leave", async () => {
    execFileSync("git", ["init", "-q", "--bare", "inner"], { cwd: at.cwd });
    appendFileSync(join(at.cwd, "inner/config"), `[diff "x"]\n\ttextconv = ${evil}\n`);
    expect(((await at.effect(tool, { command: "git -C inner show" })) as Effect).kind).toBe("run");
  });

  it("another repository with drivers of its own needs leave", async () => {
    mkdirSync(join(at.cwd, "sub"));
    execFileSync("git", ["init", "-q"], { cwd: join(at.cwd, "sub") });
    expect(((await at.effect(tool, { command: "cd sub && git status" })) as Effect).kind).toBe("read");
    execFileSync("git", ["config", "diff.x.textconv", evil], { cwd: join(at.cwd, "sub") });
    expect(((await at.effect(tool, { command: "git -C sub diff" })) as Effect).kind).toBe("run");
    expect(((await at.effect(tool, { command: "cd sub && git diff" })) as Effect).kind).toBe("run");
  });
});
