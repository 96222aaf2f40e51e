import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { completer } from "../../../src/cli/repl/prompt/complete.js";
import type { Completer, Offer } from "../../../src/cli/repl/prompt/completing.js";
import { best, ranked } from "../../../src/cli/repl/prompt/rank.js";
import { withFolders, workspaceNames } from "../../../src/cli/repl/prompt/workspace-names.js";
import { KEY, tried } from "./boxes.js";

const MODES = ["default", "plan", "auto"].map((value) => ({ value, label: value }));
const COMMANDS = [
  { name: "help", about: "what there is" },
  { name: "model", about: "which model", complete: async () => [{ value: "gpt", label: "gpt" }] },
  { name: "mode", about: "how free it is", complete: () => MODES },
  { name: "export", about: "as a file" },
];
const FILES = [
  "src/cli/main.ts",
  "src/core/loop.ts",
  "README.md",
  "docs/my notes.md",
  "中文/说明.md",
  ".github/ci.yml",
];
const complete = completer({ commands: () => COMMANDS, names: () => ranked(withFolders(FILES)) });
const at = (words: string) => complete(words) as Offer | undefined;
const labels = (words: string) => at(words)?.items.map(({ label }) => label) ?? [];

describe("what is offered", () => {
  it("are commands, as they are typed, with what they do", () => {
    expect(labels("/")).toEqual(["/help", "/model", "/mode", "/export"]);
    expect(labels("/mo")).toEqual(["/mode", "/model"]);
    expect(labels("/epr")).toEqual(["/export"]);
    expect(at("/hel")?.items[0]).toEqual({ value: "/help", label: "/help", about: "what there is" });
    expect(at(" /hel") ?? at("x\n/hel") ?? at("see /hel")).toBeUndefined();
  });

  it("is what a command says for its words", () => {
    expect(labels("/mode pl")).toEqual(["plan"]);
    expect(at("/mode pl")?.from).toBe(6);
    expect(at("/mode plan")?.items).toEqual([]);
    expect(at("/help x") ?? at("/nothing x")).toBeUndefined();
  });

  it("are files and folders by any of their letters, the nearest first", () => {
    expect(labels("see @main")).toEqual(["src/cli/main.ts"]);
    expect(labels("看@说明")).toEqual(["中文/说明.md"]);
    expect(labels("@src/")).toEqual(["src/cli/", "src/core/", "src/cli/main.ts", "src/core/loop.ts"]);
    expect(labels("@sclmn")).toEqual(["src/cli/main.ts"]);
    expect(labels("@ci")[0]).toBe(".github/ci.yml");
    expect(at('@"docs/my n')?.items.map(({ value }) => value)).toEqual(['@"docs/my notes.md" ']);
    expect(at("@sr")?.items[0]?.value).toBe("@src/");
  });

  it("is nothing for an address, a shell line, and a file that is named in full", () => {
    expect(at("me@main") ?? at("!cat @main") ?? at("@README.md") ?? at("@ README")).toBeUndefined();
  });

  it("is ranked: the name itself, its beginning, a part, then letters anywhere", () => {
    const names = ranked([
      "lib/test/loop.ts",
      "lib/contest.ts",
      "lib/test",
      "t/e/s/t.ts",
      "test-all.ts",
      "lib/my-test.ts",
    ]);
    const order = ["lib/test", "test-all.ts", "lib/my-test.ts", "lib/contest.ts", "lib/test/loop.ts", "t/e/s/t.ts"];
    expect(best(names, "test", 10)).toEqual(order);
    expect(best(names, "test", 2)).toEqual(order.slice(0, 2));
  });

  it("answers for 50,000 files fast enough for a key", () => {
    const many = Array.from({ length: 50_000 }, (_, n) => `packages/p${n % 97}/src/module-${n % 1013}/file-${n}.ts`);
    const names = ranked(withFolders(many));
    for (const query of ["f", "file4", "p9module12file", "zzzz"]) {
      const began = process.cpuUsage();
      best(names, query, 50);
      expect(process.cpuUsage(began).user / 1000, query).toBeLessThan(200);
    }
  });
});

