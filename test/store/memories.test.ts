import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { redactor } from "../../src/platform/secrets.js";
import { takeLock } from "../../src/store/lock.js";
import { addMemory, type Draft, forgetMemories, memoriesOf, textFault, useMemories } from "../../src/store/memories.js";
import type { Memory } from "../../src/store/memory-file.js";
import { lineOf } from "../../src/store/memory-line.js";
import { consolidated, freshness, sameness } from "../../src/store/memory-merge.js";
import { type MemoryPlace, memoryPath } from "../../src/store/memory-place.js";
import { findMemories, searchMemories } from "../../src/store/memory-search.js";
import { wordsIn } from "../../src/store/memory-words.js";

const DAY = 86_400_000;
const redact = redactor(["own-key-of-this-process"]);

function place(cwd = "/work/app"): MemoryPlace {
  return { home: join(mkdtempSync(join(tmpdir(), "nanocoder-memory-")), "home"), cwd };
}

const add = (where: MemoryPlace, text: string, more: Partial<Draft> = {}) =>
  addMemory(where, { text, scope: "project", ...more }, redact);

async function textsOf(where: MemoryPlace): Promise<string[]> {
  return (await memoriesOf(where)).memories.map(({ text }) => text).sort();
}

function memory(text: string, more: Partial<Memory> = {}): Memory {
  const now = Date.now();
  return {
    id: text.slice(0, 8) || "x",
    text,
    scope: "global",
    importance: 0.5,
    tags: [],
    kind: "project",
    created: now,
    used: now,
    ...more,
  };
}

function filesUnder(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" }).sort();
}

