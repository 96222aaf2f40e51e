import { execFileSync } from "node:child_process";
import { linkSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { performance } from "node:perf_hooks";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { textTokens } from "../../src/models/tokens.js";
import { skills as plugin } from "../../src/plugins/skills.js";
import { type Skill, skillPlaces, skillReader, skillText } from "../../src/store/skill-files.js";
import { folder } from "../tools/tools.js";

/** Files below a home and a folder to work in, and the skills of both. */
function desk(files: Record<string, string | Buffer> = {}) {
  const root = folder();
  const put = (path: string, text: string | Buffer) => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  };
  for (const [path, text] of Object.entries({ "work/a": "", "home/a": "", ...files })) put(path, text);
  const read = skillReader(skillPlaces({ home: join(root, "home"), cwd: join(root, "work") }));
  const names = async () => (await read()).map(({ name }) => name);
  return { root, put, read, names, at: (path: string) => join(root, path) };
}

const HERE = "work/.claude/skills";
const OWN = "home/skills";
const file = (front: string, body = "body") => `---\n${front}\n---\n${body}\n`;

describe("names of skills", () => {
  it("of a project take no name of the user's, nor one that looks the same or says that it is the user's", async () => {
    const { read } = desk({
      [`${OWN}/deploy/SKILL.md`]: file("name: deploy\ndescription: mine"),
      [`${OWN}/cafe/SKILL.md`]: file("name: caf\u00e9\ndescription: mine"),
      [`${HERE}/a/SKILL.md`]: file("name: Deploy\ndescription: theirs"),
      [`${HERE}/b/SKILL.md`]: file("name: cafe\u0301\ndescription: theirs"),
      [`${HERE}/c/SKILL.md`]: file("name: user:deploy\ndescription: theirs"),
      [`${HERE}/d/SKILL.md`]: file("name: ../../deploy\ndescription: theirs"),
      [`${HERE}/e/SKILL.md`]: file("name: \uff44\uff45\uff50\uff4c\uff4f\uff59\ndescription: theirs"),
      [`${HERE}/f/SKILL.md`]: file('name: "de\\u200bploy\\n- deploy: x"\ndescription: theirs'),
    });
    expect((await read()).map(({ name, description }) => `${name} ${description}`)).toEqual([
      "caf\u00e9 mine",
      "deploy mine",
      "project:Deploy theirs",
      "project:caf\u00e9 theirs",
      "user-deploy theirs",
      "..-..-deploy theirs",
      "de-ploy---deploy--x theirs",
    ]);
  });

  it("are found however their letters are put together", async () => {
    const { read, root } = desk({ [`${HERE}/cafe\u0301/SKILL.md`]: file("description: coffee", "the body") });
    const options = { read, first: await read(), cwd: root, window: 128_000, redact: (text: string) => text };
    const run = (name: string) => plugin(options).tool.run({ name }, {} as never);
    expect(await run("caf\u00e9")).toContain("the body");
    expect(await run("cafe\u0301")).toContain("the body");
  });
});

