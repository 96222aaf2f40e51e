import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Pane } from "../../../src/cli/repl/port.js";
import { CARET } from "../../../src/cli/repl/screen/rows.js";
import { type Emulator, emulator } from "./emulator.js";

const of = (...lines: string[]): Pane => ({ render: () => lines });
/** Nothing is taken from the scrollback by these, in any terminal. */
const CLEARS = /\u001b\[[23]?J/;

/** Draws what is waiting, as a key does, and waits until it is shown. */
async function drawn({ type, settled }: Emulator): Promise<void> {
  type("\u001b[I");
  await settled();
}

const without = (lines: readonly string[]) => lines.slice(0, lines.findLastIndex((line) => line !== "") + 1);
const all = (made: Emulator) => without([...made.scrollback(), ...made.visible()]);

type Step =
  | { do: "print"; panes: string[][] }
  | { do: "live"; lines: string[] }
  | { do: "flow"; lines: number }
  | { do: "cover" }
  | { do: "uncover" };

const line = fc.oneof(
  fc.string({ maxLength: 12 }).map((text) => text.replace(/[^ -~]/g, "").trimEnd() || "-"),
  fc.constantFrom("汉字", "かな", "한국어", "\u001b[31mred\u001b[39m", "\u001b[1munended", "e\u0301te\u0301"),
  fc.integer({ min: 1, max: 40 }).map((width) => "=".repeat(width)),
);
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constant("print" as const), panes: fc.array(fc.array(line, { maxLength: 4 }), { maxLength: 6 }) }),
  fc.record({ do: fc.constant("live" as const), lines: fc.array(line, { maxLength: 14 }) }),
  fc.record({ do: fc.constant("flow" as const), lines: fc.integer({ min: 1, max: 4 }) }),
  fc.record({ do: fc.constant("cover" as const) }),
  fc.record({ do: fc.constant("uncover" as const) }),
);

