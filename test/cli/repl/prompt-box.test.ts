import { CURSOR_MARKER, visibleWidth } from "@earendil-works/pi-tui";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { KEY, tried } from "./boxes.js";

const words = (box: ReturnType<typeof tried>) => box.sent.map((each) => each.words);

describe("typing", () => {
  it("shows what is typed between two rules, and sends it with Enter", () => {
    const box = tried();
    box.type("fix the tests");
    expect(box.lines(20)).toEqual(["─".repeat(20), "> fix the tests", "─".repeat(20)]);
    box.press(KEY.enter);
    expect(box.sent).toEqual([{ words: "fix the tests", more: expect.objectContaining({ images: [], plain: false }) }]);
    expect(box.box.text()).toBe("");
  });

  it("never sends a blank draft, and never leaves by it", () => {
    const box = tried();
    box.press(KEY.enter, " ", KEY.enter, "\n", KEY.enter);
    expect([box.sent, box.asked]).toEqual([[], []]);
  });

  it("begins a new line by Shift-Enter, Alt-Enter, Ctrl-J, and Enter after a backslash", () => {
    const box = tried();
    box.type("a");
    box.press("\u001b[13;2u");
    box.type("b");
    box.press("\u001b\r");
    box.type("c");
    box.press("\n");
    box.type("d\\");
    box.press(KEY.enter);
    box.type("e");
    box.press(KEY.enter);
    expect(words(box)).toEqual(["a\nb\nc\nd\ne"]);
  });

  it("puts characters together that come in two halves, from any keyboard protocol", () => {
    const box = tried();
    box.type("👍é");
    box.press("\u001b[97u", "\u001b[27;2;65~", "\u001b[97;1:3u", KEY.enter);
    expect(words(box)).toEqual(["👍éaA"]);
  });

  it("keeps working beyond the end of a draft's text in both directions", () => {
    const box = tried();
    box.press(
      KEY.left,
      KEY.erase,
      KEY.wordLeft,
      KEY.right,
      KEY.wordRight,
      "\u001b[3~",
      KEY.ctrl("k"),
      KEY.ctrl("u"),
      KEY.ctrl("y"),
    );
    box.type("x");
    expect(box.box.text()).toBe("x");
  });
});

describe("words, kills and undo", () => {
  it("goes by words, also in a script without spaces", () => {
    const box = tried();
    box.type("你好世界");
    box.press(KEY.wordLeft);
    box.type("|");
    expect(box.box.text()).toBe("你好|世界");
  });

  it("kills by words and lines, and yanks what was killed in a row as one", () => {
    const box = tried();
    box.type("one two.three four");
    box.press(KEY.ctrl("w"), KEY.ctrl("w"));
    expect(box.box.text()).toBe("one two.");
    box.press(KEY.ctrl("u"), KEY.ctrl("y"));
    expect(box.box.text()).toBe("one two.three four");
  });

  it("yanks what was killed before", () => {
    const box = tried();
    box.type("old");
    box.press(KEY.ctrl("u"));
    box.type("new");
    box.press(KEY.ctrl("u"), KEY.ctrl("y"), "\u001by");
    expect(box.box.text()).toBe("old");
  });

  it("undoes a word at a time, and brings back a draft that was cleared", () => {
    const box = tried();
    box.type("fix the tests");
    box.press(KEY.undo);
    expect(box.box.text()).toBe("fix the");
    box.press(KEY.undo);
    expect(box.box.text()).toBe("fix");
    box.press(KEY.ctrl("c"));
    expect(box.box.text()).toBe("");
    box.press(KEY.undo);
    expect(box.box.text()).toBe("fix");
  });

  it("does again what was undone, until something else is typed", () => {
    const box = tried();
    box.type("fix the tests");
    box.press(KEY.undo, KEY.undo, KEY.redo);
    expect(box.box.text()).toBe("fix the");
    box.press("\u001b[47;3u", KEY.redo);
    expect(box.box.text()).toBe("fix the tests");
    box.press(KEY.undo);
    box.type("!");
    box.press(KEY.redo);
    expect(box.box.text()).toBe("fix the!");
    box.press(KEY.undo);
    expect(box.box.text()).toBe("fix the");
  });

  it("goes home, to the end, up and down, and keeps its column", () => {
    const box = tried();
    box.paste("a long line\nb\nanother line");
    box.press(KEY.up, KEY.up);
    box.type("1");
    box.press(KEY.down, KEY.home);
    box.type("2");
    box.press(KEY.ctrl("e"));
    box.type("3");
    expect(box.box.text()).toBe("a long line1\n2b3\nanother line");
  });
});

