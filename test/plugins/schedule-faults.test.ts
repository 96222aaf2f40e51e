import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Fact, NO_USAGE } from "../../src/core/event.js";
import { messages } from "../../src/core/fold.js";
import { memoryLog } from "../../src/core/log.js";
import { text } from "../../src/core/message.js";
import { nextOf, whenOf, wishIn } from "../../src/plugins/schedule-times.js";
import { unattended } from "../../src/plugins/unattended.js";
import { takeLock } from "../../src/store/lock.js";
import { falseClock } from "../setup/false-clock.js";
import { desk, START } from "./schedule-desk.js";

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

describe("schedules in trouble", () => {
  it("of a file with values that no clock or zone has are left out, the others fire, and each fault is told once", async () => {
    const { schedules, add, pass, path, file, notices } = desk();
    await add({ every: "1m", prompt: "good" });
    const [good] = file().schedules as [object];
    const zone = { type: "at", at: 1, zone: "Mars/Base" };
    const wrong = [
      { when: zone },
      { due: 1e300 },
      { pending: -1e300 },
      { when: { type: "every", ms: 1e300, from: 0 } },
    ];
    const unread = { ...good, id: "sch_unread", due: 0, when: { type: "cron", line: "x", zone: "UTC" } };
    const all = [...wrong.map((each, n) => ({ ...good, id: `sch_${n}`, ...each })), unread, good];
    writeFileSync(path, JSON.stringify({ version: 1, schedules: all }));
    await schedules.start(() => undefined);
    expect(schedules.list().map(({ id }) => id)).toEqual(["sch_unread", expect.stringMatching(/^sch_\w{6}$/)]);
    expect(await pass(70_000)).toEqual([expect.stringContaining("good")]);
    for (let looks = 0; looks < 5; looks += 1) await schedules.look();
    expect(notices).toHaveLength(2);
    expect(readFileSync(`${path}.damaged`, "utf8")).toContain("Mars/Base");
  });

  it("that cannot be kept are refused in words, and nothing is changed", async () => {
    const { schedules, add, path } = desk();
    mkdirSync(path, { recursive: true });
    await expect(add({ every: "1h" })).rejects.toThrow(`Schedules cannot be kept in ${path}: it is a folder.`);
    rmSync(path, { recursive: true });
    rmSync(dirname(path), { recursive: true });
    writeFileSync(dirname(path), "");
    await expect(add({ every: "1h" })).rejects.toThrow(/^Schedules cannot be kept in .*: a part of the path is a file/);
    expect(schedules.list()).toEqual([]);
  });

  it("that are removed while others fire stay removed", async () => {
    const { schedules, add, clock } = desk();
    await add({ every: "1m", prompt: "first" });
    const [lasting, own] = [await add({ every: "1m" }), await add({ every: "1m", durable: false })];
    await schedules.start(() => undefined);
    clock.advance(2 * MINUTE);
    await Promise.all([schedules.look(), schedules.remove(lasting.id), schedules.remove(own.id)]);
    await schedules.look();
    expect(schedules.list().map(({ prompt }) => prompt)).toEqual(["first"]);
  });

  it("whose delivery cannot be written are not delivered again by the same process, and written later", async () => {
    const log = memoryLog();
    const broken = { events: log.events, append: (fact: Fact) => (full ? fail() : log.append(fact)) };
    const fail = () => {
      throw new Error("no space left");
    };
    let full = false;
    const { schedules, add, clock, notices } = desk({ log: broken });
    const { id } = await add({ at: "10:07", durable: false });
    await schedules.start(() => undefined);
    clock.advance(7 * MINUTE);
    await schedules.look();
    expect(schedules.take()).toBeDefined();
    full = true;
    await schedules.settle(id, true);
    await schedules.look();
    expect(schedules.take()).toBeUndefined();
    expect(notices).toEqual([`That the schedule ${id} was delivered cannot be written: no space left`]);
    full = false;
    await schedules.look();
    expect([schedules.list(), schedules.take()]).toEqual([[], undefined]);
  });

  it("that a session was killed over are read once when it is gone on with", async () => {
    const { schedules, add, clock, log, path } = desk();
    const { id } = await add({ every: "1m", durable: false });
    await schedules.start(() => undefined);
    clock.advance(2 * MINUTE);
    await schedules.look();
    const deliver = (taken = schedules.take()) =>
      log.append({ type: "prompt", from: "schedule", parts: taken?.mail.parts ?? [] });
    deliver();
    const again = desk({ clock, log, path });
    await again.schedules.start(() => undefined);
    deliver(again.schedules.take());
    const words = () => JSON.stringify(messages(log.events)).split(id).length - 1;
    expect(words()).toBe(1);
    log.append({ type: "reply", parts: [text("done")], stop: "end", model: "m", usage: NO_USAGE });
    await desk({ clock, log, path }).schedules.start(() => undefined);
    expect(words()).toBe(1);
  });

  it("are not given out a second time while another process writes", async () => {
    const { schedules, add, path, clock } = desk();
    const { id } = await add({ every: "1m" });
    await schedules.start(() => undefined);
    clock.advance(2 * MINUTE);
    await schedules.look();
    expect(schedules.take()).toBeDefined();
    const release = takeLock(`${path}.turn`);
    const settled = schedules.settle(id, true);
    expect(schedules.take()).toBeUndefined();
    release();
    await settled;
    expect(schedules.list()).toMatchObject([{ id, due: expect.any(Number) }]);
    expect(schedules.list()[0]).not.toHaveProperty("pending");
  });

  it("do not fire twice for one moment when the clock goes back, and fire on", async () => {
    const { schedules, add, pass } = desk();
    await add({ cron: "* * * * *" });
    await schedules.start(() => undefined);
    expect(await pass(50_000)).toHaveLength(1);
    expect(await pass(-30_000)).toEqual([]);
    expect(await pass(30_000)).toEqual([]);
    expect(await pass(MINUTE)).toHaveLength(1);
  });

  it("that are months away wait by short looks: no timer is longer than ten seconds", async () => {
    const clock = falseClock(START);
    const waits: number[] = [];
    const watched = {
      ...clock,
      after(ms: number, act: () => void) {
        waits.push(ms);
        return clock.after(ms, act);
      },
    };
    const { schedules, add, pass } = desk({ clock: watched });
    await add({ at: "2026-05-02T10:00" });
    await schedules.start(() => undefined);
    expect(await pass(60 * DAY)).toEqual([]);
    expect(await pass(2 * DAY)).toHaveLength(1);
    expect(Math.max(...waits)).toBeLessThanOrEqual(10_000);
  });

  it("of a file that holds more than may be added all come", async () => {
    const { schedules, add, path, file, pass } = desk();
    await add({ every: "1h" });
    const [one] = file().schedules as [object];
    const all = Array.from({ length: 150 }, (_, n) => ({ ...one, id: `sch_${n}` }));
    writeFileSync(path, JSON.stringify({ version: 1, schedules: all }));
    await schedules.start(() => undefined);
    expect(await pass(2 * 60 * MINUTE)).toHaveLength(150);
    await expect(add({ every: "1h" })).rejects.toThrow("There are 50 schedules already");
  });
});

