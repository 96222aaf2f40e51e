import { spawn } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { fileHistory } from "../../../src/cli/repl/prompt/history.js";
import { redactor } from "../../../src/platform/secrets.js";
import { addToHistory, readHistory } from "../../../src/store/prompt-history.js";
import { KEY, tried } from "./boxes.js";

const folder = () => mkdtempSync(join(tmpdir(), "nanocoder-history-"));
const opened = (home: string, cwd = "/work") =>
  fileHistory({ home, cwd, redact: redactor([]).text, failed: (error) => expect.unreachable(String(error)) });
const past = (words: string, plain = false) => ({ words, plain });

describe("the file of prompts", () => {
  it("is found by the next session, folder first, and is private", async () => {
    const home = join(folder(), "new");
    const [here, there] = [opened(home), opened(home, "/elsewhere")];
    here.add(past("one"));
    await here.settled();
    there.add(past("two"));
    await there.settled();
    here.add(past("!three"));
    here.add(past("!three"));
    await here.settled();
    expect(statSync(join(home, "history.jsonl")).mode & 0o777).toBe(0o600);
    const next = opened(home, "/elsewhere");
    expect(next.all().map(({ words }) => words)).toEqual(["!three", "two", "one"]);
    expect(next.near().map(({ words }) => words)).toEqual(["two", "!three", "one"]);
  });

  it("holds secrets redacted, while the session itself finds what was typed", async () => {
    const home = folder();
    const secret = `use sk-ant-api03-${"aB3dE5".repeat(12)}`;
    const history = opened(home);
    history.add(past(secret));
    await history.settled();
    expect(readFileSync(join(home, "history.jsonl"), "utf8")).toMatch(/use \[redacted:/);
    expect(history.all()[0]?.words).toBe(secret);
  });

  it("survives lines that are cut off or damaged", async () => {
    const home = folder();
    writeFileSync(
      join(home, "history.jsonl"),
      '{"at":1,"cwd":"/","words":"good","plain":false}\nnot json\n{"at":1}\n{"at":2,"wor',
    );
    await addToHistory(home, { at: 3, cwd: "/", words: "after", plain: true });
    expect(readHistory(home).map(({ words, plain }) => [words, plain])).toEqual([
      ["good", false],
      ["after", true],
    ]);
  });

  it("that cannot be read or written is told once, and the session has its own", async () => {
    const home = folder();
    mkdirSync(join(home, "history.jsonl"));
    const told: unknown[] = [];
    const history = fileHistory({ home, cwd: "/", redact: (words) => words, failed: (error) => void told.push(error) });
    history.add(past("one"));
    history.add(past("two"));
    await history.settled();
    expect(history.near().map(({ words }) => words)).toEqual(["two", "one"]);
    expect(told).toHaveLength(1);
  });

  it("keeps the newest thousand, and shortens a file that grew large", async () => {
    const home = folder();
    const line = (n: number, pad = "") => `${JSON.stringify({ at: n, cwd: "/", words: `${n}${pad}`, plain: false })}\n`;
    appendFileSync(join(home, "history.jsonl"), Array.from({ length: 1250 }, (_, n) => line(n)).join(""));
    await addToHistory(home, { at: 1250, cwd: "/", words: "last", plain: false });
    expect(readHistory(home)).toHaveLength(1000);
    expect(readHistory(home).at(-1)?.words).toBe("last");
    expect(readHistory(home)[0]?.words).toBe("251");
    appendFileSync(
      join(home, "history.jsonl"),
      Array.from({ length: 200 }, (_, n) => line(n, "x".repeat(30_000))).join(""),
    );
    await addToHistory(home, { at: 1, cwd: "/", words: "end", plain: false });
    expect(statSync(join(home, "history.jsonl")).size).toBeLessThan(2_000_001);
    expect(readHistory(home).at(-1)?.words).toBe("end");
  });

  it("loses nothing of several sessions that write at once, also while it is shortened", async () => {
    const home = folder();
    const script = `
      import { addToHistory } from ${JSON.stringify(join(import.meta.dirname, "../../../src/store/prompt-history.ts"))};
      for (let n = 0; n < 30; n += 1)
        await addToHistory(${JSON.stringify(home)}, { at: n, cwd: "/", words: process.argv[1] + n, plain: false });`;
    const lines = Array.from({ length: 1200 }, (_, n) => `{"at":${n},"cwd":"/","words":"old${n}","plain":false}\n`);
    writeFileSync(join(home, "history.jsonl"), lines.join(""));
    const children = ["a", "b", "c"].map((name) => writer(script, name));
    expect(await Promise.all(children)).toEqual([0, 0, 0]);
    const words = new Set(readHistory(home).map((entry) => entry.words));
    const wanted = ["a", "b", "c"].flatMap((name) => Array.from({ length: 30 }, (_, n) => `${name}${n}`));
    expect(wanted.filter((each) => !words.has(each))).toEqual([]);
    expect(words.size).toBeLessThan(1200);
  });
});

async function writer(script: string, name: string): Promise<number> {
  const bundled = await (await import("esbuild")).build({
    stdin: { contents: script, resolveDir: import.meta.dirname, loader: "ts" },
    bundle: true,
    platform: "node",
    format: "esm",
    write: false,
  });
  const child = spawn(process.execPath, ["--input-type=module", "-e", bundled.outputFiles[0]?.text ?? "", name], {
    stdio: "inherit",
  });
  const [code] = await once(child, "exit");
  return Number(code);
}

describe("browsing", () => {
  it("goes through what was sent by Up and Down, and comes back to what was being typed", () => {
    const box = tried({}, [past("newest"), past("two\nlines"), past("oldest")]);
    box.type("draft");
    box.press(KEY.up, KEY.up);
    expect(box.box.text()).toBe("newest");
    box.press(KEY.up, KEY.up);
    expect(box.box.text()).toBe("two\nlines");
    box.press(KEY.up, KEY.up, KEY.up);
    expect(box.box.text()).toBe("oldest");
    box.press(KEY.down, KEY.down, KEY.down, KEY.down);
    expect(box.box.text()).toBe("draft");
  });

  it("makes what was found a draft of its own when it is changed", () => {
    const box = tried({}, [past("b"), past("a")]);
    box.press(KEY.up);
    box.type("!");
    box.press(KEY.down, KEY.enter);
    expect(box.sent.map(({ words }) => words)).toEqual(["b!"]);
    expect(box.past[0]).toEqual(past("b!"));
  });

  it("finds a paste folded again, and text that was pasted is still text", () => {
    const box = tried();
    box.paste("l\n".repeat(50));
    box.press(KEY.enter, KEY.up);
    expect(box.lines()[1]).toBe("> [pasted #1: 50 lines]");
    box.press(KEY.ctrl("c"));
    box.paste("/etc");
    box.press(KEY.enter, KEY.up, KEY.enter);
    expect(box.sent.map(({ more }) => more?.plain)).toEqual([true, true, true]);
  });
});

describe("searching", () => {
  const entries = [past("Fix the parser"), past("run tests"), past("fix the lexer")];

  it("shows the newest that fits, goes to older ones, and takes one by Enter without sending it", () => {
    const box = tried({}, entries);
    box.type("draft");
    box.press(KEY.ctrl("r"));
    box.type("fix th");
    expect(box.lines().slice(1)).toEqual(["> Fix the parser", "─".repeat(60), "search: fix th 1/2"]);
    expect(box.caret()).toEqual({ row: 3, column: 14 });
    box.press(KEY.ctrl("r"));
    expect(box.box.text()).toBe("fix the lexer");
    box.press(KEY.enter);
    expect([box.box.text(), box.sent]).toEqual(["fix the lexer", []]);
    box.press(KEY.undo);
    expect(box.box.text()).toBe("draft");
  });

  it("goes back to what was there by Esc, and says when there is nothing", () => {
    const box = tried({}, entries);
    box.type("draft");
    box.press(KEY.ctrl("r"));
    box.type("zzz");
    expect(box.lines().at(-1)).toBe("search: zzz nothing found");
    box.press(KEY.erase, KEY.erase, KEY.erase);
    box.type("tests");
    box.press(KEY.escape);
    expect(box.box.text()).toBe("draft");
    box.type("s");
    expect(box.box.text()).toBe("drafts");
  });

  it("takes what was found with a key that moves in it", () => {
    const box = tried({}, entries);
    box.press(KEY.ctrl("r"));
    box.type("run");
    box.press(KEY.home);
    box.type("x");
    expect(box.box.text()).toBe("xrun tests");
  });
});
