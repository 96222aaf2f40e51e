import {
  chmodSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { editFile } from "../../src/tools/edit-file.js";
import { readFile } from "../../src/tools/read-file.js";
import { writeFile } from "../../src/tools/write-file.js";
import { bench, folder } from "./tools.js";

const read = readFile();
const write = writeFile();
const edit = editFile();

type Files = Record<string, string | Buffer>;

function at(files: Files = {}) {
  const here = bench();
  const path = (name: string) => join(here.cwd, name);
  for (const [name, content] of Object.entries(files)) writeFileSync(path(name), content);
  return {
    ...here,
    path,
    bytes: (name: string) => readFileSync(path(name)),
    content: (name: string) => readFileSync(path(name), "utf8"),
  };
}

const change = (path: string, old_text: string, new_text: string, more = {}) => ({ path, old_text, new_text, ...more });

const GBK = Buffer.from([0xd6, 0xd0, 0xce, 0xc4, 0xb1, 0xe0, 0xc2, 0xeb]); // 中文编码
const LATIN = Buffer.from("caf\xe9 cr\xe8me", "latin1");

/** Number and name of a class of the table; what the file holds; the call; what the file holds after, and is told. */
type Made = {
  class: string;
  file: string | Buffer;
  old: string;
  fresh: string;
  after: string | Buffer;
  says?: RegExp;
  more?: object;
  name?: string;
};

const made: Made[] = [
  {
    class: "1 CRLF in the file, LF in old_text",
    file: "a\r\nb\r\nc\r\n",
    old: "a\nb",
    fresh: "a\nB",
    after: "a\r\nB\r\nc\r\n",
    says: /line ends ignored/,
  },
  { class: "2 mixed endings", file: "a\r\nb\nc\r\n", old: "c", fresh: "C", after: "a\r\nb\nC\r\n" },
  {
    class: "2 mixed endings within the place",
    file: "a\r\nb\nc\r\n",
    old: "a\nb\nc",
    fresh: "a\nb\nC",
    after: "a\r\nb\nC\r\n",
    says: /line ends ignored/,
  },
  {
    class: "3 CRLF in new_text, LF in the file",
    file: "a\nb\n",
    old: "b",
    fresh: "x\r\ny",
    after: "a\nx\ny\n",
    says: /with the file's line ends/,
  },
  { class: "4 byte order mark", file: "\ufeffx=1\n", old: "x=1", fresh: "x=2", after: "\ufeffx=2\n" },
  {
    class: "5 UTF-16, little end first",
    file: Buffer.from("\ufeffold ü\r\n", "utf16le"),
    old: "old",
    fresh: "nöw",
    after: Buffer.from("\ufeffnöw ü\r\n", "utf16le"),
  },
  {
    class: "5 UTF-16, big end first",
    file: Buffer.from("\ufeffold ü", "utf16le").swap16(),
    old: "old",
    fresh: "nöw",
    after: Buffer.from("\ufeffnöw ü", "utf16le").swap16(),
  },
  {
    class: "6 GBK: an ASCII line",
    file: Buffer.concat([Buffer.from("a = 1 # "), GBK]),
    old: "a = 1",
    fresh: "a = 2",
    after: Buffer.concat([Buffer.from("a = 2 # "), GBK]),
  },
  {
    class: "6 GBK: Chinese text for Chinese text",
    file: Buffer.concat([GBK, Buffer.from("\n")]),
    old: "编码",
    fresh: "中",
    after: Buffer.concat([GBK.subarray(0, 4), GBK.subarray(0, 2), Buffer.from("\n")]),
  },
  {
    class: "6 Latin-1",
    file: LATIN,
    old: "café",
    fresh: "thé",
    after: Buffer.from("th\xe9 cr\xe8me", "latin1"),
  },
  {
    class: "6 Latin-1 whose bytes could be GBK",
    file: Buffer.from("na\xefve\n", "latin1"),
    old: "naïve",
    fresh: "thé",
    after: Buffer.from("th\xe9\n", "latin1"),
  },
  {
    class: "6 bytes of no known encoding",
    file: Buffer.concat([Buffer.from("a = 1 "), Buffer.from([0x81, 0x20, 0xff])]),
    old: "a = 1",
    fresh: "a = 2",
    after: Buffer.concat([Buffer.from("a = 2 "), Buffer.from([0x81, 0x20, 0xff])]),
  },
  { class: "7 no newline at the end", file: "a\nb", old: "b", fresh: "c", after: "a\nc" },
  {
    class: "8 a final newline that the file has not",
    file: "a\nb",
    old: "b\n",
    fresh: "c\n",
    after: "a\nc",
    says: /the newline at the end, which the file has not ignored/,
  },
  {
    class: "9 trailing blanks",
    file: "foo  \nbar\n",
    old: "foo\nbar",
    fresh: "foo\nBAR",
    after: "foo  \nBAR\n",
    says: /trailing blanks ignored/,
  },
  {
    class: "10 indent shifted evenly",
    file: "def f():\n    if x:\n        y()\n",
    old: "if x:\n    y()",
    fresh: "if x:\n    z()\n    w()",
    after: "def f():\n    if x:\n        z()\n        w()\n",
    says: /indent \(shifted by 4 more\) ignored/,
  },
  {
    class: "10 indent shifted evenly, the other way",
    file: "if x:\r\n    y()\r\n",
    old: "    if x:\n        y()\n",
    fresh: "    if x:\n        z()\n",
    after: "if x:\r\n    z()\r\n",
    says: /indent \(shifted by 4 less\) ignored/,
  },
  {
    class: "12 tabs in the file, blanks in old_text",
    file: "if a:\n\t\treturn 1\n",
    old: "        return 1",
    fresh: "        if b:\n            return 2",
    after: "if a:\n\t\tif b:\n\t\t\treturn 2\n",
    says: /tabs against blanks \(a tab for 4\) ignored/,
  },
  {
    class: "12 blanks in the file, tabs in old_text",
    file: "{\n  a;\n    b;\n}\n",
    old: "\ta;\n\t\tb;\n",
    fresh: "\ta;\n\t\tc;\n",
    after: "{\n  a;\n    c;\n}\n",
    says: /a tab for 2/,
  },
  {
    class: "15 an exact place beside one that is nearly so",
    file: "a  \nb\na\nb\n",
    old: "a\nb",
    fresh: "x",
    after: "a  \nb\nx\n",
    says: /^Edited f \(\+1/,
  },
  {
    class: "16 replace_all",
    file: "a b a\na",
    old: "a",
    fresh: "c",
    more: { replace_all: true },
    after: "c b c\nc",
    says: /in 3 places/,
  },
  {
    class: "17 replace_all by a text that holds the old one",
    file: "a a",
    old: "a",
    fresh: "aa",
    more: { replace_all: true },
    after: "aa aa",
  },
  {
    class: "25 typographic characters in the file",
    file: "// “first”\nsay “hi” – ok\u00a0now\n",
    old: 'say "hi" - ok now',
    fresh: 'say "hi" - yes now',
    after: "// “first”\nsay “hi” – yes\u00a0now\n",
    says: /typographic characters and Unicode form ignored/,
  },
  {
    class: "26 Unicode form",
    file: "cafe\u0301 au lait, cre\u0300me\n",
    old: "café au lait, crème",
    fresh: "café au miel, crème",
    after: "cafe\u0301 au miel, cre\u0300me\n",
    says: /Unicode form ignored/,
  },
  {
    class: "27 full-width text on the line",
    file: "A_B = 3 // 最大３回",
    old: "A_B",
    fresh: "A_C",
    after: "A_C = 3 // 最大３回",
  },
  { class: "28 replacement patterns", file: "cost: 1", old: "1", fresh: "$& $1 $$", after: "cost: $& $1 $$" },
  { class: "29 backslashes", file: '"C:\\x"', old: '"C:\\x"', fresh: '"C:\\y"', after: '"C:\\y"' },
  {
    class: "33 a code fence, in Markdown",
    name: "f.md",
    file: "a\n",
    old: "a",
    fresh: "```js\na\n```",
    after: "```js\na\n```\n",
  },
  {
    class: "32 an elision that the file has",
    file: "// ... rest\na",
    old: "a",
    fresh: "// ... rest",
    after: "// ... rest\n// ... rest",
  },
  {
    class: "32 words and spreads that are no elision",
    file: "a\n",
    old: "a",
    fresh: "// keep trying...\nf({ ...rest, b })\n// the remaining bytes...",
    after: "// keep trying...\nf({ ...rest, b })\n// the remaining bytes...\n",
  },
  { class: "37 equal neighbours, taken together", file: "x\nx\n", old: "x\nx\n", fresh: "x\n", after: "x\n" },
  {
    class: "46 a line of 5 MB",
    file: `${"x".repeat(5_000_000)}needle`,
    old: "needle",
    fresh: "pin",
    after: `${"x".repeat(5_000_000)}pin`,
    says: /^[\s\S]{0,200}$/,
  },
  { class: "47 what looks like a regex", file: "a.*b( axxb(", old: "a.*b(", fresh: "c", after: "c axxb(" },
];

describe("edit_file makes", () => {
  it.each(made)("$class", async ({ file, old, fresh, after, says = /^Edited/, more, name = "f" }) => {
    const here = at({ [name]: file });
    const result = await here.call(edit, change(name, old, fresh, more));
    expect(here.bytes(name).equals(Buffer.from(after))).toBe(true);
    expect(result.text).toMatch(says);
    expect(readdirSync(here.cwd)).toEqual([name]);
  });
});

type Refused = { class: string; file: string | Buffer; old: string; fresh: string; why: RegExp; more?: object };

const LONG = `start()\n${Array.from({ length: 198 }, (_, n) => `line ${n}\n`).join("")}finish()\n`;

const refused: Refused[] = [
  {
    class: "5 UTF-16 with half a character",
    file: Buffer.from([0xff, 0xfe, 97, 0, 98]),
    old: "a",
    fresh: "b",
    why: /UTF-16 with an odd/,
  },
  { class: "6 GBK has not each character", file: GBK, old: "编码", fresh: "🌍", why: /f is GBK: GBK has no "🌍"/ },
  {
    class: "6 other than ASCII in an unknown encoding",
    file: Buffer.from([97, 0x81, 0x20, 0xff]),
    old: "a",
    fresh: "é",
    why: /not UTF-8, and of no encoding that is known/,
  },
  {
    class: "11 indent shifted unevenly",
    file: "if x:\n    if y:\n        z()\n",
    old: "  if x:\n    if y:\n      z()",
    fresh: "  pass",
    why: /0 times[\s\S]*1\tif x:\n2\t {4}if y:/,
  },
  {
    class: "13 exact text that stands twice",
    file: "import a\nx\nimport a\n",
    old: "import a",
    fresh: "b",
    why: /2 times in f \(lines 1, 3\)/,
  },
  {
    class: "14 places that differ in blanks inside",
    file: "foo( a)\nfoo(a )\n",
    old: "foo(a)",
    fresh: "x",
    why: /0 times/,
  },
  {
    class: "14 two places after folding",
    file: "a \nb\na  \nb\n",
    old: "a\nb",
    fresh: "x",
    why: /2 times in f \(lines 1, 3\) when trailing blanks are ignored/,
  },
  {
    class: "16 replace_all with a place that is nearly so",
    file: "a\nb\na\nb\na  \nb\n",
    old: "a\nb",
    fresh: "x",
    more: { replace_all: true },
    why: /2 times in f, and nearly so in line 5, where only trailing blanks differ/,
  },
  { class: "18 an empty old_text", file: "a", old: "", fresh: "x", why: /old_text is empty/ },
  { class: "19 nothing to change", file: "a", old: "a", fresh: "a", why: /the same: there is nothing to change/ },
  {
    class: "20 a near miss",
    file: "def hi():\n    # greets\n    print('hi')\n    return 1\n",
    old: "def hi():\n    print('hi')\n    return 1",
    fresh: "x = 1",
    why: /1\tdef hi\(\):\n2\t {4}# greets[\s\S]*\n\+ {4}# greets\n/,
  },
  {
    class: "21 already applied",
    file: "new\n",
    old: "old",
    fresh: "new",
    why: /line 1\): the edit looks already applied/,
  },
  {
    class: "23 anchors only",
    file: LONG,
    old: "start()\nwork()\nfinish()",
    fresh: "start()",
    why: /first and last line stand 199 lines apart \(lines 1 and 200\)/,
  },
  { class: "24 a place of more lines than old_text", file: LONG, old: "start()\nfinish()", fresh: "x", why: /0 times/ },
  { class: "25 two typographic places", file: "“a” and „a”\n", old: '"a"', fresh: "b", why: /2 times/ },
  { class: "30 escaped twice", file: "a\nb", old: "a\\nb", fresh: "x", why: /two characters/ },
  { class: "30 quotes escaped", file: 'f("a")\n', old: 'f(\\"a\\")', fresh: "x", why: /escaped once too often/ },
  { class: "31 line numbers", file: "foo\nbar\n", old: "12→  foo", fresh: "x", why: /line numbers/ },
  { class: "32 an elision", file: "a\nb\n", old: "a", fresh: "c\n// ... rest unchanged", why: /would lose that text/ },
  {
    class: "32 an elision in Chinese",
    file: "a\nb\n",
    old: "a",
    fresh: "c\n# 其余代码保持不变",
    why: /would lose that text/,
  },
  { class: "33 a code fence", file: "a\n", old: "a", fresh: "```js\nb\n```", why: /code fence/ },
  { class: "33 diff marks", file: "a\nb\n", old: "a\nb", fresh: "+c\n+d", why: /a \+ before each line/ },
  {
    class: "37 one of equal neighbours",
    file: "x\nx\n",
    old: "x\n",
    fresh: "",
    why: /lines 1, 2\).*of equal neighbours take all/,
  },
  { class: "37 places that overlap", file: "x\nx\nx\n", old: "x\nx\n", fresh: "y\n", why: /2 times/ },
  { class: "45 a binary", file: "a\0b", old: "a", fresh: "x", why: /binary/ },
  { class: "48 case only", file: "b\nFoo\n", old: "foo", fresh: "x", why: /line 2 in upper and lower case/ },
  {
    class: "the mark of a hidden secret",
    file: "KEY=abc\n",
    old: "KEY=",
    fresh: "KEY=[redacted:key]",
    why: /secret you were not shown/,
  },
];

