import { visibleWidth } from "@earendil-works/pi-tui";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Locale } from "../../../src/cli/repl/locale.js";
import { unstyled } from "../../../src/cli/repl/screen/wrap.js";
import { themeOf } from "../../../src/cli/repl/theme.js";
import { stepBoard } from "../../../src/cli/repl/told/step-board.js";
import { transcript } from "../../../src/cli/repl/told/transcript.js";
import { type Delta, type Event, type Fact, NO_USAGE } from "../../../src/core/event.js";
import { type Call, type Json, type ReplyPart, text } from "../../../src/core/message.js";

const call = (id: string, name: string, input: Json): Call => ({ type: "call", id, name, input });
const reply = (...parts: ReplyPart[]): Fact => ({ type: "reply", parts, stop: "end", model: "m", usage: NO_USAGE });
const result = (callId: string, words: string, more: { failed?: boolean; details?: Json } = {}): Fact => ({
  type: "result",
  callId,
  parts: [text(words)],
  failed: false,
  ms: 1500,
  ...more,
});

/** A transcript at a width: what it printed, and what is live, as plain lines. */
function shown({ columns = 60, locale = "en" as Locale } = {}) {
  const printed: string[] = [];
  const clock = { now: 1000 };
  const look = { theme: themeOf({ colours: true }), locale };
  const print = (pane: { render(columns: number): readonly string[] }) => printed.push(...pane.render(columns));
  const it = transcript({ look, print, now: () => clock.now });
  let seq = 0;
  return {
    printed: () => printed.map(unstyled),
    raw: printed,
    live: () => it.live.render(columns).map(unstyled),
    clock,
    hear: (...deltas: Delta[]) => deltas.forEach(it.see),
    record(...facts: Fact[]) {
      for (const fact of facts) it.see({ ...fact, seq: seq++, at: clock.now });
    },
    asks: it.asks,
    recount: (events: readonly Event[]) => it.recount(events),
  };
}

function logged(facts: readonly Fact[]): Event[] {
  return facts.map((fact, seq) => ({ ...fact, seq, at: seq * 1000 }));
}

