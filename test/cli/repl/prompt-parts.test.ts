import { mkdirSync, mkdtempSync, realpathSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, it } from "vitest";
import { readImage } from "../../../src/cli/repl/prompt/images.js";
import { mentioned } from "../../../src/cli/repl/prompt/mentions.js";
import { promptParts } from "../../../src/cli/repl/prompt/prompt-parts.js";
import type { Json } from "../../../src/core/message.js";
import type { ToolContext } from "../../../src/core/tool.js";
import { scriptedModel } from "../../../src/models/scripted/model.js";
import { KEY, tried } from "./boxes.js";

const PNG = Buffer.from("89504e470d0a1a0a0000000d49484452", "hex");

function workspace(): string {
  const cwd = realpathSync(mkdtempSync(join(tmpdir(), "nanocoder-parts-")));
  mkdirSync(join(cwd, "src"));
  writeFileSync(join(cwd, "src/a.ts"), "const a = 1;\n// ``` not the end\n");
  writeFileSync(join(cwd, "my notes.md"), "notes\n");
  writeFileSync(join(cwd, ".env"), "KEY=secret\n");
  writeFileSync(join(cwd, "shot.png"), PNG);
  return cwd;
}

function contextIn(cwd: string): ToolContext & { facts: Json[] } {
  const facts: Json[] = [];
  const signal = new AbortController().signal;
  const record = (fact: { type: string }) =>
    void facts.push(fact.type === "state" && "key" in fact ? String(fact.key) : "");
  return { events: [], model: scriptedModel([]), cwd, signal, emit() {}, callId: "", progress() {}, record, facts };
}

const given = (words: string, parts: Parameters<typeof promptParts>[2], images: { path: string }[] = []) =>
  promptParts(words, { images, typed: words }, parts);

describe("files that words name", () => {
  const exists = (path: string) => ["/w/src/a.ts", "/w/my notes.md", "/w/中文.md", "/w/a.b"].includes(path);
  const paths = (words: string) => mentioned(words, "/w", exists).map(({ path }) => path);

  it("are found bare and quoted, at the end of a sentence, and between Han", () => {
    expect(paths('compare @src/a.ts, @"my notes.md" and @src/a.ts.')).toEqual(["src/a.ts", "my notes.md"]);
    expect(paths("看@中文.md。(@a.b)")).toEqual(["中文.md", "a.b"]);
    expect(paths("me@src/a.ts @missing @ @@src/a.ts @types/node")).toEqual([]);
  });

  it("come with the prompt as read_file shows them, and are known as read", async () => {
    const cwd = workspace();
    const context = contextIn(cwd);
    const { parts, notices } = await given("explain @src/a.ts", { context, home: "/home/me" });
    expect(parts).toEqual([
      { type: "text", text: "explain @src/a.ts" },
      {
        type: "text",
        text: "\n\nWhat the files named with @ hold now:\n\nsrc/a.ts\n````\n1\tconst a = 1;\n2\t// ``` not the end\n````",
      },
    ]);
    expect([notices, context.facts]).toEqual([[], [`file:${join(cwd, "src/a.ts")}`]]);
  });

  it("are not looked for in a long paste", () => {
    const box = tried();
    box.type("see @a.ts ");
    box.paste("@b.ts\n".repeat(20));
    box.press(KEY.enter);
    expect(box.sent[0]?.more?.typed.trim()).toBe("see @a.ts");
  });

  it("stay words where they lie outside, hold secrets, are too much, or are refused by a rule", async () => {
    const cwd = workspace();
    symlinkSync("/etc/hostname", join(cwd, "link"));
    for (const name of ["b", "c", "d"]) writeFileSync(join(cwd, name), `${"x".repeat(1000)}\n`.repeat(50));
    const refuses = (path: string) => (path.endsWith("notes.md") ? "A rule denies it." : undefined);
    const words = 'see @/etc/passwd @link @.env @"my notes.md" @b @c @d';
    const { parts, notices } = await given(words, { context: contextIn(cwd), home: "/home/me", refuses });
    expect(notices).toEqual([
      `@/etc/passwd lies outside of ${cwd}: only its name is sent.`,
      `@link lies outside of ${cwd}: only its name is sent.`,
      "@.env may hold secrets: only its name is sent.",
      "@my notes.md: A rule denies it. Only its name is sent.",
      "@d is more than fits beside the other files: only its name is sent.",
    ]);
    expect(JSON.stringify(parts)).not.toContain("root:");
    expect(JSON.stringify(parts)).not.toContain("KEY=secret");
  });
});

