import { chmodSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { placeWith } from "../goals.js";
import { place } from "../nanocoder.js";
import { PROMPT, type Session, session } from "./session.js";

const ANSWERS = Array.from({ length: 30 }, (_, n) => `answer ${n}.`);
const KEYS = {
  altB: "\u001bb",
  altF: "\u001bf",
  altD: "\u001bd",
  altY: "\u001by",
  undo: "\u001f",
  ctrlRight: "\u001b[1;5C",
};

const PROMPT_LINE = `${PROMPT} · @ names a file · / commands · ! shell · # remember`;

/** The rows of the draft that stands in the prompt, without their signs. */
function draftIn(screen: readonly string[]): string[] {
  const rules = screen.flatMap((line, at) => (line.startsWith("─") ? [at] : []));
  return screen.slice((rules.at(-2) ?? 0) + 1, rules.at(-1)).map((line) => line.slice(2));
}

/** Waits until the draft reads so, with the caret before the cell of this column of the draft. */
async function reads({ terminal }: Session, draft: string, caret?: number): Promise<void> {
  const isSo = (screen: readonly string[]) => {
    const at = terminal.cursor().column - 2;
    return draftIn(screen).join("\n") === draft && (caret === undefined || at === caret);
  };
  await terminal.until(Object.assign(isSo, { toString: () => `draft ${JSON.stringify(draft)} ${caret}` }));
}

async function typed(it: Session, keys: string, draft: string, caret?: number): Promise<void> {
  it.terminal.type(keys);
  await reads(it, draft, caret);
}

/** Sends what stands in the prompt, and gives the words that the model got. */
async function sent(it: Session): Promise<string> {
  const n = it.server.requests.length;
  it.terminal.key("enter");
  await it.server.arrived(n);
  await it.sees(`answer ${n}.`);
  await it.rests();
  return it.server.requests[n]?.lastText ?? "";
}

describe("the prompt in a terminal", () => {
  it("takes several lines by each key for them, and finds again what was sent", async () => {
    await using it = await session({ script: ANSWERS });
    it.terminal.type("one");
    it.terminal.key("shift-enter");
    it.terminal.type("two");
    it.terminal.key("alt-enter");
    it.terminal.type("three");
    it.terminal.key("ctrl-j");
    await typed(it, "four\\", "one\ntwo\nthree\nfour\\");
    await typed(it, "\r", "one\ntwo\nthree\nfour\n", 0);
    await typed(it, "five", "one\ntwo\nthree\nfour\nfive", 4);
    expect(await sent(it)).toBe("one\ntwo\nthree\nfour\nfive");
    await typed(it, "last words", "last words");
    expect(await sent(it)).toBe("last words");

    await typed(it, "begun", "begun");
    it.terminal.key("up");
    await reads(it, "begun", 0);
    it.terminal.key("up");
    await reads(it, "last words");
    for (let n = 0; n < 2; n += 1) it.terminal.key("up");
    await it.sees("> one");
    for (let n = 0; n < 8; n += 1) it.terminal.key("down");
    await reads(it, "begun");
    it.terminal.key("ctrl-r");
    await it.sees("search:");
    it.terminal.type("thr");
    await it.sees("search: thr 1/1");
    it.terminal.key("enter");
    await reads(it, "one\ntwo\nthree\nfour\nfive");
    await typed(it, KEYS.undo, "begun");
  });

  it("is edited by words, cuts and undo, and by whole characters in their own cells", async () => {
    await using it = await session({ script: ANSWERS });
    await typed(it, "alpha beta gamma", "alpha beta gamma", 16);
    await typed(it, KEYS.altB, "alpha beta gamma", 11);
    await typed(it, KEYS.altB, "alpha beta gamma", 6);
    await typed(it, KEYS.ctrlRight, "alpha beta gamma", 10);
    await typed(it, "\u0017", "alpha  gamma", 6);
    await typed(it, "\u0001", "alpha  gamma", 0);
    await typed(it, KEYS.altD, "  gamma", 0);
    await typed(it, "\u0005", "  gamma", 7);
    await typed(it, "\u0019", "  gammaalpha", 12);
    await typed(it, KEYS.altY, "  gammabeta", 11);
    await typed(it, KEYS.undo, "  gammaalpha");
    await typed(it, "\u0001", "  gammaalpha", 0);
    await typed(it, "\u000b", PROMPT_LINE);
    await typed(it, "hello world", "hello world");
    await typed(it, KEYS.undo, "hello");
    await typed(it, "\u0015", PROMPT_LINE);

    await typed(it, "你好世界", "你好世界", 8);
    it.terminal.key("left");
    await typed(it, "x", "你好世x界", 7);
    it.terminal.key("backspace");
    it.terminal.key("backspace");
    await reads(it, "你好界", 4);
    await typed(it, "👩‍👩‍👧e\u0301", "你好👩‍👩‍👧e\u0301界", 7);
    it.terminal.key("backspace");
    await reads(it, "你好👩‍👩‍👧界", 6);
    it.terminal.key("backspace");
    await reads(it, "你好界", 4);
    it.terminal.key("delete");
    await reads(it, "你好", 4);
    expect(await sent(it)).toBe("你好");
  });

  it("holds every byte of what is pasted, and takes none of it for a command", async () => {
    const big = `begin\n${"\t行 with\ttabs  and blanks 😀\n".repeat(34_000)}end`;
    expect(Buffer.byteLength(big)).toBeGreaterThan(1_000_000);
    const env = { NANOCODER_MAX_CONTEXT: "2000000" };
    await using it = await session({ script: ANSWERS, env });
    it.terminal.type("look: ");
    it.terminal.paste(big);
    await reads(it, "look: [pasted #1: 34,002 lines]");
    expect((await sent(it)) === `look: ${big}`).toBe(true);
    expect(it.terminal.scrollback().length).toBeLessThan(60);

    const escapes = "\u001b[31mred\u001b[0m \u001b]0;title\u0007 \u001b[2J\u001b[?1049h end";
    it.terminal.paste(escapes);
    await it.sees("end");
    expect(await sent(it)).toBe(escapes);
    expect(it.terminal.modes.alternate).toBe(false);
    expect(it.terminal.bytes.log).not.toContain("\u001b]0;title");

    for (const [n, words] of ["/exit", "!touch made", "#remember me"].entries()) {
      it.terminal.paste(words);
      await reads(it, words);
      expect(await sent(it), String(n)).toBe(words);
    }
    expect(readdirSync(it.where.work)).toEqual([]);
    expect(it.server.refusals).toEqual([]);
  });

  it("completes commands, their words and files, and sends what the files hold", async () => {
    const where = placeWith({ "文档/说明.md": "说明的内容\n", "my file.txt": "spaced content\n", "src/a.ts": "1;\n" });
    await using it = await session({ where, script: ANSWERS });
    it.terminal.type("/perm");
    await it.sees("› /permissions");
    it.terminal.key("tab");
    await it.sees("› strict");
    await reads(it, "/permissions");
    it.terminal.type("pl");
    await it.sees("› plan");
    it.terminal.key("tab");
    await reads(it, "/permissions plan");
    it.terminal.key("enter");
    await it.sees("Mode plan: only reads", "─ plan ─");

    it.terminal.type("read @说");
    await it.sees("› 文档/说明.md");
    it.terminal.key("tab");
    await reads(it, "read @文档/说明.md");
    it.terminal.type("and @my");
    await it.sees("› my file.txt");
    it.terminal.key("enter");
    await reads(it, 'read @文档/说明.md and @"my file.txt"');
    await sent(it);
    const body = it.server.requests[0]?.raw ?? "";
    for (const each of ["说明的内容", "spaced content", 'read @文档/说明.md and @\\"my file.txt\\"'])
      expect(body).toContain(each);
    expect(body).not.toContain("1;\\n");
  });

  it("runs a line of one's own, remembers, sends a picture, and opens an editor; its signs tell which", async () => {
    const where = place();
    const png = Buffer.from("89504e470d0a1a0a0000000d494844520000000100000001080600000", "hex");
    const picture = join(where.work, "屏幕 shot.png");
    writeFileSync(picture, png);
    const editor = join(where.home, "editor");
    writeFileSync(
      editor,
      '#!/bin/sh\ncat "$1" > "$1.seen"; cp "$1" "$HOME/seen"; printf "from the editor\\n第二行\\n" > "$1"\n',
    );
    chmodSync(editor, 0o755);
    await using it = await session({ where, script: ANSWERS, env: { EDITOR: editor } });
    await it.sees("> Ask for anything · @ names a file · / commands · ! shell · # remember");
    it.terminal.key("shift-tab");
    await it.sees("─ strict ─", " · strict");
    it.terminal.key("shift-tab");
    await it.sees("─ plan ─");
    it.terminal.key("shift-tab");
    await it.terminal.until((screen) => screen.some((line) => /^─+$/.test(line)) && /default/.test(screen.join("\n")));

    it.terminal.type("!echo $((40 + 2)) 输出; exit 3");
    await it.sees("─ shell ─", "! !echo");
    it.terminal.key("enter");
    await it.sees("! echo $((40 + 2)) 输出; exit 3", "42 输出", "exit code 3");
    it.terminal.type("#use tabs, 不用空格");
    await it.sees("─ remember ─");
    it.terminal.key("enter");
    await it.sees("Remembered as ");
    const memory = readdirSync(join(where.home, ".nanocoder/memory"), { recursive: true, encoding: "utf8" });
    const texts = memory
      .filter((name) => /\.\w+$/.test(name))
      .map((name) => readFileSync(join(where.home, ".nanocoder/memory", name), "utf8"));
    expect(texts.join("\n")).toContain("use tabs, 不用空格");

    it.terminal.paste(picture.replace(" ", "\\ "));
    await reads(it, "[image #1: 屏幕 shot.png]");
    await typed(it, "what is this?", "[image #1: 屏幕 shot.png] what is this?");
    expect(await sent(it)).toContain("[image #1: 屏幕 shot.png] what is this?");
    const body = it.server.requests[0]?.raw ?? "";
    expect(body).toContain(`data:image/png;base64,${png.toString("base64")}`);
    expect(body).toContain(
      "The user ran this command themselves:\\n$ echo $((40 + 2)) 输出; exit 3\\n42 输出\\nExit code 3.",
    );

    await typed(it, "draft for the editor", "draft for the editor");
    it.terminal.key("ctrl-g");
    await reads(it, "from the editor\n第二行");
    expect(readFileSync(join(where.home, "seen"), "utf8")).toBe("draft for the editor");
    expect(await sent(it)).toBe("from the editor\n第二行");
    expect(it.server.refusals).toEqual([]);
  });
});