describe("a transcript", () => {
  it("prints the calls of a reply in its order, each once its result has come", () => {
    const { printed, live, hear, record, clock } = shown();
    record({ type: "prompt", from: "user", parts: [text("Mend it\nplease")] });
    expect(printed()).toEqual(["> Mend it", "> please"]);
    const [slow, quick] = [call("1", "bash", { command: "npm test", timeout: 9 }), call("2", "grep", { pattern: "x" })];
    hear({ type: "text", text: "I look." }, { type: "call", call: slow }, { type: "call", call: quick });
    record({ type: "started", callId: "1", name: "bash" }, { type: "started", callId: "2", name: "grep" });
    hear({ type: "progress", callId: "1", text: "first\nsecond\nthird" });
    record(result("2", "a\nb\nc"));
    clock.now += 5000;
    expect(printed().slice(2)).toEqual(["", "I look."]);
    expect(live().map((line) => line.slice(1))).toEqual([
      "",
      " bash npm test timeout=9  5.0 s",
      " second",
      " third",
      " grep x  1.5 s, 3 lines",
    ]);
    record(result("1", "[exit code 1]\nwhy\nwhere", { failed: true, details: { code: 1 } }));
    expect(printed().slice(4)).toEqual([
      "",
      "✗ bash npm test timeout=9  1.5 s",
      "  [exit code 1]",
      "  why",
      "  where",
      "✓ grep x  1.5 s, 3 lines",
    ]);
    record(reply(text("I look."), slow, quick));
    expect(printed()).toHaveLength(10);
    expect(live()).toEqual([]);
  });

  it("shows a diff with the numbers of both sides, folded, and what a program wrote", () => {
    const { printed, record } = shown({ columns: 50 });
    const many = Array.from({ length: 40 }, (_, n) => `+line ${n}`).join("\n");
    const diff = `--- a\n+++ b\n@@ -8,3 +8,42 @@ fn\n same\n-\told\n${many}\n@@ -90 +130 @@\n end\n`;
    const out = Array.from({ length: 30 }, (_, n) => `out ${n}`).join("\n");
    record(reply(call("1", "edit_file", { path: "a.ts", old: "x\ny" }), call("2", "bash", { command: "make" })));
    record(result("1", "done", { details: { path: "a.ts", added: 40, removed: 1, diff } }));
    record(result("2", out, { details: { code: 0 } }));
    const lines = printed();
    expect(lines.slice(0, 4)).toEqual([
      "✓ edit_file a.ts  1.5 s, +40 -1",
      "    8   8   same",
      "    9     -     old",
      "        9 + line 0",
    ]);
    expect(lines).toContain("  … 24 more lines (Ctrl+O)");
    expect(lines).toContain("   90 130   end");
    expect(lines.slice(-8)).toEqual([
      "✓ bash make  1.5 s, 30 lines",
      ...["out 0", "out 1", "out 2", "… 24 more lines (Ctrl+O)", "out 27", "out 28", "out 29"].map(
        (line) => `  ${line}`,
      ),
    ]);
  });

  it("tells calls that only read on one line, and what failed, was refused or wrote by itself", () => {
    const { printed, live, record } = shown({ columns: 70 });
    const reads = { reads: true };
    const paths = ["a.ts", "b.ts", "a.ts"];
    record(reply(...paths.map((path, n) => call(`r${n}`, "read_file", { path, offset: n + 1 }))));
    for (const n of [0, 1, 2]) record(result(`r${n}`, "text", { details: reads }));
    // more of it may come with the next reply
    expect(printed()).toEqual([]);
    expect(live()).toEqual(["✓ 3 reads read_file a.ts, b.ts"]);
    record(reply(call("g", "grep", { pattern: "TODO" }), call("b", "bash", { command: "git log" })));
    record(result("g", "x", { details: reads }));
    expect(live()[0]).toBe("✓ 4 reads read_file a.ts, b.ts · grep TODO");
    expect(live()[1]).toMatch(/bash git log/);
    record(result("b", "one\ntwo", { details: { code: 0, ...reads } }));
    record(reply(call("no", "read_file", { path: "gone" }), call("last", "glob", { pattern: "*" })));
    record(result("no", "There is no file gone.", { failed: true, details: reads }));
    record(result("last", "x", { details: reads }), reply(call("w", "bash", { command: "make" })));
    record(result("w", "made", { details: { code: 0 } }));
    expect(printed()).toEqual([
      "✓ 5 reads read_file a.ts, b.ts · grep TODO · bash git log",
      "✗ read_file gone  1.5 s",
      "  There is no file gone.",
      "✓ glob *  1.5 s",
      "✓ bash make  1.5 s",
      "  made",
    ]);
    expect(live()).toEqual([]);
  });

  it("prints what was read last when the run ends, and before the text behind it", () => {
    const { printed, hear, record } = shown({ locale: "zh" });
    record(reply(call("0", "todo_write", { todos: [{ content: "读代码", status: "pending" }, { content: "b" }] })));
    record(result("0", "1\n2"));
    expect(printed()).toEqual(["✓ todo_write 读代码 …+1  1.5 秒，2 行"]);
    record(reply(call("1", "read_file", { path: "a" }), call("2", "read_file", { path: "b" })));
    record(result("1", "x", { details: { reads: true } }), result("2", "x", { details: { reads: true } }));
    hear({ type: "text", text: "Now" });
    expect(printed().slice(1)).toEqual(["✓ 2 次读取 read_file a, b"]);
    record(reply(text("Now")), reply(call("3", "read_file", { path: "c" })));
    record(result("3", "x", { details: { reads: true } }));
    expect(printed().at(-1)).toBe("Now");
    record({ type: "ended", outcome: "done" });
    expect(printed().at(-1)).toMatch(/^✓ read_file c/);
  });

  it("counts the attempts on a model on one line, and keeps one of them once it has answered", () => {
    const { printed, live, hear, record, clock } = shown({ columns: 110 });
    const again = (n: number, seconds: string): Delta => ({
      type: "status",
      by: "retry",
      text: `The endpoint answered 529: overloaded. Again in ${seconds} s (${n} of 10).`,
    });
    hear(again(2, "0.5"), again(3, "4.2"));
    const why = "(The endpoint answered 529: overloaded)";
    expect(live()).toEqual([`the model did not answer: trying again in 5 s, 3 of 10 ${why}`]);
    clock.now += 3000;
    expect(live()).toEqual([`the model did not answer: trying again in 2 s, 3 of 10 ${why}`]);
    clock.now += 3000;
    expect(live()).toEqual([`the model did not answer: trying again, 3 of 10 ${why}`]);
    hear({ type: "thinking", text: "hm" });
    expect(live()).toEqual(["thinking… hm"]);
    expect(printed()).toEqual([]);
    hear({ type: "text", text: "Here" });
    record(reply(text("Here")));
    const told = "the model answered at attempt 3: The endpoint answered 529: overloaded";
    expect(printed()).toEqual([told, "", "Here"]);
    // what came to nothing is told by the end alone
    hear(again(2, "1.0"), again(3, "1.0"));
    record({ type: "ended", outcome: "failed", reason: "The endpoint answered 529: overloaded." });
    expect(printed().slice(4)).toEqual(["failed: The endpoint answered 529: overloaded."]);
    expect(live()).toEqual([]);
  });

  it("says that an answer broke off, unless a person has ended it", () => {
    const cut: Fact = { ...reply(text("So")), stop: "cut" } as Fact;
    const ended = shown();
    ended.record(cut, { type: "ended", outcome: "aborted", reason: "interrupted by the user" });
    expect(ended.printed()).toEqual(["So", "", "interrupted"]);
    const broken = shown();
    broken.record(cut, { type: "ended", outcome: "failed", reason: "The connection was lost." });
    expect(broken.printed()).toEqual(["So", "", "the answer broke off", "failed: The connection was lost."]);
  });

  it("keeps the newest of what a gateway says of its models, and how often it spoke", () => {
    const { printed, live, hear } = shown({ columns: 90 });
    const by = "gateway";
    hear({ type: "status", by, text: "a failed (529). Asking it again." });
    hear({ type: "status", by, text: "a failed (529). Now asking b." });
    expect(live()).toEqual(["gateway: a failed (529). Now asking b."]);
    hear({ type: "text", text: "Here\n" });
    expect(printed()[0]).toBe("gateway: a failed (529). Now asking b. (2 times)");
  });

  it("says of a call that a person is asked about that it waits, while others run on", () => {
    const { live, hear, record, clock, asks } = shown();
    const [one, other] = [call("1", "bash", { command: "npm test" }), call("2", "bash", { command: "rm x" })];
    hear({ type: "call", call: one }, { type: "call", call: other });
    record({ type: "started", callId: "1", name: "bash" }, { type: "started", callId: "2", name: "bash" });
    const answered = asks({ tool: "bash", input: { command: "rm x" } });
    clock.now += 5000;
    expect(live().map((line) => line.slice(1))).toEqual([" bash npm test  5.0 s", " bash rm x  waits for you"]);
    const before = live();
    clock.now += 240;
    expect([live()[0] === before[0], live()[1] === before[1]]).toEqual([false, true]);
    answered();
    record({ type: "judged", callId: "2", verdict: "allow", by: "person", why: "y" });
    clock.now += 1000;
    expect(live()[1]).toMatch(/^\S bash rm x {2}1\.0 s$/);
    // a sub-agent's question is its order's
    hear({ type: "call", call: call("3", "agent", { task: "tidy", type: "cleaner" }) });
    record({ type: "started", callId: "3", name: "agent" });
    asks({ tool: "bash", input: { command: "rm x" }, from: "cleaner “tidy”" });
    expect(live()[1]).toMatch(/1\.0 s$/);
    expect(live()[2]).toMatch(/^· agent tidy type=cleaner {2}waits for you$/);
  });

  it("does not count the time that a person took to allow a call, and repeats no argument that a diff shows", () => {
    const { printed, live, record, clock } = shown();
    record(reply(call("1", "edit_file", { path: "a.ts", old_text: "one", new_text: "two" })));
    record({ type: "started", callId: "1", name: "edit_file" });
    clock.now += 60_000;
    record({ type: "judged", callId: "1", verdict: "allow", by: "permission", why: "the user said yes" });
    clock.now += 400;
    expect(live()[0]).toMatch(/edit_file a.ts old_text=one new_text=two {2}0.4 s$/);
    const diff = "--- a\n+++ b\n@@ -1 +1 @@\n-one\n+two\n";
    record(result("1", "done", { details: { added: 1, removed: 1, diff } }));
    expect(printed()[0]).toBe("✓ edit_file a.ts  0.4 s, +1 -1");
  });

  it("never tells fewer lines than there were: of a long output it says over how many, and where all of it is", () => {
    const { printed, record } = shown();
    const details = { code: 0, file: "/home/o.txt" };
    record(reply(call("1", "bash", { command: "make" })));
    record(result("1", `${"out\n".repeat(40)}[… 9 bytes left out …]\nend`, { details }));
    expect(printed()[0]).toBe("✓ bash make  1.5 s, over 42 lines");
    expect(printed()[4]).toBe("  … over 36 more lines (Ctrl+O)");
    expect(printed().at(-1)).toBe("  all of it: /home/o.txt");
  });

  it("cuts nothing off a failure: what to do stands at its end", () => {
    const { printed, record } = shown({ columns: 50 });
    const reason = `It is too long. The provider says: ${"many words ".repeat(30)}\nShorten it with /compact.`;
    record(reply(call("1", "edit_file", { path: "a.ts" })));
    record(result("1", "old_text stands 0 times in a.ts; nothing was changed, so read it.", { failed: true }));
    record({ type: "ended", outcome: "failed", reason });
    expect(printed().slice(1, 3).join("\n")).toBe(
      "  old_text stands 0 times in a.ts; nothing was\n  changed, so read it.",
    );
    expect(printed().slice(-2).join(" ")).toContain("Shorten it with /compact.");
  });

  it("says once that it was interrupted", () => {
    const { printed, record } = shown();
    record({ type: "ended", outcome: "aborted", reason: "interrupted by the user" });
    expect(printed()).toEqual(["interrupted"]);
  });

  it("prints what was live as it stood when it is interrupted", () => {
    const { printed, live, hear, record } = shown();
    hear({ type: "thinking", text: "let me think about this" });
    expect(live()).toEqual(["thinking… let me think about this"]);
    hear({ type: "text", text: "Half a **sent" }, { type: "call", call: call("1", "bash", { command: "sleep 9" }) });
    record({ type: "ended", outcome: "aborted", reason: "interrupted" });
    expect(printed()).toEqual(["Half a **sent", "", "- bash sleep 9  interrupted", "interrupted"]);
    expect(live()).toEqual([]);
  });

  it("tells refusals, checks, retries and limits in words, and keeps what only the model is to know", () => {
    const { printed, hear, record } = shown({ columns: 100 });
    record(reply(call("1", "bash", { command: "rm x" })));
    record({ type: "judged", callId: "1", verdict: "deny", by: "permission", why: "the user said no" });
    record(result("1", "Denied.", { failed: true }));
    hear({ type: "status", by: "verify", text: "checking npm test…" });
    hear({ type: "status", by: "verify", text: "sent back (1 of 2): npm test" });
    record({ type: "note", by: "verify", text: "The files you changed were checked." });
    record({ type: "note", by: "instructions", text: "secret rules", lasting: true });
    record({ type: "note", by: "memory", text: "<memories>\n- tabs\n</memories>" });
    record({ type: "note", by: "hooks", text: "[hook adds]\nmore" });
    const checks = [{ check: "npm test", status: "failed" }];
    record({ type: "state", key: "verify", value: { status: "failed", repairs: 2, checks } });
    record({ type: "state", key: "mode", value: "auto" });
    record({ type: "retried", reason: "503: overloaded", attempt: 1 });
    record({ type: "compacted", summary: "s", upto: 1 }, { type: "ended", outcome: "limit", reason: "40 turns" });
    expect(printed()).toEqual([
      "✗ bash rm x  denied",
      "  the user said no",
      "verify: sent back (1 of 2): npm test",
      "hooks: [hook adds]",
      "✗ npm test: fails",
      "✗ what fails was not mended: look at it before you rely on this work",
      "asking again: 503: overloaded",
      "the conversation was summed up to make room",
      "stopped at a limit: 40 turns",
    ]);
  });

  it("says once what is missing for a check", () => {
    const { printed, record } = shown();
    const skipped = (check: string) => [{ check, status: "skipped", why: "no TypeScript installed" }];
    record({ type: "state", key: "verify", value: { status: "passed", checks: skipped("syntax of a.ts") } });
    record({ type: "state", key: "verify", value: { status: "passed", checks: skipped("syntax of b.ts") } });
    record({ type: "ended", outcome: "done" });
    expect(printed()).toEqual(["syntax of a.ts: not checked (no TypeScript installed)"]);
  });

  it("speaks Chinese, folds long prompts and says from whom others are", () => {
    const { printed, record } = shown({ locale: "zh", columns: 40 });
    const long = Array.from({ length: 30 }, (_, n) => `第 ${n} 行`).join("\n");
    record({ type: "prompt", from: "schedule", parts: [text(long)] }, { type: "ended", outcome: "aborted" });
    expect(printed()[0]).toBe("来自 schedule");
    expect(printed()).toContain("> … 还有 20 行（Ctrl+O）");
    expect(printed().at(-1)).toBe("已中断");
  });

  it("recounts the end of a session, and how much came before", () => {
    const facts = Array.from({ length: 60 }, (_, n): Fact[] => [
      { type: "prompt", from: "user", parts: [text(`question ${n}`)] },
      reply(text(`answer ${n}`)),
      { type: "ended", outcome: "done" },
    ]).flat();
    const early = shown();
    const asked = call("1", "bash", { command: "make" });
    const started: Fact = { type: "started", callId: "1", name: "bash", call: asked };
    const prompt: Fact = { type: "prompt", from: "user", parts: [text("go")] };
    early.recount(logged([prompt, started, reply(text("First."), asked), result("1", "made")]));
    expect(early.printed().filter((line) => /First|make/.test(line))).toEqual([
      "First.",
      expect.stringContaining("make"),
    ]);
    const { printed, recount } = shown();
    recount(logged([...facts, reply(text("void")), { type: "retried", reason: "r", attempt: 1, voids: facts.length }]));
    expect(printed()[0]).toBe("… 80 earlier messages (Ctrl+O shows all)");
    expect(printed().slice(1, 5)).toEqual(["> question 40", "", "answer 40", ""]);
    expect(printed().slice(-3)).toEqual(["answer 59", "", "asking again: r"]);
    const long = shown();
    long.recount(logged([facts[0] as Fact, reply(text("words\n\n".repeat(500)))]));
    expect(long.printed()).toHaveLength(201);
    expect(long.printed()[0]).toContain("more than 0 earlier");
  });

  it("is never wider than asked and never throws, whatever comes", () => {
    const words = fc.oneof(
      fc.string({ unit: "binary", maxLength: 60 }),
      fc.constantFrom("中文".repeat(60), "a\tb\r\n\u001b[2Jx", "# t\n\n- a\n```\ncode", "👨‍👩‍👧 é", ""),
    );
    const id = fc.constantFrom("1", "2", "3");
    const json = fc.jsonValue() as fc.Arbitrary<Json>;
    const parts = words.map((each) => [text(each)]);
    const made = fc.record({ type: fc.constant("call" as const), id, name: words, input: json });
    const fact: fc.Arbitrary<Fact> = fc.oneof(
      fc.record({ type: fc.constant("prompt" as const), parts, from: words }),
      fc.record({ type: fc.constant("note" as const), text: words, by: words }),
      fc.tuple(words, made).map(([said, each]) => reply(text(said), each)),
      fc.record({ type: fc.constant("started" as const), callId: id, name: words, call: made }),
      fc.record({
        type: fc.constant("judged" as const),
        callId: id,
        verdict: fc.constant("deny" as const),
        by: words,
        why: words,
      }),
      fc.record({
        type: fc.constant("result" as const),
        callId: id,
        parts,
        failed: fc.boolean(),
        details: fc.oneof(json, fc.record({ diff: words.map((each) => `@@ -1 +1 @@\n${each}`), code: fc.nat() })),
      }),
      fc.record({
        type: fc.constant("state" as const),
        key: fc.constantFrom("verify", "todo", "plan"),
        value: fc.oneof(json, fc.array(fc.record({ status: words, content: words }))),
      }),
      fc.record({ type: fc.constant("retried" as const), reason: words, attempt: fc.nat() }),
      fc.record({
        type: fc.constant("ended" as const),
        outcome: fc.constantFrom("done" as const, "failed" as const, "aborted" as const),
        reason: words,
      }),
    );
    const delta: fc.Arbitrary<Delta> = fc.oneof(
      fc.record({ type: fc.constantFrom("text" as const, "thinking" as const), text: words }),
      fc.record({ type: fc.constant("call" as const), call: made }),
      fc.record({ type: fc.constant("progress" as const), callId: id, text: words }),
      fc.record({ type: fc.constant("status" as const), by: words, text: words }),
    );
    const items = fc.array(
      fc.oneof(
        delta.map((each) => ({ delta: each })),
        fact.map((each) => ({ fact: each })),
      ),
      { maxLength: 25 },
    );
    fc.assert(
      fc.property(
        items,
        fc.integer({ min: 10, max: 300 }),
        fc.constantFrom<Locale>("en", "zh"),
        (all, columns, locale) => {
          const see = shown({ columns, locale });
          const fits = (lines: readonly string[]) => {
            for (const line of lines) {
              expect(visibleWidth(line)).toBeLessThanOrEqual(columns);
              expect(line).not.toMatch(/[\n\r\t]|\u001b(?!\[[\d;]*m)/);
            }
          };
          for (const item of all) {
            if ("delta" in item) see.hear(item.delta);
            else see.record(item.fact);
            fits(see.live());
          }
          const log = logged(all.flatMap((item) => ("fact" in item ? [item.fact] : [])));
          see.recount(log);
          fits(see.raw);
          fits(stepBoard(log, { theme: themeOf({ colours: false }), locale }, { columns, rows: 6 }));
        },
      ),
      { numRuns: 100 },
    );
  });
});

describe("the board of steps", () => {
  it("keeps what is at work in sight, within its rows", () => {
    const look = { theme: themeOf({ colours: false }), locale: "en" as const };
    const status = (n: number) => (n < 5 ? "completed" : n === 5 ? "in_progress" : "pending");
    const todo = Array.from({ length: 12 }, (_, n) => ({ content: `task ${n}`, status: status(n) }));
    const board = (value: Json, key = "todo", rows = 6) =>
      stepBoard(logged([{ type: "state", key, value }]), look, { columns: 30, rows }).map(unstyled);
    expect(board(todo)).toEqual(["… 5 above", "[>] task 5", "[ ] task 6", "[ ] task 7", "[ ] task 8", "… 3 more"]);
    expect(board(todo.slice(3, 7))).toEqual(["[x] task 3", "[x] task 4", "[>] task 5", "[ ] task 6"]);
    expect(board(todo.slice(0, 5))).toEqual([]);
    const steps = [
      { title: "look", status: "done" },
      { title: "mend", status: "in_progress" },
    ];
    expect(board({ phase: "running", request: "r", steps, replans: 0 }, "plan")).toEqual(["[x] look", "[>] mend"]);
    expect(board({ phase: "done", request: "r", steps, replans: 0 }, "plan")).toEqual([]);
  });
});
