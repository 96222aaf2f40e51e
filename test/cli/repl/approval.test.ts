import { CURSOR_MARKER, visibleWidth } from "@earendil-works/pi-tui";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Approving, approvalPane } from "../../../src/cli/repl/asked/approval.js";
import type { Locale } from "../../../src/cli/repl/locale.js";
import { laidOpen } from "../../../src/cli/repl/screen/cells.js";
import { themeOf } from "../../../src/cli/repl/theme.js";
import type { Effect, Foresight } from "../../../src/core/tool.js";
import { unifiedDiff } from "../../../src/platform/diff.js";
import type { Answer, Question } from "../../../src/plugins/question.js";

const KEYS = {
  down: "\u001b[B",
  up: "\u001b[A",
  pageDown: "\u001b[6~",
  pageUp: "\u001b[5~",
  home: "\u001b[H",
  end: "\u001b[F",
  enter: "\r",
  escape: "\u001b",
  interrupt: "\u0003",
};

function foresight(line: string, more: Partial<Foresight> = {}): Foresight {
  const lists = { parts: [], reads: [], writes: [], network: [], unknown: [] };
  return {
    line,
    folder: "/w",
    verdict: "needs leave",
    why: "",
    ...lists,
    repository: false,
    unchecked: false,
    ...more,
  };
}

function running(line: string, more: Partial<Question> = {}): Question {
  const effect: Effect = { kind: "run", subjects: [line], foresight: foresight(line) };
  return { tool: "bash", effect, input: { command: line }, subjects: [line], why: "it runs a command", ...more };
}

function writing(content: string, more: Partial<Question> = {}): Question {
  const effect: Effect = { kind: "write", subjects: ["/w/a.txt"] };
  const input = { path: "a.txt", content };
  return { tool: "write_file", effect, input, subjects: ["/w/a.txt"], why: "strict mode asks", ...more };
}