describe("what is kept", () => {
  it("is one line a memory, readable by its user alone, in a file of its scope", async () => {
    const where = place();
    const { memory: kept, known } = await add(where, "  tests run\n with vitest ", {
      tags: ["test", "test", " "],
      importance: 7,
    });
    await add(where, "I prefer tabs", { scope: "global", kind: "user" });
    expect([kept.text, kept.tags, kept.importance, kept.workspace, known]).toEqual([
      "tests run with vitest",
      ["test"],
      1,
      "/work/app",
      false,
    ]);
    const folder = join(where.home, "memory");
    expect(filesUnder(folder)).toEqual(["global.json", "work-app.json"]);
    expect([statSync(folder).mode & 0o777, statSync(join(folder, "work-app.json")).mode & 0o777]).toEqual([
      0o700, 0o600,
    ]);
    const file: unknown = JSON.parse(readFileSync(join(folder, "work-app.json"), "utf8"));
    expect(file).toMatchObject({ version: 1, memories: [{ ...kept }] });
  });

  it("counts in its own workspace, also where two share a file, and global everywhere", async () => {
    const one = place("/w/a-b");
    const [other, named] = [
      { ...one, cwd: "/w/a/b" },
      { ...one, cwd: "/global" },
    ];
    expect(memoryPath(one, "project")).toBe(memoryPath(other, "project"));
    await add(one, "mine");
    await add(other, "theirs");
    await add(named, "of the folder /global");
    await add(one, "for all", { scope: "global" });
    expect(await textsOf(one)).toEqual(["for all", "mine"]);
    expect(await textsOf(other)).toEqual(["for all", "theirs"]);
    expect(await textsOf(named)).toEqual(["for all", "of the folder /global"]);
  });

  it("stays in the folder of memories, whatever a text, a tag or an id says", async () => {
    const where = place("/w/../../../evil");
    const { memory: kept } = await add(where, "../../evil", { tags: ["../../evil", "/etc/passwd"], scope: "global" });
    await add(where, "..%2f..%2fevil\0");
    await forgetMemories(where, ["../../evil", kept.id]);
    expect(filesUnder(join(where.home, ".."))).toEqual([
      "home",
      "home/memory",
      "home/memory/global.json",
      "home/memory/w-..-..-..-evil.json",
    ]);
  });

  it("is not kept twice: case, punctuation, width and filling words make no other memory", async () => {
    const where = place();
    const first = await add(where, "I prefer tabs", { importance: 0.4 });
    for (const same of [
      "i prefer TABS.",
      "Please remember that I prefer tabs!",
      "I prefer tabs, remember",
      "I  prefer “tabs”",
    ]) {
      expect(await add(where, same, { importance: 0.6 })).toMatchObject({
        known: true,
        memory: { id: first.memory.id, importance: 0.6 },
      });
    }
    await add(where, "请记住总是用 pnpm。");
    expect((await add(where, "总是用pnpm")).known).toBe(true);
    expect(await textsOf(where)).toHaveLength(2);
    const everywhere = await add(where, "Use spaces in YAML", { scope: "global" });
    expect(await add(where, "use spaces in yaml")).toMatchObject({ known: true, memory: { id: everywhere.memory.id } });
  });

  it.each([
    ["Use C++", "Use C#"],
    ["port 8080", "port 8081"],
    ["version 3.1", "version 31"],
    ["use ===, not ==", "use ==, not ==="],
    ["always use tabs", "never use tabs"],
    ["tabs over spaces", "spaces over tabs"],
    ["数据库用甲", "数据库用乙"],
    ["!!!", "???"],
  ])("tells %s from %s", (one, other) => {
    expect(sameness(one)).not.toBe(sameness(other));
  });

  it("refuses what is empty, too long or secret, in a sentence", async () => {
    const where = place();
    expect(textFault(" \n", redact)).toContain("empty");
    expect(textFault("x".repeat(2001), redact)).toMatch(/at most 2000 characters, and this has 2001/);
    expect(textFault("数".repeat(2000), redact)).toBeUndefined();
    for (const secret of [
      "the key is own-key-of-this-process",
      `ghp_${"a1B2".repeat(9)}`,
      "AKIA" + "IOSFODNN7EXAMPLQ",
    ]) {
      await expect(add(where, `remember ${secret}`)).rejects.toThrow(/secret/);
    }
    await expect(add(where, "x", { tags: ["own-key-of-this-process"] })).rejects.toThrow(/secret/);
    expect(existsSync(where.home)).toBe(false);
  });

  it("loses nothing when many write at once", async () => {
    const where = place();
    const texts = Array.from({ length: 40 }, (_, n) => `fact number ${n}`);
    const all = await Promise.all(texts.map((text) => add(where, text)));
    expect(await textsOf(where)).toEqual(texts.sort());
    expect(new Set(all.map(({ memory: { id } }) => id)).size).toBe(40);
    expect(filesUnder(join(where.home, "memory"))).toEqual(["work-app.json"]);
  });

  it("waits for its turn while another process writes", async () => {
    const where = place();
    await add(where, "first");
    const release = takeLock(`${memoryPath(where, "project")}.lock`);
    const added = add(where, "second");
    // time enough to write, had it not to wait
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(await textsOf(where)).toEqual(["first"]);
    release();
    await added;
    expect(await textsOf(where)).toEqual(["first", "second"]);
  });

  it("says where it cannot be kept, and why", async () => {
    const where = place();
    mkdirSync(where.home, { recursive: true });
    writeFileSync(join(where.home, "memory"), "");
    await expect(add(where, "x")).rejects.toThrow(/Memories cannot be kept in .*memory: a part of the path is a file/);
  });

  it("works in a home that is a link", async () => {
    const where = place();
    mkdirSync(`${where.home}-real`, { recursive: true });
    symlinkSync(`${where.home}-real`, where.home);
    await add(where, "through a link");
    expect(await textsOf(where)).toEqual(["through a link"]);
  });

  it("is marked as used once a day", async () => {
    const where = place();
    const { memory: kept } = await add(where, "fact");
    const path = memoryPath(where, "project");
    const before = statSync(path).ino;
    await useMemories(where, [kept]);
    expect(statSync(path).ino).toBe(before);
    await useMemories(where, [{ ...kept, used: kept.used - 2 * DAY }]);
    expect(statSync(path).ino).not.toBe(before);
  });
});