type Sets = readonly [
  minute: Set<number>,
  hour: Set<number>,
  day: Set<number>,
  month: Set<number>,
  weekday: Set<number>,
];

/** A cron field as text, with what it says. */
function field(least: number, most: number) {
  const range = fc.tuple(fc.integer({ min: least, max: most }), fc.integer({ min: least, max: most }));
  const item = fc
    .tuple(fc.constantFrom("*", "one", "range"), range, fc.integer({ min: 1, max: most }))
    .map(([kind, [a, b], step]) => {
      const [low, high] = kind === "*" ? [least, most] : kind === "one" ? [a, a] : [Math.min(a, b), Math.max(a, b)];
      const by = kind === "one" ? 1 : step;
      const words = kind === "*" ? "*" : kind === "one" ? `${a}` : `${low}-${high}`;
      const values = Array.from({ length: most - least + 1 }, (_, n) => least + n);
      return {
        words: by === 1 ? words : `${words}/${by}`,
        values: values.filter((value) => value >= low && value <= high && (value - low) % by === 0),
      };
    });
  const all = fc.oneof(
    fc.constant([{ words: "*", values: Array.from({ length: most - least + 1 }, (_, n) => least + n) }]),
    fc.array(item, { minLength: 1, maxLength: 3 }),
  );
  return all.map((items) => ({
    words: items.map(({ words }) => words).join(","),
    values: new Set(items.flatMap(({ values }) => values)),
  }));
}

// the first minute after another, looked for day by day
function naive([minute, hour, day, month, weekday]: Sets, either: boolean, after: number): number | undefined {
  for (let at = after - (after % DAY); at < after + 12 * 366 * DAY; at += DAY) {
    const date = new Date(at);
    const days = [day.has(date.getUTCDate()), weekday.has(date.getUTCDay())];
    if (!month.has(date.getUTCMonth() + 1) || !(either ? days.some(Boolean) : days.every(Boolean))) continue;
    for (let m = 0; m < 24 * 60; m += 1) {
      const moment = at + m * MINUTE;
      if (moment > after && hour.has(Math.floor(m / 60)) && minute.has(m % 60)) return moment;
    }
  }
  return undefined;
}

