import { mkdirSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { frames, put, repository, told, work } from "./instructed.js";
import { nanocoder, openaiAt, place, sessionsIn } from "./nanocoder.js";

const read = (path: string) => ({ calls: [{ name: "read_file", input: { path } }] });
const bash = (command: string) => ({ calls: [{ name: "bash", input: { command } }] });
const words = (text: string) => frames(text).map((frame) => frame.words);

describe("what a session begins with", () => {
  it("is the user's file, then those from the repository's root to the workspace, before the environment", async () => {
    const where = repository({
      "~/.nanocoder/AGENTS.md": "mine",
      "AGENTS.md": "root",
      "pkg/CLAUDE.md": "between",
      "pkg/a/AGENTS.md": "near",
      "pkg/a/CLAUDE.md": "not this",
      "pkg/b/AGENTS.md": "aside",
      "../AGENTS.md": "above the repository",
    });
    const { system, stderr } = await work(
      { ...where, work: join(where.work, "pkg/a") },
      { args: ["--append-system", "ALSO"] },
    );
    rmSync(join(where.work, "../AGENTS.md"));
    expect(frames(system)).toEqual([
      { by: "user", from: join(where.home, ".nanocoder/AGENTS.md"), words: "mine" },
      { by: "project", from: join(where.work, "AGENTS.md"), words: "root" },
      { by: "project", from: join(where.work, "pkg/CLAUDE.md"), words: "between" },
      { by: "project", from: "AGENTS.md", words: "near" },
    ]);
    const order = [
      "You are nanocoder",
      "How to work",
      "How to answer",
      "ALSO",
      "the later one wins",
      "mine",
      "Environment",
      "- Date",
    ];
    const places = order.map((each) => system.indexOf(each));
    expect(places).toEqual(places.toSorted((a, b) => a - b));
    expect(system.trimEnd()).toMatch(/- Date: \d{4}-\d\d-\d\d$/);
    expect(stderr).toBe("");
  });

  it("takes GEMINI.md where there is nothing else, and a folder outside of any repository by itself", async () => {
    const where = place();
    put(where, { "GEMINI.md": "gem", "sub/GEMINI.md": "sub" });
    expect(words((await work(where)).system)).toEqual(["gem"]);
    expect(words((await work({ ...where, work: join(where.work, "sub") })).system)).toEqual(["sub"]);
  });

  it("is not changed by instructions that are not there", async () => {
    const { requests, system } = await work(place());
    expect(system).not.toContain("nstructions");
    expect(requests[0]?.raw.length).toBeLessThan(6500);
  });

  it("holds them in place of --system, and keeps them with it", async () => {
    const { system } = await work(repository({ "AGENTS.md": "root" }), { args: ["--system", "BE BRIEF"] });
    expect(system.startsWith("BE BRIEF\n\nInstructions\n")).toBe(true);
    expect(words(system)).toEqual(["root"]);
    expect(system).not.toContain("How to work");
  });

  it("is the same bytes for the same files", async () => {
    const where = repository({ "~/.nanocoder/AGENTS.md": "mine", "AGENTS.md": "root\n@a.md", "a.md": "a" });
    const [one, two] = [await work(where), await work(where)];
    expect(one.requests[0]?.raw).toBe(two.requests[0]?.raw);
    expect(words(one.system)).toHaveLength(2);
  });

  it("says nothing of a thousand files in folders that nobody touches", async () => {
    const many = Array.from({ length: 1000 }, (_, n): [string, string] => [`p/${n}/AGENTS.md`, `rules ${n}`]);
    const where = repository(Object.fromEntries(many));
    const { requests, system } = await work(where, { script: [read("p/7/AGENTS.md"), "ok"] });
    expect(system).not.toContain("nstructions");
    expect(words(told(requests[1]))).toEqual(["rules 7"]);
  });
});

describe("instructions of other folders", () => {
  it("are told once, when a call touches the folder, and again when they change", async () => {
    const where = repository({
      "pkg/b/AGENTS.md": "b rules",
      "pkg/b/x.ts": "x",
      "pkg/b/deep/y.ts": "y",
      "pkg/c/AGENTS.md": "c rules",
    });
    const script = [
      read("pkg/b/x.ts"),
      read("pkg/b/deep/y.ts"),
      () => {
        put(where, { "pkg/b/AGENTS.md": "b changed" });
        return read("pkg/b/x.ts");
      },
      () => {
        rmSync(join(where.work, "pkg/b/AGENTS.md"));
        return read("pkg/b/x.ts");
      },
      "ok",
    ];
    const { requests } = await work(where, { script });
    const b = (text: string) => ({ by: "project", from: "pkg/b/AGENTS.md", words: text });
    const gone = "[gone: what you were told of it no longer counts]";
    expect(frames(told(requests[0]))).toEqual([]);
    expect(frames(told(requests[1]))).toEqual([b("b rules")]);
    expect(frames(told(requests[2]))).toEqual([b("b rules")]);
    expect(frames(told(requests[3]))).toEqual([b("b rules"), b("b changed")]);
    expect(told(requests[3])).toContain("Instructions changed.");
    expect(frames(told(requests[4]))).toEqual([b("b rules"), b("b changed"), b(gone)]);
    for (const [n, request] of requests.slice(1).entries())
      expect(request.raw.startsWith(requests[n]?.raw.replace(/\]\}$/, "") ?? "?")).toBe(true);
    const notes = sessionsIn(where)[0]?.filter((event) => event.type === "note");
    expect(notes?.map(({ by, lasting }) => ({ by, lasting }))).toEqual(
      Array(3).fill({ by: "instructions", lasting: true }),
    );
  });

  it.each([
    ["grep", { calls: [{ name: "grep", input: { pattern: "x", path: "pkg/b" } }] }],
    ["glob", { calls: [{ name: "glob", input: { pattern: "*", path: "pkg/b" } }] }],
    ["write_file", { calls: [{ name: "write_file", input: { path: "pkg/b/new.ts", content: "n" } }] }],
    ["a command that reads", bash("cat pkg/b/x.ts | head -3")],
    ["a command that writes", bash("echo a > pkg/b/made.txt")],
    ["a command that goes there", bash("cd pkg/b && true")],
  ])("are told when the touch is %s", async (_, call) => {
    const where = repository({ "pkg/b/AGENTS.md": "b rules", "pkg/b/x.ts": "x" });
    const { requests } = await work(where, { script: [call, "ok"], args: ["--yolo"] });
    expect(words(told(requests[1]))).toEqual(["b rules"]);
  });

  it("are those of a sibling of the workspace too, but not of what is named in a text, nor of what was refused", async () => {
    const where = repository({
      "pkg/a/x.ts": "see pkg/b/x.ts and ../c/x.ts",
      "pkg/b/AGENTS.md": "b rules",
      "pkg/b/x.ts": "x",
      "pkg/c/AGENTS.md": "c rules",
      "pkg/c/x.ts": "x",
    });
    const script = [read("x.ts"), read("../b/x.ts"), "ok"];
    const a = { ...where, work: join(where.work, "pkg/a") };
    const allowed = await work(a, { script, args: ["--allow", `read_file(${where.work}/pkg/b/**)`] });
    expect(words(told(allowed.requests[1]))).toEqual([]);
    expect(frames(told(allowed.requests[2]))).toEqual([
      { by: "project", from: join(where.work, "pkg/b/AGENTS.md"), words: "b rules" },
    ]);
    const refused = await work(a, { script });
    expect(refused.code).toBe(4);
    expect(words(told(refused.requests[2]))).toEqual([]);
  });

  it("are not those of dependencies, of other repositories, or of what lies behind a link", async () => {
    const where = repository({
      "node_modules/dep/AGENTS.md": "dep",
      "clone/AGENTS.md": "clone",
      "clone/.git/HEAD": "ref: refs/heads/main",
      "~/other/AGENTS.md": "other",
    });
    symlinkSync(join(where.home, "other"), join(where.work, "link"));
    const script = [read("node_modules/dep/AGENTS.md"), read("clone/AGENTS.md"), read("link/AGENTS.md"), "ok"];
    const { requests } = await work(where, { script, args: ["--yolo"] });
    expect(requests[3]?.messages.filter(({ role }) => role === "tool")).toHaveLength(3);
    expect(words(told(requests[3]))).toEqual([]);
  });

  it("outside of any repository are those of repositories in it, but not of one that came with this session", async () => {
    const where = place();
    put(where, { "mine/AGENTS.md": "mine", "mine/.git/HEAD": "x" });
    const clone = () => {
      put(where, { "new/AGENTS.md": "evil", "new/.git/HEAD": "x" });
      return read("new/AGENTS.md");
    };
    const { requests } = await work(where, { script: [clone, read("mine/AGENTS.md"), "ok"], args: ["--yolo"] });
    expect(requests[1]?.results).toEqual(["1\tevil"]);
    expect(words(told(requests[1]))).toEqual([]);
    expect(words(told(requests[2]))).toEqual(["mine"]);
  });
});