describe("a damaged file", () => {
  const write = (where: MemoryPlace, text: string) => {
    mkdirSync(join(where.home, "memory"), { recursive: true });
    writeFileSync(memoryPath(where, "project"), text);
  };

  it.each(["{ not json", "", "[]", '{"version":1}', "null"])(
    "is set aside under a name that is told, never overwritten: %j",
    async (text) => {
      const where = place();
      write(where, text);
      const { memories, notices } = await memoriesOf(where);
      expect([memories, notices.length]).toEqual([[], 1]);
      const aside = /the file is now (\S+),/.exec(notices[0] ?? "")?.[1] ?? "";
      expect(aside).toMatch(/work-app\.json\.corrupt-\d{8}-\d{6}$/);
      expect(readFileSync(aside, "utf8")).toBe(text);
      write(where, "again {");
      const { notices: more } = await add(where, "new");
      expect(more).toHaveLength(1);
      expect(readFileSync(aside, "utf8")).toBe(text);
      expect(await textsOf(where)).toEqual(["new"]);
      expect(filesUnder(join(where.home, "memory"))).toHaveLength(3);
    },
  );

  it("keeps what can be read of it", async () => {
    const where = place();
    const good = memory("good", { scope: "project", workspace: where.cwd });
    write(where, JSON.stringify({ version: 1, memories: [good, { ...good, importance: "high" }, { id: "x" }, null] }));
    const { memories, notices } = await memoriesOf(where);
    expect([memories, notices]).toEqual([[good], [expect.stringContaining("what could be read (1) is kept")]]);
    expect((await memoriesOf(where)).notices).toEqual([]);
    expect(await textsOf(where)).toEqual(["good"]);
  });

  it("of another version is left alone", async () => {
    const where = place();
    const later = '{"version":2,"memories":{}}';
    write(where, later);
    await expect(memoriesOf(where)).rejects.toThrow(/another version.*--no-memory/);
    await expect(add(where, "x")).rejects.toThrow(/another version/);
    expect(readFileSync(memoryPath(where, "project"), "utf8")).toBe(later);
    expect(filesUnder(join(where.home, "memory"))).toEqual(["work-app.json"]);
  });
});

describe("consolidation", () => {
  it("merges what says the same and drops the least valuable, and never empties", () => {
    const weights = fc.record({
      text: fc.constantFrom("a fact", "A fact.", "another", "the third", "", "数据库"),
      importance: fc.double({ min: 0, max: 1, noNaN: true }),
      created: fc.integer({ min: 0, max: 2 ** 41 }),
    });
    fc.assert(
      fc.property(fc.array(weights), fc.integer({ min: -1, max: 5 }), (all, most) => {
        const before = all.map(({ text, ...more }, n) => memory(text, { ...more, id: `${n}`, used: more.created }));
        const after = consolidated(before, Date.now(), most);
        expect(after.length).toBeLessThanOrEqual(Math.max(1, most));
        expect(after.length > 0).toBe(before.length > 0);
        expect(new Set(after.map(({ text }) => sameness(text))).size).toBe(after.length);
      }),
    );
  });

  it("keeps the user's own wishes and what is fresh", () => {
    const old = Date.now() - 100 * DAY;
    const all = [
      memory("stale", { created: old, used: old }),
      memory("fresh"),
      memory("wish", { kind: "user" }),
      memory("stale but used", { created: old }),
    ];
    expect(consolidated(all, Date.now(), 3).map(({ text }) => text)).toEqual(["fresh", "wish", "stale but used"]);
    expect(consolidated(all, Date.now(), 1).map(({ text }) => text)).toEqual(["wish"]);
  });

  it("replaces the set when one more is added, and what is found is the new set", async () => {
    const where = place();
    mkdirSync(join(where.home, "memory"), { recursive: true });
    const twins = Array.from({ length: 10 }, (_, n) =>
      memory(`Use pnpm here${".".repeat(n)}`, { id: `twin${n}`, importance: n / 10 }),
    );
    const many = Array.from({ length: 500 }, (_, n) =>
      memory(`fact ${n}`, { id: `fact${n}`, importance: n === 3 ? 0.01 : 0.5 }),
    );
    writeFileSync(memoryPath(where, "global"), JSON.stringify({ version: 1, memories: [...twins, ...many] }));
    await add(where, "brand new", { scope: "global" });
    const { memories } = await memoriesOf(where);
    expect(memories).toHaveLength(500);
    expect(memories.map(({ text }) => text)).toContain("brand new");
    expect(memories.map(({ id }) => id)).not.toContain("fact3");
    expect(searchMemories(memories, "pnpm").map(({ memory: { id, importance } }) => [id, importance])).toEqual([
      ["twin0", 0.9],
    ]);
  });
});

