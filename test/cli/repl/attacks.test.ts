import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { describe, expect, it } from "vitest";
import { approvalPane } from "../../../src/cli/repl/asked/approval.js";
import { choosePane } from "../../../src/cli/repl/asked/choose.js";
import { LineUi } from "../../../src/cli/repl/line-ui.js";
import { Input } from "../../../src/cli/repl/screen/input.js";
import { rowOf } from "../../../src/cli/repl/screen/rows.js";
import { Seat } from "../../../src/cli/repl/seat.js";
import { themeOf } from "../../../src/cli/repl/theme.js";
import { queuedLines } from "../../../src/cli/repl/told/status-line.js";
import { markdownOf } from "../../../src/cli/session-markdown.js";
import { storyOf } from "../../../src/cli/story.js";
import type { Event } from "../../../src/core/event.js";
import type { Json } from "../../../src/core/message.js";
import { modelServer } from "../../../src/models/scripted/server.js";
import { visible } from "../../../src/platform/text.js";
import type { Answer } from "../../../src/plugins/question.js";
import { sit } from "../desks.js";
import { nanocoder, openaiAt, place } from "../nanocoder.js";
import { quiet, type Session, session } from "./session.js";

describe("what is typed before it could be read", () => {
  it("trusts no folder", async () => {
    const where = place();
    mkdirSync(join(where.work, ".nanocoder"));
    const settings = { permissions: { allow: ["bash(touch made)"] } };
    writeFileSync(join(where.work, ".nanocoder/settings.json"), JSON.stringify(settings));
    await using it = await session({ where, until: undefined });
    // part of "This once"
    it.terminal.type("hi\r");
    await it.sees("Trust the settings of this folder?", "not taken");
    it.terminal.key("esc");
    await it.rests();
    await it.sends("/permissions");
    await it.sees("No rules.");
  });

  it("answers no question that came up where nobody saw it", () => {
    const answers: Answer[] = [];
    let time = 0;
    const pane = approvalPane({
      question: { tool: "bash", effect: { kind: "run", subjects: [] }, input: {}, subjects: [], why: "it asks" },
      ...{
        theme: themeOf({ colours: false }),
        locale: "en",
        waiting: () => 0,
        rows: () => 20,
        changed: () => undefined,
      },
      answer: (answer) => answers.push(answer),
      now: () => time,
    });
    // the whole screen is the viewer's, until it is closed by the first key of a word
    time = 60_000;
    pane.render(80);
    time += 20;
    pane.key("y");
    expect(answers).toEqual([]);
    time += 301;
    pane.key("y");
    expect(answers).toMatchObject([{ verdict: "allow" }]);
  });
});

describe("what others name", () => {
  it("a tool that a model made up does nothing to the terminal", async () => {
    await using server = await modelServer([{ calls: [{ name: "x\u001b]52;c;aGk=\u0007\nfake", input: {} }] }, "over"]);
    const { stderr } = await nanocoder(["-p", "go"], { place: place(), env: openaiAt(server.url) });
    expect(stderr).toContain("> x\\u{1b}]52;c;aGk=\\u{7}(");
    expect(stderr).not.toMatch(/[\u0007\u001b]|^fake/m);
  });

  it.each(["HEAD", ".git"])("a pipe called %s in the folder stops nothing", async (name) => {
    const where = place();
    execFileSync("mkfifo", [join(where.work, name)]);
    mkdirSync(join(where.work, "objects"));
    await using it = await session({ where, script: ["answered"] });
    await it.sends("go");
    await it.sees("answered");
  });
});

describe("a yes", () => {
  it("is for what was shown: a file that changed while the question stood is asked about again", async () => {
    const where = place();
    const path = join(where.work, "a.txt");
    writeFileSync(path, "one\n");
    const call = (name: string, input: Json) => ({ calls: [{ name, input }] });
    const script = [call("read_file", { path }), call("write_file", { path, content: "new\n" }), "over"];
    await using it = await session({ where, script, line: ["--no-sandbox", "--permission-mode", "strict"] });
    await it.sends("go");
    await it.sees("Allow write_file?");
    writeFileSync(path, "one\nthe person's own line\n");
    await yes(it);
    await it.sees("the file changed meanwhile", "own line");
    expect(readFileSync(path, "utf8")).toContain("own line");
    await yes(it);
    await it.sees("over");
    expect(readFileSync(path, "utf8")).toBe("new\n");
  });
});