describe("edit_file refuses, and changes nothing:", () => {
  it.each(refused)("$class", async ({ file, old, fresh, why, more }) => {
    const here = at({ f: file });
    await expect(here.call(edit, change("f", old, fresh, more))).rejects.toThrow(why);
    expect(here.bytes("f").equals(Buffer.from(file))).toBe(true);
    expect(readdirSync(here.cwd)).toEqual(["f"]);
  });

  it("40 a folder, and a file that is not there", async () => {
    const here = at();
    mkdirSync(here.path("dir"));
    await expect(here.call(edit, change("dir", "a", "b"))).rejects.toThrow("dir is a folder");
    await expect(here.call(edit, change("gone", "a", "b"))).rejects.toThrow("gone does not exist; create it");
    await expect(here.call(write, { path: "dir", content: "" })).rejects.toThrow("dir is a folder");
    expect(readdirSync(here.cwd)).toEqual(["dir"]);
  });

  it("43 a file that is read-only, and leaves nothing behind", async () => {
    const here = at({ f: "a" });
    chmodSync(here.path("f"), 0o444);
    await expect(here.call(edit, change("f", "a", "b"))).rejects.toThrow("read-only (mode 444)");
    await expect(here.call(write, { path: "f", content: "b" })).rejects.toThrow("read-only (mode 444)");
    expect(here.content("f")).toBe("a");
    expect(readdirSync(here.cwd)).toEqual(["f"]);
  });
});