const bare = (text: string) => text.replace(/\u001b\[\d*m/g, "");
const cut = (text: string, columns: number) => bare(text).slice(0, /^=+$/.test(text) ? columns : undefined);

/** What a screen was told so far. */
type Story = { printed: string[]; live: string[]; uncover: (() => void) | undefined };

function acted({ screen }: Emulator, story: Story, step: Step): void {
  const print = (lines: readonly string[]) => {
    screen.print(of(...lines));
    story.printed.push(...lines);
  };
  if (step.do === "print") step.panes.forEach(print);
  if (step.do === "live") story.live = [...step.lines];
  if (step.do === "flow") print(story.live.splice(0, step.lines));
  if (step.do === "cover") story.uncover ??= screen.cover({ ...of("over", "all"), key: () => {} });
  if (step.do === "uncover") {
    story.uncover?.();
    story.uncover = undefined;
  }
  screen.live([of(...story.live)]);
}

describe("a screen", () => {
  it("shows what is live below what was printed, and keeps every printed line once", async () => {
    const size = fc.record({ columns: fc.integer({ min: 14, max: 40 }), rows: fc.integer({ min: 1, max: 12 }) });
    await fc.assert(
      fc.asyncProperty(size, fc.array(step, { maxLength: 14 }), async (size, steps) => {
        const made = emulator(size);
        const story: Story = { printed: [], live: [], uncover: undefined };
        for (const each of steps) {
          acted(made, story, each);
          await drawn(made);
          if (story.uncover !== undefined) {
            expect(without(made.visible())).toEqual(["over", "all"].slice(0, size.rows));
            continue;
          }
          const lines = [...story.printed, ...story.live.slice(-size.rows)].map((text) => cut(text, size.columns));
          expect(all(made)).toEqual(lines);
          expect(made.scrollback().length).toBeLessThanOrEqual(story.printed.length);
        }
        made.screen.close();
        await made.settled();
        expect(all(made)).toEqual(story.printed.map((text) => cut(text, size.columns)));
        expect(made.emulated.buffer.active).toMatchObject({ type: "normal", cursorX: 0 });
        expect(made.written.text).not.toMatch(CLEARS);
      }),
      { numRuns: 150 },
    );
  });

  it("writes what changed and no more, however much was printed", async () => {
    const made = emulator({ columns: 80, rows: 40 });
    for (let at = 0; at < 5000; at += 1) made.screen.print(of(`message ${at}`, `  ${"text ".repeat(10)}`));
    const lines = Array.from({ length: 30 }, (_, at) => `live row ${at} ${"x".repeat(50)}`);
    made.screen.live([{ render: () => lines }]);
    await drawn(made);
    expect(made.written.writes).toBeLessThan(6);
    expect(made.scrollback()).toHaveLength(10_000 + 30 - 40);

    const cost = async (change: () => void) => {
      const before = made.written.text.length;
      change();
      await drawn(made);
      return made.written.text.length - before;
    };
    expect(await cost(() => {})).toBe(0);
    const changed = await cost(() => lines.splice(17, 1, "one that is new"));
    expect(changed).toBeLessThan("one that is new".length + 60);
    const streamed = await cost(() => lines.splice(29, 1, `${lines[29]} token`));
    expect(streamed).toBeLessThan(80 + 60);
    const added = await cost(() => made.screen.print(of("a note that stands above")));
    expect(added).toBeLessThan("a note that stands above".length + 80);
    expect(made.visible().slice(-31)).toEqual(["a note that stands above", ...lines]);
    const flowed = await cost(() => {
      made.screen.print(of(...lines.splice(0, 5)));
    });
    expect(flowed).toBeLessThan(60);
    expect(made.written.text).not.toMatch(CLEARS);
  });

  it.each([
    ["nothing", "", 0],
    ["Latin", "abc", 3],
    ["Han", "汉字", 4],
    ["kana", "ひらカタ", 8],
    ["Hangul", "한국어", 6],
    ["combining marks", "e\u0301te\u0301", 3],
    ["an emoji", "a😀", 3],
    ["a family joined to one emoji", "👨‍👩‍👧‍👦", 2],
    ["a skin tone", "👍🏽", 2],
    ["a flag", "🇨🇳", 2],
    ["an emoji by selector", "❤️", 2],
    ["styles", "\u001b[31m汉\u001b[39mx", 3],
    ["a tab", "\tx", 4],
  ])("puts the cursor on the caret's cell behind %s", async (_, before, column) => {
    const made = emulator({ columns: 20, rows: 6 });
    made.screen.live([of("above"), of(`> ${before}${CARET}tail`, "below")]);
    await drawn(made);
    expect(made.emulated.buffer.active).toMatchObject({ cursorY: 1, cursorX: 2 + column });
    expect(
      made.emulated.buffer.active
        .getLine(1)
        ?.getCell(2 + column)
        ?.getChars(),
    ).toBe("t");
    made.screen.live([of("no caret")]);
    await drawn(made);
    expect(made.written.text.lastIndexOf("\u001b[?25l")).toBeGreaterThan(made.written.text.lastIndexOf("\u001b[?25h"));
    made.screen.close();
  });

  it("shows what a key changed before anything else happens", async () => {
    let typed = "";
    const made = emulator({ columns: 40, rows: 6 });
    const pane = {
      render: () => [`> ${typed}${CARET}`],
      key: (data: string) => {
        typed += data;
      },
    };
    made.screen.live([pane]);
    made.screen.focus(pane);
    await drawn(made);
    const writes = made.written.writes;
    made.type("hello \u001b[200~wo\nrld\u001b[201~");
    await made.settled();
    expect(made.visible()[0]).toBe("> hello world");
    expect(made.written.writes).toBe(writes + 1);
    made.screen.close();
  });

  it("gives a key to its hook first, and to the cover before the pane in focus", async () => {
    const got: string[] = [];
    const made = emulator({ columns: 40, rows: 6 }, { onKey: (data) => data === "h" && got.push("hook") > 0 });
    made.screen.focus({ ...of("focus"), key: (data) => void got.push(`focus ${data}`) });
    await drawn(made);
    const uncover = made.screen.cover({ ...of("cover"), key: (data) => void got.push(`cover ${data}`) });
    made.type("hb");
    await drawn(made);
    uncover();
    made.type("c");
    await drawn(made);
    expect(got).toEqual(["hook", "cover b", "focus c"]);
    made.screen.close();
  });

  it("leaves frames out while the terminal does not read", async () => {
    const made = emulator({ columns: 40, rows: 6 });
    let n = 0;
    made.screen.live([{ render: () => [`count ${n}`] }]);
    await drawn(made);
    const release = made.block();
    for (n = 1; n < 500; n += 1) await drawn(made);
    const before = made.written.writes;
    release();
    await drawn(made);
    expect(made.visible()[0]).toBe("count 500");
    expect(made.written.writes - before).toBeLessThanOrEqual(3);
    made.screen.close();
  });
});
