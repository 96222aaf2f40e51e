import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { modelServer } from "../../src/models/scripted/server.js";
import { nanocoder, openaiAt, type Place, place } from "./nanocoder.js";

const memory = (where: Place, ...args: string[]) => nanocoder(["memory", ...args], { place: where });
const folderOf = ({ home }: Place) => join(home, ".nanocoder/memory");

async function idOf(where: Place, text: string): Promise<string> {
  const { code, stdout } = await memory(where, "add", text);
  expect(code).toBe(0);
  return /as (\w{8}),/.exec(stdout)?.[1] ?? "";
}

function settings({ home }: Place, value: object): void {
  mkdirSync(join(home, ".nanocoder"), { recursive: true });
  writeFileSync(join(home, ".nanocoder/settings.json"), JSON.stringify(value));
}

describe("nanocoder memory", () => {
  it("adds, lists, searches and forgets", async () => {
    const where = place();
    const none = await memory(where);
    expect([none.code, none.stdout, existsSync(folderOf(where))]).toEqual([
      0,
      expect.stringContaining("Nothing is remembered"),
      false,
    ]);
    const id = await idOf(where, "此项目使用 FastAPI + PostgreSQL 数据库");
    await memory(where, "add", "--scope", "global", "--importance", "0.9", "I", "prefer", "\u202etabs");
    const { code, stdout, stderr } = await memory(where, "list");
    expect([code, stderr]).toEqual([0, ""]);
    const [head, first, second] = stdout.split("\n");
    expect(head).toMatch(/^ID +SCOPE +AGE +IMP +TEXT$/);
    expect(first).toMatch(/^\w{8} {2}global {6}now {2}0\.9 {2}I prefer \\u\{202e\}tabs$/);
    expect(second).toBe(`${id}  project     now  0.5  此项目使用 FastAPI + PostgreSQL 数据库`);
    const rows = (await memory(where, "list", "--json", "--scope", "project")).stdout.trimEnd().split("\n");
    expect(rows.map((row) => JSON.parse(row))).toMatchObject([
      { id, scope: "project", workspace: where.work, tags: [], created_at: expect.stringMatching(/Z$/) },
    ]);
    expect((await memory(where, "search", "数据库用的什么")).stdout).toContain(id);
    expect((await memory(where, "search", "天气怎么样")).stdout).toContain("Nothing that is remembered fits");
    const gone = await memory(where, "forget", id.slice(0, 6));
    expect([gone.code, gone.stdout]).toEqual([0, `forgot ${id}: 此项目使用 FastAPI + PostgreSQL 数据库\n`]);
    expect((await memory(where, "search", "数据库")).stdout).toContain("Nothing that is remembered fits");
    const refused = await memory(where, "forget", "--all");
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining("1 memory (global)")]);
    expect((await memory(where, "forget", "--all", "--yes")).stdout).toBe("forgot 1\n");
    expect((await memory(where, "list", "--json")).stdout).toBe("");
  });

  it("says what is wrong, and keeps nothing then", async () => {
    const where = place();
    const id = await idOf(where, "a fact");
    const wrong: [string[], string][] = [
      [["add", " "], "the text is empty"],
      [["add", "x".repeat(2001)], "at most 2000 characters"],
      [["add", `token ghp_${"a1B2".repeat(9)}`], "holds a secret"],
      [["add", "x", "--importance", "7"], "--importance wants a number from 0 to 1"],
      [["add", "x", "--scope", "al"], "Allowed choices are project, global"],
      [["forget", `${id.slice(0, 7)}${id.endsWith("z") ? "y" : "z"}`], `Did you mean ${id}?`],
      [["forget"], "wants an id"],
      [["forget", id, "--all"], "either ids or --all"],
      [["serch", "x"], "Did you mean search?"],
      [["search"], "some words"],
      [["search", "x", "--limit", "0"], "--limit wants"],
    ];
    for (const [args, words] of wrong) {
      const { code, stdout, stderr } = await memory(where, ...args);
      expect([args, code, stdout, stderr]).toEqual([args, 2, "", expect.stringContaining(words)]);
    }
    expect((await memory(where, "list")).stdout.trimEnd().split("\n")).toHaveLength(2);
  });

  it("loses nothing when processes add at once, and tells of a damaged file", async () => {
    const where = place();
    const texts = Array.from({ length: 6 }, (_, n) => `fact number ${n}`);
    const ended = await Promise.all(texts.map((text) => memory(where, "add", text)));
    expect(ended.map(({ code }) => code)).toEqual(texts.map(() => 0));
    const { stdout } = await memory(where, "list", "--json");
    expect(
      stdout
        .trimEnd()
        .split("\n")
        .map((row) => JSON.parse(row).text)
        .sort(),
    ).toEqual(texts);
    const [name = ""] = readdirSync(folderOf(where));
    writeFileSync(join(folderOf(where), name), "{");
    const damaged = await memory(where, "list");
    expect([damaged.code, damaged.stderr]).toEqual([
      0,
      expect.stringMatching(/were damaged: the file is now .*\.corrupt-\d{8}-\d{6}, and nothing/),
    ]);
    expect(readdirSync(folderOf(where))).toEqual([expect.stringContaining(".corrupt-")]);
  });
});

