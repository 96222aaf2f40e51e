import { existsSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { beforeAll, describe, expect, it } from "vitest";
import { type PtyOptions, pty } from "../../setup/pty.js";

const work = mkdtempSync(join(tmpdir(), "nanocoder-face-"));
const FACE = join(work, "face.mjs");

beforeAll(async () => {
  await build({
    entryPoints: [join(import.meta.dirname, "fixtures/face.ts")],
    outfile: FACE,
    bundle: true,
    platform: "node",
    format: "esm",
    logLevel: "error",
  });
});

async function face(options: Partial<PtyOptions> = {}) {
  const session = pty({ file: process.execPath, args: [FACE], cwd: work, ...options });
  await session.until("ready 80x24");
  return session;
}

describe("a terminal in our hands", () => {
  it("is raw, marks pastes, and is left as it was", async () => {
    const session = await face();
    expect(session.restored()).toContain("raw mode");
    expect(session.modes).toMatchObject({ bracketedPaste: true, cursor: true, alternate: false });
    session.type("abc");
    await session.until("> abc");
    expect(session.cursor()).toEqual({ row: 2, column: 5 });
    session.key("enter");
    await session.until("said abc");
    session.key("ctrl-d");
    expect(await session.ended).toMatchObject({ code: 0 });
    expect(session.restored()).toEqual([]);
    expect(session.scrollback().filter((line) => line !== "")).toEqual(["hello", "said abc"]);
  });

  it.each([
    ["SIGTERM", 143, (session: Awaited<ReturnType<typeof face>>) => session.signal("SIGTERM")],
    ["SIGHUP", 129, (session: Awaited<ReturnType<typeof face>>) => session.signal("SIGHUP")],
    ["a crash", 1, (session: Awaited<ReturnType<typeof face>>) => session.key("ctrl-x")],
  ])("is restored after %s, in the plain state and when covered", async (what, code, end) => {
    for (const covered of [false, true]) {
      const session = await face({ kitty: covered });
      if (covered) session.key("ctrl-t");
      await session.until(covered ? "covered 80x24" : "ready");
      expect(session.modes.alternate).toBe(covered);
      end(session);
      expect(await session.ended).toMatchObject({ code });
      expect(session.restored()).toEqual([]);
      if (what === "a crash") expect(session.scrollback().join("\n")).toContain("Error: injected crash");
    }
  });

  it("speaks the Kitty protocol where the terminal does, and otherwise asks xterm for other keys", async () => {
    const kitty = await face({ kitty: true });
    kitty.type("\u001b[97;1:1u\u001b[97;1:3u");
    await kitty.until("97;1:1u");
    expect(kitty.screen().join("\n")).not.toContain("1:3u");
    expect(kitty.modes.kitty).toBe(1);
    kitty.key("ctrl-t");
    await kitty.until(() => kitty.modes.kitty === 2);
    kitty.key("ctrl-u");
    await kitty.until(() => kitty.modes.kitty === 1 && !kitty.modes.alternate);
    kitty.key("ctrl-d");
    await kitty.ended;
    expect(kitty.bytes.log).not.toContain("\u001b[>4;2m");

    const xterm = await face();
    await xterm.until(() => xterm.modes.otherKeys === 2);
    xterm.key("ctrl-d");
    await xterm.ended;
    expect([...kitty.restored(), ...xterm.restored()]).toEqual([]);
  });

  it("takes a megabyte at once as one paste", async () => {
    const session = await face();
    const text = "hello 世界\n".repeat(90_000);
    session.paste(text);
    await session.until(`<${text.length + 12}>`);
    session.key("ctrl-d");
    await session.ended;
  });

  it("is lent and taken back below what the other program left", async () => {
    const session = await face();
    session.key("ctrl-l");
    await session.until((lines) => lines[1]?.startsWith("lent") === true && lines[3] === ">");
    expect(session.screen().filter((line) => line !== "")).toEqual([
      "hello",
      "lent without an end",
      "ready 80x24",
      ">",
    ]);
    session.type("x");
    await session.until("> x");
    session.key("ctrl-d");
    await session.ended;
    expect(session.restored()).toEqual([]);
  });

  it("rings with words that cannot act on the terminal", async () => {
    const session = await face();
    session.key("ctrl-g");
    session.type("x");
    await session.until("> x");
    expect(session.bytes.log).toContain("\u0007\u001b]9;it is  [31mdone \u0007");
    session.key("ctrl-d");
    await session.ended;
  });

  it("stops on Ctrl-Z with the terminal restored, and is back when it goes on", async () => {
    const session = pty({ file: "bash", args: ["--norc", "-i"], cwd: work, env: { PS1: "shell$ " } });
    await session.until("shell$");
    session.type(`${process.execPath} ${FACE}\r`);
    await session.until("ready");
    session.type("before");
    await session.until("> before");
    session.key("ctrl-z");
    await session.until(/Stopped[\s\S]*shell\$/);
    expect(session.modes).toMatchObject({ bracketedPaste: true, cursor: true, otherKeys: 0, kitty: 0 });
    expect(session.screen().join("\n")).not.toContain("> before");
    session.type("fg\r");
    await session.until("> before");
    session.type("+after");
    await session.until("> before+after");
    session.key("ctrl-d");
    session.type("exit\r");
    await session.ended;
  });

  it("tells when nobody is there any more", async () => {
    const session = await face();
    session.hangUp();
    await session.ended;
    expect(existsSync(join(work, "gone")) || (await session.ended).code === 129).toBe(true);
  });
});
