import { execFileSync } from "node:child_process";
import {
  chmodSync,
  linkSync,
  lstatSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { differences, guard, savedGuard } from "../../src/store/guarded-files.js";
import { putBack } from "../../src/store/put-back.js";
import { place, put } from "../goals/places.js";
import { tree } from "./trees.js";

const FILES = {
  "tests/a.test.py": "assert a\n",
  "tests/deep/b.test.py": "assert b\n",
  "tests/run.sh": "#!/bin/sh\nexit 1\n",
  "src/a.py": "a = 1\n",
  "src/.hidden.test.py": "assert h\n",
  "goal.yaml": "goal: x\n",
  ".git/hooks/x.test.py": "git\n",
};

async function guarded(globs: string[] = ["tests/**", "**/*.test.py"], files: Record<string, string> = FILES) {
  const [root, folder] = [place(files), place()];
  const made = await guard({ root, folder, globs, files: [join(root, "goal.yaml"), join(root, "later.yaml")] });
  return {
    root,
    folder,
    made,
    before: tree(root),
    sh: (line: string) => execFileSync("sh", ["-c", line], { cwd: root }),
  };
}

describe("protected files are put back, and it is told, when the worker", () => {
  const cheats: [string, string, RegExp][] = [
    ["edits one", "echo 'assert True' > tests/a.test.py", /^tests\/a.test.py was changed$/],
    [
      "edits one and gives it its old date and size",
      "touch -r tests/a.test.py d; printf 'assert X\\n' > tests/a.test.py; touch -r d tests/a.test.py; rm d",
      /^tests\/a.test.py was changed$/,
    ],
    ["edits a hidden one", "echo > src/.hidden.test.py", /^src\/.hidden.test.py was changed$/],
    ["edits the goal", "echo 'goal: y' > goal.yaml", /^goal.yaml was changed$/],
    ["makes a file that is protected and was not there", "echo > later.yaml", /^later.yaml was created$/],
    ["deletes one", "rm tests/a.test.py", /^tests\/a.test.py was deleted$/],
    ["deletes the folder", "rm -r tests", /^tests was deleted/],
    [
      "replaces one by a link",
      "mv tests/a.test.py ../gone-$$; ln -s /dev/null tests/a.test.py",
      /replaced by a link to \/dev\/null/,
    ],
    [
      "replaces one by a folder",
      "rm tests/a.test.py; mkdir -p tests/a.test.py/x; echo > tests/a.test.py/x/y",
      /replaced by a folder/,
    ],
    [
      "makes the folder a link to outside",
      "d=$(mktemp -d); mv tests $d/; ln -s $d/tests tests; echo > tests/a.test.py",
      /^tests was replaced by a link/,
    ],
    [
      "makes a folder above a link",
      "mv src src2; mkdir -p /tmp/elsewhere-$$; ln -s /tmp/elsewhere-$$ src; rm src2/.hidden.test.py; rm -r src; mv src2 src",
      /^src\/.hidden.test.py was deleted$/,
    ],
    ["makes a script not executable", "chmod 644 tests/run.sh", /^tests\/run.sh had its mode changed from 755 to 644$/],
    ["closes the folder", "chmod 000 tests/deep", /^tests\/deep had its mode changed from 755 to 0$/],
    ["creates a file that matches", "echo > tests/conftest.py", /^tests\/conftest.py was created$/],
    ["creates a folder that matches", "mkdir -p tests/new/er; echo > tests/new/er/c", /^tests\/new was created$/],
    ["creates a link that matches", "ln -s ../src tests/src", /^tests\/src was created$/],
    [
      "renames one",
      "mv tests/a.test.py tests/a.test.off",
      /^tests\/a.test.off was created,tests\/a.test.py was deleted$/,
    ],
    [
      "writes through a second name",
      "ln tests/a.test.py other; echo > other; rm other",
      /^tests\/a.test.py was changed$/,
    ],
  ];
  it.each(cheats)("%s", async (_, line, told) => {
    const { root, made, before, sh } = await guarded();
    expect(differences(made)).toEqual([]);
    sh(line);
    const undone = putBack(made);
    expect(
      undone
        .map((each) => each.told)
        .sort()
        .join(),
    ).toMatch(told);
    expect(tree(root)).toEqual(before);
    expect(putBack(made)).toEqual([]);
  });

  it("writes through no link and into no file of a second name", async () => {
    const { root, made, sh } = await guarded();
    const outside = place({ "a.test.py": "mine\n", "deep/b.test.py": "mine too\n" });
    sh("rm -r tests");
    symlinkSync(outside, join(root, "tests"));
    putBack(made);
    expect(tree(outside)).toMatchObject({
      "a.test.py": expect.stringMatching(/mine\n$/),
      "deep/b.test.py": expect.stringMatching(/mine too\n$/),
    });
    linkSync(join(root, "tests/a.test.py"), join(outside, "second"));
    writeFileSync(join(outside, "second"), "changed\n");
    expect(putBack(made)).toHaveLength(1);
    expect(readFileSync(join(outside, "second"), "utf8")).toBe("changed\n");
    expect(readFileSync(join(root, "tests/a.test.py"), "utf8")).toBe("assert a\n");
  });

  it("leaves what else lies in a folder that was closed or replaced", async () => {
    const { root, made, sh } = await guarded(["**/*.test.py"]);
    sh("echo mine > tests/deep/mine; echo mine > tests/mine; chmod 000 tests/deep tests; chmod 700 src");
    expect(putBack(made).map(({ told }) => told)).toEqual([
      "tests had its mode changed from 755 to 0",
      "tests/deep had its mode changed from 755 to 0",
    ]);
    expect(Object.keys(tree(root))).toEqual(expect.arrayContaining(["tests/mine", "tests/deep/mine"]));
    expect(lstatSync(join(root, "src")).mode & 0o777).toBe(0o700);
  });

  it("keeps what had to go, for who wrote it", async () => {
    const { made, sh } = await guarded();
    sh("echo 'by hand' > tests/a.test.py");
    const [undone] = putBack(made);
    expect(readFileSync(undone?.kept ?? "", "utf8")).toBe("by hand\n");
    expect(lstatSync(undone?.kept ?? "").mode & 0o777).toBe(0o600);
  });
});

describe("what is protected", () => {
  it("is never what git keeps, nor installed packages unless a glob names them; a folder's name means all in it", async () => {
    const { root, made, sh } = await guarded(["tests/", "**/*.py"], {
      ...FILES,
      "node_modules/p/x.py": "1",
      "tests/pinned": "1",
    });
    sh("echo 2 > .git/hooks/x.test.py; echo 2 > node_modules/p/x.py; echo 2 > tests/pinned");
    expect(putBack(made).map(({ path }) => path)).toEqual(["tests/pinned"]);
    const named = await guard({ root, folder: place(), globs: ["node_modules/p/**", ".git/**"], files: [] });
    sh("echo 3 > node_modules/p/x.py; echo 3 > .git/hooks/x.test.py");
    expect(putBack(named).map(({ path }) => path)).toEqual(["node_modules/p/x.py"]);
  });

  it("lies in the workspace: a glob that leads out is refused", async () => {
    const root = place();
    for (const glob of ["../x", "/etc/**", "a/../../b", ".", ""])
      await expect(guard({ root, folder: place(), globs: [glob], files: [] })).rejects.toThrow(
        /does not name files in/,
      );
  });

  it("is also what a protected link leads to, in the workspace", async () => {
    const root = place({ "real.py": "1", "tests/x": "" });
    symlinkSync("../real.py", join(root, "tests/link.py"));
    const made = await guard({ root, folder: place(), globs: ["tests/*"], files: [] });
    put(join(root, "real.py"), "2");
    expect(putBack(made).map(({ told }) => told)).toEqual(["real.py was changed"]);
  });

  it("is known to the next process, for its user alone, and a forged snapshot is refused", async () => {
    const { root, folder, made, before, sh } = await guarded();
    expect(lstatSync(join(folder, "guarded.json")).mode & 0o777).toBe(0o600);
    sh("rm -r tests; echo > goal.yaml; echo > later.yaml");
    const again = await savedGuard(folder, made.digest);
    expect(again && putBack(again).length).toBeGreaterThan(3);
    expect(tree(root)).toEqual(before);
    writeFileSync(
      join(folder, "guarded.json"),
      readFileSync(join(folder, "guarded.json"), "utf8").replace('"mode":493', '"mode":420'),
    );
    await expect(savedGuard(folder, made.digest)).rejects.toThrow(/start the goal anew/);
    expect(await savedGuard(place(), made.digest)).toBeUndefined();
  });

  it("is told when it cannot be put back, because its content was damaged", async () => {
    const { folder, made, sh } = await guarded();
    sh("echo > tests/a.test.py");
    execFileSync("sh", ["-c", `for f in ${folder}/objects/*; do echo x > $f; done`]);
    expect(() => putBack(made)).toThrow(/tests\/a.test.py was changed, and it is protected, but it cannot be put back/);
  });

  it("may be large: of what did not change the stamp is believed", async () => {
    const root = place({ "big/1": "", "big/2": "" });
    for (const name of ["1", "2"]) truncateSync(join(root, "big", name), 20 * 1024 * 1024);
    const made = await guard({ root, folder: place(), globs: ["big"], files: [] });
    expect(differences(made)).toEqual([]);
    writeFileSync(join(root, "big/2"), "x");
    expect(putBack(made).map(({ told }) => told)).toEqual(["big/2 was changed"]);
    expect(lstatSync(join(root, "big/2")).size).toBe(20 * 1024 * 1024);
  });
});

// ---- any tree, any changes

const NAMES = ["a", "b.test", ".c", "keep", "d e"];
const path = fc.array(fc.constantFrom(...NAMES), { minLength: 1, maxLength: 3 }).map((names) => names.join("/"));
const act = fc.record({
  how: fc.constantFrom("write", "remove", "chmod", "link", "folder", "move"),
  path,
  other: path,
  mode: fc.constantFrom(0o600, 0o644, 0o755, 0o700),
});

function attempt(work: () => void) {
  try {
    work();
  } catch {
    // a path that does not fit what is there
  }
}

function doIt(
  root: string,
  { how, path: name, other, mode }: { how: string; path: string; other: string; mode: number },
) {
  const at = join(root, name);
  attempt(() => {
    if (how === "write") put(at, `new ${other}`);
    if (how === "remove") rmSync(at, { recursive: true });
    if (how === "chmod" && !lstatSync(at).isSymbolicLink()) chmodSync(at, mode);
    if (how === "link") execFileSync("ln", ["-sfn", other, at], { stdio: "ignore" });
    if (how === "folder") put(join(at, "in"), "in");
    if (how === "move") execFileSync("mv", ["-T", at, join(root, other)], { stdio: "ignore" });
  });
}

type Tree = Record<string, string>;

const isMine = (name: string) => name.split("/").some((part) => part === "keep" || part.endsWith(".test"));
const only = (all: Tree, which: (name: string) => boolean) =>
  Object.fromEntries(Object.entries(all).filter(([name]) => which(name)));

function prefixes(paths: readonly string[]): Set<string> {
  const found = new Set<string>();
  for (const path of paths) {
    const names = path.split("/");
    for (let n = 1; n < names.length; n += 1) found.add(names.slice(0, n).join("/"));
  }
  return found;
}

describe("any tree and any changes", () => {
  it("give the protected files byte for byte and mode for mode, and touch nothing else", async () => {
    const trees = fc.array(fc.tuple(path, fc.string({ maxLength: 5 })), { maxLength: 10 });
    await fc.assert(
      fc.asyncProperty(trees, fc.array(act, { maxLength: 8 }), async (files, acts) => {
        const root = place();
        for (const [name, text] of files) attempt(() => put(join(root, name), text));
        const made = await guard({ root, folder: place(), globs: ["**/keep", "**/*.test"], files: [] });
        const before = tree(root);
        for (const each of acts) doIt(root, each);
        const after = tree(root);
        putBack(made);
        const end = tree(root);
        expect(only(end, isMine)).toEqual(only(before, isMine));
        // folders that protected files lie in, and what had taken their place
        const needed = prefixes(Object.keys(before).filter(isMine));
        const gone = [...needed].filter((name) => !after[name]?.startsWith("folder"));
        const others = (name: string) =>
          !isMine(name) && !needed.has(name) && !gone.some((each) => name.startsWith(`${each}/`));
        expect(only(end, others)).toEqual(only(after, others));
        rmSync(root, { recursive: true });
      }),
      { numRuns: 150 },
    );
  });
});