describe("a run with memory", () => {
  it("'I prefer tabs, remember': a memory exists, and a new process knows it", async () => {
    const where = place();
    await using server = await modelServer(["Noted.", "done", "done"]);
    const first = await nanocoder(["-p", "I prefer tabs, remember"], { place: where, env: openaiAt(server.url) });
    expect([first.code, first.stdout]).toEqual([0, "Noted.\n"]);
    expect(first.stderr).toMatch(
      /^memory: remembered for this folder: I prefer tabs, remember \(not so\? nanocoder memory forget \w{8}\)\n$/,
    );
    await memory(where, "add", "the parser is generated by make gen");
    await nanocoder(["-p", "mend the parser"], { place: where, env: openaiAt(server.url) });
    expect(server.requests[1]?.lastText).toContain("I prefer tabs, remember");
    expect(server.requests[1]?.lastText).toContain("make gen");
    await nanocoder(["-p", "mend the parser", "--no-memory"], { place: where, env: openaiAt(server.url) });
    expect(server.requests[2]?.lastText).toBe("mend the parser");
    expect(server.requests[2]?.tools).not.toContain("remember");
    expect([server.requests.length, server.refusals]).toEqual([3, []]);
  });

  it.each(["plan", "strict"])("remembers and recalls by tools, also in mode %s", async (mode) => {
    const where = place();
    const remember = {
      text: "Decided: ../../evil is the API's folder",
      scope: "global",
      importance: "0.7",
      tags: "api, design",
    };
    await using server = await modelServer([
      { calls: [{ name: "remember", input: remember }] },
      { calls: [{ name: "recall", input: { query: "which folder has the api?" } }] },
      {
        calls: [
          { name: "recall", input: { query: "天气" } },
          { name: "remember", input: { text: `ghp_${"a1B2".repeat(9)}` } },
          { name: "remember", input: { text: "x", scope: "../.." } },
        ],
      },
      "done",
    ]);
    const { code } = await nanocoder(["-p", "go", "--permission-mode", mode], {
      place: where,
      env: openaiAt(server.url),
    });
    expect(code).toBe(0);
    expect(server.requests[1]?.results).toEqual([expect.stringMatching(/^Remembered as \w{8} for every folder\.$/)]);
    expect(server.requests[2]?.results).toEqual([expect.stringContaining("../../evil is the API's folder")]);
    expect(server.requests[3]?.results).toEqual([
      expect.stringContaining("Nothing that is remembered fits"),
      expect.stringContaining("holds a secret"),
      expect.stringContaining("scope must be one of project, global"),
    ]);
    expect(readdirSync(folderOf(where))).toEqual(["global.json"]);
    expect(JSON.parse(readFileSync(join(folderOf(where), "global.json"), "utf8")).memories).toMatchObject([
      { importance: 0.7, tags: ["api", "design"], kind: "project" },
    ]);
  });

  it("forgets for the model only when a person gives leave, and lists without a query", async () => {
    const where = place();
    const added = await nanocoder(["memory", "add", "the api lives in svc"], { place: where });
    const [id = ""] = /\b\w{8}\b/.exec(added.stdout) ?? [];
    const script = [{ calls: [{ name: "recall", input: {} }] }, { calls: [{ name: "forget", input: { id } }] }, "done"];
    for (const mode of ["default", "auto"]) {
      await using server = await modelServer(script);
      const env = openaiAt(server.url);
      const ended = await nanocoder(["-p", "go", "--permission-mode", mode], { place: where, env });
      expect([ended.code, ended.stderr]).toEqual([4, expect.stringContaining("denied: forget")]);
      expect(server.requests[1]?.results).toEqual([expect.stringContaining("the api lives in svc")]);
    }
    expect((await nanocoder(["memory"], { place: where })).stdout).toContain(id);
    await using server = await modelServer([{ calls: [{ name: "forget", input: { id } }] }, "done"]);
    const allowed = ["-p", "go", "--allow", "forget"];
    const ended = await nanocoder(allowed, { place: where, env: openaiAt(server.url) });
    const left = (await nanocoder(["memory"], { place: where })).stdout;
    expect([ended.code, left.includes(id)]).toEqual([4, true]);
  });

  it("obeys the settings, of which a project may only take away", async () => {
    const where = place();
    await memory(where, "add", "the parser is generated");
    settings(where, { memory: { inject: false, extract: false } });
    mkdirSync(join(where.work, ".nanocoder"));
    writeFileSync(
      join(where.work, ".nanocoder/settings.json"),
      JSON.stringify({ memory: { inject: true, extract: true } }),
    );
    await using server = await modelServer(() => "done");
    const env = openaiAt(server.url);
    const { stderr } = await nanocoder(["-p", "Never touch the parser.", "--trust"], { place: where, env });
    expect(stderr).toContain("a project may not set memory.extract, memory.inject");
    expect(server.requests[0]?.lastText).toBe("Never touch the parser.");
    expect(server.requests[0]?.tools).toContain("recall");
    expect((await memory(where, "list", "--json")).stdout.trimEnd().split("\n")).toHaveLength(1);
    settings(where, {});
    writeFileSync(join(where.work, ".nanocoder/settings.json"), JSON.stringify({ memory: { enabled: false } }));
    await nanocoder(["-p", "the parser", "--trust"], { place: where, env });
    expect(server.requests[1]?.tools).not.toContain("recall");
    settings(where, { memory: { enable: false } });
    const wrong = await memory(where);
    expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining('Did you mean "enabled"?')]);
  });
});