describe("cron", () => {
  it("comes when its five fields say so, of two kinds of day by either", () => {
    const fields = fc.tuple(field(0, 59), field(0, 23), field(1, 31), field(1, 12), field(0, 7));
    fc.assert(
      fc.property(fields, fc.integer({ min: 0, max: 3000 * 24 * 60 }), (all, minutes) => {
        const after = Date.parse(START) + minutes * MINUTE;
        const [minute, hour, day, month, { values, words }] = all;
        const weekday = new Set([...values].map((value) => value % 7));
        const either = day.words !== "*" && words !== "*";
        const sets: Sets = [minute.values, hour.values, day.values, month.values, weekday];
        const expected = naive(sets, either, after);
        const line = all.map((each) => each.words).join(" ");
        const next = () => nextOf(whenOf({ cron: line, zone: "UTC" }, after), after);
        if (expected === undefined) expect(next, line).toThrow("never comes");
        else expect(next(), line).toBe(expected);
      }),
      { numRuns: 300 },
    );
  });

  it.each([
    ["30 2 * * *", "Europe/Berlin", "2026-03-28T02:00Z", ["2026-03-29T01:00", "2026-03-30T00:30"]],
    ["30 2 * * *", "Europe/Berlin", "2026-10-24T02:00Z", ["2026-10-25T00:30", "2026-10-26T01:30"]],
    ["*/30 * * * *", "Europe/Berlin", "2026-03-29T00:10Z", ["2026-03-29T00:30", "2026-03-29T01:00"]],
    ["0 * * * *", "Europe/Berlin", "2026-10-24T23:10Z", ["2026-10-25T00:00", "2026-10-25T01:00", "2026-10-25T02:00"]],
    ["15 2 * * *", "Australia/Lord_Howe", "2026-10-02T20:00Z", ["2026-10-03T15:30", "2026-10-04T15:15"]],
    ["45 1 * * *", "Australia/Lord_Howe", "2026-04-03T20:00Z", ["2026-04-04T14:45", "2026-04-05T15:15"]],
    ["*/15 * * * *", "Australia/Lord_Howe", "2026-04-04T14:50Z", ["2026-04-04T15:00", "2026-04-04T15:15"]],
  ])("%s in %s loses and doubles no day when the clocks change", (line, zone, from, moments) => {
    const start = Date.parse(from);
    const when = whenOf({ cron: line, zone }, start);
    const found: number[] = [];
    for (const _ of moments) found.push(nextOf(when, found.at(-1) ?? start) ?? 0);
    expect(found.map((at) => new Date(at).toISOString().slice(0, 16))).toEqual(moments);
  });

  it.each([
    ["@daily", "has 1 field;"],
    ["0 0 0 * * *", "has 6 fields"],
    ["0 0 L * *", 'day of month: "L"'],
    ["0 0 15W * *", 'day of month: "15W"'],
    ["0 0 * * 5#2", 'day of week: "5#2"'],
    ["0 0 31 2,4 *", "never comes"],
  ])("%s is refused: %s", (cron, words) => expect(() => whenOf({ cron, zone: "UTC" }, 0)).toThrow(words));

  it("with seconds is not read as another one", () => {
    expect(wishIn("0 0 9 * * * do it").wished).toEqual({ cron: "0 0 9 * * *" });
    expect(wishIn("0 9 * * 1 *do* it")).toEqual({ wished: { cron: "0 9 * * 1" }, prompt: "*do* it" });
    expect(whenOf({ cron: "0\t9 *\n* *", zone: "UTC" }, 0)).toMatchObject({ line: "0 9 * * *" });
  });
});

describe("a turn that nobody attends", () => {
  const facts = (...froms: string[]) => {
    const log = memoryLog();
    for (const from of froms)
      log.append(from === "end" ? { type: "ended", outcome: "done" } : { type: "prompt", parts: [text("x")], from });
    return unattended(log.events);
  };

  it.each([
    [["schedule"], true],
    [["user", "end", "schedule"], true],
    [["schedule", "user"], false],
    [["schedule", "job"], true],
    [["schedule", "end", "job"], true],
    [["user", "end", "job"], false],
    [["schedule", "end", "user"], false],
    [["schedule", "end"], true],
    [["schedule", "end", "user", "end", "job"], false],
  ])("with prompts from %j: %s", (froms, nobody) => expect(facts(...froms)).toBe(nobody));
});
