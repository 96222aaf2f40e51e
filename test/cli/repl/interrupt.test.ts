import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { ScriptStep } from "../../../src/models/scripted/script.js";
import { place } from "../nanocoder.js";
import { goesOn, leaves, processes, quiet, type Session, session, sleeper } from "./session.js";

const bash = (command: string) => ({ calls: [{ name: "bash", input: { command } }] });
const FLOWING: ScriptStep = { text: "flowing ".repeat(40), hold: 60_000 };
const OPEN = ["--no-sandbox", "--permission-mode", "auto"];

type State = {
  script: ScriptStep;
  line?: readonly string[];
  /** Waits until it is so. */
  is(state: Session): Promise<void>;
  after?(state: Session): Promise<void>;
};

const MODEL: Record<string, State> = {
  "while the model is silent": { script: { silent: true }, is: async ({ server }) => void (await server.arrived(0)) },
  "after its headers came": { script: { silent: "headers" }, is: async ({ server }) => void (await server.arrived(0)) },
  "while text streams": { script: FLOWING, is: ({ sees }) => sees("flowing flowing") },
  "while a call runs": {
    script: bash(sleeper("hh-int-call")),
    line: OPEN,
    is: () => processes("hh-int-call", 3),
    after: () => processes("hh-int-call", 0),
  },
  "in the pause before it is asked again": {
    script: { error: { status: 500, headers: { "retry-after": "30" } } },
    is: ({ sees }) => sees("trying again in 30"),
  },
};