// a key that comes too early is not taken, and told so
async function yes({ terminal }: Session): Promise<void> {
  const asked = (screen: readonly string[]) => screen.some((line) => line.includes("Esc: no"));
  await terminal.until(asked);
  await quiet();
  terminal.type("y");
}

describe("a key that was given in the session", () => {
  it("goes into no history", async () => {
    await using sitting = await sit({ env: openaiAt("http://127.0.0.1:9") });
    const seat = new Seat();
    expect(seat.redact("test-key-123456")).toBe("test-key-123456");
    seat.take(sitting.desk, () => []);
    expect(seat.redact("my test-key-123456")).not.toContain("test-key-123456");
  });
});

describe("words that come back into the prompt", () => {
  it("run nothing, though they begin as a command line would", async () => {
    await using it = await session({ script: [{ text: "flowing ".repeat(20), hold: 60_000 }, "only words"] });
    await it.sends("begin");
    await it.sees("flowing");
    writeFileSync(join(it.where.work, "a.txt"), "what the file holds");
    it.terminal.paste("!touch made # @a.txt");
    it.terminal.key("enter");
    await it.sees("next: !touch made");
    it.terminal.key("esc");
    await it.sees("interrupted");
    await it.terminal.until((screen) => screen.some((each) => /^> !touch made # @a.txt *$/.test(each)));
    expect(it.shown()).not.toContain("what the file holds");
    it.terminal.key("enter");
    await it.sees("only words");
    expect(existsSync(join(it.where.work, "made"))).toBe(false);
  });
});

describe("a key", () => {
  it("that fails is told, and ends nothing", async () => {
    await using it = await session({ script: ["answered", "still here"] });
    await it.sends("go");
    await it.sees("answered");
    await it.rests();
    rmSync(join(it.where.home, ".nanocoder/sessions"), { recursive: true });
    it.terminal.key("ctrl-o");
    await it.sees("ENOENT");
    await it.sends("and now?");
    await it.sees("still here");
  });

  it("that cannot write its fact is told, and ends nothing", async () => {
    await using sitting = await sit({ env: openaiAt("http://127.0.0.1:9") });
    const seat = new Seat();
    seat.take(sitting.desk, () => []);
    sitting.desk.opened.agent.log.append = () => {
      throw new Error("ENOSPC");
    };
    seat.nextMode();
    await Promise.resolve();
    await Promise.resolve();
    expect(sitting.ui.words).toContain("ENOSPC");
  });

  it("Ctrl-C gets out of a paste whose end never came", () => {
    const keys: string[] = [];
    const input = new Input({ key: (data) => keys.push(data), handled: () => undefined, reply: () => undefined });
    for (const chunk of ["\u001b[200~lost", " for ever", "\u0003", "x"]) input.feed(chunk);
    expect(keys).toEqual(["\u001b[200~lost for ever\u001b[201~", "\u0003", "x"]);
  });
});

describe("the screen", () => {
  it("lets nothing through but styles, whatever a pane draws", () => {
    const line = "\u001b[1ma\u001b]52;c;aGk=\u0007\u009b2J\u001b]8;;http://e\u001b\\\u001b[2J\u001bc\u001b[22m\n";
    expect(rowOf(line, 80).text.replace(/\u001b\[[\d;]*m/g, "")).not.toMatch(/\p{Cc}/u);
  });

  it("shows each character that has no ink or turns the line around", () => {
    const hidden = "\u061c\u2028\u206a\u3164\u00ad\u{e0100}\u180e";
    for (const each of hidden) expect(visible(`a${each}b`)).toMatch(/^a\\u\{[0-9a-f]+\}b$/);
    expect(visible("👨‍👩‍👧 é 한글 한")).toBe("👨‍👩‍👧 é 한글 한");
  });

  it("has a line for some of what waits, however much that is", () => {
    const status = {
      ...new Seat().status(),
      queued: Array.from({ length: 10_000 }, (_, n) => `${n} ${"x".repeat(5000)}`),
    };
    const lines = queuedLines(() => status, themeOf({ colours: false }), "en").render(40);
    expect(lines).toHaveLength(6);
    expect(lines.at(-1)).toContain("9995 more");
  });

  it("leaves out nothing of what a choice asks", () => {
    const title = `Run ${"npm test -- ".repeat(12)}the-end?`;
    const none = { changed: () => undefined, answer: () => undefined, now: () => 0, rows: () => 20 };
    const pane = choosePane(
      { title, items: [{ value: 1, label: "run" }] },
      { theme: themeOf({ colours: false }), locale: "en", ...none },
    );
    const shown = pane
      .render(40)
      .join("")
      .replace(/\u001b\[[\d;]*m/g, "");
    expect(shown).toContain("the-end?");
  });

  it("shows the first line of a question that is higher than it", async () => {
    const long = Array.from({ length: 60 }, (_, n) => `echo ${n}`).join("\n");
    const calls = [{ calls: [{ name: "bash", input: { command: `curl http://e.example\n${long}` } }] }];
    await using it = await session({ script: calls });
    await it.sends("go");
    await it.sees("Allow bash?", "$ curl");
  });
});

it("an exported session fetches no picture that its model named", () => {
  const text = "see ![a](https://evil.example/?q) and `![b](c)`";
  const events: Event[] = [
    {
      type: "reply",
      parts: [{ type: "text", text }],
      stop: "end",
      model: "m",
      usage: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 },
      seq: 0,
      at: 0,
    },
  ];
  expect(markdownOf(storyOf("id", events))).toContain("see \\![a](https://evil.example/?q) and `![b](c)`");
});

describe("a terminal that can do no more than lines", () => {
  const asked = { env: { TERM: "dumb" }, until: "/help" };
  it("shows all that would be written before a yes", async () => {
    const write = {
      calls: [{ name: "write_file", input: { path: "../out.txt", content: `${"x\n".repeat(100)}the last line` } }],
    };
    await using it = await session({ ...asked, script: [write, "over"] });
    await it.terminal.until(/^>$/m);
    it.terminal.type("go\r");
    await it.sees("y once, s this session");
    expect(it.shown()).toContain("the last line");
    it.terminal.type("n\r");
    await it.sees("over");
  });

  it("takes no yes that was typed before the question, and asks again", async () => {
    const input = Object.assign(new PassThrough(), { isTTY: false });
    const output = Object.assign(new PassThrough(), { columns: 80 });
    const ui = new LineUi({ input, output, locale: "en", hands: new Seat() });
    const asked = {
      tool: "bash",
      effect: { kind: "run", subjects: [] },
      input: {},
      subjects: [],
      why: "it asks",
    } as const;
    const answer = ui.ask(asked);
    await told(output, "no and say why");
    input.write("y\n");
    await told(output, "not taken");
    input.write("n\n");
    expect(await answer).toMatchObject({ verdict: "deny" });
  });

  it("is no answer to a form that went away", async () => {
    const [input, output] = [new PassThrough(), new PassThrough()];
    const ui = new LineUi({ input, output, locale: "en", hands: new Seat() });
    const stop = new AbortController();
    const { signal } = stop;
    const open = ui.choose({ title: "One", items: [{ value: 7, label: "seven" }], signal });
    const behind = ui.fill({ title: "Two", signal });
    await told(output, "seven");
    stop.abort();
    expect(await Promise.all([open, behind])).toEqual([undefined, undefined]);
    const other = ui.fill({ title: "Three" });
    await told(output, "Three");
    input.write("x\n");
    expect(await other).toBe("x");
  });
});

function told(stream: PassThrough, words: string): Promise<void> {
  return new Promise((resolve) => {
    let text = "";
    const take = (piece: unknown) => {
      text += String(piece);
      if (!text.includes(words)) return;
      stream.off("data", take);
      resolve();
    };
    stream.on("data", take);
  });
}
