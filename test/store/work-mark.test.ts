import { chmodSync, existsSync, rmSync, symlinkSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { guard } from "../../src/store/guarded-files.js";
import { putBack } from "../../src/store/put-back.js";
import { startCommit, workDiff } from "../../src/store/work-diff.js";
import { type Seen, workMark } from "../../src/store/work-mark.js";
import { ENV, git, place, put, repository } from "../goals/places.js";

const FILES = { "a.txt": "one\n", "sub/b.txt": "b\n", ".gitignore": "*.log\n" };

describe.each([
  ["a repository", repository, "git:"],
  ["any folder", place, "files:"],
])("the mark of %s", (_, make, begins) => {
  const changes: [string, (root: string) => void][] = [
    ["an edit", (root) => put(join(root, "a.txt"), "two\n")],
    ["another edit of the same size", (root) => put(join(root, "a.txt"), "owt\n")],
    ["a new file", (root) => put(join(root, "sub/new/x"), "x")],
    ["a file that goes", (root) => rmSync(join(root, "sub/b.txt"))],
    ["a mode", (root) => chmodSync(join(root, "a.txt"), 0o755)],
    ["a link", (root) => symlinkSync("a.txt", join(root, "l"))],
  ];

  it("is another after each change, and the same again when the same is there", async () => {
    const root = make(FILES);
    const seen: Seen = new Map();
    const mark = () => workMark({ root, env: ENV, seen });
    const marks = [await mark()];
    expect(marks[0]?.startsWith(begins)).toBe(true);
    for (const [, change] of changes) {
      change(root);
      marks.push(await mark());
      expect(await mark()).toBe(marks.at(-1));
    }
    expect(new Set(marks).size).toBe(changes.length + 1);
    utimesSync(join(root, "a.txt"), 1, 1);
    expect(await mark()).toBe(marks.at(-1));
    expect(await workMark({ root, env: ENV, seen: new Map() })).toBe(marks.at(-1));
  });

  it("takes no note of builds and caches", async () => {
    const root = make(FILES);
    const mark = () => workMark({ root, env: ENV, seen: new Map() });
    const before = await mark();
    put(join(root, "__pycache__/a.pyc"), "x");
    put(join(root, "node_modules/p/i.js"), "x");
    expect(await mark()).toBe(before);
  });
});

describe("the mark", () => {
  it("tells a commit, and a folder of a repository by itself", async () => {
    const root = repository(FILES);
    const mark = (folder = root) => workMark({ root: folder, env: ENV, seen: new Map() });
    const [whole, part] = [await mark(), await mark(join(root, "sub"))];
    put(join(root, "a.txt"), "two\n");
    expect(await mark(join(root, "sub"))).toBe(part);
    put(join(root, "sub/b.txt"), "two\n");
    expect(await mark(join(root, "sub"))).not.toBe(part);
    const changed = await mark();
    git(root, "commit", "-qam", "x");
    expect(new Set([whole, changed, await mark()]).size).toBe(3);
  });

  it("is made from all files where there is no git to ask", async () => {
    const root = repository(FILES);
    const mark = await workMark({ root, env: { PATH: "/nowhere" }, seen: new Map() });
    expect(mark.startsWith("files:")).toBe(true);
  });
});

describe("the diff of the work", () => {
  const diffOf = async (root: string, since: string, most = 10_000) =>
    (await workDiff({ root, env: ENV, since, most })) ?? { text: "", files: [], added: 0, removed: 0 };

  it("tells what was committed, changed and made since the start, not what is ignored", async () => {
    const root = repository(FILES);
    const since = (await startCommit(root, ENV)) ?? "";
    put(join(root, "a.txt"), "two\n");
    git(root, "commit", "-qam", "work");
    rmSync(join(root, "sub/b.txt"));
    put(join(root, "new file.txt"), "n1\nn2\n");
    put(join(root, "x.log"), "no");
    put(join(root, "bin"), "a\0b");
    const { text, files, added, removed } = await diffOf(root, since);
    expect(text).toContain("-one\n+two\n");
    expect(text).toContain("--- a/sub/b.txt\n+++ /dev/null\n@@ -1 +0,0 @@\n-b\n");
    expect(text).toContain("--- /dev/null\n+++ b/new file.txt\n@@ -0,0 +1,2 @@\n+n1\n+n2\n");
    expect(text).toContain("Binary file b/bin, 3 bytes");
    expect(text).not.toContain("x.log");
    expect({ files, added, removed }).toEqual({
      files: ["a.txt", "sub/b.txt", "bin", "new file.txt"],
      added: 3,
      removed: 2,
    });
  });

  it("begins with nothing in a repository without a commit, and is not told elsewhere", async () => {
    const root = place(FILES);
    expect(await startCommit(root, ENV)).toBeUndefined();
    expect(await workDiff({ root, env: ENV, since: "HEAD", most: 10 })).toBeUndefined();
    git(root, "init", "-q");
    git(root, "add", "a.txt");
    const since = (await startCommit(root, ENV)) ?? "";
    expect((await diffOf(root, since)).files.sort()).toEqual([".gitignore", "a.txt", "sub/b.txt"]);
    expect(await workDiff({ root, env: ENV, since: "0".repeat(40), most: 10 })).toBeUndefined();
  });

  it("leaves whole files out where it is too long, and says which", async () => {
    const root = repository(FILES);
    const since = (await startCommit(root, ENV)) ?? "";
    put(join(root, "a.txt"), "two\n");
    put(join(root, "big.txt"), "x\n".repeat(5000));
    const { text, added } = await diffOf(root, since, 1000);
    expect(text).toContain("+two\n");
    expect(text.endsWith("[… too long: left out or cut are big.txt …]\n")).toBe(true);
    expect(text.length).toBeLessThan(1100);
    expect(added).toBe(5001);
    expect((await diffOf(root, since, 20)).text).toHaveLength(
      20 + "\n[… too long: left out or cut are a.txt, big.txt …]\n".length,
    );
  });

  it("starts nothing that the repository names, and leaves the index alone", async () => {
    const root = repository({ ...FILES, ".gitattributes": "* diff=evil filter=evil\n" });
    const since = (await startCommit(root, ENV)) ?? "";
    put(join(root, "sub/evil.sh"), "#!/bin/sh\ntouch /$0.MARK\n");
    const evil = join(root, "sub/evil.sh");
    const keys =
      "core.fsmonitor diff.evil.textconv diff.evil.command diff.external filter.evil.clean filter.evil.process core.pager".split(
        " ",
      );
    for (const key of keys) git(root, "config", key, evil);
    put(join(root, "a.txt"), "two\n");
    expect((await diffOf(root, since)).text).toContain("+two\n");
    await workMark({ root, env: ENV, seen: new Map() });
    expect(existsSync(`${evil}.MARK`)).toBe(false);
  });
});

describe("guards and mark of a round", () => {
  it("take little time in a repository of a thousand files", async () => {
    const files = Object.fromEntries(
      Array.from({ length: 1000 }, (_, n) => [
        `src/d${n % 40}/f${n}${n % 5 === 0 ? ".test" : ""}.ts`,
        `x${n}\n`.repeat(200),
      ]),
    );
    const root = repository(files);
    const made = await guard({ root, folder: place(), globs: ["**/*.test.ts"], files: [] });
    expect([...made.entries.values()].filter(({ kind }) => kind === "file")).toHaveLength(200);
    const seen: Seen = new Map();
    put(join(root, "src/d1/f1.ts"), "changed");
    const times: number[] = [];
    for (let n = 0; n < 7; n += 1) {
      const began = performance.now();
      putBack(made);
      await workMark({ root, env: ENV, seen });
      times.push(performance.now() - began);
    }
    const median = times.sort((a, b) => a - b)[3] ?? 0;
    // what it takes alone on the machine is a third of it
    expect(median).toBeLessThan(100);
    if (process.env.SHOW_TIMES)
      process.stdout.write(`guards and mark: ${times.map((ms) => ms.toFixed(1)).join(" ")} ms\n`);
  });
});