describe("a session that goes on", () => {
  it("keeps its prefix, and hears what changed, came and went meanwhile", async () => {
    const where = repository({ "AGENTS.md": "one", "pkg/AGENTS.md": "pkg", "~/.nanocoder/AGENTS.md": "mine" });
    const first = await work(where, { script: [read("pkg/AGENTS.md"), "ok"] });
    const same = await work(where, { args: ["--continue"] });
    put(where, { "AGENTS.md": "two", "pkg/AGENTS.md": "pkg two" });
    rmSync(join(where.home, ".nanocoder/AGENTS.md"));
    const after = await work(where, { args: ["--continue"] });
    const again = await work(where, { args: ["--continue"] });
    expect(first.requests).toHaveLength(2);
    expect(words(told(same.requests[0]))).toEqual(["pkg"]);
    const [gone, two, pkg] = frames(told(after.requests[0])).slice(1);
    expect(gone).toMatchObject({ by: "user", words: expect.stringContaining("gone") });
    expect([two, pkg].map((frame) => frame?.words)).toEqual(["two", "pkg two"]);
    expect(after.system).toBe(first.system);
    expect(frames(told(again.requests[0]))).toHaveLength(4);
    const all = [...first.requests, ...same.requests, ...after.requests, ...again.requests];
    for (const [n, request] of all.slice(1).entries())
      expect(request.raw.startsWith(all[n]?.raw.replace(/\]\}$/, "") ?? "?")).toBe(true);
  });

  it("hears of a first file that came after it was made", async () => {
    const where = repository({});
    await work(where);
    put(where, { "AGENTS.md": "late" });
    const { system, requests } = await work(where, { args: ["--continue"] });
    expect(words(system)).toEqual([]);
    expect(frames(told(requests[0]))).toEqual([{ by: "project", from: "AGENTS.md", words: "late" }]);
  });
});