describe("search", () => {
  const database = memory("此项目使用 FastAPI + PostgreSQL 数据库");
  const others = [
    "提交前总是运行测试",
    "The deploy script is scripts/deploy-prod.sh",
    "parseUserInput lives in src/input_parser.ts",
    "用户喜欢简短的回答",
  ].map((text) => memory(text));
  const all = [database, ...others];
  const best = (query: string) => searchMemories(all, query)[0]?.memory.text;

  it("finds Chinese by its words, and nothing for another subject", () => {
    expect(searchMemories(all, "数据库用的什么").map(({ memory: each }) => each)).toEqual([database]);
    expect(searchMemories(all, "天气怎么样")).toEqual([]);
    expect(searchMemories([database], "天气怎么样")).toEqual([]);
    expect(best("测试怎么运行?")).toBe("提交前总是运行测试");
    expect(best("which database: postgres?")).toBe(database.text);
    expect(best("PostgreSQL")).toBe(database.text);
  });

  it.each(["parse the user", "input_parser", "inputParser", "INPUT-PARSER", "src/input_parser.ts"])(
    "finds identifiers by %s",
    (query) => {
      expect(best(query)).toBe("parseUserInput lives in src/input_parser.ts");
    },
  );

  it("weighs importance, and a tenth less for each day", () => {
    const now = Date.now();
    const at = (days: number, importance: number) =>
      memory("deploy by hand", { importance, created: now - days * DAY, used: 0 });
    const [today, old, heavy] = [at(0, 0.5), at(30, 0.5), at(30, 1)];
    const found = searchMemories([old, heavy, today], "deploy", now);
    expect(found.map(({ memory: each }) => each)).toEqual([today, heavy, old]);
    expect((found[0]?.score ?? 0) / (found[2]?.score ?? 1)).toBeCloseTo(4, 5);
    expect(freshness(at(10, 1), now)).toBeCloseTo(0.5, 9);
  });

  it("finds the one among a thousand that hold a word of the query", () => {
    const many = Array.from({ length: 1000 }, (_, n) => memory(`模块 ${n} 使用数据库 module_${n}`, { id: `${n}` }));
    expect(searchMemories(many, "module_777 的数据库")[0]?.memory.id).toBe("777");
  });

  it("takes any text for a query and for a memory", () => {
    const words = fc.string({ unit: "grapheme", maxLength: 200 });
    fc.assert(
      fc.property(fc.array(words, { maxLength: 5 }), words, (texts, query) => {
        const found = searchMemories(
          texts.map((text) => memory(text)),
          query,
        );
        expect(found.every(({ score }) => score >= 0)).toBe(true);
      }),
    );
  });

  it("cuts words as the language does", () => {
    expect(wordsIn("getHTTPResponse")).toEqual(["gethttpresponse", "http", "response"]);
    expect(wordsIn("The tests of the class")).toEqual(["test", "class"]);
    expect(wordsIn("飞书的文档")).toEqual(expect.arrayContaining(["飞书", "文档"]));
    expect(wordsIn("怎么用这个")).toEqual([]);
  });
});

describe("a memory as a line of data", () => {
  it("cannot be ended by what stands in it, and keeps to its bytes", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 300 }), fc.integer({ min: 10, max: 400 }), (text, bytes) => {
        const line = lineOf(memory(text, { id: "id" }), bytes);
        expect(line).toMatch(/^- id \(global, now\): "[^<>\n\r\u2028\u2029\u202e]*"$/u);
        expect(Buffer.byteLength(line)).toBeLessThanOrEqual(bytes + 24);
      }),
    );
  });
});

describe("what a person looks for", () => {
  it("is found by common words too, and by parts of words, when no telling word fits", () => {
    const all = [memory("use the other one", { created: 1 }), memory("run it: use 数据库 here", { created: 2 })];
    const found = (query: string) => findMemories(all, query).map(({ text }) => text);
    expect(searchMemories(all, "use")).toEqual([]);
    expect(found("use")).toEqual(["run it: use 数据库 here", "use the other one"]);
    expect(found("USE the")).toEqual(["use the other one"]);
    expect(found("据库")).toEqual(["run it: use 数据库 here"]);
    expect(found("use nothing")).toEqual([]);
  });
});
