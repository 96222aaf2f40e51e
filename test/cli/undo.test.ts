import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { modelServer } from "../../src/models/scripted/server.js";
import { tree } from "../store/trees.js";
import { nanocoder, openaiAt, type Place, place } from "./nanocoder.js";

const call = (name: string, input: Record<string, string>) => ({ calls: [{ name, input }] });

const EDIT = call("edit_file", { path: "a.txt", old_text: "helo", new_text: "hello" });
const WRITE = call("write_file", { path: "deep/er/b.txt", content: "new\n" });
const BASH = call("bash", { command: "printf shell > c.txt; rm old.txt; mkdir made; printf x > made/x" });

/** A folder after one run that edits, writes, and runs a command. */
async function worked(
  prompts: readonly string[] = ["fix the typo"],
): Promise<{ where: Place; before: unknown; after: unknown }> {
  const where = place();
  writeFileSync(join(where.work, "a.txt"), "helo\r\nworld\r\n");
  chmodSync(join(where.work, "a.txt"), 0o755);
  writeFileSync(join(where.work, "old.txt"), "old\n");
  const before = tree(where.work);
  for (const prompt of prompts) {
    const script =
      prompt === "fix the typo"
        ? [EDIT, WRITE, BASH, "done"]
        : [call("bash", { command: `echo '${prompt}' >> more.txt` }), "done"];
    await using server = await modelServer(script);
    const ended = await nanocoder(["-p", prompt, "--yolo"], { place: where, env: openaiAt(server.url) });
    expect([ended.code, server.refusals]).toEqual([0, []]);
  }
  return { where, before, after: tree(where.work) };
}

describe("nanocoder undo", () => {
  it("takes back what one run edited, wrote and ran, and brings it back", async () => {
    const { where, before, after } = await worked();
    const undone = await nanocoder(["undo"], { place: where });
    expect(undone).toMatchObject({ code: 0, stderr: "" });
    expect(undone.stdout.split("\n")).toEqual(
      expect.arrayContaining([
        "restored a.txt",
        "removed deep/er/b.txt",
        "removed deep",
        "brought back old.txt",
        "removed made/x",
      ]),
    );
    expect(undone.stdout).toContain("nanocoder undo --redo");
    expect(tree(where.work)).toEqual(before);
    const redone = await nanocoder(["undo", "--redo"], { place: where });
    expect(redone.code).toBe(0);
    expect(tree(where.work)).toEqual(after);
    expect((await nanocoder(["undo", "--redo"], { place: where })).stderr).toContain("no undo");
  });

  it("refuses everything when the user changed one file since, and shows both", async () => {
    const { where } = await worked();
    writeFileSync(join(where.work, "a.txt"), "hello\r\nmine\r\n");
    chmodSync(join(where.work, "a.txt"), 0o755);
    writeFileSync(join(where.work, "old.txt"), "mine too\n");
    rmSync(join(where.work, "c.txt"));
    const before = tree(where.work);
    const refused = await nanocoder(["undo"], { place: where });
    expect(refused).toMatchObject({ code: 1, stdout: "" });
    expect(refused.stderr).toContain("Nothing was changed");
    expect(refused.stderr).toContain("a.txt was changed since.\n--- a.txt");
    expect(refused.stderr).toMatch(/^-world.*\n\+mine/m);
    expect(refused.stderr).toContain("old.txt is there again");
    expect(refused.stderr).toContain("+mine too");
    expect(refused.stderr).not.toContain("c.txt");
    expect(tree(where.work)).toEqual(before);
  });

  it("works on several prompts, in a repository, and leaves HEAD, index and other files alone", async () => {
    const where = place();
    const git = (...args: string[]) =>
      execFileSync("git", args, { cwd: where.work, env: { PATH: process.env.PATH, HOME: where.home } });
    git("init", "-q");
    writeFileSync(join(where.work, "staged"), "staged");
    git("add", "staged");
    writeFileSync(join(where.work, "untracked"), "untracked");
    const before = tree(where.work);
    for (const words of ["one", "two"]) {
      await using server = await modelServer([call("bash", { command: `echo ${words} >> log` }), "done"]);
      await nanocoder(["-p", words, "--yolo"], { place: where, env: openaiAt(server.url) });
    }
    await nanocoder(["undo"], { place: where });
    expect(readFileSync(join(where.work, "log"), "utf8")).toBe("one\n");
    await nanocoder(["undo", "--redo"], { place: where });
    const both = await nanocoder(["undo", "2", "-C", where.work], { place: { ...where, work: where.home } });
    expect(both.stdout).toContain("removed log");
    expect(tree(where.work)).toEqual(before);
  });

  it("--list shows the newest prompts with their words, paths and lines", async () => {
    const { where } = await worked(["fix the typo", "add a line"]);
    const { code, stdout } = await nanocoder(["undo", "--list"], { place: where });
    expect(code).toBe(0);
    const lines = stdout.trimEnd().split("\n");
    expect(lines[0]).toMatch(/^ 1 {2}\d{4}-\d\d-\d\d \d\d:\d\d {2}1 path +\+1 -0 +add a line$/);
    expect(lines[1]).toMatch(/^ 2 {2}.* {2}8 paths +\+4 -2 +fix the typo$/);
    await nanocoder(["undo", "2"], { place: where });
    expect((await nanocoder(["undo", "-l"], { place: where })).stdout).toContain("No prompt wrote anything");
  });

  it("says what is wrong with what was asked", async () => {
    const where = place();
    for (const bad of ["0", "-1", "x", "1.5"]) {
      expect([bad, (await nanocoder(["undo", bad], { place: where })).code]).toEqual([bad, 2]);
    }
    expect((await nanocoder(["undo", "--redo", "2"], { place: where })).code).toBe(2);
    expect((await nanocoder(["undo", "--redo", "--list"], { place: where })).code).toBe(2);
    const nothing = await nanocoder(["undo"], { place: where });
    expect(nothing).toMatchObject({ code: 1, stdout: "" });
    expect(nothing.stderr).toContain("There is nothing to undo in");
    const { where: one } = await worked();
    const many = await nanocoder(["undo", "3"], { place: one });
    expect([many.code, many.stderr]).toEqual([1, expect.stringContaining("Only one prompt")]);
    expect(existsSync(join(one.work, "c.txt"))).toBe(true);
  });

  it("keeps what it needs to itself and out of the workspace", async () => {
    const { where } = await worked();
    const home = join(where.home, ".nanocoder/checkpoints");
    expect(statSync(home).mode & 0o777).toBe(0o700);
    expect(Object.keys(tree(where.work)).sort()).toEqual([
      "a.txt",
      "c.txt",
      "deep",
      "deep/er",
      "deep/er/b.txt",
      "made",
      "made/x",
    ]);
    mkdirSync(join(where.work, "other"));
    expect((await nanocoder(["undo"], { place: { ...where, work: join(where.work, "other") } })).stderr).toContain(
      "nothing to undo",
    );
  });
});