/** A pane, and what a person sees and does with it. */
function open(question: Question, more: Partial<Approving> = {}) {
  const answers: Answer[] = [];
  let time = 0;
  const pane = approvalPane({
    question,
    theme: themeOf({ colours: true }),
    locale: "en",
    waiting: () => 0,
    rows: () => 24,
    answer: (answer) => answers.push(answer),
    changed() {},
    now: () => time,
    ...more,
  });
  let width = 80;
  const look = (columns = width) => {
    width = columns;
    return seenOf(pane.render(columns));
  };
  const seenOf = (lines: readonly string[]) => lines.map((line) => line.replace(/\u001b\[[\d;]*m/g, ""));
  look();
  return {
    pane,
    answers,
    look,
    wait(ms: number) {
      time += ms;
    },
    press(...keys: string[]) {
      for (const key of keys) {
        pane.key(key);
        look();
      }
    },
    type(words: string) {
      for (const char of words) pane.key(char);
    },
  };
}

/** The same, after the person has had time to look. */
function calm(question: Question, more: Partial<Approving> = {}) {
  const opened = open(question, more);
  opened.wait(1000);
  return opened;
}

describe("the question", () => {
  it("says who asks, what runs and where, what it touches, why, and which rule always would keep", () => {
    const question = running("make deploy", {
      from: "tester",
      why: "it reaches out to x.example",
      always: ["bash(make deploy)"],
      effect: {
        kind: "run",
        subjects: ["make deploy"],
        foresight: foresight("make deploy", {
          folder: "/w/sub",
          reads: ["/w/sub/a", "/etc/hosts"],
          writes: ["/tmp/x", "/tmp/y"],
          network: ["x.example"],
          repository: true,
        }),
      },
      input: { command: "make deploy", timeout: 5 },
    });
    expect(calm(question, { waiting: () => 2 }).look()).toEqual([
      "Allow bash for the agent tester?",
      "$ make deploy",
      "Why it asks: it reaches out to x.example",
      "Runs in: /w/sub",
      "Writes:",
      "- /tmp/x",
      "- /tmp/y",
      "Also reads: /etc/hosts",
      "Reaches: x.example",
      "Changes the repository (.git)",
      "  timeout: 5",
      "“Always” keeps:",
      "> bash(make deploy)",
      "  y  yes, this once",
      "  s  yes, and the same again in this session",
      "  a  yes, always: keep the rule above in your settings",
      "  n  no",
      "  t  no, and tell why",
      "  e  change it first",
      "2 more questions wait",
      "Esc: no · Ctrl+C: interrupt",
    ]);
  });

  it("speaks Chinese", () => {
    const lines = calm(running("ls", { always: ["bash(ls)"] }), { locale: "zh" }).look();
    expect(lines).toContain("允许 bash？");
    expect(lines.join("\n")).not.toMatch(/[A-Z][a-z]{2,} [a-z]+/);
  });

  it("shows a diff with line numbers, and tells changes by their hunk, not by how they begin", async () => {
    const diff = await unifiedDiff("a.txt", "one\n-- x\nthree\n", "one\n++ y\nthree\n");
    const text = diff.text;
    const lines = calm(writing("", { preview: { type: "diff", text } })).look();
    expect(lines.slice(3, 10)).toEqual([
      "   --- a.txt",
      "   +++ a.txt",
      "   @@ -1,3 +1,3 @@",
      " 1  one",
      " 2 --- x",
      " 2 +++ y",
      " 3  three",
    ]);
  });

  it("shows all arguments where there is no diff, and how a link leads elsewhere", () => {
    const preview = { type: "text", text: "It replaces all of b.bin, which is not text" } as const;
    const lines = calm(writing("one\ntwo", { preview, via: "a.txt leads to /w/a.txt" })).look();
    expect(lines.slice(2, 9)).toEqual([
      "Writes: /w/a.txt",
      "Link: a.txt leads to /w/a.txt",
      "! It replaces all of b.bin, which is not text",
      "  path: a.txt",
      "  content:",
      "  | one",
      "  | two",
    ]);
  });

  it("shows what hides, and tells a line break from a line that was too long", () => {
    const lines = calm(running("ls \u202e\u00ad\ufe0f\u00a0a\r\nrm\tb\u2028c")).look(30);
    expect(lines.slice(1, 5)).toEqual([
      "$ ls \\u{202e}\\u{ad}\\u{fe0f}\\u{",
      "  a0}a\\u{d}",
      "> rm    b\\u{2028}c",
      "Why it asks: it runs a command",
    ]);
  });
});

describe("the answers", () => {
  const always = ["bash(ls)"];
  const cases: [string, Answer][] = [
    ["y", { verdict: "allow", why: "the user said yes", for: "once" }],
    ["Y", { verdict: "allow", why: "the user said yes", for: "once" }],
    ["ｙ", { verdict: "allow", why: "the user said yes", for: "once" }],
    ["\u001b[121u", { verdict: "allow", why: "the user said yes", for: "once" }],
    ["s", { verdict: "allow", why: "the user said yes for this session", for: "session" }],
    ["a", { verdict: "allow", why: "the user said yes, always", for: "always" }],
    ["n", { verdict: "deny", why: "the user said no" }],
    [KEYS.escape, { verdict: "deny", why: "the user said no" }],
  ];
  it.each(cases)("%j", (key, answer) => {
    const { press, answers } = calm(running("ls", { always }));
    press(key);
    expect(answers).toEqual([answer]);
    press("n");
    expect(answers).toHaveLength(1);
  });

  it("for longer are not there where it must be asked each time", () => {
    const { press, answers, look } = calm(running("ls"));
    press("a", "s");
    expect(answers).toEqual([]);
    expect(look().join("\n")).not.toContain("always");
  });

  it("Enter alone answers nothing; with the arrows it takes what is chosen", () => {
    const { press, answers, look } = calm(running("ls", { always }));
    press(KEYS.enter);
    expect(answers).toEqual([]);
    expect(look().at(-1)).toContain("Press one of the keys");
    press(KEYS.down, KEYS.down);
    expect(look().filter((line) => line.startsWith("> "))).toEqual([
      "> bash(ls)",
      "> s  yes, and the same again in this session",
    ]);
    press(KEYS.enter);
    expect(answers[0]?.for).toBe("session");
  });

  it("no with words tells them to the model", () => {
    const { press, type, answers, look } = calm(running("npm i"));
    press("t");
    type("use pnpm, y");
    expect(look().join("\n")).toContain("> use pnpm, y");
    press(KEYS.enter);
    expect(answers).toEqual([{ verdict: "deny", why: "the user said no: use pnpm, y" }]);
  });

  it("Ctrl-C interrupts, also while words are typed, and at once", () => {
    let interrupts = 0;
    const { press, answers } = open(running("ls"), { interrupt: () => (interrupts += 1) });
    press("\u0003");
    expect(answers).toEqual([{ verdict: "deny", why: "the user interrupted" }]);
    expect(interrupts).toBe(1);
  });

  it("keys of somebody who is typing are not taken, until there is a pause", () => {
    const { press, wait, answers, look } = open(running("ls", { always }));
    for (const key of ["y", "e", "s", KEYS.enter, KEYS.escape]) {
      wait(200);
      press(key);
    }
    wait(299);
    press("y");
    expect(answers).toEqual([]);
    expect(look().at(-1)).toContain("not taken");
    wait(300);
    press("y");
    expect(answers).toHaveLength(1);
  });

  it("a letter of a word is no answer: only one that stands alone lets something run", () => {
    const due: (() => void)[] = [];
    const later = (work: () => void) => void due.push(work);
    const settle = () => due.splice(0).forEach((work) => void work());
    for (const word of ["danger", "and", "you", "session"]) {
      const { press, answers, wait, look } = calm(running("ls", { always }), { later });
      for (const key of word) {
        press(key);
        wait(100);
      }
      settle();
      expect(answers, word).toEqual([]);
      expect(look().at(-1)).toContain("not taken");
      wait(300);
      press("a");
      expect(answers).toEqual([]);
      settle();
      expect(answers.map(({ verdict }) => verdict)).toEqual(["allow"]);
    }
    const confirmed = calm(running("ls", { always }), { later });
    confirmed.press("y", KEYS.enter);
    settle();
    expect(confirmed.answers).toHaveLength(1);
    const refused = calm(running("ls", { always }), { later });
    refused.press("y", KEYS.escape);
    settle();
    expect(refused.answers.map(({ verdict }) => verdict)).toEqual(["deny"]);
  });

  it("a paste is no answer", () => {
    const { press, answers } = calm(running("ls"));
    press("\u001b[200~y\u001b[201~", "yes");
    expect(answers).toEqual([]);
  });
});

describe("what is higher than the screen", () => {
  const long = Array.from({ length: 60 }, (_, n) => `echo ${n}`).join("\n");

  it("is not let through before its end was seen, and says how much is below", () => {
    const { press, answers, look } = calm(running(long, { always: ["bash(x)"] }), { rows: () => 16 });
    expect(look().join("\n")).toContain("57 more lines below");
    for (const key of ["y", "s", "a", "e"]) press(key);
    press(KEYS.down, KEYS.enter, "y");
    expect(answers).toEqual([]);
    expect(look().at(-1)).toContain("Read it to the end");
    press(KEYS.pageDown, KEYS.pageUp, KEYS.home, "y");
    expect(answers).toEqual([]);
    press(KEYS.end);
    expect(look().join("\n")).toContain("this is the end");
    press("y");
    expect(answers).toHaveLength(1);
  });

  it("can be refused at any time", () => {
    const { press, answers } = calm(running(long), { rows: () => 16 });
    press("n");
    expect(answers[0]?.verdict).toBe("deny");
  });

  it("the arrows go through it, and then to the answers", () => {
    const { press, answers, look } = calm(running("a\nb\nc\nd"), { rows: () => 9 });
    while (look().join("\n").includes("below")) press(KEYS.down);
    press(KEYS.down, KEYS.enter);
    expect(answers[0]).toMatchObject({ verdict: "allow", for: "once" });
  });

  it("is not answered before it was ever drawn", () => {
    const answers: Answer[] = [];
    let time = 0;
    const pane = approvalPane({
      question: running("ls"),
      theme: themeOf({ colours: false }),
      locale: "en",
      waiting: () => 0,
      rows: () => 24,
      answer: (answer) => answers.push(answer),
      changed() {},
      now: () => time,
    });
    time = 5000;
    for (const key of ["y", "n", KEYS.enter]) pane.key(key);
    expect(answers).toEqual([]);
  });
});

describe("a change", () => {
  it("of a command is shown whole before it runs, keeps the other arguments, and counts once", () => {
    const question = running("npm test", { input: { command: "npm test", timeout: 9 }, always: ["bash(npm test)"] });
    const { press, type, answers, look, wait } = calm(question);
    press("e");
    expect(look().join("\n")).toContain("> npm test");
    type(" -- --run");
    press(KEYS.enter);
    expect(answers).toEqual([]);
    expect(look().slice(1, 4)).toEqual([
      "Changed by you; this runs instead, once:",
      "  command: npm test -- --run",
      "  timeout: 9",
    ]);
    press("a");
    expect(answers).toEqual([]);
    wait(300);
    press("y");
    expect(answers).toEqual([
      {
        verdict: "allow",
        why: "the user said yes",
        for: "once",
        input: { command: "npm test -- --run", timeout: 9 },
      },
    ]);
  });

  it("of a long one must be read to the end again", () => {
    const { press, answers } = calm(running("x ".repeat(2000)), { rows: () => 12 });
    press(KEYS.end, "e", "!", KEYS.enter, "y");
    expect(answers).toEqual([]);
    press(KEYS.end, "y");
    expect(answers[0]?.input).toEqual({ command: `${"x ".repeat(2000)}!` });
  });

  it("of other arguments is made as JSON; what is not JSON stays to be mended", () => {
    const { press, answers, look } = calm(writing("one"));
    press("e", "}", KEYS.enter);
    expect(look().at(-1)).toContain("not valid JSON");
    press("\u007f", KEYS.enter, "y");
    expect(answers[0]?.input).toEqual({ path: "a.txt", content: "one" });
  });

  it("can be made in the person's own editor", async () => {
    const { press, answers } = calm(running("a"), { edit: async (words) => `${words}\nb\n` });
    press("e", "\u0007");
    await Promise.resolve();
    await Promise.resolve();
    press(KEYS.enter, "y");
    expect(answers[0]?.input).toEqual({ command: "a\nb" });
  });

  it("can be left by Esc", () => {
    const { press, answers } = calm(running("a"));
    press("e", "b", KEYS.escape, "y");
    expect(answers[0]?.input).toBeUndefined();
    expect(answers).toHaveLength(1);
  });
});

// ---- whatever is asked

const nasty = fc.oneof(
  fc.string({ unit: "binary", maxLength: 60 }),
  fc.string({ unit: "grapheme", maxLength: 200 }),
  fc.string({ unit: "grapheme-ascii", maxLength: 700 }),
  fc
    .array(
      fc.constantFrom(
        ..."中文かな한글אבגدعم",
        "\u200b",
        "\u202e",
        "\u2066",
        "\u00ad",
        "\u3164",
        "\u0301",
        "\ufe0f",
        "\uff9e",
        "👩‍👩‍👧‍👦",
        "🇨🇳",
        "\t",
        "\r",
        "\n",
        "\r\n",
        " ",
        "   ",
        "\u001b[2K",
        "\u001b]0;x\u0007",
        "\u0000",
        "\u{e0041}",
        "\ud800",
        "\u2028",
        "$ ",
        "> ",
        "rm -rf x",
        "a".repeat(120),
      ),
      { maxLength: 60 },
    )
    .map((pieces) => pieces.join("")),
);
const screen = {
  columns: fc.integer({ min: 20, max: 300 }),
  rows: fc.integer({ min: 6, max: 60 }),
  locale: fc.constantFrom<Locale>("en", "zh"),
};

/** Every line of the text, in order, seen by going down a line at a time. */
function readThrough({ look, press }: ReturnType<typeof open>, columns: number, rows: number): string[] {
  const seen: string[] = [];
  for (;;) {
    const lines = look(columns);
    expect(lines.length).toBeLessThanOrEqual(rows);
    for (const line of lines) {
      expect(visibleWidth(line)).toBeLessThanOrEqual(columns);
      expect(line.replaceAll(CURSOR_MARKER, "")).not.toMatch(/[\p{Cc}\p{Bidi_Control}]/u);
    }
    const more = lines.some((line) => /^\d+ more |下面还有/.test(line));
    if (!more) return [...seen, ...lines];
    seen.push(lines[0] ?? "");
    press(KEYS.down);
  }
}

describe("whatever is asked", () => {
  it("shows every character of a command, at every size", () => {
    fc.assert(
      fc.property(nasty, fc.record(screen), (line, { columns, rows, locale }) => {
        const pane = calm(running(line, { always: [`bash(${line})`], from: "审查" }), { rows: () => rows, locale });
        pane.look(columns);
        const lines = readThrough(pane, columns, rows);
        const all = lines.map((each) => each.slice(2)).join("");
        for (const part of line.split("\n")) expect(all).toContain(laidOpen(part));
        const starts = lines.filter((each) => /^[$>] /.test(each)).length;
        expect(starts).toBeGreaterThanOrEqual(line.split("\n").length);
        pane.press("y");
        expect(pane.answers).toHaveLength(1);
      }),
      { numRuns: 300 },
    );
  });

  it("shows every character that would be written, as a diff and as arguments", async () => {
    await fc.assert(
      fc.asyncProperty(nasty, nasty, fc.record(screen), async (before, after, { columns, rows, locale }) => {
        const { text } = await unifiedDiff("a", before, after);
        const question = text === "" ? writing(after) : writing(after, { preview: { type: "diff", text } });
        const pane = calm(question, { rows: () => rows, locale });
        pane.look(columns);
        const lines = readThrough(pane, columns, rows);
        const gutter = text === "" ? /^ {2}\| | {4}/ : /^ *\d+ | {3,}/;
        const all = lines.map((each) => each.replace(gutter, "")).join("");
        const parts = text === "" ? after.split("\n") : text.split("\n").filter((each) => /^[-+]/.test(each));
        const bare = (words: string) => laidOpen(words).replace(/ /g, "");
        for (const part of parts) expect(all.replace(/ /g, "")).toContain(bare(part));
      }),
      { numRuns: 200 },
    );
  });

  it("keeps to the width also while words are typed", () => {
    fc.assert(
      fc.property(nasty, fc.record(screen), (words, { columns, rows, locale }) => {
        const pane = calm(running("ls"), { rows: () => rows, locale });
        pane.press("t", `\u001b[200~${words}\u001b[201~`);
        for (const line of pane.look(columns)) expect(visibleWidth(line)).toBeLessThanOrEqual(columns);
      }),
    );
  });
});