describe("the files of a workspace", () => {
  const folder = (files: Record<string, string>) => {
    const root = mkdtempSync(join(tmpdir(), "nanocoder-names-"));
    for (const [path, content] of Object.entries(files)) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), content);
    }
    return root;
  };
  const FILES = {
    ".gitignore": "dist\n",
    "src/a.ts": "",
    "dist/b.js": "",
    "node_modules/c.js": "",
    ".github/d.yml": "",
  };

  it.each([
    ["with ripgrep", process.env.PATH],
    ["without", "/nowhere"],
  ])("are those that .gitignore leaves, %s", async (_, path) => {
    const cwd = folder(FILES);
    execFileSync("git", ["init", "-q"], { cwd });
    const names = await workspaceNames({ cwd, path, signal: new AbortController().signal })();
    expect([...names.names].sort()).toEqual([".github/", ".github/d.yml", ".gitignore", "src/", "src/a.ts"]);
  });

  it("are listed once, and then answered at once", async () => {
    const cwd = folder(FILES);
    const names = workspaceNames({ cwd, path: process.env.PATH, signal: new AbortController().signal });
    const first = await names();
    writeFileSync(join(cwd, "new.ts"), "");
    expect(names()).toBe(first);
  });
});

describe("the list in the prompt", () => {
  it("shows names and what they do, and Tab takes one", () => {
    const box = tried({ complete });
    box.type("/mo");
    expect(box.lines().slice(3)).toEqual(["› /mode   how free it is", "  /model  which model"]);
    expect(box.caret()).toEqual({ row: 1, column: 5 });
    box.press(KEY.down, KEY.up, KEY.tab);
    expect(box.lines().slice(1)).toEqual(["> /mode", "─".repeat(60), "› default", "  plan", "  auto"]);
  });

  it("runs a command that Enter chose, but sends its words as they stand until one is chosen", () => {
    const box = tried({ complete });
    box.type("/hel");
    box.press(KEY.enter);
    box.type("/mode ");
    box.press(KEY.enter);
    box.type("/mode ");
    box.press(KEY.down, KEY.enter, KEY.enter);
    expect(box.sent.map(({ words }) => words)).toEqual(["/help", "/mode", "/mode plan"]);
  });

  it("sends a command that was mistyped as it stands, not another that holds its letters", () => {
    const box = tried({ complete });
    box.type("/exot");
    expect(box.lines().at(-1)).toContain("/export");
    box.press(KEY.enter);
    box.type("/exot");
    box.press(KEY.down, KEY.enter, KEY.enter);
    expect(box.sent.map(({ words }) => words)).toEqual(["/exot", "/export"]);
  });

  it("takes a file without sending, and a folder to look further into", () => {
    const box = tried({ complete });
    box.type("see @src");
    box.press(KEY.tab);
    expect(box.box.text()).toBe("see @src/");
    expect(box.lines().slice(3)).toEqual(["› src/cli/", "  src/core/", "  src/cli/main.ts", "  src/core/loop.ts"]);
    box.type("loop");
    box.press(KEY.enter);
    expect([box.box.text(), box.sent]).toEqual(["see @src/core/loop.ts ", []]);
    box.press(KEY.undo);
    expect(box.box.text()).toBe("see @src/loop");
  });

  it("is closed by Esc and by moving away, and opened again by Tab", () => {
    const box = tried({ complete });
    box.type("@src");
    box.press(KEY.escape);
    expect(box.lines()).toHaveLength(3);
    box.press(KEY.tab);
    expect(box.lines().length).toBeGreaterThan(3);
    box.press(KEY.left);
    expect(box.lines()).toHaveLength(3);
    expect(box.box.text()).toBe("@src");
  });

  it("shows an answer that comes late only where it is still wanted", async () => {
    const waiting: ((offer: Offer) => void)[] = [];
    const late: Completer = () => new Promise((resolve) => waiting.push(resolve));
    const box = tried({ complete: late });
    box.type("/a");
    const offer = (label: string): Offer => ({ from: 0, items: [{ value: label, label }], enter: "run" });
    waiting[1]?.(offer("new"));
    waiting[0]?.(offer("old"));
    await Promise.resolve();
    await Promise.resolve();
    expect(box.lines().slice(3)).toEqual(["› new"]);
    box.type("b");
    box.press(KEY.enter);
    expect(box.sent[0]?.words).toBe("/ab");
  });

  it("draws names that hold escape sequences harmlessly, and fits into 40 columns", () => {
    const evil = completer({
      commands: () => [],
      names: () => ranked([`a\u001b[2J${"x".repeat(100)}`, "你".repeat(40)]),
    });
    const box = tried({ complete: evil });
    box.type("@");
    expect(
      box
        .lines(40)
        .slice(3)
        .every((line) => line.length <= 40),
    ).toBe(true);
    expect(box.box.render(40).join("")).not.toContain("\u001b[2J");
  });

  it("is not offered for what was pasted as text", () => {
    const box = tried({ complete });
    box.paste("/mo");
    box.type("d");
    expect(box.lines()).toHaveLength(3);
    box.type(" @READ");
    box.press(KEY.tab, KEY.enter);
    expect(box.sent).toEqual([
      { words: "/mod @README.md", more: expect.objectContaining({ images: [], plain: true }) },
    ]);
  });
});