describe("images", () => {
  it("are sent by what they are, not by their name", async () => {
    const cwd = workspace();
    writeFileSync(join(cwd, "photo.png"), Buffer.from("ffd8ffe000104a464946", "hex"));
    const sent = await given("see @shot.png", { context: contextIn(cwd), home: "/" }, [
      { path: join(cwd, "photo.png") },
    ]);
    expect(sent.parts.slice(1)).toEqual([
      { type: "image", mime: "image/jpeg", data: "/9j/4AAQSkZJRg==" },
      { type: "image", mime: "image/png", data: PNG.toString("base64") },
    ]);
  });

  it("that are missing, too large or none are told in a sentence", () => {
    const cwd = workspace();
    const large = join(cwd, "large.png");
    writeFileSync(large, PNG);
    truncateSync(large, 6_000_000);
    writeFileSync(join(cwd, "text.png"), "hello");
    expect(() => readImage(join(cwd, "no.png"))).toThrow(`The image ${cwd}/no.png cannot be sent: it does not exist.`);
    expect(() => readImage(large)).toThrow(
      `The image ${large} cannot be sent: it has 6.0 MB; an image may have 3.9 MB.`,
    );
    expect(() => readImage(join(cwd, "text.png"))).toThrow(`${cwd}/text.png is no PNG, JPEG, GIF or WebP image.`);
    expect(() => readImage(cwd)).toThrow(`The image ${cwd} cannot be sent: it is no file.`);
  });

  it("become marks when their paths are pasted, however a terminal writes them", () => {
    const cwd = workspace();
    writeFileSync(join(cwd, "a b's.png"), PNG);
    const spelt = [
      `${cwd}/a\\ b\\'s.png`,
      `"${cwd}/a b's.png"`,
      pathToFileURL(`${cwd}/a b's.png`).href,
      "a b's.png",
      "'a b'\\''s.png' ",
    ];
    for (const each of spelt) {
      const box = tried({ cwd });
      box.type("look ");
      box.paste(each);
      expect(box.lines()[1], each).toBe("> look [image #1: a b's.png]");
      box.press(KEY.enter);
      expect(box.sent).toEqual([
        {
          words: "look [image #1: a b's.png]",
          more: expect.objectContaining({ images: [{ path: join(cwd, "a b's.png") }], plain: false }),
        },
      ]);
      expect(box.past[0]?.words).toBe(`look @"${join(cwd, "a b's.png")}"`);
    }
  });

  it("are sent again from another session, and after the draft was in an editor", async () => {
    const [cwd, elsewhere] = [workspace(), workspace()];
    const path = join(elsewhere, "shot.png");
    const later = tried({ cwd }, [{ words: `see @"${path}" again`, plain: false }]);
    later.press(KEY.up);
    expect(later.lines()[1]).toBe("> see [image #1: shot.png] again");
    later.press(KEY.enter);
    expect(later.sent[0]?.more?.images).toEqual([{ path }]);
    let drawn = () => {};
    const changed = new Promise<void>((resolve) => {
      drawn = resolve;
    });
    const edited = tried({ cwd, edit: async (words) => `${words} now`, changed: () => drawn() });
    edited.paste(path);
    edited.press(KEY.ctrl("g"));
    await changed;
    expect(edited.lines()[1]).toBe("> [image #1: shot.png] now");
  });

  it("are counted, go away as one, and are only words when they do not exist", () => {
    const cwd = workspace();
    const box = tried({ cwd });
    box.paste(`${cwd}/shot.png '${cwd}/shot.png'`);
    expect(box.lines()[1]).toBe("> [image #1: shot.png] [image #2: shot.png]");
    box.press(KEY.erase, KEY.erase, KEY.enter);
    expect(box.sent[0]).toEqual({
      words: "[image #1: shot.png]",
      more: expect.objectContaining({ images: [{ path: join(cwd, "shot.png") }], plain: true }),
    });
    box.paste(`${cwd}/none.png`);
    expect(box.box.text()).toBe(`${cwd}/none.png`);
  });
});
