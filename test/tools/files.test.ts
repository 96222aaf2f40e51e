import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { editFile } from "../../src/tools/edit-file.js";
import { readFile } from "../../src/tools/read-file.js";
import { writeFile } from "../../src/tools/write-file.js";
import { bench } from "./tools.js";

const read = readFile();
const write = writeFile();
const edit = editFile();

function at(files: Record<string, string | Buffer> = {}) {
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

describe("read_file", () => {
  it("numbers lines, from an offset and up to a limit, and says what follows", async () => {
    const here = at({ a: "one\ntwo\r\nthree\nfour" });
    expect((await here.call(read, { path: "a" })).text).toBe("1\tone\n2\ttwo\n3\tthree\n4\tfour");
    expect((await here.call(read, { path: "a", offset: 2, limit: 2 })).text).toBe(
      "2\ttwo\n3\tthree\n[1 more lines of 4; go on with offset 4]",
    );
    expect((await here.call(read, { path: "a", offset: "3" })).text).toBe("3\tthree\n4\tfour");
    expect((await here.call(read, { file_path: "a", offset: 9 })).text).toBe("a has 4 lines; line 9 is past its end.");
  });

  it("shows an empty file, a folder, an image; refuses a binary", async () => {
    const here = at({ empty: "", "p.png": "png", bin: Buffer.from([1, 0, 2]) });
    expect((await here.call(read, { path: "empty" })).text).toBe("(empty file)");
    expect((await here.call(read, { path: "." })).text).toBe(". is a folder. It holds:\nbin\nempty\np.png");
    expect((await here.call(read, { path: "p.png" })).parts).toEqual([
      { type: "image", mime: "image/png", data: Buffer.from("png").toString("base64") },
    ]);
    await expect(here.call(read, { path: "bin" })).rejects.toThrow("bin is binary (3 bytes)");
  });

  it("names what is spelt alike when a file is missing", async () => {
    const here = at({ "config.json": "" });
    await expect(here.call(read, { path: "confg.json" })).rejects.toThrow(
      "confg.json does not exist. Did you mean config.json?",
    );
    await expect(here.call(read, { path: "no/such/thing" })).rejects.toThrow("Look for it with glob");
    await expect(here.call(read, { path: "~/x" })).rejects.toThrow("~ is not expanded");
    await expect(here.call(read, {})).rejects.toThrow("path is missing (a string).");
  });

  it("reads byte order marks and UTF-16, and replaces what is no UTF-8", async () => {
    const utf16 = Buffer.from("\ufeffhä\nb", "utf16le");
    const here = at({ bom: "\ufeffx", le: utf16, be: Buffer.from(utf16).swap16(), bad: Buffer.from([97, 255, 98]) });
    expect((await here.call(read, { path: "bom" })).text).toBe("1\tx");
    expect((await here.call(read, { path: "le" })).text).toBe("1\thä\n2\tb");
    expect((await here.call(read, { path: "be" })).text).toBe("1\thä\n2\tb");
    expect((await here.call(read, { path: "bad" })).text).toBe("1\ta\ufffdb");
  });

  it("cuts long lines and long files, and holds little of a huge one", async () => {
    const here = at({ long: `${"x".repeat(5000)}\nend`, many: "line\n".repeat(20_000) });
    expect((await here.call(read, { path: "long" })).text).toBe(
      `1\t${"x".repeat(2000)} […3000 characters more]\n2\tend`,
    );
    expect((await here.call(read, { path: "many" })).text).toMatch(
      /2000\tline\n\[18000 more lines of 20000; go on with offset 2001\]$/,
    );
    writeFileSync(here.path("huge"), Buffer.alloc(150_000_000, "0123456789\n"));
    const before = process.memoryUsage().rss;
    const huge = await here.call(read, { path: "huge", offset: 1000, limit: 2 });
    expect(huge.text).toBe("1000\t0123456789\n1001\t0123456789\n[more lines follow; go on with offset 1002]");
    expect(process.memoryUsage().rss - before).toBeLessThan(50_000_000);
  });
});

describe("write_file", () => {
  it("creates folders, reports lines, and shows what changed", async () => {
    const here = at();
    expect((await here.call(write, { path: "a/b/c.txt", content: "x\ny\n" })).text).toBe("Created a/b/c.txt, 2 lines");
    const again = await here.call(write, { path: "a/b/c.txt", content: "x\nz\n" });
    expect(again.text).toContain("Wrote a/b/c.txt, 2 lines (+1 -1)");
    expect(again.text).toContain("-y\n+z");
    expect(again.details).toMatchObject({ path: "a/b/c.txt", added: 1, removed: 1 });
    expect((await here.call(write, { path: "a/b/c.txt", content: "x\nz\n" })).text).toContain("nothing was written");
    expect(readdirSync(here.path("a/b"))).toEqual(["c.txt"]);
  });

  it("keeps the mode, writes through a link, refuses a folder and says why it cannot", async () => {
    const here = at({ run: "a", real: "b" });
    chmodSync(here.path("run"), 0o755);
    symlinkSync(here.path("real"), here.path("link"));
    await here.call(write, { path: "run", content: "c" });
    expect(statSync(here.path("run")).mode & 0o777).toBe(0o755);
    await here.call(write, { path: "link", content: "d" });
    expect(lstatSync(here.path("link")).isSymbolicLink()).toBe(true);
    expect(here.content("real")).toBe("d");
    mkdirSync(here.path("dir"));
    await expect(here.call(write, { path: "dir", content: "" })).rejects.toThrow("dir is a folder");
    await expect(here.call(write, { path: "run/x", content: "" })).rejects.toThrow(
      /could not be written: a part of the path is a file/,
    );
    await expect(here.call(write, { path: "x" })).rejects.toThrow("content is missing (a string).");
  });
});

describe("edit_file", () => {
  const change = (path: string, old_text: string, new_text: string, more = {}) => ({
    path,
    old_text,
    new_text,
    ...more,
  });

  it.each([
    ["LF in old_text, CRLF in the file", "a\r\nb\r\nc\r\n", "a\nb", "a\nB", "a\r\nB\r\nc\r\n"],
    ["an exact place beside one that differs in its endings", "a\r\nb\r\na\nb\n", "a\nb", "x", "a\r\nb\r\nx\n"],
    ["mixed endings", "a\r\nb\nc\r\n", "c", "C", "a\r\nb\nC\r\n"],
    ["CRLF in new_text, LF in the file", "a\nb\n", "b", "x\r\ny", "a\nx\ny\n"],
    ["a byte order mark", "\ufeffx=1\n", "x=1", "x=2", "\ufeffx=2\n"],
    ["no newline at the end", "a\nb", "b", "c", "a\nc"],
    ["replacement patterns", "cost: 1", "1", "$& $1 $$", "cost: $& $1 $$"],
    ["backslashes", '"C:\\x"', '"C:\\x"', '"C:\\y"', '"C:\\y"'],
    ["what looks like a regex", "a.*b( axxb(", "a.*b(", "c", "c axxb("],
    ["a full-width comment on the line", "A_B = 3 // 最大３回", "A_B", "A_C", "A_C = 3 // 最大３回"],
    ["a line of 5 MB", `${"x".repeat(5_000_000)}needle`, "needle", "pin", `${"x".repeat(5_000_000)}pin`],
  ])("%s", async (_, before, old, fresh, after) => {
    const here = at({ f: before });
    await here.call(edit, change("f", old, fresh));
    expect(here.content("f")).toBe(after);
  });

  it("keeps UTF-16, and bytes that are no UTF-8", async () => {
    const here = at({
      le: Buffer.from("\ufeffold ü", "utf16le"),
      latin: Buffer.from([...Buffer.from("name = old # "), 0xe9, 0xff]),
    });
    await here.call(edit, change("le", "old", "nöw"));
    expect(here.bytes("le")).toEqual(Buffer.from("\ufeffnöw ü", "utf16le"));
    await here.call(edit, change("latin", "old", "new"));
    expect(here.bytes("latin")).toEqual(Buffer.from([...Buffer.from("name = new # "), 0xe9, 0xff]));
    await expect(here.call(edit, change("latin", "new", "é"))).rejects.toThrow("not UTF-8");
  });

  it.each([
    ["text that stands twice", "import a\nx\nimport a\n", "import a", "b", /stands 2 times in f \(lines 1, 3\)/],
    [
      "text that is not there",
      "def foo():\n    return 1\n",
      "def foo():\n    return 2",
      "x",
      /stands 0 times[\s\S]*nearest text is:\n1\tdef foo\(\):\n2\t {4}return 1/,
    ],
    ["other case", "Foo", "foo", "x", /0 times/],
    ["nothing to change", "a", "a", "a", /the same/],
    ["an edit that was already made", "new", "old", "new", /already applied/],
    ["line numbers copied from a reading", "foo\nbar\n", "1\tfoo\n2\tbar", "x", /line numbers/],
    ["a line end written as two characters", "a\nb", "a\\nb", "x", /two characters/],
    ["an empty old_text", "a", "", "x", /old_text is empty/],
    ["a binary", "a\0b", "a", "x", /binary/],
  ])("refuses %s, and changes nothing", async (_, before, old, fresh, why) => {
    const here = at({ f: before });
    await expect(here.call(edit, change("f", old, fresh))).rejects.toThrow(why);
    expect(here.content("f")).toBe(before);
  });

  it("replaces all when asked, in one pass, and counts", async () => {
    const here = at({ f: "a b a\na" });
    expect((await here.call(edit, change("f", "a", "aa", { replace_all: true }))).text).toContain(
      "Edited f in 3 places (+2 -2)",
    );
    expect(here.content("f")).toBe("aa b aa\naa");
  });

  it("creates a file of an empty old_text, and takes other names of its arguments", async () => {
    const here = at();
    await here.call(edit, change("new/f", "", "made"));
    await here.call(edit, { file_path: "new/f", old_string: "made", new_string: "mended" });
    expect(here.content("new/f")).toBe("mended");
    await expect(here.call(edit, change("absent", "a", "b"))).rejects.toThrow("does not exist");
  });

  it("keeps the mode and leaves no temporary file", async () => {
    const here = at({ f: "a" });
    chmodSync(here.path("f"), 0o750);
    await here.call(edit, change("f", "a", "b"));
    expect(statSync(here.path("f")).mode & 0o777).toBe(0o750);
    expect(readdirSync(here.cwd)).toEqual(["f"]);
  });

  it("changes no byte outside of its match, whatever the file holds (property)", async () => {
    const piece = fc.string({ unit: fc.constantFrom("a", "b", "\n", "\r\n", "ü", "🌍", " ", "$&"), maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(piece, piece, piece, async (before, after, fresh) => {
        const here = at({ f: `${before}<OLD>${after}` });
        await here.call(edit, change("f", "<OLD>", `${fresh}!`));
        const bytes = here.bytes("f");
        expect(bytes.subarray(0, Buffer.byteLength(before)).toString()).toBe(before);
        expect(bytes.subarray(bytes.length - Buffer.byteLength(after)).toString()).toBe(after);
        const middle = bytes.subarray(Buffer.byteLength(before), bytes.length - Buffer.byteLength(after)).toString();
        expect(middle.replaceAll("\r\n", "\n")).toBe(`${fresh}!`.replaceAll("\r\n", "\n"));
        await expect(here.call(edit, change("f", "<OLD>", `${fresh}!`))).rejects.toThrow("0 times");
      }),
      { numRuns: 60 },
    );
  });

  it("leaves the file as it was when it cannot be written", async () => {
    const here = at({ f: "a" });
    expect(existsSync(here.path("f"))).toBe(true);
    await expect(here.call(edit, change("/proc/version", "Linux", "x"))).rejects.toThrow(
      /read-only|could not be written/,
    );
  });
});
