import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, lstatSync, mkdirSync, readFileSync, readlinkSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { describe, expect, it } from "vitest";
import { cleanCopy, sweepCleanCopies } from "../../src/store/clean-copy.js";
import { ENV, git, place, put, repository } from "../goals/places.js";
import { tree } from "./trees.js";

const signal = new AbortController().signal;
const copyOf = (root: string, include: string[] = []) => cleanCopy({ root, include, env: ENV, signal });
const filesOf = (folder: string) => Object.keys(tree(folder));

describe("a clean copy", () => {
  it("of a repository has what is tracked, as it stands, and what is declared; it goes again", async () => {
    const root = repository({
      "a.txt": "one",
      "gone.txt": "x",
      "run.sh": "#!/bin/sh\n",
      ".gitignore": "*.log\nbuild/\n",
    });
    put(join(root, "a.txt"), "two");
    rmSync(join(root, "gone.txt"));
    for (const name of ["new.txt", "debug.log", "build/out", "fixtures/data.bin", ".env.test"])
      put(join(root, name), "u");
    put(join(root, "added.txt"), "in the index");
    git(root, "add", "added.txt");
    put(join(root, "added.txt"), "and changed");
    const copy = await copyOf(root, ["fixtures/**", ".env.*", "build"]);
    expect(filesOf(copy.path)).toEqual([
      ".env.test",
      ".gitignore",
      "a.txt",
      "added.txt",
      "build",
      "build/out",
      "fixtures",
      "fixtures/data.bin",
      "run.sh",
    ]);
    expect(readFileSync(join(copy.path, "a.txt"), "utf8")).toBe("two");
    expect(readFileSync(join(copy.path, "added.txt"), "utf8")).toBe("and changed");
    expect(lstatSync(join(copy.path, "run.sh")).mode & 0o777).toBe(0o755);
    expect(lstatSync(copy.path).mode & 0o777).toBe(0o700);
    expect(copy).toMatchObject({ files: 7, leftOut: ["new.txt"] });
    copy.remove();
    expect(existsSync(copy.path)).toBe(false);
  });

  it("elsewhere has all files but packages, builds and caches", async () => {
    const root = place({
      "a.py": "1",
      "node_modules/p/i.js": "2",
      "__pycache__/a.pyc": "3",
      ".hidden/x": "4",
      "dist/x": "5",
    });
    const copy = await copyOf(root);
    expect(filesOf(copy.path)).toEqual([".hidden", ".hidden/x", "a.py", "dist", "dist/x"]);
    copy.remove();
    const more = await copyOf(root, ["node_modules"]);
    expect(filesOf(more.path)).toContain("node_modules/p/i.js");
    more.remove();
  });

  it("has links as links, and none that leads out of it", async () => {
    const root = place({ "a/b.txt": "b", "real.txt": "r" });
    const outside = place({ "secret.txt": "s" });
    const links: [string, string][] = [
      ["a/up", "../real.txt"],
      ["whole", join(root, "real.txt")],
      ["dir", "a"],
      ["dangling", "nothing"],
      ["out", join(outside, "secret.txt")],
      ["climb", "../../../../../../etc/passwd"],
      ["over", "out"],
    ];
    for (const [name, to] of links) symlinkSync(to, join(root, name));
    const copy = await copyOf(root);
    const shown = Object.fromEntries(Object.entries(tree(copy.path)).filter(([, what]) => what.startsWith("link")));
    expect(shown).toEqual({
      "a/up": "link ../real.txt",
      whole: "link real.txt",
      dir: "link a",
      dangling: "link nothing",
    });
    expect(copy.leftOut.sort()).toEqual(["climb", "out", "over"]);
    copy.remove();
    const declared = await copyOf(root, ["none"]);
    expect(existsSync(join(declared.path, "out"))).toBe(false);
    declared.remove();
    const venv = repository({ ".gitignore": "venv\n" });
    mkdirSync(join(venv, "venv"));
    symlinkSync(join(outside, "secret.txt"), join(venv, "venv/python"));
    const filled = await copyOf(venv, ["venv"]);
    expect(tree(filled.path)["venv/python"]).toMatch(/^file \d+ s$/);
    filled.remove();
  });

  it("has no link that leads out by way of another", async () => {
    const root = place({ "a.txt": "a" });
    const beside = place();
    symlinkSync(".", join(root, "here"));
    symlinkSync(`here/../${basename(beside)}`, join(root, "beside"));
    symlinkSync("here/../not-there-yet", join(root, "later"));
    const copy = await copyOf(root);
    expect(tree(copy.path)).toEqual({ "a.txt": expect.stringContaining(" a"), here: "link ." });
    expect(copy.leftOut.sort()).toEqual(["beside", "later"]);
    copy.remove();
  });

  it("takes nothing from behind a folder that became a link", async () => {
    const root = repository({ "src/a.txt": "mine" });
    const outside = place({ "a.txt": "other" });
    rmSync(join(root, "src"), { recursive: true });
    symlinkSync(outside, join(root, "src"));
    const copy = await copyOf(root);
    expect(filesOf(copy.path)).toEqual([]);
    copy.remove();
  });

  it("runs nothing that the repository names, and asks no index that the environment names", async () => {
    const root = repository({ "a.txt": "a", ".gitattributes": "* filter=evil\n" });
    put(join(root, "evil.sh"), "#!/bin/sh\ntouch MARK\ncat\n");
    for (const key of ["core.fsmonitor", "filter.evil.clean", "filter.evil.smudge"])
      git(root, "config", key, join(root, "evil.sh"));
    const env = { ...ENV, GIT_DIR: "/nowhere", GIT_INDEX_FILE: "/nowhere" };
    const copy = await cleanCopy({ root, include: [], env, signal });
    expect(filesOf(copy.path)).toEqual([".gitattributes", "a.txt"]);
    expect(existsSync(join(root, "MARK"))).toBe(false);
    copy.remove();
  });

  it("is removed when it is interrupted, closed folders too, and after a crash by the next process", async () => {
    const root = place({ "shut/a": "1" });
    chmodSync(join(root, "shut"), 0o555);
    const copies = () => spawnSync("sh", ["-c", `ls -d ${tmpdir()}/nanocoder-clean-*`]).stdout.toString();
    await expect(cleanCopy({ root, include: [], env: ENV, signal: AbortSignal.abort() })).rejects.toThrow();
    expect(copies()).toBe("");
    const copy = await copyOf(root);
    expect(lstatSync(join(copy.path, "shut")).mode & 0o777).toBe(0o555);
    const dead = spawnSync("true").pid;
    const orphan = join(tmpdir(), `nanocoder-clean-${dead}-1-abcd`);
    put(join(orphan, "x"), "x");
    const link = join(tmpdir(), `nanocoder-clean-${dead}-1-link`);
    symlinkSync(root, link);
    sweepCleanCopies();
    expect(existsSync(orphan)).toBe(false);
    expect(readlinkSync(link)).toBe(root);
    expect(existsSync(join(copy.path, "shut/a"))).toBe(true);
    rmSync(link);
    copy.remove();
    expect(copies()).toBe("");
  });
});