describe("several edits in one call", () => {
  const edits = (...each: [string, string][]) => each.map(([old_text, new_text]) => ({ old_text, new_text }));

  it("34 are made in their order, one on what another wrote", async () => {
    const here = at({ f: "a\nb\n" });
    const result = await here.call(edit, {
      path: "f",
      edits: edits(["a", "one"], ["one\nb", "one\ntwo"], ["two", "2"]),
    });
    expect(here.content("f")).toBe("one\n2\n");
    expect(result.text).toContain("Edited f in 3 places");
    const words = { path: "f", edits: JSON.stringify([{ old_string: "2", new_string: "3" }]) };
    await here.call(edit, words);
    expect(here.content("f")).toBe("one\n3\n");
  });

  it("34 are all made or none, and the one that fails is named", async () => {
    const here = at({ f: "a\nb\n" });
    const call = here.call(edit, { path: "f", edits: edits(["a", "one"], ["one", "two"], ["nowhere", "x"]) });
    await expect(call).rejects.toThrow(/^Edit 3 of 3, so none was made: old_text stands 0 times/);
    expect(here.content("f")).toBe("a\nb\n");
  });

  it("35 are refused when they overlap", async () => {
    const here = at({ f: "a\nb\nc\nd\n" });
    const crossing = here.call(edit, { path: "f", edits: edits(["a\nb", "A\nb"], ["b\nc", "b\nC"]) });
    await expect(crossing).rejects.toThrow(/Edit 2 of 2.*overlaps an earlier edit/);
    const gone = here.call(edit, { path: "f", edits: edits(["a\nb", "A\nB"], ["b\nc", "b\nC"]) });
    await expect(gone).rejects.toThrow(/Edit 2 of 2.*gone from f by an earlier edit/);
    expect(here.content("f")).toBe("a\nb\nc\nd\n");
  });

  it("say what is wrong with them", async () => {
    const here = at({ f: "a" });
    await expect(here.call(edit, { path: "f" })).rejects.toThrow("old_text is missing (a string). new_text is missing");
    await expect(here.call(edit, { path: "f", edits: [{ old_text: "a" }] })).rejects.toThrow(
      "edits must be a list of objects with old_text and new_text",
    );
    await expect(here.call(edit, { ...change("f", "a", "b"), edits: edits(["a", "b"]) })).rejects.toThrow("not both");
  });

  it("36 parallel calls see what the other wrote", async () => {
    const here = at({ f: "a\nb\n" });
    await here.call(read, { path: "f" });
    await here.call(edit, change("f", "a", "A"));
    await here.call(edit, change("f", "b", "B"));
    await expect(here.call(edit, change("f", "a", "x"))).rejects.toThrow("0 times");
    expect(here.content("f")).toBe("A\nB\n");
  });
});

