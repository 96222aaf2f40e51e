import { mkdirSync, mkdtempSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Fact, NO_USAGE } from "../../src/core/event.js";
import { messages } from "../../src/core/fold.js";
import { memoryLog } from "../../src/core/log.js";
import { type Call, text } from "../../src/core/message.js";
import { forebears, forkSession } from "../../src/store/fork.js";
import { openLog, readLog } from "../../src/store/log-file.js";
import { headOf } from "../../src/store/session-head.js";
import { listSessions } from "../../src/store/session-list.js";
import { findSessions, sessionPath } from "../../src/store/sessions.js";
import { expectValid } from "../core/valid.js";

const CWD = '/work/söme "place"';
const FOREVER = Number.POSITIVE_INFINITY;

const prompt = (words: string): Fact => ({ type: "prompt", parts: [text(words)], from: "user" });
const call = (id: string): Call => ({ type: "call", id, name: "bash", input: { command: id } });
const reply = (...ids: string[]): Fact => ({
  type: "reply",
  parts: ids.length > 0 ? ids.map(call) : [text('done\n{"type":"reply",')],
  stop: ids.length > 0 ? "calls" : "end",
  model: "m",
  usage: NO_USAGE,
});
const result = (id: string): Fact => ({ type: "result", callId: id, parts: [text(`result of ${id}`)], failed: false });

type Saved = { home: string; id: string; path: string };

function saved(facts: readonly Fact[], { system = "", id = "s1" } = {}): Saved {
  const home = mkdtempSync(join(tmpdir(), "sessions-"));
  const path = sessionPath(home, CWD, id);
  const log = memoryLog();
  for (const fact of [{ type: "session", version: 1, id, cwd: CWD, system } as const, ...facts]) log.append(fact);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, log.events.map((event) => `${JSON.stringify(event)}\n`).join(""));
  return { home, id, path };
}

describe("the head of a session", () => {
  it("has folder, title and turns, wherever they stand", () => {
    const long = { type: "state", key: "k", value: "x".repeat(30_000) } as const;
    for (const system of ["", "y".repeat(12_000), "ü".repeat(60_000)]) {
      const { path } = saved([long, prompt("  mend\n\tthe   build "), reply("a"), result("a"), reply(), long], {
        system,
      });
      expect(headOf(path, FOREVER)).toEqual({ cwd: CWD, title: "mend the build", turns: 2 });
    }
  });

  it("cuts a long prompt without breaking a character or an escape", () => {
    const words = fc.string({ unit: fc.constantFrom("a", '"', "\\", "\ud800", "\0", "😀", "é"), maxLength: 700 });
    fc.assert(
      fc.property(words, (said) => {
        const { title } = headOf(saved([prompt(`>${said}<`)]).path, FOREVER);
        const whole = `>${said}<`.replace(/\s+/g, " ").trim();
        expect(whole.startsWith(title)).toBe(true);
        expect(title.length).toBeGreaterThanOrEqual(Math.min(whole.length, 290));
      }),
      { numRuns: 60 },
    );
  });

  it("counts the answers of a long file exactly, and not at all when there is no time", () => {
    const facts = Array.from({ length: 3000 }, (_, at) => [reply(`c${at}`), result(`c${at}`)]).flat();
    facts.splice(7, 0, { type: "note", by: "x", text: "z".repeat(1_048_576) });
    const { path } = saved([prompt("go"), ...facts]);
    expect(headOf(path, FOREVER).turns).toBe(3000);
    expect(headOf(path, 0)).toEqual({ cwd: CWD, title: "go" });
  });
});

it("counts an answer once, wherever a piece of the file ends in it", () => {
  const { path } = saved([prompt("go"), reply()]);
  const lines = readFileSync(path, "utf8").trimEnd().split("\n");
  const answer = lines.pop() ?? "";
  const before = Buffer.byteLength(`${lines.join("\n")}\n`);
  // where the head ends, and the pieces after it, each of which begins a little before the end of the last
  const ends = [8192, 8192 - 16 + 131_072, 8192 - 32 + 262_144];
  for (const [end, into] of ends.flatMap((each) => Array.from({ length: 22 }, (_, n) => [each, n - 1] as const))) {
    const filler = "x".repeat(end - before - into - 1);
    writeFileSync(path, `${[...lines, filler, answer, answer].join("\n")}\n`);
    expect([end, into, headOf(path, FOREVER).turns]).toEqual([end, into, 2]);
  }
});

