import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { MODE } from "../../../src/app/session-settings.js";
import { state } from "../../../src/core/fold.js";
import { promptsOf } from "../../../src/store/undo.js";
import { committed, placeWith, reportIn } from "../goals.js";
import { sessionsIn } from "../nanocoder.js";
import { planOfSteps } from "../planning.js";
import { endOf, factsOf, leaves, quiet, type Session, session } from "./session.js";

const WIDE = { columns: 110, rows: 50 };
const OPEN = ["--no-sandbox", "--permission-mode", "auto"];
const bash = (command: string) => ({ calls: [{ name: "bash", input: { command } }] });
const write = (path: string, content: string) => ({ calls: [{ name: "write_file", input: { path, content } }] });

/** Sends words, and waits for what comes of them and for the prompt. */
async function does(it: Session, words: string, ...seen: readonly string[]): Promise<void> {
  await it.sends(words);
  await it.sees(...seen);
  await it.rests();
}

const file = ({ where }: Session, path: string) => readFileSync(join(where.work, path), "utf8");

describe("each command in a terminal", () => {
  it("that tells what there is, or changes how the session works", async () => {
    const where = placeWith({ "package.json": '{"scripts":{"test":"node --test"}}', "src/a.js": "1;\n" });
    mkdirSync(join(where.home, ".nanocoder/commands"), { recursive: true });
    writeFileSync(
      join(where.home, ".nanocoder/commands/greet.md"),
      "---\ndescription: says hello\nargument-hint: WHO\n---\nGreet $1, then $ARGUMENTS.\n",
    );
    const script = [
      `${"word ".repeat(8000)}first answer`,
      "greeted",
      "second answer",
      "a short summary",
      "third answer",
    ];
    await using it = await session({ where, script, ...WIDE });
    await does(it, "/help", "Keys and signs", "/greet WHO", "says hello (user)");
    await does(it, "/help undo", "take back what the last N prompts wrote");
    await does(it, "/help undoo", "There is no command /undoo. Did you mean /undo?");
    await does(it, "/modle", "There is no command /modle. Did you mean /model");
    await does(it, "/tokens", "All of this is estimated");
    await does(it, "/tokens now", "/tokens takes no words.");
    await does(it, "/cost", "No model has answered in this session yet.");
    await does(it, "/todo", "There is no todo list.");
    // each stands above what it said, once
    expect(
      it.shown().match(/^> \/cost\n\nNo model has answered in this session yet\.\n\n> \/todo\n\nThere is no todo/gm),
    ).toHaveLength(1);
    expect(it.server.requests).toEqual([]);

    await does(it, "tell me much", "first answer");
    await does(it, "/cost", "gpt-4o: 1 answer, ", "Total: $0.");
    await does(it, "/greet Ada and Bob", "commands/greet.md", "greeted");
    expect(it.server.requests[1]?.lastText).toBe("Greet Ada, then Ada and Bob.");

    await it.sends("/model");
    await it.sees("Which model?", "at work now");
    it.terminal.type("scripted");
    await it.sees("1 of ", "> scripted");
    it.terminal.key("enter");
    await it.sees("Model scripted, from the next request on.");
    await does(it, "/model scripted", "scripted is at work already.");
    await does(it, "/model two words", '/model takes one name, and a name has no spaces: "two words".');
    await does(it, "who are you?", "second answer");
    expect(it.server.requests.map(({ model }) => model)).toEqual(["gpt-4o", "gpt-4o", "scripted"]);

    await does(it, "/permissions", "Mode default: reads, edits in this folder", "No rules.");
    await does(it, "/permissions strickt", '/permissions: there is no mode "strickt". Did you mean strict?');
    await does(it, "/permissions strict", "Mode strict: asks before each edit");
    expect(state(factsOf(it), MODE)).toBe("strict");
    await it.sends("/permissions auto");
    await it.sees("In mode auto edits and commands run unasked. Go on?");
    await quiet();
    it.terminal.key("enter");
    await it.sees("The mode stays strict.");

    await does(it, "/compact the names", "Compacted: about ");
    expect(it.server.requests[3]?.raw).toContain("the names");
    await does(it, "and now?", "third answer");
    expect(it.server.requests[4]?.raw).toContain("a short summary");
    expect(it.server.requests[4]?.raw).not.toContain("word word");

    await does(it, "/memory", "Nothing is remembered for this folder.");
    await does(it, "/memory add tests run by make check", "Remembered as ");
    await does(it, "/memory search tests", "tests run by make check");
    // words that say nothing of a text are looked for as they stand
    await does(it, "/memory search by make", "tests run by make check");
    await does(it, "/memory search run by", "tests run by make check");
    await does(it, "/memory forgt x", '/memory: there is no "forgt". Did you mean forget?');
    const id = /Remembered as (\S+) for/.exec(it.shown())?.[1] ?? "";
    await does(it, `/memory forget ${id}`, `Forgot ${id}: tests run by make check`);
    await does(it, "/gateway", "There is no gateway: scripted is asked for everything.");
    await does(it, "/gateway x", "/gateway takes no words.");

    await it.sends("/init --plain");
    await it.sees("Write this to AGENTS.md?");
    await quiet();
    it.terminal.key("enter");
    await it.sees("Written: AGENTS.md");
    expect(file(it, "AGENTS.md")).toContain("`src/`: 1 file");
    await does(it, "/init --plane", '/init takes --plain or words to the model, not "--plane".');
    await does(it, "/doctor", "terminal: xterm-256color, 110 x 50");
    await does(it, "/doctor now", "/doctor takes no words.");
    await does(it, "/export story.html", "Written: story.html");
    expect(file(it, "story.html")).toContain("third answer");
    await does(it, "/export story.txt", "/export writes Markdown or HTML");
    await does(it, "/exit now", "/exit takes no words.");
    expect(it.shown()).not.toContain("test-key-123456");
    expect(it.server.refusals).toEqual([]);
    await it.sends("/exit");
    expect(await endOf(it.terminal)).toEqual({ code: 0, left: [] });
  });

  it("that goes from session to session", async () => {
    const script = ["the red answer", "the blue answer", "the green answer", "still red"];
    await using it = await session({ script, ...WIDE });
    await does(it, "what is red?", "the red answer");
    await does(it, "/save Colours 颜色", 'This session is called "Colours 颜色". This session is saved as it goes');
    expect(state(factsOf(it), "title")).toBe("Colours 颜色");
    it.terminal.type(`/save ${"x".repeat(201)}\r`);
    await it.sees("/save: a name has at most 200 characters");
    await does(it, "/sessions", "* ", "Colours 颜色");
    const red = /^\* (\S+)/m.exec(it.shown())?.[1] ?? "";
    await does(it, "/sessions mine", '/sessions takes nothing or all, not "mine".');
    await does(it, "/fork", "What it was made from goes on with /resume ");
    await does(it, "what is blue?", "the blue answer");
    expect(it.server.requests[1]?.messages.map(({ text }) => text)).toContain("the red answer");
    await does(it, "/fork it", "/fork takes no words.");
    await does(it, "/reset", "A new session, ");
    await does(it, "what is green?", "the green answer");
    expect(it.server.requests[2]?.messages.filter(({ role }) => role === "assistant")).toEqual([]);
    await does(it, "/resume nonsense", "nonsense");
    await it.sends("/resume");
    await it.sees("Which session?", "2 · type to narrow");
    it.terminal.type("what is blue");
    await it.sees("of 2");
    it.terminal.key("esc");
    await it.rests();
    await does(it, `/resume ${red}`, `This is the session ${red}.`);
    await does(it, "and again?", "still red");
    const asked = it.server.requests[3]?.messages.filter(({ role }) => role === "user").map(({ text }) => text);
    expect(asked).toEqual(["what is red?", "and again?"]);
    expect(sessionsIn(it.where)).toHaveLength(3);
    expect(it.server.refusals).toEqual([]);
  });

  it("that takes back, shows, checks and keeps what was written", async () => {
    const where = placeWith({ "a.json": '{"a": 1}\n', "你好.txt": "旧\n" });
    committed(where.work);
    const script = [write("a.json", "{broken\n"), "Written.", write("a.json", '{"a": 2}\n'), "Mended."];
    await using it = await session({ where, script, line: [...OPEN, "--no-verify"], ...WIDE });
    await does(it, "/diff", "This session changed nothing that is still different");
    await does(it, "/undo", "There is nothing to undo");
    await does(it, "write it", "Written.");
    await does(it, "/diff", '-{"a": 1}', "+{broken");
    await does(it, "/diff nowhere.txt", "This session changed nothing in nowhere.txt");
    await does(it, "/undo", "1 path undone. /redo takes it back.");
    expect(file(it, "a.json")).toBe('{"a": 1}\n');
    await does(it, "/redo", "1 path redone.");
    expect(file(it, "a.json")).toBe("{broken\n");
    await does(it, "/undo zero", '/undo wants a whole number of at least 1, or list: not "zero".');
    await does(it, "/redo 2", "/redo takes no words.");
    await does(it, "/eval what", '/eval: it takes all and fix, not "what".');
    await does(it, "/eval", "changed by: write it", "[!]", "/eval fix has the model mend it.");
    await does(it, "/eval fix", "Mended.");
    expect(it.server.requests[2]?.raw).toContain("The user took an undo back");
    expect(file(it, "a.json")).toBe('{"a": 2}\n');
    expect(promptsOf({ home: join(where.home, ".nanocoder"), root: where.work }).length).toBeGreaterThan(0);
    expect(it.server.refusals).toEqual([]);
  });

  it("that works until something is proved", async () => {
    const plan = planOfSteps({ title: "Make a.txt" }, { title: "Check it", verify: "grep -q a a.txt" });
    const script = [
      plan,
      bash("echo a > a.txt"),
      "Made.\nSTEP DONE",
      bash("grep -q a a.txt"),
      "Seen.\nSTEP DONE",
      bash("echo wrong > b.txt"),
      "Done: it passes.",
      bash("echo b > b.txt"),
      "Now it does.",
    ];
    await using it = await session({ script, line: OPEN, ...WIDE });
    await does(it, "/plan go", "/plan go: there is no plan to approve. /plan TEXT makes one.");
    await it.sends("/plan make a");
    await it.sees("[ ] 1. Make a.txt", "[ ] 2. Check it");
    await it.sees("type to narrow");
    await quiet();
    it.terminal.key("enter");
    await it.sees("The plan is done.");
    expect(file(it, "a.txt")).toBe("a\n");
    await it.rests();

    await does(it, "/goal --maxx 3 do it", "/goal: ");
    await it.sends("/goal make b");
    await it.sees("Criterion 1: what must be true");
    it.terminal.paste("b is there ||| grep -qx b b.txt\nit has one line ||| test $(wc -l < b.txt) = 1");
    it.terminal.key("enter");
    await it.sees("Criterion 3:");
    it.terminal.key("enter");
    await it.sees("[GOAL MET] make b (2 iterations)", "[x] 1. b is there: the check exited with 0", "The report is in");
    expect(it.server.requests[7]?.lastText).toMatch(/^The goal is not met yet/);
    expect(it.shown()).toContain("[ ] 1. b is there: the check exited with 1");
    expect(reportIn(it.where)).toMatchObject({ met: true, iterations: 2 });
    await it.rests();
    await does(it, "/goal resume", "/goal resume: the goal of this session is over: met");
    expect(it.server.refusals).toEqual([]);
  });

  it("that a file brings is known from the first key on, also as the first words", async () => {
    const where = placeWith({ ".nanocoder/commands/try.md": "Try $ARGUMENTS.\n" });
    const line = [...OPEN, "--trust", "/try it"];
    await using it = await session({ where, script: ["tried"], line, until: "tried" });
    expect(it.server.requests[0]?.lastText).toBe("Try it.");
    await it.rests();
    expect(await leaves(it)).toEqual({ code: 0, left: [] });
  });
});