describe("an interrupt", () => {
  it.each(
    Object.entries(MODEL).flatMap(([name, state]) => ["esc", "ctrl-c"].map((key) => [name, key, state] as const)),
  )(
    "%s by %s leaves a history that goes on, and the words that waited",
    async (_, key, { script, line, is, after }) => {
      await using it = await session({ script: [script, "gone on"], ...(line && { line }) });
      await it.sends("begin");
      await is(it);
      await it.sends("steering words");
      await it.sees("next: steering words");
      it.terminal.key(key === "esc" ? "esc" : "ctrl-c");
      await it.sees("> steering words");
      expect(it.shown()).not.toContain("next: steering words");
      await after?.(it);
      it.terminal.key("ctrl-c");
      await it.rests();
      await goesOn(it, "gone on");
      await it.rests();
      expect(await leaves(it)).toEqual({ code: 0, left: [] });
    },
  );

  it("of a question is a plain no by Esc, and ends the turn by Ctrl-C", async () => {
    const ask = bash("touch made");
    await using it = await session({ script: [ask, "So not.", ask, "gone on"] });
    await it.sends("begin");
    await it.sees("yes, this once");
    // keys that come at once were meant for something else
    await quiet();
    it.terminal.key("esc");
    await it.sees("So not.");
    await it.rests();
    await it.sends("again");
    await it.sees("yes, this once");
    it.terminal.key("ctrl-c");
    await it.rests();
    expect(it.server.requests).toHaveLength(3);
    expect(it.server.requests[1]?.results[0]).toContain("the user said no");
    await goesOn(it, "gone on");
    expect(await leaves(it)).toEqual({ code: 0, left: [] });
  });

  it("of a shell line ends all that it started, and the model hears of it", async () => {
    await using it = await session({ script: ["gone on"] });
    await it.sends(`!${sleeper("hh-int-line")}`);
    await processes("hh-int-line", 3);
    it.terminal.key("esc");
    await processes("hh-int-line", 0);
    await it.sees("interrupted");
    await it.rests();
    await goesOn(it, "gone on");
    expect(JSON.stringify(it.server.requests[0]?.body)).toContain("It was interrupted.");
  });

  it("puts the words that waited in front of those that are being typed", async () => {
    await using it = await session({ script: [FLOWING] });
    await it.sends("begin");
    await it.sees("flowing");
    await it.sends("sent before");
    await it.sees("next: sent before");
    it.terminal.type("half a word");
    await it.sees("> half a word");
    it.terminal.key("esc");
    await it.terminal.until(/^> sent before\n {2}half a word$/m);
  });

  it("keeps the images of the words that waited, and of those that are being typed", async () => {
    const where = place();
    for (const name of ["one.png", "two.png"])
      writeFileSync(join(where.work, name), Buffer.from(`89504e470d0a1a0a${Buffer.from(name).toString("hex")}`, "hex"));
    await using it = await session({ script: [FLOWING, "seen"], where });
    await it.sends("begin");
    await it.sees("flowing");
    it.terminal.paste(join(where.work, "one.png"));
    await it.sees("[image #1: one.png]");
    it.terminal.type("look at it\r");
    await it.sees("next: [image #1: one.png] look at it");
    it.terminal.paste(join(where.work, "two.png"));
    await it.sees("> [image #1: two.png]");
    it.terminal.key("esc");
    await it.terminal.until(/^> \[image #1: one\.png\] look at it\n {2}\[image #2: two\.png\]/m);
    it.terminal.key("enter");
    await it.sees("seen");
    const body = it.server.requests[1]?.raw ?? "";
    const sent = [...body.matchAll(/data:image\/png;base64,([^"]+)/g)].map(([, data = ""]) =>
      Buffer.from(data, "base64").subarray(8).toString(),
    );
    expect(sent).toEqual(["one.png", "two.png"]);
  });

  it("of a compaction keeps the conversation as it was", async () => {
    const script = ["word ".repeat(8000), "short", { silent: true as const }, "gone on"];
    await using it = await session({ script });
    await it.sends("begin");
    await it.rests();
    await it.sends("more");
    await it.sees("short");
    await it.rests();
    await it.sends("/compact briefly");
    await it.server.arrived(2);
    await it.sends("sent meanwhile");
    await it.sees("next: sent meanwhile");
    it.terminal.key("esc");
    await it.sees("> sent meanwhile");
    it.terminal.key("ctrl-c");
    await it.rests();
    await goesOn(it, "gone on");
    expect(it.server.requests[3]?.messages.map(({ text }) => text.slice(0, 6))).toContain("word w");
    expect(await leaves(it)).toEqual({ code: 0, left: [] });
  });

  it("at the prompt exits when it comes twice, and says how to go on; a blank line does not", async () => {
    await using it = await session({ script: ["hello"] });
    it.terminal.key("enter");
    it.terminal.type("   ");
    it.terminal.key("enter");
    await it.sends("hi");
    await it.sees("hello");
    await it.rests();
    it.terminal.key("ctrl-c");
    await it.sees("Ctrl+C again to exit");
    it.terminal.key("ctrl-c");
    expect((await it.terminal.ended).code).toBe(0);
    expect(it.terminal.restored()).toEqual([]);
    expect(it.shown()).toMatch(/Go on with: nanocoder --resume \d{8}-\d{6}-\w+/);
    expect(it.server.requests).toHaveLength(1);
  });
});

describe("steering", () => {
  it("words that name a large file are not overtaken by those that name none", async () => {
    await using it = await session({ script: [FLOWING, "All heard."] });
    writeFileSync(`${it.where.work}/large.txt`, "line\n".repeat(200_000));
    await it.sends("begin");
    await it.sees("flowing");
    it.terminal.type("first @large.txt \rsecond\r");
    await it.sees("next: first", "next: second");
    const queued = it.terminal.screen().filter((line) => line.startsWith("next: "));
    expect(queued.map((line) => line.slice(0, 11))).toEqual(["next: first", "next: secon"]);
  });

  it("words are shown as queued, and delivered with the next step in their order", async () => {
    const script = [bash("until [ -e go ]; do sleep 0.05; done"), "All heard."];
    await using it = await session({ script, line: OPEN });
    await it.sends("begin");
    await it.sees("until");
    await it.sends("first more");
    await it.sends("second more");
    await it.sees("next: first more", "next: second more");
    await it.sends("/help");
    await it.sees("Keys and signs");
    await it.sends("/zzz");
    await it.sees("There is no command /zzz");
    await it.sends("!touch go");
    await it.sees("!touch go waits until this is over");
    writeFileSync(`${it.where.work}/go`, "");
    await it.sees("All heard.");
    await it.rests();
    const said = it.server.requests[1]?.messages.filter(({ role }) => role === "user").map(({ text }) => text);
    expect(said).toEqual(["begin", expect.stringMatching(/first more[\s\S]*second more/)]);
    expect(it.server.refusals).toEqual([]);
  });
});
