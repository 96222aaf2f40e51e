import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { modelServer } from "../../../src/models/scripted/server.js";
import { type PtySession, pty } from "../../setup/pty.js";
import { placeWith } from "../goals.js";
import { MAIN, type Place, place } from "../nanocoder.js";
import { endOf, leaves, PROMPT, quiet, type Session, session } from "./session.js";

const KEY = "sk-first-run-0123456789";

/** Starts the built command where nothing is configured. */
function bare({ home, work }: Place): PtySession {
  const env = { HOME: home, LANG: "C.UTF-8" };
  return pty({ file: process.execPath, args: [MAIN, "--no-sandbox"], cwd: work, env });
}

const modeOf = (path: string) => (statSync(path).mode & 0o777).toString(8);
const own = ({ home }: Place, name: string) => join(home, ".nanocoder", name);

describe("the first run in a terminal", () => {
  it("asks three questions, keeps the answers for its owner alone, and works; the second asks nothing", async () => {
    const where = place();
    await using server = await modelServer(["ready", "first answer", "second answer"], { models: ["my-own"] });
    const first = bare(where);
    await first.until("Who serves the model?");
    first.type("another");
    await first.until("> Another OpenAI-compatible address");
    first.key("enter");
    await first.until("Base URL, such as");
    first.type("no address\r");
    await first.until("That is no address.");
    first.type(`\u0015${server.url}/v1\r`);
    await first.until("API key of");
    first.type(KEY);
    await first.until("•".repeat(KEY.length));
    first.key("enter");
    await first.until("> my-own");
    first.key("enter");
    await first.until("Kept: my-own");
    await first.until(PROMPT);
    first.type("hello\r");
    await first.until("first answer");
    expect(server.requests.map(({ model }) => model)).toEqual(["my-own", "my-own"]);
    expect(server.requests[1]?.headers.authorization).toBe(`Bearer ${KEY}`);
    expect(first.bytes.log).not.toContain(KEY);
    await first.until(PROMPT);
    first.key("ctrl-d");
    expect(await endOf(first)).toEqual({ code: 0, left: [] });
    expect([modeOf(own(where, "settings.json")), modeOf(own(where, ".env"))]).toEqual(["600", "600"]);
    expect(readFileSync(own(where, ".env"), "utf8")).toContain(KEY);
    expect(readFileSync(own(where, "settings.json"), "utf8")).not.toContain(KEY);

    const second = bare(where);
    await second.until(PROMPT);
    second.type("again\r");
    await second.until("second answer");
    expect(second.scrollback().join("\n")).not.toContain("Who serves the model?");
    second.key("ctrl-d");
    expect((await second.ended).code).toBe(0);
  });

  it("that is left writes nothing, and says what else would do", async () => {
    const where = place();
    const terminal = bare(where);
    await terminal.until("Who serves the model?");
    terminal.key("esc");
    expect(await endOf(terminal)).toEqual({ code: 2, left: [] });
    expect(terminal.scrollback().join("\n")).toMatch(/Left: nothing was written\.[\s\S]*nanocoder demo/);
    for (const name of ["settings.json", ".env"]) expect(existsSync(own(where, name))).toBe(false);
  });
});

describe("the question whether a folder is trusted", () => {
  const asks = (it: Session) => it.sees("Trust the settings of this folder?", "allow bash(npm test)");
  const counts = async (it: Session) => {
    await it.sends("/permissions");
    await it.sees("Mode default");
    return /Rules of .*\/settings\.json\n {2}allow bash\(npm test\)/.test(it.shown());
  };

  it("is answered by no, by once, and by yes, which holds until the files change", async () => {
    const settings = '{"permissions":{"allow":["bash(npm test)"]}}';
    const where = placeWith({ ".nanocoder/settings.json": settings });
    const seen: [boolean, boolean][] = [];
    for (const answer of ["", "once", "trust"]) {
      await using it = await session({ where, until: "Trust the settings", columns: 200 });
      await asks(it);
      await quiet();
      if (answer !== "") it.terminal.type(answer);
      if (answer === "trust") it.terminal.key("home");
      it.terminal.key("enter");
      await it.sees(PROMPT);
      const rule = await counts(it);
      seen.push([rule, existsSync(own(where, "trust.json"))]);
      expect(await leaves(it)).toEqual({ code: 0, left: [] });
    }
    expect(seen).toEqual([
      [false, false],
      [true, false],
      [true, true],
    ]);
    expect(modeOf(own(where, "trust.json"))).toBe("600");
    await using it = await session({ where, columns: 200 });
    expect(await counts(it)).toBe(true);
    expect(it.shown()).not.toContain("Trust the settings");
  });
});