describe("22 a stale read", () => {
  it("is refused until the file is read again", async () => {
    const here = at({ f: "a\nb\n" });
    await here.call(read, { path: "f" });
    writeFileSync(here.path("f"), "a\nc\n");
    await expect(here.call(edit, change("f", "a", "x"))).rejects.toThrow(
      "f changed on disk since it was read: read it again. Nothing was changed.",
    );
    await here.call(read, { path: "f" });
    await here.call(edit, change("f", "a", "x"));
    expect(here.content("f")).toBe("x\nc\n");
    writeFileSync(here.path("f"), "y\nc\n");
    await expect(here.call(edit, change("f", "y", "z"))).rejects.toThrow("changed on disk");
  });

  it("is not a file that was only touched, nor one never read", async () => {
    const here = at({ f: "a", g: "a" });
    await here.call(read, { path: "f", limit: 1 });
    utimesSync(here.path("f"), 1, 1);
    await here.call(edit, change("f", "a", "b"));
    await here.call(edit, change("g", "a", "b"));
    expect(here.content("f") + here.content("g")).toBe("bb");
  });

  it("is known of a large file by its date", async () => {
    const here = at({ f: "x\n".repeat(1_000_000) });
    await here.call(read, { path: "f", limit: 1 });
    utimesSync(here.path("f"), 1, 1);
    await expect(here.call(edit, change("f", "x\nx", "y"))).rejects.toThrow("changed on disk");
  });

  it("records a file once while it stays the same", async () => {
    const here = at({ f: "a" });
    await here.call(read, { path: "f" });
    await here.call(read, { path: "f" });
    expect(here.events.filter(({ type }) => type === "state")).toMatchObject([
      { key: `file:${here.path("f")}`, value: { size: 1, sha1: "86f7e437faa5a7fce15d1ddcb9eaeaea377667b8" } },
    ]);
  });
});