describe("any keys at all", () => {
  const key = fc.constantFrom(
    ..."ab /@!#\\".split(""),
    "你",
    "\n",
    "\u001b[200~x\ny\u001b[201~",
    `\u001b[200~${"l\n".repeat(12)}\u001b[201~`,
    KEY.up,
    KEY.down,
    KEY.left,
    KEY.right,
    KEY.wordLeft,
    KEY.erase,
    KEY.tab,
    KEY.undo,
    KEY.redo,
    KEY.home,
    "\u001b[5~",
    ..."wukyrpnd".split("").map(KEY.ctrl),
    "\u001by",
    "\u001bd",
  );

  it("leave a draft that can be drawn and sent, and that undo takes back to nothing", () => {
    fc.assert(
      fc.property(fc.array(key, { maxLength: 80 }), (keys) => {
        const box = tried({}, [
          { words: "/past one", plain: false },
          { words: "two\nlines", plain: true },
        ]);
        for (const each of keys) {
          box.press(each);
          expect(box.box.render(30).every((line) => visibleWidth(line) <= 30)).toBe(true);
        }
        box.press(KEY.escape);
        const text = box.box.text();
        box.type("x");
        box.press(KEY.erase);
        expect(box.box.text()).toBe(text);
        // from a text of history there may be nothing to take back
        for (let n = 0; n < 200; n += 1) box.press(KEY.undo);
        expect(["", "/past one", "two\nlines"]).toContain(box.box.text());
        for (let n = 0; n < 200; n += 1) box.press(KEY.redo);
        expect(box.box.text()).toBe(text);
      }),
      { numRuns: 200 },
    );
  });
});

describe("the caret", () => {
  const pieces = fc.constantFrom(
    "a",
    "b ",
    "你好",
    "世",
    "かな",
    "한글",
    "👨‍👩‍👧‍👦",
    "e\u0301",
    "ก็",
    "👍🏽",
    "🇨🇳",
    "\n",
    "，",
    "\t",
    " ",
  );
  const moves = fc.constantFrom(
    KEY.left,
    KEY.right,
    KEY.up,
    KEY.down,
    KEY.wordLeft,
    KEY.wordRight,
    KEY.home,
    KEY.end,
    KEY.erase,
  );
  const step = fc.oneof(
    { weight: 3, arbitrary: pieces.map((text) => ({ text, key: "" })) },
    { weight: 1, arbitrary: moves.map((key) => ({ text: "", key })) },
  );

  it("stands in the cell behind what is drawn before it, in one place of every frame, and no line is too wide", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.integer({ min: 8, max: 50 }), (steps, columns) => {
        const box = tried();
        for (const { text, key } of steps) {
          if (text !== "") box.type(text);
          else box.press(key);
          const lines = box.box.render(columns);
          expect(lines.join("").split(CURSOR_MARKER)).toHaveLength(2);
          expect(lines.every((line) => visibleWidth(line) <= columns && !line.includes("\u001b[7m"))).toBe(true);
          expect(box.caret(columns).column).toBeLessThan(columns);
        }
      }),
      { numRuns: 60 },
    );
  });

  it("has before it what stands before it in the draft, whatever is typed", () => {
    const noTab = step.filter(({ text }) => text !== "\t");
    fc.assert(
      fc.property(fc.array(noTab, { maxLength: 60 }), fc.integer({ min: 8, max: 50 }), (steps, columns) => {
        const box = tried({ rows: () => 1000 });
        for (const { text, key } of [{ text: "x", key: "" }, ...steps])
          box.press(...(key === "" ? text.split("") : [key]));
        const rows = box.box
          .render(columns)
          .slice(1, -1)
          .map((line) => line.replace(/\u001b\[[\d;]*m/g, "").slice(2));
        const before = rows.join("").split(CURSOR_MARKER)[0];
        if (box.box.text() === "") return;
        box.type("█");
        const [expected = ""] = box.box.text().split("█");
        expect(before).toBe(expected.replaceAll("\n", ""));
      }),
    );
  });

  it("moves by what a person takes for one character", () => {
    const box = tried();
    box.type("a👨‍👩‍👧‍👦e\u0301世");
    const seen = [box.caret().column];
    for (let n = 0; n < 4; n += 1) {
      box.press(KEY.left);
      seen.push(box.caret().column);
    }
    expect(seen).toEqual([8, 6, 5, 3, 2]);
  });

  it("goes to the next row where a row is full", () => {
    const box = tried();
    box.type("你好世界你好世界");
    expect(box.lines(12).slice(1, -1)).toEqual(["> 你好世界", "  你好世界"]);
    expect(box.caret(12)).toEqual({ row: 2, column: 10 });
    box.press(...Array.from({ length: 4 }, () => KEY.left));
    expect(box.caret(12)).toEqual({ row: 2, column: 2 });
  });

  it("stands before the words that say what can be done", () => {
    const box = tried({ locale: "zh" });
    expect(box.caret()).toEqual({ row: 1, column: 2 });
    expect(box.lines()[1]).toContain("请输入任务");
  });
});

