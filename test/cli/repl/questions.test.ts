import { CURSOR_MARKER, visibleWidth } from "@earendil-works/pi-tui";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { choosePane } from "../../../src/cli/repl/asked/choose.js";
import { fillPane } from "../../../src/cli/repl/asked/fill.js";
import { questions } from "../../../src/cli/repl/asked/questions.js";
import type { Locale } from "../../../src/cli/repl/locale.js";
import type { Choice, Field, KeyPane } from "../../../src/cli/repl/port.js";
import { themeOf } from "../../../src/cli/repl/theme.js";
import type { Question } from "../../../src/plugins/question.js";

const theme = themeOf({ colours: false });
const KEYS = {
  down: "\u001b[B",
  up: "\u001b[A",
  left: "\u001b[D",
  pageDown: "\u001b[6~",
  home: "\u001b[H",
  end: "\u001b[F",
  wordLeft: "\u001bb",
  enter: "\r",
  escape: "\u001b",
  backspace: "\u007f",
};
const paste = (words: string) => `\u001b[200~${words}\u001b[201~`;
const plain = (lines: readonly string[]) => lines.map((line) => line.replace(/\u001b\[[\d;]*m/g, ""));
const press = (pane: KeyPane, ...keys: string[]) => {
  for (const key of keys) pane.key(key);
};

function fill(field: Field, locale: Locale = "en") {
  const answers: (string | undefined)[] = [];
  const pane = fillPane(field, { theme, locale, answer: (text) => answers.push(text), changed() {} });
  const line = (columns = 40) => (plain(pane.render(columns)).at(-2) ?? "").replaceAll(CURSOR_MARKER, "|");
  return { pane, answers, line };
}

function choose<T>(choice: Choice<T>, { rows = 10, locale = "en" }: { rows?: number; locale?: Locale } = {}) {
  const answers: (T | undefined)[] = [];
  const answer = (value: T | undefined) => answers.push(value);
  const pane = choosePane(choice, { theme, locale, rows: () => rows, answer, changed() {}, now: () => 0 });
  const look = (columns = 60) => plain(pane.render(columns)).map((line) => line.replaceAll(CURSOR_MARKER, "|"));
  return { pane, answers, look };
}

describe("a line to fill in", () => {
  it("is typed, moved in and cut, and taken by Enter", () => {
    const { pane, answers, line } = fill({ title: "Name", text: "ab cd" });
    expect(line()).toBe("> ab cd|");
    press(pane, KEYS.wordLeft, "x", KEYS.left);
    expect(line()).toBe("> ab |xcd");
    press(pane, "\u000b", "中", "文", KEYS.backspace);
    expect(line()).toBe("> ab 中|");
    press(pane, "\u0017");
    expect(line()).toBe("> ab |");
    press(pane, KEYS.home, "z", "\u0015", KEYS.enter);
    expect(answers).toEqual(["ab "]);
  });

  it("takes a paste as one line, and is left by Esc without a text", () => {
    const { pane, answers, line } = fill({ title: "Key" });
    press(pane, paste(" sk-1\r\nsk-2\nx\u0000\ty "));
    expect(line()).toBe(">  sk-1 sk-2 x y |");
    press(pane, KEYS.escape);
    expect(answers).toEqual([undefined]);
  });

  it("that is hidden shows dots, and nothing is trimmed of it", () => {
    const { pane, answers, line } = fill({ title: "Key", hidden: true });
    press(pane, paste(" s3cret密码 "));
    expect(line()).toBe("> ••••••••••|");
    press(pane, KEYS.enter);
    expect(answers).toEqual([" s3cret密码 "]);
  });

  it("that is long scrolls with the caret", () => {
    const { pane, line } = fill({ title: "x", text: `begin${"-".repeat(200)}end` });
    expect(line()).toMatch(/-end\|$/);
    press(pane, KEYS.home);
    expect(line()).toMatch(/^> \|begin-+$/);
  });

  it("stays in its width with the caret in it, whatever is typed", () => {
    const words = fc.string({ unit: "binary", maxLength: 400 });
    const moves = fc.array(fc.constantFrom(KEYS.left, KEYS.wordLeft, KEYS.home, KEYS.end, KEYS.backspace, "\u001bf"));
    fc.assert(
      fc.property(words, moves, fc.integer({ min: 20, max: 300 }), fc.boolean(), (text, keys, columns, hidden) => {
        const { pane } = fill({ title: "中文 title", hidden });
        press(pane, paste(text), ...keys);
        const lines = pane.render(columns);
        for (const line of lines) expect(visibleWidth(line)).toBeLessThanOrEqual(columns);
        const [before = "", behind] = (lines.at(-2) ?? "").split(CURSOR_MARKER);
        expect(behind).toBeDefined();
        expect(visibleWidth(before)).toBeLessThan(columns);
      }),
    );
  });

  it("takes a megabyte at once", () => {
    const { pane, answers } = fill({ title: "x" });
    const began = performance.now();
    press(pane, paste("界x ".repeat(350_000)));
    pane.render(80);
    expect(performance.now() - began).toBeLessThan(400);
    press(pane, KEYS.enter);
    expect(answers[0]).toHaveLength(1_050_000);
  });
});

describe("a choice", () => {
  const items = ["apple", "banana", "cherry", "date", "elder", "fig", "grape", "hazel"].map((label, n) => ({
    value: n,
    label,
    ...(n < 3 ? { about: `fruit ${n}` } : {}),
  }));

  it("narrows as one types, says how many are left, and takes the best by Enter", () => {
    const { pane, answers, look } = choose({ title: "Fruit", items });
    expect(look()).toEqual([
      "Fruit",
      "/ |",
      "> apple   fruit 0",
      "  banana  fruit 1",
      "  cherry  fruit 2",
      "  date",
      "  elder",
      "  fig",
      "  grape",
      "8 · type to narrow · Enter: take · Esc: leave",
    ]);
    press(pane, "g", "r");
    expect(look()).toEqual(["Fruit", "/ gr|", "> grape", "1 of 8 · type to narrow · Enter: take · Esc: leave"]);
    press(pane, KEYS.enter);
    expect(answers).toEqual([6]);
  });

  it("gives all again when the words are taken back, and nothing for what does not fit", () => {
    const { pane, answers, look } = choose({ title: "Fruit", items });
    press(pane, "z", "q", KEYS.enter);
    expect(answers).toEqual([]);
    expect(look()[2]).toBe("  nothing fits; change the words above");
    press(pane, KEYS.backspace, KEYS.backspace);
    expect(look()).toHaveLength(10);
  });

  it("begins where it is told, and goes by lines, pages and ends", () => {
    const { pane, look } = choose({ title: "Fruit", items, at: 2 }, { rows: 6 });
    const chosen = () => look().find((line) => line.startsWith("> "));
    expect(chosen()).toContain("cherry");
    const steps: [string, string][] = [
      [KEYS.down, "date"],
      [KEYS.pageDown, "grape"],
      [KEYS.pageDown, "hazel"],
      [KEYS.down, "apple"],
      [KEYS.up, "hazel"],
      [KEYS.home, "apple"],
      [KEYS.end, "hazel"],
    ];
    for (const [key, label] of steps) {
      press(pane, key);
      expect(chosen()).toContain(label);
      expect(look()).toHaveLength(6);
    }
  });

  it("a word changed in its middle searches all again", () => {
    const { pane, look } = choose({ title: "Fruit", items });
    press(pane, "d", "e");
    expect(look().join("\n")).not.toContain("cherry");
    press(pane, KEYS.left, KEYS.backspace);
    expect(look().join("\n")).toContain("cherry");
  });

  it("is left by Esc", () => {
    const { pane, answers } = choose({ title: "Fruit", items });
    press(pane, KEYS.escape);
    expect(answers).toEqual([undefined]);
  });

  it("keeps its columns, width and height, whatever the items are called", () => {
    const name = fc.oneof(
      fc.string({ unit: "grapheme" }),
      fc.string({ unit: "binary" }),
      fc.constant("中文模型".repeat(30)),
    );
    const list = fc.array(fc.record({ label: name, about: fc.option(name, { nil: undefined }) }), { maxLength: 30 });
    const size = fc.record({
      columns: fc.integer({ min: 20, max: 300 }),
      rows: fc.integer({ min: 1, max: 40 }),
      locale: fc.constantFrom<Locale>("en", "zh"),
    });
    fc.assert(
      fc.property(list, size, (given, { columns, rows, locale }) => {
        const all = given.map(({ label, about }, value) => ({
          value,
          label,
          ...(about === undefined ? {} : { about }),
        }));
        const { pane } = choose({ title: "中文", items: all }, { rows, locale });
        const lines = pane.render(columns);
        expect(lines.length).toBeLessThanOrEqual(rows);
        for (const line of lines) {
          expect(visibleWidth(line)).toBeLessThanOrEqual(columns);
          expect(line.replace(/\u001b\[[\d;]*m/g, "").replaceAll(CURSOR_MARKER, "")).not.toMatch(/\p{Cc}/u);
        }
      }),
    );
  });

  it("answers each key at once among ten thousand", () => {
    const many = Array.from({ length: 10_000 }, (_, n) => ({
      value: n,
      label: `provider-${n % 37}/model-${n} 中文`,
      about: `what people read of item ${(n * 7919) % 10_000}`,
    }));
    const { pane } = choose({ title: "Model", items: many }, { rows: 30 });
    pane.render(120);
    const took = [..."mod 99", KEYS.backspace, KEYS.down, KEYS.end].map((key) => {
      const began = performance.now();
      pane.key(key);
      pane.render(120);
      return performance.now() - began;
    });
    // 16 ms on an idle machine; this one may be busy
    expect(took.toSorted((a, b) => a - b)[Math.floor(took.length / 2)]).toBeLessThan(50);
  });
});

const asks = (command: string): Question => ({
  tool: "bash",
  effect: { kind: "run", subjects: [command] },
  input: { command },
  subjects: [command],
  why: "it runs a command",
});

function asker() {
  const shown: (KeyPane | undefined)[] = [];
  let time = 0;
  const made = questions({
    theme,
    locale: "en",
    rows: () => 24,
    show: (pane) => shown.push(pane),
    changed() {},
    now: () => {
      time += 1000;
      return time;
    },
  });
  const top = () => plain(shown.at(-1)?.render(60) ?? []).join("\n");
  return { ...made, shown, top, key: (key: string) => shown.at(-1)?.key(key) };
}

describe("several questions", () => {
  it("are asked one after the other, say how many wait, and give the keys back at the end", async () => {
    const { ask, choose: pick, fill: field, shown, top, key } = asker();
    const first = ask(asks("first"), { signal: new AbortController().signal, waiting: () => 2 });
    const second = pick({ title: "Second", items: [{ value: 7, label: "seven" }] });
    const third = field({ title: "Third" });
    expect(shown).toHaveLength(1);
    expect(top()).toContain("first");
    expect(top()).toContain("4 more questions wait");
    key("y");
    expect((await first).verdict).toBe("allow");
    expect(top()).toContain("Second");
    key(KEYS.enter);
    expect(await second).toBe(7);
    key("x");
    key(KEYS.enter);
    expect(await third).toBe("x");
    expect(shown).toHaveLength(4);
    expect(shown.at(-1)).toBeUndefined();
    const again = field({ title: "Again" });
    key(KEYS.escape);
    expect(await again).toBeUndefined();
  });

  it("are taken away when the turn ends: the one that is open, those that wait, and any that come after", async () => {
    const { ask, fill: field, shown, top } = asker();
    const stop = new AbortController();
    const asking = { signal: stop.signal, waiting: () => 0 };
    const open = ask(asks("one"), asking);
    const behind = ask(asks("two"), asking);
    const other = field({ title: "Stays" });
    stop.abort();
    const gone = { verdict: "deny", why: "the user interrupted" };
    expect(await Promise.all([open, behind, ask(asks("three"), asking)])).toEqual([gone, gone, gone]);
    expect(top()).toContain("Stays");
    shown.at(-1)?.key(KEYS.enter);
    expect(await other).toBe("");
    expect(shown.at(-1)).toBeUndefined();
  });

  it("are taken away when what wanted to know is gone: a choice, and a line to fill in", async () => {
    const { choose: pick, fill: field, top } = asker();
    const stop = new AbortController();
    const open = pick({ title: "One", items: [{ value: 7, label: "seven" }], signal: stop.signal });
    const behind = field({ title: "Two", signal: stop.signal });
    const other = field({ title: "Stays" });
    stop.abort();
    expect(await Promise.all([open, behind])).toEqual([undefined, undefined]);
    expect(top()).toContain("Stays");
    other.catch(() => undefined);
  });

  it("the one that is open stays when one behind it is taken away", async () => {
    const { ask, shown, top, key } = asker();
    const stop = new AbortController();
    const open = ask(asks("one"));
    const behind = ask(asks("two"), { signal: stop.signal, waiting: () => 0 });
    stop.abort();
    expect((await behind).verdict).toBe("deny");
    expect(shown).toHaveLength(1);
    expect(top()).not.toContain("wait");
    key("n");
    expect(await open).toEqual({ verdict: "deny", why: "the user said no" });
  });
});