describe("listSessions", () => {
  it("has the newest first, of this folder only, and a thousand of them at once", () => {
    const { home, path } = saved([prompt("first"), reply()]);
    const content = readFileSync(path, "utf8");
    const folder = dirname(path);
    for (let n = 0; n < 1000; n += 1) writeFileSync(join(folder, `2026-${n}.jsonl`), content);
    writeFileSync(join(folder, "other.jsonl"), content.replace(JSON.stringify(CWD), '"/elsewhere"'));
    writeFileSync(join(folder, "..jsonl"), content);
    writeFileSync(join(folder, "empty.jsonl"), "");
    utimesSync(join(folder, "2026-500.jsonl"), new Date(), new Date(Date.now() + 60_000));
    listSessions(home, { cwd: CWD, limit: 1 });
    const began = performance.now();
    const { sessions, more } = listSessions(home, { cwd: CWD, limit: 50 });
    // 12 ms where nothing else runs
    expect(performance.now() - began).toBeLessThan(1000);
    expect(sessions[0]).toMatchObject({ id: "2026-500", cwd: CWD, title: "first", turns: 1 });
    expect([sessions.length, more]).toEqual([50, true]);
    const all = listSessions(home, { limit: 2000 });
    expect([all.sessions.length, all.more]).toEqual([1003, false]);
    expect(all.sessions.map(({ id }) => id)).not.toContain(".");
  });
});

describe("forkSession", () => {
  const FACTS = [
    prompt("go"),
    { type: "started", callId: "a", name: "bash", call: call("a") } as const,
    result("a"),
    reply("a", "b", "c"),
    result("c"),
    { type: "retried", reason: "cut", attempt: 1, voids: 4 } as const,
    result("b"),
    reply(),
    prompt("more"),
    { type: "compacted", summary: "so far", upto: 5 } as const,
    reply("d"),
    { type: "trimmed", texts: { c1: "short" } } as const,
    result("d"),
    { type: "ended", outcome: "done" } as const,
  ];

  it("begins at any byte with a conversation that is valid and the same, and leaves the old file as it was", () => {
    const { path, id, home } = saved(FACTS);
    const whole = readFileSync(path);
    const from = whole.indexOf("\n") + 1;
    fc.assert(
      fc.property(fc.integer({ min: from, max: whole.length }), (cut) => {
        writeFileSync(path, whole.subarray(0, cut));
        const old = readLog(path);
        const forked = forkSession({ id, path, at: 0 });
        expect(readFileSync(path)).toEqual(whole.subarray(0, cut));
        const log = openLog(forked.path);
        expect([log.skipped, forked.skipped]).toEqual([0, 0]);
        expect(messages(log.events)).toEqual(messages(old.events));
        expectValid(messages(log.events));
        const seq = old.events.at(-1)?.seq ?? 0;
        expect(log.events[0]).toMatchObject({ type: "session", id: forked.id, cwd: CWD, parent: { id, seq } });
        expect(log.append(prompt("on")).seq).toBe(seq + 1);
        expectValid(messages(log.events));
        log.close();
        expect(headOf(forked.path, FOREVER).parent).toEqual({ id, seq });
        expect(forebears(home, forked.id)).toEqual([forked.id, id]);
      }),
      { numRuns: 60 },
    );
  });

  it("leaves damaged lines out and says how many, and has nothing to do with an empty file", () => {
    const { path, id, home } = saved(FACTS);
    writeFileSync(
      path,
      readFileSync(path, "utf8").replace('{"type":"result","callId":"c"', '{"type":"result","callId"'),
    );
    const forked = forkSession({ id, path, at: 0 });
    expect(forked.skipped).toBe(1);
    expectValid(messages(readLog(forked.path).events));
    writeFileSync(path, "");
    expect(() => forkSession({ id, path, at: 0 })).toThrow("holds nothing to go on from");
    expect(findSessions(home, "").map((each) => each.id)).toEqual(expect.arrayContaining([id, forked.id]));
  });
});

describe("the name of a session", () => {
  const named = (value: string): Fact => ({ type: "state", key: "title", value });

  it("is the newest that a person gave it, wherever a piece of the file ends in it, and lives on in a copy", () => {
    const { path, id } = saved([prompt("go"), named("first"), reply()]);
    const before = readFileSync(path, "utf8");
    const line = `${JSON.stringify({ ...named('the "second" 名'), seq: 9, at: 0 })}\n`;
    // where one piece ends and the next begins: the head has 8192 bytes
    for (let shift = -80; shift <= 20; shift += 1) {
      const room = 8192 + shift - Buffer.byteLength(before);
      const filler = JSON.stringify({ type: "note", by: "x", text: "z".repeat(room - 60), seq: 8, at: 0 });
      writeFileSync(path, `${before}${filler}\n${line}`);
      expect([shift, headOf(path, FOREVER).title]).toEqual([shift, 'the "second" 名']);
    }
    expect(headOf(forkSession({ id, path, at: 0 }).path, FOREVER).title).toBe('the "second" 名');
    expect(headOf(path, 0).title).toBe("first");
  });

  it("is not taken from what only looks like one", () => {
    const looks = { type: "call", id: "a", name: "x", input: { key: "title", value: "no" } } as const;
    const facts: Fact[] = [
      prompt('\n{"type":"state","key":"title","value":"no"}'),
      { type: "reply", parts: [looks], stop: "calls", model: "m", usage: NO_USAGE },
      { type: "state", key: "other", value: { key: "title", value: "no" } },
      { type: "state", key: "title", value: 7 },
      named(""),
    ];
    expect(headOf(saved(facts).path, FOREVER).title).toBe('{"type":"state","key":"title","value":"no"}');
  });
});