describe("a SKILL.md", () => {
  it.each([
    ["with a mark and CRLF", "\ufeff---\r\nname: x\r\ndescription: says\r\n---\r\nbody\r\n", "x: says", false],
    ["whose values are an alias", file("a: &a word\nname: *a"), "dir: body", true],
    [
      "with a tag of a program",
      file('name: !!js/function "function () { exit(); }"'),
      "function------exit-----: body",
      false,
    ],
    ["with a key twice", file("name: a\nname: b"), "dir: body", true],
    ["without an end of its front matter", "---\nname: a\ndescription: b\n", "dir: ", true],
    ["that is empty", "", "dir: ", false],
    ["with blank values", file('name: " "\ndescription: ""', "# Head\nmore"), "dir: Head", false],
    ["with lists for values", file("name: [a]\ndescription: {b: c}", "# Head"), "dir: Head", true],
    ["with numbers for values", file("name: 007\ndescription: 1.10"), "007: 1.10", false],
    ["that nests without end", file(`name: ${"[".repeat(20_000)}`), "dir: body", true],
  ])("%s is listed, and told of where it cannot be read", async (_, text, told, broken) => {
    const { read } = desk({ [`${HERE}/dir/SKILL.md`]: text });
    const [skill] = await read();
    expect(`${skill?.name}: ${skill?.description}`).toBe(told);
    expect(skill?.problem !== undefined).toBe(broken);
  });

  it("is kept from the model by True as by true, and where the rest of it cannot be read", async () => {
    const { read } = desk({
      [`${HERE}/a/SKILL.md`]: file("disable-model-invocation: True\nuser-invocable: FALSE"),
      [`${HERE}/b/SKILL.md`]: file("description: when: now\ndisable-model-invocation: true\nuser-invocable: false"),
      [`${HERE}/c/SKILL.md`]: file("description: when: now", "disable-model-invocation: true"),
    });
    expect((await read()).map(({ offered, callable }) => [offered, callable])).toEqual([
      [false, false],
      [false, false],
      [true, true],
    ]);
  });

  it("costs little, however it is written", async () => {
    const keys = Array.from({ length: 40_000 }, (_, n) => `  key${n}: "v"`).join("\n");
    const bomb = Array.from({ length: 30 }, (_, n) => `b${n}: &b${n} [*b${n - 1}, *b${n - 1}]`).slice(1);
    const { read } = desk({
      [`${HERE}/keys/SKILL.md`]: file(`name: a\nmeta:\n${keys}`),
      [`${HERE}/bomb/SKILL.md`]: file(`b0: &b0 [x]\n${bomb.join("\n")}\nname: *b29`),
    });
    const began = performance.now();
    const found = await read();
    expect(performance.now() - began).toBeLessThan(1500);
    expect(found.map(({ name, problem }) => `${name} ${problem?.split(": ").at(-1)}`)).toEqual([
      'bomb "name" wants a text',
      "keys it has more than 50000 characters before its text",
    ]);
  });

  it("of 10 MB is listed and not read; a pipe, a folder or a link in its place is not there", async () => {
    const { read, at, root } = desk({
      [`${HERE}/large/SKILL.md`]: `${file("name: large\ndescription: much")}${"x".repeat(10_000_000)}`,
      "secret/SKILL.md": file("name: secret\ndescription: no"),
      "work/near/SKILL.md": file("name: near\ndescription: no"),
      [`${HERE}/fine/SKILL.md`]: file("name: fine\ndescription: yes"),
    });
    for (const name of ["pipe", "folder/SKILL.md", "chain", "near", "device"])
      mkdirSync(at(`${HERE}/${name}`), { recursive: true });
    execFileSync("mkfifo", [at(`${HERE}/pipe/SKILL.md`)]);
    symlinkSync(at("secret/SKILL.md"), at(`${HERE}/two`));
    symlinkSync("../two", at(`${HERE}/chain/SKILL.md`));
    symlinkSync(at("work/near/SKILL.md"), at(`${HERE}/near/SKILL.md`));
    symlinkSync("/dev/zero", at(`${HERE}/device/SKILL.md`));
    symlinkSync("loop", at(`${HERE}/loop`));
    symlinkSync("fine", at(`${HERE}/within`));
    linkSync(at(`${HERE}/fine/SKILL.md`), at(`${HERE}/hard`));
    writeFileSync(`${root}/work/.agents`, "a file where a folder is looked for");
    const found = await read();
    expect(found.map(({ name }) => name)).toEqual(["fine", "large"]);
    const large = found.find(({ name }) => name === "large") as Skill;
    expect(() => skillText(large)).toThrow("it is larger than 1 MB");
  });

  it("that changes between the list and the reading is read as it is now, unless it leads out by then", async () => {
    const { read, put, at } = desk({ [`${HERE}/x/SKILL.md`]: file("name: x", "old"), "secret/SKILL.md": "the secret" });
    const [skill] = (await read()) as [Skill];
    put(`${HERE}/x/SKILL.md`, file("name: x", "new"));
    expect(skillText(skill)).toContain("new");
    renameSync(at(`${HERE}/x`), at(`${HERE}/y`));
    symlinkSync(at("secret"), at(`${HERE}/x`));
    expect(() => skillText(skill)).toThrow("it is a link that leads out of its folder");
    expect((await read()).map(({ folder: where }) => where.split("/").at(-1))).toEqual(["y"]);
    rmSync(at(`${HERE}/y`), { recursive: true });
    expect(await read()).toEqual([]);
  });
});

describe("what skills cost in the prompt", () => {
  const told = (all: readonly Skill[], window: number) => {
    const options = { read: async () => [...all], first: all, cwd: "/", window, redact: (text: string) => text };
    return String(plugin(options).plugin.system?.());
  };

  it("is at most 1 % of windows from 8k on, and what is not told is counted", () => {
    const word = fc.oneof(
      fc.lorem({ maxCount: 40 }),
      fc.string({ unit: "grapheme", maxLength: 900 }),
      fc.constant("技能说明".repeat(200)),
    );
    const skill = fc.tuple(fc.string({ minLength: 1, maxLength: 64 }), word, fc.constantFrom("user", "project"));
    fc.assert(
      fc.property(
        fc.array(skill, { minLength: 1, maxLength: 120 }),
        fc.constantFrom(8192, 16_384, 32_768, 128_000, 1_000_000),
        (list, window) => {
          const all = list.map(
            ([name, description, from], n) =>
              ({
                name: `${n}${name.replace(/\s/g, "-")}`,
                description: description.replace(/\s+/g, " "),
                from,
                path: "/",
                folder: "/",
                root: "/",
                offered: true,
                callable: true,
              }) as Skill,
          );
          const words = told(all, window);
          expect(textTokens(words)).toBeLessThanOrEqual(Math.min(2500, window / 100));
          const more = Number(/\[(\d+) more: load_skill/.exec(words)?.[1] ?? 0);
          expect(words.split("\n").filter((line) => line.startsWith("- ")).length + more).toBe(all.length);
        },
      ),
      { numRuns: 60 },
    );
  });
});
