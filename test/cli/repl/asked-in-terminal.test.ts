import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { KeyName } from "../../setup/pty.js";
import { placeWith } from "../goals.js";
import { MAIN } from "../nanocoder.js";
import { quiet, type Session, session } from "./session.js";

const bash = (...commands: readonly string[]) => ({
  calls: commands.map((command) => ({ name: "bash", input: { command } })),
});
const write = (path: string, content: string) => ({ calls: [{ name: "write_file", input: { path, content } }] });
const TALL = { rows: 40, columns: 100 };

/** Answers a question by a key, once it stands there for longer than a stray key is feared. */
async function answers(it: Session, key: string, ...shown: readonly string[]): Promise<void> {
  await it.sees(...shown, "yes, this once");
  await quiet();
  it.terminal.type(key);
}

const press = ({ terminal }: Session, key: KeyName) => terminal.key(key);
const made = ({ where }: Session, name: string) => existsSync(join(where.work, name));
const result = ({ server }: Session, n: number) => server.requests[n]?.results.join("\n") ?? "";

describe("a question in a terminal", () => {
  it("is answered by each of its keys: once, for the session, always, no, no and why, changed, Esc", async () => {
    const script = [
      ...[bash("touch once"), "Done 1.", bash("touch once2"), "Done 2."],
      ...[bash("touch s1"), bash("touch s1"), "Done 3."],
      ...[bash("touch a1"), "Done 4.", bash("touch no1"), "Done 5.", bash("touch why1"), "Done 6."],
      ...[bash("touch wrong"), "Done 7.", bash("touch esc"), "Done 8."],
    ];
    await using it = await session({ script, ...TALL });
    await it.sends("one");
    await answers(it, "y", "Allow bash?", "$ touch once", "Runs in: ");
    await it.sees("Done 1.");
    expect(made(it, "once")).toBe(true);
    await it.sends("two");
    await answers(it, "n", "$ touch once2");
    await it.sees("Done 2.");
    expect(made(it, "once2")).toBe(false);
    expect(result(it, 3)).toContain("the user said no");

    await it.sends("three");
    await answers(it, "s", "$ touch s1");
    await it.sees("Done 3.");
    expect(it.server.requests).toHaveLength(7);
    await it.sends("/permissions");
    await it.sees("Allowed until this session ends", "  bash(touch s1)");

    await it.sends("four");
    await answers(it, "a", "$ touch a1", "> bash(touch a1)");
    await it.sees("Done 4.");
    const settings = readFileSync(join(it.where.home, ".nanocoder/settings.json"), "utf8");
    expect(JSON.parse(settings)).toEqual({ permissions: { allow: ["bash(touch a1)"] } });

    await it.sends("five");
    await answers(it, "Ｎ", "$ touch no1");
    await it.sees("Done 5.");
    expect(made(it, "no1")).toBe(false);

    await it.sends("six");
    await answers(it, "t", "$ touch why1");
    await it.sees("No, because (the model reads it):");
    it.terminal.type("请用 make\r");
    await it.sees("Done 6.");
    expect(result(it, 12)).toContain("the user said no: 请用 make");

    await it.sends("seven");
    await answers(it, "e", "$ touch wrong");
    await it.sees("Run this instead (Enter shows it whole first):", "> touch wrong");
    it.terminal.type("\u0015touch right\r");
    await answers(it, "y", "Changed by you; this runs instead, once:", "command: touch right");
    await it.sees("Done 7.");
    expect([made(it, "wrong"), made(it, "right")]).toEqual([false, true]);
    expect(result(it, 14)).toContain("touch right");

    await it.sends("eight");
    await answers(it, "", "$ touch esc");
    press(it, "esc");
    await it.sees("Done 8.");
    expect(made(it, "esc")).toBe(false);
    expect(it.server.refusals).toEqual([]);
  });

  it("waits behind another, is chosen by arrows, and takes no key that came before it could be read", async () => {
    const where = placeWith({});
    const [p1, p2] = [join(where.home, "p1"), join(where.home, "p2")];
    const both = { calls: [...write(p1, "1").calls, ...write(p2, "2").calls] };
    const script = [both, "Both.", bash("touch ahead"), "Stopped."];
    await using it = await session({ where, script, ...TALL });
    await it.sends("both");
    await it.sees("1 more question waits");
    await quiet();
    press(it, "down");
    await it.sees("> y  yes, this once");
    press(it, "enter");
    await it.terminal.until((screen) => !screen.join("\n").includes("1 more question waits"));
    await answers(it, "n", p2.slice(-20));
    await it.sees("Both.");
    expect([existsSync(p1), existsSync(p2)]).toEqual([true, false]);
    expect(it.server.requests[1]?.results).toHaveLength(2);
    await it.rests();

    await it.sends("ahead");
    // somebody who types on while the question comes up
    await it.sees("yes, this once");
    it.terminal.type("yyyyy");
    await it.sees("Typed before you could read this");
    expect(made(it, "ahead")).toBe(false);
    await quiet();
    it.terminal.type("n");
    await it.sees("Stopped.");
    expect(made(it, "ahead")).toBe(false);
  });

  it("shows a file as a diff in mode strict and outside of the workspace, and a long command to its end", async () => {
    const where = placeWith({ "a.txt": "one\ntwo\nthree\n" });
    const outside = join(where.home, "outside.txt");
    const long = Array.from({ length: 60 }, (_, n) => `touch long${n}`).join("\n");
    const script = [
      ...[{ calls: [{ name: "read_file", input: { path: "a.txt" } }] }, write("a.txt", "one\n2\nthree\n"), "Edited."],
      ...[write(outside, "new words\n"), "Outside.", bash(long), "Long."],
    ];
    await using it = await session({ where, script, ...TALL });
    await it.sends("/permissions strict");
    await it.sees("Mode strict");
    await it.sends("edit");
    await answers(it, "y", "Allow write_file?", "2 -two", "2 +2");
    await it.sees("Edited.");
    expect(readFileSync(join(where.work, "a.txt"), "utf8")).toBe("one\n2\nthree\n");
    await it.sends("/permissions default");
    await it.sees("Mode default");
    await it.sends("outside");
    await answers(it, "y", outside.slice(-30), "+new words");
    await it.sees("Outside.");
    expect(readFileSync(outside, "utf8")).toBe("new words\n");

    await it.sends("long");
    await answers(it, "y", "more lines below: PgDn, End");
    await it.sees("Read it to the end first: End, PgDn.");
    expect(it.terminal.screen().join("\n")).not.toContain("touch long59");
    press(it, "page-down");
    await it.sees("lines below", "touch long40");
    press(it, "end");
    await it.sees("touch long59", "this is the end;");
    it.terminal.type("y");
    await it.sees("Long.");
    expect(made(it, "long59")).toBe(true);
  });

  it("hides nothing in 40 columns: wide characters, colours, what turns text round, and blanks", async () => {
    const command =
      "echo '\u202e删除\u200b所有文件 👩‍👩‍👧 \u001b[8mhidden' > 名字.txt  # 一二三四五六七八九十一二三四五六七八九十";
    const script = [bash(command), "Narrow."];
    await using it = await session({ script, columns: 40, rows: 24, until: "Ask for" });
    it.terminal.type("go\r");
    await it.sees("y  yes, this once");
    const screen = it.terminal.screen();
    const all = screen.map((line) => line.replace(/^(?:\$ | {2})/, "")).join("");
    for (const each of ["\\u{202e}删除\\u{200b}所有文件", "\\u{1b}[8mhidden", "八九十一二三四五六七八九十"])
      expect(all).toContain(each);
    for (const line of screen) expect(line).not.toContain("\u202e");
    press(it, "end");
    await it.sees("this is the end");
    await quiet();
    it.terminal.type("ｙ");
    await it.sees("Narrow.");
    expect(readFileSync(join(it.where.work, "名字.txt"), "utf8")).toBe(
      "\u202e删除\u200b所有文件 👩‍👩‍👧 \u001b[8mhidden\n",
    );
  });
});