describe("links, modes and sizes", () => {
  it("41 writes through a link, which stays", async () => {
    const outside = join(folder(), "real");
    writeFileSync(outside, "a");
    const here = at();
    symlinkSync(outside, here.path("link"));
    await here.call(edit, change("link", "a", "b"));
    expect(lstatSync(here.path("link")).isSymbolicLink()).toBe(true);
    expect(readFileSync(outside, "utf8")).toBe("b");
    expect(await here.effect(edit, change("link", "b", "c"))).toEqual({
      kind: "write",
      subjects: [outside],
      via: `link leads to ${outside}`,
    });
  });

  it("42 keeps the mode, and the other names of a file", async () => {
    const here = at({ f: "a longer text" });
    chmodSync(here.path("f"), 0o755);
    linkSync(here.path("f"), here.path("g"));
    await here.call(edit, change("f", "longer ", ""));
    expect(here.content("g")).toBe("a text");
    expect(statSync(here.path("f")).ino).toBe(statSync(here.path("g")).ino);
    expect(statSync(here.path("f")).mode & 0o7777).toBe(0o755);
    await here.call(write, { path: "g", content: "b" });
    expect(here.content("f")).toBe("b");
  });

  it("44 edits a log of 200 MB within bounds", async () => {
    const here = at({ log: `${"0123456789\n".repeat(1000)}needle\r\n` });
    truncateSync(here.path("log"), 0);
    const block = Buffer.alloc(50_000_000, "0123456789\n");
    writeFileSync(here.path("log"), Buffer.concat([block, block, Buffer.from("needle\r\nend\r\n"), block, block]));
    const before = process.memoryUsage().rss;
    const result = await here.call(edit, change("log", "needle\nend", "pin"));
    expect(result.text).toBe("Edited log (+1 -2)\n[the file is too large for a diff]");
    expect(process.memoryUsage().rss - before).toBeLessThan(300_000_000);
    expect(here.bytes("log").subarray(100_000_000, 100_000_006).toString()).toBe("pin\r\n0");
    expect(statSync(here.path("log")).size).toBe(200_000_005);
    await expect(here.call(edit, change("log", "0123", "x"))).rejects.toThrow("at least 1000 times");
    await expect(here.call(edit, change("log", "nowhere", "x"))).rejects.toThrow("only exact text is found");
  });

  it("44 edits ASCII in a large file of another encoding, where that is sure", async () => {
    const rest = Buffer.alloc(9_000_000, "\xe9 caf\xe9\n", "latin1");
    const here = at({ log: Buffer.concat([Buffer.from("\xe9=1\nb=2\n", "latin1"), rest]) });
    await here.call(edit, change("log", "b=2", "b=3"));
    expect(here.bytes("log").equals(Buffer.concat([Buffer.from("\xe9=1\nb=3\n", "latin1"), rest]))).toBe(true);
    await expect(here.call(edit, change("log", "=1", "=2"))).rejects.toThrow(
      "behind a character of log that is not UTF-8",
    );
    await expect(here.call(edit, change("log", "b=3", "é"))).rejects.toThrow("only ASCII");
  });

  it("49 creates folders; refuses ~ and a name that ends with a slash", async () => {
    const here = at();
    await here.call(write, { path: "a b/ü/x.ts", content: "1" });
    expect(here.content("a b/ü/x.ts")).toBe("1");
    await expect(here.call(write, { path: "~/x", content: "" })).rejects.toThrow("~ is not expanded");
    await expect(here.call(write, { path: "new/", content: "" })).rejects.toThrow("new/ names a folder");
    expect(existsSync(here.path("new"))).toBe(false);
  });

  it("52 warns at once when JSON parses no longer", async () => {
    const here = at({ "a.json": '{"a": 1}\n', "b.json": "{ // odd\n}" });
    const result = await here.call(edit, change("a.json", "1", "1,"));
    expect(result.text).toMatch(/Warning: a.json no longer parses as JSON/);
    expect(here.content("a.json")).toBe('{"a": 1,}\n');
    expect((await here.call(edit, change("b.json", "odd", "even"))).text).not.toContain("Warning");
    await here.call(edit, change("a.json", "1,", "1"));
    expect((await here.call(write, { path: "a.json", content: "{" })).text).toContain("no longer parses");
  });
});

