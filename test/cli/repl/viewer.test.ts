import { visibleWidth } from "@earendil-works/pi-tui";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { unstyled } from "../../../src/cli/repl/screen/wrap.js";
import { themeOf } from "../../../src/cli/repl/theme.js";
import { viewer } from "../../../src/cli/repl/told/viewer.js";
import { type Event, type Fact, NO_USAGE } from "../../../src/core/event.js";
import { text } from "../../../src/core/message.js";

function exchange(n: number): Fact[] {
  const id = `c${n}`;
  const call = { type: "call" as const, id, name: "bash", input: { command: `make part-${n}\necho done` } };
  const output = Array.from({ length: 20 }, (_, line) => `output ${n}.${line}`).join("\n");
  return [
    { type: "prompt", from: "user", parts: [text(`question ${n}`)] },
    { type: "reply", parts: [text(`I **look** at ${n}.`), call], stop: "calls", model: "m", usage: NO_USAGE },
    { type: "result", callId: id, parts: [text(output)], failed: false, ms: 10, details: { code: 0 } },
    { type: "reply", parts: [text(`answer ${n}`)], stop: "end", model: "m", usage: NO_USAGE },
    { type: "ended", outcome: "done" },
  ];
}

function session(exchanges: number): Event[] {
  const facts = Array.from({ length: exchanges }, (_, n) => exchange(n)).flat();
  const start: Fact = { type: "session", version: 1, id: "s", cwd: "/", system: "" };
  return [start, ...facts].map((fact, seq) => ({ ...fact, seq, at: seq * 1000 }));
}

function opened(events: readonly Event[], { columns = 60, rows = 12 } = {}) {
  const seen = { closed: 0, changed: () => {} };
  const size = { columns, rows };
  const pane = viewer({
    events,
    look: { theme: themeOf({ colours: true }), locale: "en" },
    rows: () => size.rows,
    close: () => {
      seen.closed += 1;
    },
    changed: () => seen.changed(),
  });
  const raw = () => pane.render(size.columns);
  const lines = () => raw().map((line) => unstyled(line).trimEnd());
  const keys = (...all: string[]) => {
    for (const each of all) {
      pane.key(each);
      raw();
    }
    return lines();
  };
  return { pane, raw, lines, keys, seen, size };
}

const KEYS = {
  up: "\u001b[A",
  down: "\u001b[B",
  pageUp: "\u001b[5~",
  home: "\u001b[H",
  end: "\u001b[F",
  esc: "\u001b",
};

describe("the whole of a session on the screen", () => {
  it("opens at its end, unfolded, and scrolls by line, page and to both ends", () => {
    const { lines, keys } = opened(session(50));
    const end = lines();
    expect(end).toHaveLength(12);
    expect(end.at(-2)).toBe("answer 49");
    expect(end.at(-1)).toMatch(/^\d+\/200 100%/);
    expect(end[0]).toBe("  output 49.11");
    expect(keys(KEYS.up)[0]).toBe("  output 49.10");
    expect(keys(KEYS.down)).toEqual(end);
    expect(keys(KEYS.down)).toEqual(end);
    expect(keys(KEYS.pageUp)[0]).toBe("  output 49.1");
    expect(keys(" ")).toEqual(end);
    const home = keys(KEYS.home);
    expect(home.slice(0, 9)).toEqual([
      "",
      "> question 0",
      "",
      "I look at 0.",
      "",
      "✓ bash  10 ms, 20 lines",
      "  command:",
      "  make part-0",
      "  echo done",
    ]);
    expect(keys("k")).toEqual(home);
    expect(keys("G")).toEqual(end);
    expect(keys("g")).toEqual(home);
  });

  it("goes from call to call, and shows each result whole", () => {
    const { keys, size } = opened(session(50));
    expect(keys("g", "\t")[1]).toBe("✓ bash  10 ms, 20 lines");
    expect(keys("\t")[3]).toBe("  make part-1");
    expect(keys("p")[3]).toBe("  make part-0");
    size.rows = 30;
    expect(keys().slice(4, 26).join(" ")).toBe(
      `  echo done ${Array.from({ length: 20 }, (_, n) => `  output 0.${n}`).join(" ")} `,
    );
  });

  it("finds words wherever they are, marks them, and says when there are none", () => {
    const { keys, raw, seen } = opened(session(50));
    expect(keys("g", "/", "q", "u", "p").at(-1)).toContain("/qup");
    keys("\u007f", "estion 3", "\u007f", "33");
    const found = keys("\r");
    expect(found[0]).toBe("> question 33");
    expect(raw()[0]).toContain("\u001b[7mquestion 33\u001b[27m");
    expect(keys("/", "ANSWER 7", "\r").at(-1)).toContain("not found");
    expect(keys("g", "/", "answer 4", "\r")[0]).toBe("answer 4");
    expect(keys("n")[0]).toBe("answer 40");
    expect(keys("N")[0]).toBe("answer 4");
    expect(seen.closed).toBe(0);
    keys("/", KEYS.esc, KEYS.esc, "q", "\u000f");
    expect(seen.closed).toBe(3);
  });

  it("looks through a long session in slices, and tells when it is done", async () => {
    const big = session(1000).map((event): Event => {
      if (event.type !== "result") return event;
      return { ...event, parts: [text("some line of output\n".repeat(2000))] };
    });
    const { keys, seen } = opened(big);
    const told = new Promise<void>((resolve) => {
      seen.changed = () => {
        if (!keys().at(-1)?.includes("searching")) resolve();
      };
    });
    expect(keys("g", "/", "nowhere at all", "\r").at(-1)).toContain("searching");
    await told;
    expect(keys().at(-1)).toContain("not found");
  });

  it("opens a long session at once, and renders only what is seen", () => {
    const events = session(1250);
    const before = process.cpuUsage();
    const { lines, keys } = opened(events, { rows: 40 });
    expect(lines()).toHaveLength(40);
    keys("g", "G", "\t", KEYS.pageUp);
    const { user, system } = process.cpuUsage(before);
    expect((user + system) / 1000).toBeLessThan(400);
  });

  it("fits every screen, whatever is hit, and an empty session too", () => {
    const key = fc.oneof(
      fc.constantFrom(...Object.values(KEYS), "\t", " ", "n", "N", "p", "/", "\r", "x", "G", "b"),
      fc.string(),
    );
    const size = fc.record({ columns: fc.integer({ min: 10, max: 300 }), rows: fc.integer({ min: 1, max: 60 }) });
    const step = fc.record({ key, size });
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 8 }), fc.array(step, { maxLength: 40 }), (exchanges, steps) => {
        const { pane, raw, size } = opened(session(exchanges));
        for (const { key, size: now } of steps) {
          Object.assign(size, now);
          pane.key(key);
          const lines = raw();
          expect(lines.length).toBeLessThanOrEqual(Math.max(2, size.rows));
          for (const line of lines) expect(visibleWidth(line)).toBeLessThanOrEqual(size.columns);
        }
      }),
      { numRuns: 100 },
    );
  });
});
