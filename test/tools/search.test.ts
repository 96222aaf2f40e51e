import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { findRipgrep } from "../../src/platform/ripgrep.js";
import { glob } from "../../src/tools/glob.js";
import { grep } from "../../src/tools/grep.js";
import { bench } from "./tools.js";

const PATH = process.env.PATH;

function tree(files: Record<string, string | Buffer>) {
  const here = bench();
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(here.cwd, name)), { recursive: true });
    writeFileSync(join(here.cwd, name), content);
  }
  return here;
}

const PROJECT = {
  ".gitignore": "dist/\n*.log\n!keep.log\n",
  "src/a.ts": "const needle = 1;\nlet x;\n",
  "src/deep/b.ts": "// Needle\r\n// needle too\r\n",
  "src/deep/.gitignore": "made.ts\n",
  "src/deep/made.ts": "needle",
  "dist/out.ts": "needle",
  "a.log": "needle",
  "keep.log": "needle",
  "node_modules/p/index.ts": "needle",
  ".hidden/h.ts": "needle",
  "bin.ts": Buffer.from("needle\0"),
  "名/字.ts": "needle 你好",
};

it("has a ripgrep here, or half of these tests would test nothing", async () => {
  expect(await findRipgrep(PATH)).toBeDefined();
});

describe.each([
  ["ripgrep", PATH],
  ["the search of our own", "/nowhere"],
])("with %s", (_, path) => {
  const files = glob({ path });
  const lines = grep({ path });

  it("finds files by pattern, without what .gitignore names", async () => {
    const here = tree(PROJECT);
    expect((await here.call(files, { pattern: "**/*.ts" })).text).toBe("bin.ts\nsrc/a.ts\nsrc/deep/b.ts\n名/字.ts");
    expect((await here.call(files, { pattern: "*.log" })).text).toBe("keep.log");
    expect((await here.call(files, { pattern: "src/*.ts" })).text).toBe("src/a.ts");
    expect((await here.call(files, { pattern: ".hidden/*" })).text).toBe(".hidden/h.ts");
    expect((await here.call(files, { pattern: "*.ts", path: "src/deep" })).text).toBe("src/deep/b.ts");
    expect((await here.call(files, { pattern: "*.rs" })).text).toBe("No files match.");
  });

  it("shows 200 files and says how many more there are", async () => {
    const here = tree(
      Object.fromEntries(Array.from({ length: 205 }, (_, n) => [`f${String(n).padStart(3, "0")}.txt`, ""])),
    );
    const shown = (await here.call(files, { pattern: "*.txt" })).text.split("\n");
    expect(shown).toHaveLength(201);
    expect(shown.at(-1)).toBe("[5 more of 205; narrow the pattern]");
  });

  it("refuses to leave the folder and to search what is no folder", async () => {
    const here = tree({ a: "" });
    await expect(here.call(files, { pattern: "../*" })).rejects.toThrow("must stay in the folder");
    await expect(here.call(files, { pattern: "/etc/*" })).rejects.toThrow("must stay in the folder");
    await expect(here.call(files, { pattern: "*", path: "a" })).rejects.toThrow("a is not a folder");
    await expect(here.call(files, { pattern: "*", path: "b" })).rejects.toThrow("does not exist");
  });

  it("follows no link out of the folder", async () => {
    const here = tree({ "in/a.txt": "needle" });
    const outside = tree({ "b.txt": "needle" });
    symlinkSync(outside.cwd, join(here.cwd, "link"));
    symlinkSync(join(outside.cwd, "b.txt"), join(here.cwd, "in/c.txt"));
    expect((await here.call(lines, { pattern: "needle" })).text).toBe("in/a.txt:1:needle");
  });

  it("finds lines, in order, skipping binaries and what is ignored", async () => {
    const here = tree(PROJECT);
    expect((await here.call(lines, { pattern: "needle" })).text).toBe(
      "keep.log:1:needle\nsrc/a.ts:1:const needle = 1;\nsrc/deep/b.ts:2:// needle too\n名/字.ts:1:needle 你好",
    );
    expect((await here.call(lines, { pattern: "NEEDLE", ignore_case: true, glob: "*.ts", path: "src" })).text).toBe(
      "src/a.ts:1:const needle = 1;\nsrc/deep/b.ts:1:// Needle\nsrc/deep/b.ts:2:// needle too",
    );
    expect((await here.call(lines, { pattern: "needle", path: "src/a.ts" })).text).toBe("src/a.ts:1:const needle = 1;");
    expect((await here.call(lines, { pattern: "^absent$" })).text).toBe("No matches found.");
    expect((await here.call(lines, { pattern: "-needle" })).text).toBe("No matches found.");
  });

  it("cuts long lines and long lists, and says so", async () => {
    const here = tree({ long: `needle${"x".repeat(2000)}`, many: "needle\n".repeat(300) });
    const shown = (await here.call(lines, { pattern: "needle" })).text.split("\n");
    expect(shown[0]).toBe(`long:1:needle${"x".repeat(294)} […]`);
    expect(shown).toHaveLength(201);
    expect(shown.at(-1)).toContain("more than 200 matches");
  });

  it("says what is wrong with a pattern or a path", async () => {
    const here = tree({});
    await expect(here.call(lines, { pattern: "a(" })).rejects.toThrow("Invalid regex:");
    await expect(here.call(lines, { pattern: "a", path: "nothing" })).rejects.toThrow("nothing does not exist.");
  });
});