describe("a person who looks elsewhere is called", () => {
  it("when it asks, once, and when a long turn ends, but not after a short one", async () => {
    const script = [bash("touch c1", "touch c2"), "Asked.", "Short.", { silent: true as const }];
    const where = placeWith({});
    // twenty seconds go by when the test says so
    const clock = join(where.work, "clock.mjs");
    const shift = "let by = 0; const now = Date.now; Date.now = () => now() + by;";
    writeFileSync(clock, `${shift} process.on("SIGUSR2", () => { by += 20_000; });\n`);
    await using it = await session({ where, script, args: ["--import", clock, MAIN, "--no-sandbox"], ...TALL });
    const calls = () => it.terminal.bytes.log.match(/\u0007\u001b\]9;[^\u0007]*\u0007/g) ?? [];
    await it.sends("ask");
    await answers(it, "y", "$ touch c1");
    await answers(it, "y", "$ touch c2");
    await it.sees("Asked.");
    expect(calls()).toEqual(["\u0007\u001b]9;nanocoder asks: bash\u0007"]);
    await it.rests();
    await it.sends("short");
    await it.sees("Short.");
    await it.rests();
    expect(calls()).toHaveLength(1);
    await it.sends("long");
    await it.server.arrived(3);
    it.terminal.signal("SIGUSR2");
    await it.sees("20 s");
    press(it, "esc");
    await it.rests();
    await expect.poll(calls).toHaveLength(2);
    expect(calls()[1]).toMatch(/^\u0007\u001b\]9;nanocoder is done after 2\d[^\u0007]*\u0007$/);
  });
});
