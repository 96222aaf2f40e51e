import { wrapTextWithAnsi } from "@earendil-works/pi-tui";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Pane } from "../../../src/cli/repl/port.js";
import { CARET } from "../../../src/cli/repl/screen/rows.js";
import { type Emulator, emulator } from "./emulator.js";

/** A paragraph that names itself, wrapped as prose is. */
const prose = (name: string, words: number): Pane => {
  const text = Array.from({ length: words }, (_, at) => `${name}.${at}`).join(" ");
  return { render: (columns) => wrapTextWithAnsi(text, columns) };
};
const rule: Pane = { render: (columns) => ["─".repeat(columns)] };
const prompt: Pane = { render: () => [`> typed${CARET}`] };

beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] }));
afterEach(() => void vi.useRealTimers());

/** Until the storm is over, the terminal has answered, and all is shown. */
async function still(made: Emulator): Promise<void> {
  for (let at = 0; at < 4; at += 1) {
    const settled = made.settled();
    await vi.advanceTimersByTimeAsync(50);
    await settled;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

function started(size: { columns: number; rows: number }, panes: readonly Pane[]): Emulator {
  const made = emulator(size);
  for (const pane of panes) made.screen.print(pane);
  made.screen.live([rule, prompt, rule, { render: () => ["status"] }]);
  return made;
}

/** The last rows that the screen should show at its width. */
function tail(panes: readonly Pane[], columns: number): string[] {
  const live = ["─".repeat(columns), "> typed", "─".repeat(columns), "status"];
  return [...panes.flatMap((pane) => pane.render(columns)), ...live].map((line) => line.slice(0, columns));
}

const shown = ({ visible }: Emulator) => {
  const lines = visible();
  return lines.slice(0, lines.findLastIndex((line) => line !== "") + 1);
};

describe("a screen whose size changes", () => {
  it("shows at each size what would stand there, loses no word, and keeps what was there before", async () => {
    const size = fc.record({ columns: fc.integer({ min: 40, max: 120 }), rows: fc.integer({ min: 8, max: 40 }) });
    const words = fc.array(fc.integer({ min: 1, max: 60 }), { maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(size, fc.array(size, { minLength: 1, maxLength: 5 }), words, async (first, sizes, lengths) => {
        const panes = lengths.map((length, at) => prose(`p${at}`, length));
        const made = started(first, panes);
        await still(made);
        for (const { columns, rows } of sizes) {
          made.resize(columns, rows);
          await still(made);
          const expected = tail(panes, columns);
          const found = shown(made);
          const same = Math.min(found.length, expected.length, 4);
          expect(found.slice(-same)).toEqual(expected.slice(-same));
          const text = [...made.scrollback(), ...made.visible()].join("").replace(/\s/g, "");
          for (const [at, length] of lengths.entries()) {
            for (let word = 0; word < length; word += 1) expect(text).toContain(`p${at}.${word}`);
          }
        }
        expect(made.written.text).not.toMatch(/\u001b\[[23]J/);
        made.screen.close();
      }),
      // the example: what was drawn again to fill a larger screen is no measure of what was said
      {
        numRuns: 60,
        examples: [
          [
            { columns: 40, rows: 9 },
            [
              { columns: 47, rows: 10 },
              { columns: 40, rows: 8 },
            ],
            [40, 1],
          ],
        ],
      },
    );
  });

  it("fills the screen anew with what was printed last", async () => {
    const panes = Array.from({ length: 30 }, (_, at) => prose(`p${at}`, 25));
    const made = started({ columns: 80, rows: 24 }, panes);
    await still(made);
    for (const [columns, rows] of [
      [50, 24],
      [120, 24],
      [40, 12],
      [300, 50],
      [80, 24],
    ] as const) {
      made.resize(columns, rows);
      await still(made);
      const found = shown(made);
      expect(found).toEqual(tail(panes, columns).slice(-found.length));
      expect(found.length).toBe(Math.min(rows, tail(panes, columns).length));
      expect(made.emulated.buffer.active.cursorX).toBe(7);
      expect(made.emulated.buffer.active.cursorY).toBe(found.length - 3);
    }
    made.screen.close();
  });

  it("draws few times in a storm of sizes", async () => {
    const panes = Array.from({ length: 30 }, (_, at) => prose(`p${at}`, 25));
    const made = started({ columns: 120, rows: 24 }, panes);
    await still(made);
    const before = made.written.text.length;
    for (let at = 0; at < 50; at += 1) {
      made.resize(119 - at, 24);
      const settled = made.settled();
      await vi.advanceTimersByTimeAsync(5);
      await settled;
    }
    await still(made);
    const frames = made.written.text.slice(before).split("\u001b[?2026h").length - 1;
    expect(frames).toBeLessThanOrEqual(4);
    expect(shown(made).slice(-10)).toEqual(tail(panes, 70).slice(-10));
    made.screen.close();
  });

  it("leaves what stood there before it began, and does without the terminal's answer", async () => {
    const made = emulator({ columns: 60, rows: 20 });
    made.emulated.write("shell output\r\n".repeat(30));
    const panes = [prose("p", 20)];
    made.screen.print(panes[0] ?? prompt);
    made.screen.live([rule, prompt, rule, { render: () => ["status"] }]);
    await still(made);
    made.emulated.parser.registerCsiHandler({ final: "n" }, () => true);
    made.resize(50, 20);
    await still(made);
    await still(made);
    expect(shown(made).slice(-6)).toEqual(tail(panes, 50));
    const shell = [...made.scrollback(), ...made.visible()].filter((line) => line === "shell output");
    expect(shell).toHaveLength(30);
    made.screen.close();
  });

  it("bears any size", async () => {
    const made = started({ columns: 80, rows: 24 }, [prose("p", 200)]);
    for (const [columns, rows] of [
      [10, 3],
      [1, 1],
      [2, 2],
      [300, 100],
      [0, 0],
      [80, 24],
    ] as const) {
      made.resize(Math.max(columns, 2), Math.max(rows, 1));
      await still(made);
    }
    expect(shown(made).slice(-4)).toEqual(tail([], 80));
    made.screen.close();
  });

  it("is drawn anew after a cover that was there while the size changed", async () => {
    const panes = Array.from({ length: 10 }, (_, at) => prose(`p${at}`, 25));
    const made = started({ columns: 80, rows: 24 }, panes);
    await still(made);
    const uncover = made.screen.cover({ render: (columns) => ["c".repeat(columns)], key: () => {} });
    await still(made);
    made.resize(60, 20);
    await still(made);
    expect(shown(made)).toEqual(["c".repeat(60)]);
    made.screen.print(prose("later", 5));
    uncover();
    await still(made);
    const expected = tail([...panes, prose("later", 5)], 60);
    expect(shown(made).slice(-12)).toEqual(expected.slice(-12));
    made.screen.close();
  });
});