describe("--tools", () => {
  const ALL = ["read_file", "write_file", "edit_file", "bash", "glob", "grep", "http"];

  it.each([["read_file"], ["bash"], ["edit_file,read_file"], ["grep,glob"], ["http"], ["write_file"]])(
    "%s: no other is in the request, or mentioned",
    async (list) => {
      const { requests, system } = await work(place(), { args: ["--tools", list] });
      expect(requests[0]?.tools).toEqual(ALL.filter((name) => list.split(",").includes(name)));
      const others = ALL.filter((name) => !list.split(",").includes(name));
      const said = system + JSON.stringify(requests[0]?.body);
      expect(others.filter((name) => new RegExp(`\\b${name}\\b`).test(said))).toEqual([]);
    },
  );
});

describe("nanocoder doctor", () => {
  it("lists the files in force, their sizes, and what is left out", async () => {
    const where = repository({
      "AGENTS.md": `x\n@big.md\n`,
      "big.md": "y\n".repeat(40_000),
      "~/.nanocoder/AGENTS.md": "mine",
    });
    mkdirSync(join(where.work, "sub/CLAUDE.md"), { recursive: true });
    const { stdout } = await nanocoder(["doctor"], {
      place: { ...where, work: join(where.work, "sub") },
      env: openaiAt("http://127.0.0.1:9"),
    });
    expect(stdout).toContain(`instructions: ${join(where.home, ".nanocoder/AGENTS.md")} (4 bytes)`);
    expect(stdout).toContain(`instructions: ${join(where.work, "AGENTS.md")} (10 bytes; 32 kB with what it imports)`);
    expect(stdout).toMatch(/big\.md: only its first 32 kB of 80 kB are used/);
    expect(stdout).toContain("CLAUDE.md is not used: it is a folder.");
    const none = await nanocoder(["doctor"], { place: place() });
    expect(none.stdout).toContain("no instructions: neither");
  });
});
