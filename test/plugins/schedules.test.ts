import { readFileSync, statSync, writeFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { memoryLog } from "../../src/core/log.js";
import { firesAt, nextOf, whenOf, wishIn } from "../../src/plugins/schedule-times.js";
import { Schedules } from "../../src/plugins/schedules.js";
import { falseClock } from "../setup/false-clock.js";
import { desk, START, type Wish } from "./schedule-desk.js";

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
describe("schedules", () => {
  it("that return each minute give exactly three prompts in three minutes", async () => {
    const { schedules, add, pass } = desk();
    await add({ cron: "* * * * *", prompt: "look at it" });
    await schedules.start(() => undefined);
    const told: string[] = [];
    for (let second = 0; second < 180; second += 1) told.push(...(await pass(1000)));
    expect(told).toHaveLength(3);
    for (const words of told)
      expect(words).toMatch(/^\[Scheduled: sch_\w{6}, cron \* \* \* \* \* \(UTC\)\..*\]\nlook at it$/);
  });

  it("that come once fire once, and are gone from list and file", async () => {
    const { schedules, add, pass, file } = desk();
    await add({ at: "10:07", prompt: "once" });
    expect(file().schedules).toHaveLength(1);
    await schedules.start(() => undefined);
    expect(await pass(6 * MINUTE)).toEqual([]);
    expect(await pass(MINUTE)).toHaveLength(1);
    expect(await pass(DAY)).toEqual([]);
    expect([schedules.list(), file().schedules]).toEqual([[], []]);
  });

  it("are in a file of the user's alone, and those of a session in its log", async () => {
    const one = desk();
    await one.add({ every: "1h", prompt: "lasting" });
    await one.add({ every: "1h", prompt: "passing", durable: false });
    expect(statSync(one.path).mode & 0o777).toBe(0o600);
    const prompts = (given: Wish) =>
      desk({ ...one, ...given })
        .schedules.list()
        .map(({ prompt }) => prompt);
    expect(prompts({})).toEqual(["lasting", "passing"]);
    expect(prompts({ log: memoryLog() })).toEqual(["lasting"]);
    const other = new Schedules({ folder: "/other", path: one.path, notice: () => undefined });
    expect(other.list()).toEqual([]);
  });

  it.each([
    [{ cron: "60 * * * *" }, 'column 1, minute: "60" is not what stands here; expected *, or 0-59'],
    [{ cron: "* * * *" }, "has 4 fields; expected 5: minute, hour, day of month, month, day of week"],
    [{ cron: "*/0 * * * *" }, 'column 1, minute: "*/0" has no step that can be taken'],
    [{ cron: "0 5-1 * * *" }, 'column 3, hour: "5-1" runs backwards'],
    [{ cron: "0 0 a * *" }, 'column 5, day of month: "a" is not what stands here; expected *, or 1-31'],
    [{ cron: "0 0 1,x * *" }, 'column 7, day of month: "x"'],
    [{ cron: "0 0 * foo *" }, "expected *, or 1-12 or jan-dec"],
    [{ cron: "0 0 * * 8" }, 'column 9, day of week: "8"'],
    [{ cron: "5/10 * * * *" }, "has a step without a range; expected * or FROM-TO before the /"],
    [{ cron: "0 0 30 2 *" }, "never comes"],
    [{ cron: "0 0 * * *", zone: "Mars/Base" }, 'There is no time zone "Mars/Base"'],
    [{ every: "5s" }, "expected a number with m, h or d"],
    [{ at: "25:00" }, '"25:00" is no moment; expected HH:MM'],
    [{ at: "2026-02-30T10:00" }, "is no moment"],
    [{ at: "2020-01-01T10:00" }, "is over; expected a moment to come"],
    [{}, "exactly one of cron, every and at"],
    [{ every: "1h", at: "10:00" }, "exactly one of cron, every and at"],
    [{ every: "1h", prompt: " \n" }, "The prompt is empty"],
  ])("refuse %j, and keep nothing of it", async (order, words) => {
    const { schedules, add } = desk();
    await expect(add(order)).rejects.toThrow(words);
    expect(schedules.list()).toEqual([]);
  });

  it("are at most 50", async () => {
    const { schedules, add } = desk();
    for (let n = 0; n < 50; n += 1) await add({ every: "1h", durable: false });
    await expect(add({ every: "1h" })).rejects.toThrow("There are 50 schedules already: delete one first.");
    expect(schedules.list()).toHaveLength(50);
  });

  it("are kept though the file has one that cannot be read, and begin with a file that is damaged", async () => {
    const { schedules, add, path, file, notices } = desk();
    await add({ every: "1h", prompt: "good" });
    const [good] = file().schedules;
    const wrong = {
      ...(good as object),
      id: "sch_wrong",
      when: { type: "cron", line: "nonsense", zone: "UTC" },
      due: 0,
    };
    writeFileSync(path, JSON.stringify({ schedules: [{ id: 1 }, wrong, good, null] }));
    await schedules.start(() => undefined);
    expect(schedules.list().map(({ prompt }) => prompt)).toEqual(["good", "good"]);
    expect(notices[0]).toContain("what cannot be read as a schedule is left out (2)");
    expect(notices.join()).toContain("The schedule sch_wrong cannot fire");
    writeFileSync(path, "{ broken");
    expect(schedules.list()).toEqual([]);
    await add({ every: "1h", prompt: "new" });
    expect(readFileSync(`${path}.damaged`, "utf8")).toBe("{ broken");
    expect(schedules.list()).toHaveLength(1);
  });

  it("that found no answer are tried again later, also after a restart", async () => {
    const { schedules, add, pass, path, notices } = desk();
    const { id } = await add({ at: "10:07", prompt: "important" });
    await schedules.start(() => undefined);
    expect(await pass(7 * MINUTE, { fails: true })).toHaveLength(1);
    expect(notices).toEqual([`The schedule ${id} could not be delivered; it is tried again.`]);
    expect(await pass(30_000)).toEqual([]);
    expect(await pass(30_000, { fails: true })).toHaveLength(1);
    expect(await pass(MINUTE)).toEqual([]);
    await schedules.close();
    const again = desk({ path, clock: falseClock("2026-03-02T12:00:00Z") });
    await again.schedules.start(() => undefined);
    expect(await again.pass(0)).toHaveLength(1);
    expect(again.schedules.list()).toEqual([]);
  });

  it("that were taken when the process died come again", async () => {
    const { schedules, add, path, clock } = desk();
    await add({ cron: "* * * * *" });
    await schedules.start(() => undefined);
    clock.advance(MINUTE);
    await schedules.look();
    expect(schedules.take()).toBeDefined();
    expect(schedules.take()).toBeUndefined();
    await schedules.close();
    const again = desk({ path, clock });
    await again.schedules.start(() => undefined);
    expect(await again.pass(0)).toHaveLength(1);
  });

  it("missed while nothing ran fire once, and say so; removed ones do not", async () => {
    const { schedules, add, path } = desk();
    await add({ cron: "0 * * * *" });
    const { id } = await add({ cron: "30 * * * *" });
    await schedules.remove(id);
    const again = desk({ path, clock: falseClock("2026-03-02T20:20:00Z") });
    await again.schedules.start(() => undefined);
    const told = await again.pass(0);
    expect(told).toEqual([expect.stringContaining("it was due 2026-03-02 11:00 UTC, when nothing ran")]);
    expect(await again.pass(10 * MINUTE)).toEqual([]);
    const later: string[] = [];
    for (let minute = 0; minute < 40; minute += 1) later.push(...(await again.pass(MINUTE)));
    expect(later).toEqual([expect.not.stringContaining("when nothing ran")]);
  });

  it("that return end after seven days, with one last prompt that says so", async () => {
    const { schedules, add, pass } = desk();
    await add({ every: "1d", prompt: "daily" });
    await schedules.start(() => undefined);
    const told: string[] = [];
    for (let day = 0; day < 10; day += 1) told.push(...(await pass(DAY)));
    expect(told).toHaveLength(7);
    expect(told.map((words) => words.includes("for the last time"))).toEqual([...Array(6).fill(false), true]);
    expect(schedules.list()).toEqual([]);
  });

  it("of a folder fire in one of two processes", async () => {
    const one = desk();
    await one.add({ cron: "* * * * *" });
    await one.schedules.start(() => undefined);
    const other = desk({ path: one.path, clock: one.clock, log: one.log });
    await other.schedules.start(() => undefined);
    await other.add({ every: "1m", durable: false, prompt: "own" });
    one.clock.advance(70_000);
    await Promise.all([one.schedules.look(), other.schedules.look()]);
    const taken = () => other.schedules.take()?.schedule.prompt;
    expect([taken(), taken()]).toEqual(["own", undefined]);
    await expect(other.schedules.start(() => undefined, true)).rejects.toThrow("another nanocoder");
    await one.schedules.close();
    await expect(other.schedules.start(() => undefined, true)).resolves.toBeUndefined();
  });
});

describe("times", () => {
  const now = Date.parse(START);
  const next = (line: string, zone = "UTC") => {
    const at = nextOf(whenOf({ cron: line, zone }, now), now);
    return at === undefined ? undefined : new Date(at).toISOString().slice(0, 16);
  };

  it.each([
    ["*/15 9-17/4 * jan-mar mon-fri", "2026-03-02T13:00"],
    ["0 0 * * sun", "2026-03-08T00:00"],
    ["0 0 * * 7", "2026-03-08T00:00"],
    ["0 0 * * sat-sun", "2026-03-07T00:00"],
    ["1,3,5 * * * *", "2026-03-02T10:01"],
    // either of the two days suffices: a Friday that is not the 13th
    ["0 0 13 * 5", "2026-03-06T00:00"],
    ["0 0 29 feb *", "2028-02-29T00:00"],
  ])("of %s come at %s", (line, at) => expect(next(line)).toBe(at));

  it("are those of their zone, over a change of the clocks", () => {
    expect(next("0 9 * * *", "Asia/Shanghai")).toBe("2026-03-03T01:00");
    const when = whenOf({ cron: "0 9 * * *", zone: "Europe/Berlin" }, now);
    const days = ["2026-03-28T08:00", "2026-03-29T07:00"].map((day) => Date.parse(`${day}Z`));
    expect(nextOf(when, days[0] ?? 0)).toBe(days[1]);
    expect(whenOf({ at: "2026-07-01T09:00", zone: "Europe/Berlin" }, now)).toMatchObject({
      at: Date.parse("2026-07-01T07:00Z"),
    });
    expect(whenOf({ at: "2026-07-01T09:00+09:00" }, now)).toMatchObject({ at: Date.parse("2026-07-01T00:00Z") });
  });

  it("are moved a little, always the same for the same id", () => {
    fc.assert(
      fc.property(fc.string(), fc.constantFrom("* * * * *", "0 * * * *", "0 0 * * *"), (id, line) => {
        const when = whenOf({ cron: line, zone: "UTC" }, now);
        const due = nextOf(when, now) ?? 0;
        const one = { id, folder: "/", when, prompt: "p", durable: true, made: now, due };
        const late = firesAt(one) - due;
        const period = (nextOf(when, due) ?? 0) - due;
        expect(late).toBeGreaterThanOrEqual(0);
        expect(late).toBeLessThanOrEqual(Math.min(period / 10, 15 * MINUTE));
        expect(firesAt(one) - due).toBe(late);
        const at = { ...one, when: { type: "at" as const, at: due, zone: "UTC" } };
        const early = due - firesAt(at);
        expect(early).toBeGreaterThanOrEqual(0);
        expect(early).toBeLessThanOrEqual(new Date(due).getUTCMinutes() % 30 === 0 ? 90_000 : 0);
      }),
    );
  });

  it("are read from a person's line", () => {
    expect(wishIn("every 30m look at it")).toEqual({ wished: { every: "30m" }, prompt: "look at it" });
    expect(wishIn("at 2030-01-31 09:00 say hi")).toEqual({ wished: { at: "2030-01-31 09:00" }, prompt: "say hi" });
    expect(wishIn("0 9  * * mon-fri say\nhi")).toEqual({ wished: { cron: "0 9 * * mon-fri" }, prompt: "say\nhi" });
    expect(() => wishIn("tomorrow")).toThrow('"tomorrow" does not say when; expected "every 30m"');
  });
});
