import { spawnSync } from "node:child_process";
import {
  appendFileSync,
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { Checkpoints, checkpointFolder, journalPath } from "../../src/store/checkpoints.js";
import { changes, list } from "../../src/store/listing.js";
import { Objects } from "../../src/store/objects.js";
import { promptsOf, redo, undo } from "../../src/store/undo.js";
import { tree } from "./trees.js";
import { type Bench, bench, conflicts, done, place } from "./undoing.js";

describe("undo of writes", () => {
  it("gives back old bytes and modes, removes what was created, and the folders made for it", async () => {
    const one = bench();
    one.put("a.bin", Buffer.from([0, 255, 13, 10]), 0o755);
    const before = tree(one.root);
    await one.call(1, ["a.bin"], () => one.put("a.bin", "text", 0o600));
    await one.call(1, ["x/y/new"], () => {
      mkdirSync(one.at("x/y"), { recursive: true });
      one.put("x/y/new", "n");
    });
    const after = tree(one.root);
    await done(undo(one, 1));
    expect(tree(one.root)).toEqual(before);
    await done(redo(one));
    expect(tree(one.root)).toEqual(after);
  });

  it("keeps everything for the user alone", async () => {
    const one = bench();
    one.put("secret", "s", 0o644);
    await one.call(1, ["secret"], () => one.put("secret", "t"));
    await one.call(1, undefined, () => one.put("secret", "u"));
    const folder = checkpointFolder(one);
    for (const name of ["", ...readdirSync(folder, { recursive: true, encoding: "utf8" })]) {
      const stat = statSync(join(folder, name));
      expect([name, stat.mode & 0o777]).toEqual([name, stat.isDirectory() ? 0o700 : 0o600]);
    }
  });

  it("stores a content once, and leaves nothing half written", async () => {
    const one = bench();
    for (const [n, content] of ["one", "two", "one", "two"].entries()) {
      await one.call(n, ["a"], () => one.put("a", content));
    }
    expect(readdirSync(join(checkpointFolder(one), "objects"))).toHaveLength(2);
  });

  it("keeps a folder that holds something else, and says so", async () => {
    const one = bench();
    await one.call(1, ["d/a"], () => {
      mkdirSync(one.at("d"));
      one.put("d/a", "a");
    });
    one.put("d/mine", "mine");
    const { kept } = await done(undo(one, 1));
    expect([...kept]).toEqual([one.at("d")]);
    expect(readdirSync(one.at("d"))).toEqual(["mine"]);
    await done(redo(one));
    expect(readdirSync(one.at("d"))).toEqual(["a", "mine"]);
  });

  it("takes back several prompts, one by one and at once, and forgets none", async () => {
    const one = bench();
    const trees = [tree(one.root)];
    for (const n of [1, 2, 3]) {
      await one.call(n, ["a"], () => one.put("a", String(n)));
      trees.push(tree(one.root));
    }
    await done(undo(one, 1));
    expect(tree(one.root)).toEqual(trees[2]);
    await done(undo(one, 2));
    expect(tree(one.root)).toEqual(trees[0]);
    await expect(undo(one, 1)).rejects.toThrow("nothing to undo");
    await done(redo(one));
    expect(tree(one.root)).toEqual(trees[2]);
    await done(redo(one));
    expect(tree(one.root)).toEqual(trees[3]);
    await expect(redo(one)).rejects.toThrow("no undo");
    await expect(undo(one, 4)).rejects.toThrow("Only 3 prompts");
  });

  it("takes back two calls that both made the same folder", async () => {
    const one = bench();
    const checkpoints = new Checkpoints(one);
    const begin = (name: string) =>
      checkpoints.begin(
        { session: "s", prompt: 1, callId: name, tool: "t" },
        { kind: "write", subjects: [one.at(name)] },
      );
    const [a, b] = [await begin("d/a"), await begin("d/b")];
    mkdirSync(one.at("d"));
    one.put("d/a", "a");
    one.put("d/b", "b");
    await Promise.all([a(), b()]);
    await done(undo(one, 1));
    expect(tree(one.root)).toEqual({});
  });

  it("takes back writes outside the workspace, and large ones", async () => {
    const one = bench();
    const outside = join(place().root, "o");
    const large = Buffer.alloc(3_000_000, "x");
    one.put("large", large);
    await one.call(1, ["large"], () => one.put("large", "small"));
    const finish = await new Checkpoints(one).begin(
      { session: "s", prompt: 1, callId: "c", tool: "t" },
      { kind: "write", subjects: [outside] },
    );
    writeFileSync(outside, "o");
    await finish();
    await done(undo(one, 1));
    expect(existsSync(outside)).toBe(false);
    expect(readFileSync(one.at("large")).equals(large)).toBe(true);
  });
});

describe("undo refuses", () => {
  it("when a file was changed since, and touches nothing", async () => {
    const one = bench();
    await one.call(1, ["a", "b"], () => {
      one.put("a", "ours");
      one.put("b", "ours");
    });
    one.put("a", "mine");
    const before = tree(one.root);
    expect(await conflicts(undo(one, 1))).toEqual([`${one.at("a")}: was changed since`]);
    expect(tree(one.root)).toEqual(before);
    expect(readFileSync(journalPath(one), "utf8")).not.toContain('"undo"');
  });

  it.each<[string, (one: Bench) => void, string]>([
    ["a mode", (one) => chmodSync(one.at("a"), 0o600), "mode 600"],
    ["a removal", (one) => rmSync(one.at("a")), "is gone"],
    ["a folder", (one) => [rmSync(one.at("a")), mkdirSync(one.at("a"))], "now a folder"],
    ["a link", (one) => [rmSync(one.at("a")), symlinkSync("/etc/passwd", one.at("a"))], "now a link"],
  ])("when somebody else made %s", async (_, change, why) => {
    const one = bench();
    one.put("a", "before");
    await one.call(1, ["a"], () => one.put("a", "ours"));
    change(one);
    expect((await conflicts(undo(one, 1))).join()).toContain(why);
  });

  it("when somebody changed a file between two prompts", async () => {
    const one = bench();
    await one.call(1, ["a"], () => one.put("a", "1"));
    one.put("a", "mine");
    await one.call(2, ["a"], () => one.put("a", "2"));
    expect((await conflicts(undo(one, 2))).join()).toContain("changed since");
    await done(undo(one, 1));
    expect(one.read("a")).toBe("mine");
  });

  it("to follow a link that has taken a folder's place", async () => {
    const one = bench();
    const elsewhere = place().root;
    mkdirSync(one.at("d"));
    one.put("d/gone", "old");
    one.put("d/edited", "old");
    await one.call(1, ["d/gone"], () => rmSync(one.at("d/gone")));
    await one.call(2, ["d/edited"], () => one.put("d/edited", "new"));
    writeFileSync(join(elsewhere, "edited"), "new", { mode: 0o644 });
    renameSync(one.at("d"), one.at("moved"));
    symlinkSync(elsewhere, one.at("d"));
    expect((await conflicts(undo(one, 1))).join()).toContain("without a link");
    expect((await conflicts(undo(one, 2))).join()).toContain("no longer a folder of its own");
    expect(readdirSync(elsewhere)).toEqual(["edited"]);
  });

  it("when a kept content is damaged or gone", async () => {
    const one = bench();
    one.put("a", "old");
    one.put("b", "old b");
    await one.call(1, ["a", "b"], () => [one.put("a", "new"), one.put("b", "new")]);
    const objects = join(checkpointFolder(one), "objects");
    const hash = readdirSync(objects).find((name) => readFileSync(join(objects, name), "utf8") === "old b") ?? "";
    appendFileSync(join(objects, hash), "!");
    await expect(undo(one, 1)).rejects.toThrow("damaged");
    rmSync(join(objects, hash));
    await expect(undo(one, 1)).rejects.toThrow("gone");
    expect([one.read("a"), one.read("b")]).toEqual(["new", "new"]);
    expect(readdirSync(one.root)).toEqual(["a", "b"]);
  });

  it("and moves all back when something fails half way", async () => {
    const one = bench();
    one.put("a", "old");
    one.put("removed", "r");
    mkdirSync(one.at("z"));
    await one.call(1, undefined, () => {
      one.put("a", "new");
      one.put("created", "c");
      rmSync(one.at("removed"));
      rmSync(one.at("z"), { recursive: true });
      one.put("z", "a file now");
    });
    await done(undo(one, 1));
    // what stands in the folder now was never written by the work
    one.put("z/mine", "mine");
    const before = tree(one.root);
    await expect(redo(one)).rejects.toThrow(/holds what was not written.*Everything is as it was/);
    expect(tree(one.root)).toEqual(before);
  });
});

describe("undo of commands", () => {
  it("takes back what a listing can tell: edits, new and removed files, modes, links, folders", async () => {
    const one = bench();
    for (const name of ["edit", "remove", "mode", "replace"]) one.put(name, name);
    mkdirSync(one.at("dir/deep"), { recursive: true });
    one.put("dir/deep/f", "f", 0o640);
    symlinkSync("edit", one.at("link"));
    const before = tree(one.root);
    await one.call(1, undefined, () => {
      const script = `printf more >> edit; rm remove; chmod 700 mode; rm -rf dir; ln -sfn mode link
        rm replace; mkdir replace; echo x > replace/x; mkdir -p new/er; echo n > new/er/n; ln -s / new/root`;
      expect(spawnSync("bash", ["-c", script], { cwd: one.root }).status).toBe(0);
    });
    const after = tree(one.root);
    await done(undo(one, 1));
    expect(tree(one.root)).toEqual(before);
    await done(redo(one));
    expect(tree(one.root)).toEqual(after);
  });

  it("reads a file again that was written just before it was listed", async () => {
    const one = bench();
    one.put("a", "now");
    const objects = new Objects(join(one.home, "objects"));
    const options = { root: one.root, objects, skip: [], keep: "all" } as const;
    const first = await list({ ...options, past: undefined });
    const entry = first.entries.get(one.at("a"));
    const other = { ...entry, state: { ...entry?.state, hash: objects.put(Buffer.from("was")) } } as typeof entry;
    if (other) first.entries.set(one.at("a"), other);
    const second = await list({ ...options, past: first });
    expect(changes(first, second)).toHaveLength(1);
  });

  it("sees a change that keeps size and time", async () => {
    const one = bench();
    one.put("a", "1111");
    const { atime, mtime } = statSync(one.at("a"));
    for (const [n, content] of ["2222", "3333", "4444"].entries()) {
      await one.call(n, undefined, () => {
        one.put("a", content);
        utimesSync(one.at("a"), atime, mtime);
      });
    }
    expect(promptsOf(one)).toHaveLength(3);
    await done(undo(one, 2));
    expect(one.read("a")).toBe("2222");
  });

  it("never enters .git, node_modules, .venv or its own home", async () => {
    const root = place().root;
    const one = bench({ root, home: join(root, "home") });
    await one.call(1, undefined, () => {
      for (const name of [".git", "node_modules", "sub/.venv", "sub/__pycache__"]) {
        mkdirSync(one.at(name), { recursive: true });
        one.put(`${name}/f`, "f");
      }
    });
    await done(undo(one, 1));
    expect(Object.keys(tree(root)).filter((name) => name.endsWith("/f"))).toHaveLength(4);
    expect(tree(root)["sub/.venv/f"]).toBe("file 644 f");
  });

  it("keeps names of one file names of one file", async () => {
    const one = bench();
    one.put("a", "old");
    linkSync(one.at("a"), one.at("b"));
    one.put("single", "s");
    await one.call(1, undefined, () => {
      one.put("a", "new");
      linkSync(one.at("single"), one.at("twin"));
      rmSync(one.at("b"));
      linkSync(one.at("a"), one.at("b"));
    });
    await done(undo(one, 1));
    expect([one.read("a"), one.read("b"), one.read("single")]).toEqual(["old", "old", "s"]);
    expect(statSync(one.at("a")).ino).toBe(statSync(one.at("b")).ino);
    expect(existsSync(one.at("twin"))).toBe(false);
  });

  it("parts two files that a command made one", async () => {
    const one = bench();
    one.put("a", "a");
    one.put("b", "b", 0o600);
    one.put("c", "a", 0o600);
    await one.call(1, undefined, () => {
      for (const name of ["b", "c"]) {
        rmSync(one.at(name));
        linkSync(one.at("a"), one.at(name));
      }
    });
    await done(undo(one, 1));
    expect(tree(one.root)).toEqual({ a: "file 644 a", b: "file 600 b", c: "file 600 a" });
  });

  it("removes a large new file, brings it back, and says what of a large old one is lost", async () => {
    const one = bench();
    const large = Buffer.alloc(2_000_000, "x");
    one.put("old", large);
    await one.call(1, undefined, () => {
      one.put("new", large);
      one.put("old", "cut");
    });
    expect(promptsOf(one)[0]?.calls[0]?.partial).toContain(`${one.at("old")} was changed`);
    const { notes } = await done(undo(one, 1));
    expect(notes.join()).toContain(`${one.at("old")} is left as it is`);
    expect(readdirSync(one.root)).toEqual(["old"]);
    await done(redo(one));
    expect(readFileSync(one.at("new")).equals(large)).toBe(true);
    await done(undo(one, 1));
    expect(readdirSync(one.root)).toEqual(["old"]);
  });

  it("refuses to remove a large new file that was changed since", async () => {
    const one = bench();
    await one.call(1, undefined, () => one.put("new", Buffer.alloc(2_000_000, "x")));
    one.put("new", Buffer.alloc(2_000_000, "y"));
    expect(await conflicts(undo(one, 1))).toHaveLength(1);
  });

  it("copies no more than 5000 files, tells of the others, and blames nobody for them", async () => {
    const one = bench();
    for (let n = 0; n < 5200; n += 1) writeFileSync(one.at(`f${n}`), "x");
    const began = performance.now();
    await one.call(1, undefined, () => undefined);
    expect(performance.now() - began).toBeLessThan(10_000);
    // a machine with much else to do may look at less, and says so: nothing is blamed on the call all the same
    const changes = promptsOf(one).flatMap(({ calls }) => calls.flatMap((call) => call.paths));
    expect(changes).toEqual([]);
    const kept = readdirSync(join(checkpointFolder(one), "objects"));
    expect(kept).toHaveLength(1);
  });

  it("reads files again only when they changed, also in the next process", async () => {
    const one = bench();
    one.put("a", "a");
    // older than what a file system's clock cannot tell apart
    await setTimeout(150);
    await one.call(1, undefined, () => undefined);
    const listings = () => readdirSync(join(checkpointFolder(one), "listings"));
    const first = listings();
    await bench(one).call(2, undefined, () => undefined);
    expect(listings()).toEqual(first);
    one.put("a", "b");
    await bench(one).call(2, undefined, () => undefined);
    expect(listings()).toHaveLength(2);
  });
});

describe("a crash in between", () => {
  const dead = (journal: string) => {
    const lines = readFileSync(journal, "utf8").trimEnd().split("\n");
    const begun = lines.filter((line) => !line.includes('"ended"')).map((line) => JSON.parse(line));
    return begun.map((line) => JSON.stringify({ ...line, pid: 2 ** 22 + 1 }));
  };

  it.each([
    ["a write", ["a", "new"]],
    ["a command", undefined],
  ])("of %s can be undone", async (_, names) => {
    const one = bench();
    one.put("a", "old");
    await one.call(1, names, () => [one.put("a", "half"), one.put("new", "n")]);
    writeFileSync(journalPath(one), `${dead(journalPath(one)).join("\n")}\n{"type":"ended","id":"torn`);
    const { notes } = await done(undo(one, 1));
    expect(notes.join()).toContain("cut short");
    expect(tree(one.root)).toEqual({ a: "file 644 old" });
    await done(redo(one));
    expect(one.read("a")).toBe("half");
    await done(undo(one, 1));
    expect(one.read("a")).toBe("old");
  });

  it("long before a change is not taken for its author", async () => {
    const one = bench();
    one.put("a", "old");
    await one.call(1, undefined, () => undefined);
    one.put("a", "mine");
    const lines = dead(journalPath(one)).map((line) =>
      JSON.stringify({ ...JSON.parse(line), at: Date.now() - 3_600_000 }),
    );
    writeFileSync(journalPath(one), `${lines.join("\n")}\n`);
    expect((await conflicts(undo(one, 1))).join()).toContain("long after");
    expect(one.read("a")).toBe("mine");
  });

  it("that cut a line of the journal short loses no later one", async () => {
    const one = bench();
    await one.call(1, ["a"], () => one.put("a", "1"));
    appendFileSync(journalPath(one), '{"type":"begun","id":"torn');
    await one.call(2, ["a"], () => one.put("a", "2"));
    await done(undo(one, 2));
    expect(tree(one.root)).toEqual({});
  });

  it("waits for a call that still runs", async () => {
    const one = bench();
    await new Checkpoints(one).begin(
      { session: "s", prompt: 1, callId: "c", tool: "t" },
      { kind: "write", subjects: [one.at("a")] },
    );
    await expect(undo(one, 1)).rejects.toThrow("is running");
  });
});

describe("what cannot be kept", () => {
  it("does not stop the call, and is said", async () => {
    const where = place();
    writeFileSync(join(where.home, "file"), "");
    const one = bench({ ...where, home: join(where.home, "file") });
    const said = await one.call(1, ["a"], () => one.put("a", "a"));
    expect(said).toContain("not all of this can be undone");
    expect(one.read("a")).toBe("a");
    expect(await one.call(1, undefined, () => undefined)).toContain("not all of this can be undone");
  });

  it("is noted in the record", async () => {
    const one = bench();
    mkdirSync(one.at("folder"));
    const said = await one.call(1, ["folder", "a"], () => one.put("a", "a"));
    expect(said).toContain("is a folder");
    expect(promptsOf(one)[0]?.calls[0]?.partial).toContain("is a folder");
    await done(undo(one, 1));
    expect(Object.keys(tree(one.root))).toEqual(["folder"]);
  });
});