describe("write_file on a file that exists", () => {
  const lines = (count: number) => "line\n".repeat(count);
  const doubt = async (here: ReturnType<typeof at>, content: string) => {
    const effect = await here.effect(write, { path: "f", content });
    return (effect as { doubt?: string }).doubt;
  };

  it("50 doubts what was never read, or changed since", async () => {
    const here = at({ f: lines(812), empty: "" });
    expect(await doubt(here, lines(800))).toBe("it replaces f (812 lines), which was never read");
    expect(await doubt(here, "x")).toBe("it replaces f (812 lines), which was never read, by 1 lines");
    expect(await doubt(here, lines(812))).toBeUndefined();
    expect(await here.effect(write, { path: "empty", content: "x" })).not.toHaveProperty("doubt");
    expect(await here.effect(write, { path: "new", content: "x" })).not.toHaveProperty("doubt");
    await here.call(read, { path: "f" });
    expect(await doubt(here, lines(800))).toBeUndefined();
    writeFileSync(here.path("f"), lines(813));
    expect(await doubt(here, lines(800))).toBe("it replaces f (813 lines), which changed on disk since it was read");
    await here.call(write, { path: "f", content: lines(20) });
    expect(await doubt(here, "x")).toBe("it shrinks f from 20 lines to 1 lines");
  });

  it("51 doubts a loss of more than half, from ten lines on", async () => {
    const here = at({ f: lines(812) });
    await here.call(read, { path: "f", limit: 5 });
    expect(await doubt(here, lines(90))).toBe("it shrinks f from 812 lines to 90 lines");
    expect(await doubt(here, lines(406))).toBeUndefined();
    await here.call(write, { path: "f", content: lines(11) });
    expect(await doubt(here, lines(1))).toBeUndefined();
  });

  it("keeps encoding, byte order mark, and line ends that are all CRLF", async () => {
    const utf16 = Buffer.from("\ufeffä\r\n", "utf16le");
    const here = at({ bom: "\ufeffa\r\nb\r\n", wide: utf16, gbk: GBK, odd: Buffer.from([97, 0x81, 0x20, 0xff]) });
    expect((await here.call(write, { path: "bom", content: "x\ny\n" })).text).toContain("with CRLF as the file had");
    expect(here.content("bom")).toBe("\ufeffx\r\ny\r\n");
    await here.call(write, { path: "wide", content: "ö\n" });
    expect(here.bytes("wide")).toEqual(Buffer.from("\ufefföx".replace("x", "\r\n"), "utf16le"));
    expect((await here.call(write, { path: "gbk", content: "中" })).text).toContain("in GBK");
    expect(here.bytes("gbk")).toEqual(GBK.subarray(0, 2));
    await expect(here.call(write, { path: "gbk", content: "🌍" })).rejects.toThrow(/GBK has no "🌍"/);
    expect((await here.call(write, { path: "odd", content: "é" })).text).toContain("as UTF-8, which the file was not");
    expect(here.content("odd")).toBe("é");
  });

  it("refuses a text that stands for another, and the mark of a hidden secret", async () => {
    const here = at({ "f.ts": "a\nb\n", env: "KEY=[redacted]\n" });
    await expect(here.call(write, { path: "f.ts", content: "a\n// rest of the code...\n" })).rejects.toThrow(
      "content stands",
    );
    await expect(here.call(write, { path: "n.ts", content: "```ts\na\n```\n" })).rejects.toThrow("code fence");
    await expect(here.call(write, { path: "n.ts", content: "KEY=[redacted]" })).rejects.toThrow("not shown");
    await here.call(write, { path: "env", content: "KEY=[redacted]\nB=1\n" });
    expect(readdirSync(here.cwd)).toEqual(["env", "f.ts"]);
  });
});

describe("read_file", () => {
  it("shows GBK and Latin-1 as they will be edited", async () => {
    const here = at({ gbk: GBK, latin: LATIN });
    expect((await here.call(read, { path: "gbk" })).text).toBe("1\t中文编码");
    expect((await here.call(read, { path: "latin" })).text).toBe("1\tcafé crème");
  });
});