describe("pastes", () => {
  it("shows a long one folded, goes over it in one step, and sends its bytes", () => {
    const box = tried();
    const makefile = Array.from({ length: 1234 }, (_, n) => `target${n}:\r\n\tcc -o $@\u001b[31m`).join("\r\n");
    box.type("see ");
    box.paste(makefile);
    box.type(" now");
    expect(box.lines()[1]).toBe("> see [pasted #1: 2,468 lines] now");
    box.press(...Array.from({ length: 5 }, () => KEY.left));
    expect(box.caret().column).toBe(6);
    box.press(KEY.enter);
    expect(words(box)).toEqual([`see ${makefile.replaceAll("\r\n", "\n")} now`]);
  });

  it("of a megabyte takes little time until the frame, and is sent whole", () => {
    const text = "const x = 1;\r\n\tfoo(); \u001b[31m\r\n".repeat(30_000);
    const box = tried();
    const began = process.cpuUsage();
    box.paste(text);
    box.box.render(100);
    expect(process.cpuUsage(began).user / 1000).toBeLessThan(100);
    box.press(KEY.enter);
    expect(words(box)[0] === text.replaceAll("\r\n", "\n")).toBe(true);
  });

  it("is taken away and brought back as one", () => {
    const box = tried();
    box.paste("x".repeat(1001));
    box.press(KEY.erase);
    expect(box.box.text()).toBe("");
    box.press(KEY.undo);
    expect(box.box.text()).toBe("x".repeat(1001));
  });

  it("numbers several, and keeps tabs and line ends of short ones", () => {
    const box = tried();
    box.paste("a:\r\tb\r\n");
    box.paste("l\n".repeat(11));
    box.paste("l\n".repeat(11));
    expect(box.lines().slice(1, 4)).toEqual(["> a:", "      b", "  [pasted #1: 11 lines][pasted #2: 11 lines]"]);
    expect(box.box.text()).toBe(`a:\n\tb\n${"l\n".repeat(22)}`);
  });

  it("draws control characters as pictures and takes none for a key", () => {
    const box = tried();
    box.paste("a\u001b[A\u0003\u0015b\u202ec");
    expect(box.box.render(60).join("")).not.toMatch(/\u001b\[A|\u0003|\u0015|\u202e/);
    expect(box.lines()[1]).toBe("> a␛[A␃␕b�c");
    expect(box.box.text()).toBe("a\u001b[A\u0003\u0015b\u202ec");
  });

  it("is text, also when it begins like a command", () => {
    const box = tried();
    box.paste("/etc/passwd");
    expect(box.lines()[0]).not.toContain("shell");
    box.press(KEY.enter);
    box.paste("!ls");
    box.press(KEY.enter);
    box.type("!");
    box.paste("ls");
    box.press(KEY.enter);
    expect(box.sent.map(({ words, more }) => [words, more?.plain])).toEqual([
      ["/etc/passwd", true],
      ["!ls", true],
      ["!ls", false],
    ]);
  });

  it("does not take characters from outside for folded things", () => {
    const box = tried();
    box.paste("l\n".repeat(11));
    box.type("\u{100000}");
    box.paste("\u{100000}");
    expect(box.box.text()).toBe(`${"l\n".repeat(11)}\ufffd\u{100000}`);
  });
});

describe("keys of the session", () => {
  it("Ctrl-C clears a draft, then interrupts, then leaves at the second press", () => {
    const box = tried();
    box.type("x");
    box.press(KEY.ctrl("c"));
    expect([box.box.text(), box.asked]).toEqual(["", []]);
    box.press(KEY.ctrl("c"));
    expect(box.lines().at(-1)).toContain("Ctrl+C again to exit");
    box.press(KEY.ctrl("c"));
    expect(box.asked).toEqual(["leave"]);
  });

  it("Esc interrupts what runs, else clears the draft at the second press, until another key comes", () => {
    let runs = true;
    const interrupt = () => runs;
    const hands = { submit() {}, leave() {}, nextMode() {}, unfold() {}, interrupt };
    const box = tried({ hands });
    box.type("draft");
    box.press(KEY.escape, KEY.escape);
    expect(box.box.text()).toBe("draft");
    runs = false;
    box.press(KEY.escape, "s", KEY.escape);
    expect(box.box.text()).toBe("drafts");
    box.press(KEY.escape);
    expect(box.box.text()).toBe("");
    box.press(KEY.undo, "\u001b\u001b");
    expect(box.box.text()).toBe("");
  });

  it("gives the others to whom they belong", () => {
    const box = tried();
    box.press(KEY.ctrl("l"), "\u001b[Z", KEY.ctrl("o"), KEY.ctrl("z"), KEY.ctrl("d"));
    expect(box.asked).toEqual(["redraw", "nextMode", "unfold", "leave"]);
    box.type("ab");
    box.press(KEY.home, KEY.ctrl("d"));
    expect(box.box.text()).toBe("b");
  });

  it("opens the draft in an editor, all of it, and takes what comes back", async () => {
    let [given, back] = ["", (_: string | undefined) => {}];
    const edit = (text: string) => {
      given = text;
      return new Promise<string | undefined>((resolve) => {
        back = resolve;
      });
    };
    let drawn = () => {};
    const changed = new Promise<void>((resolve) => {
      drawn = resolve;
    });
    const box = tried({ edit, changed: () => drawn() });
    box.paste("l\n".repeat(20));
    box.press(KEY.ctrl("g"));
    expect(given).toBe("l\n".repeat(20));
    back("less\n");
    await changed;
    expect(box.box.text()).toBe("less");
    box.press(KEY.undo);
    expect(box.box.text()).toBe("l\n".repeat(20));
  });

  it("tells by a word and a sign what the line would be", () => {
    let mode = "plan";
    const box = tried({ mode: () => mode });
    expect(box.lines()[0]).toContain(" plan ");
    mode = "default";
    box.type("!ls");
    expect(box.lines().slice(0, 2)).toEqual([expect.stringContaining(" shell "), "! !ls"]);
    box.press(KEY.ctrl("u"));
    box.type("#x");
    expect(box.lines().slice(0, 2)).toEqual([expect.stringContaining(" remember "), "# #x"]);
  });

  it("shows a part of a draft that is higher than its share of the screen", () => {
    const box = tried({ rows: () => 20 });
    for (let n = 0; n < 30; n += 1) {
      box.type(`line ${n}`);
      box.press("\n");
    }
    expect(box.lines().length).toBe(10);
    expect(box.lines()[0]).toContain("↑ 23");
    box.press("\u001b[5~", "\u001b[5~");
    expect(box.lines().at(-1)).toContain("↓");
    expect(box.caret().row).toBe(1);
  });
});
