import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { Json } from "../../src/core/message.js";
import { modelServer } from "../../src/models/scripted/server.js";
import { type Schedule, schedulePath } from "../../src/store/schedule-file.js";
import { falseClock } from "../setup/false-clock.js";
import { type Sitting, sit } from "./desks.js";
import { nanocoder, openaiAt, type Place, place, sessionsIn, start } from "./nanocoder.js";

afterEach(() => vi.unstubAllEnvs());

const MINUTE = 60_000;
const call = (name: string, input: Json) => ({ calls: [{ name, input }] });
const clockAt = () => falseClock("2026-03-02T10:00:20Z");
const pathOf = ({ home, work }: Place) => schedulePath(join(home, ".nanocoder"), work);

/** One that was due long ago. */
function overdue(where: Place, more: Partial<Schedule> = {}): Schedule {
  const [made, due] = [Date.now() - 3_600_000, Date.now() - 1_800_000];
  const when = { type: "at" as const, at: due, zone: "UTC" };
  const one = { id: "sch_000001", folder: where.work, when, prompt: "look at it", durable: true, made, due, ...more };
  mkdirSync(dirname(pathOf(where)), { recursive: true });
  writeFileSync(pathOf(where), JSON.stringify({ version: 1, schedules: [one] }));
  return one;
}

const kept = (where: Place): Schedule[] => JSON.parse(readFileSync(pathOf(where), "utf8")).schedules;

/** Lets time go by, and waits until the session rests. */
async function pass({ desk }: Sitting, clock: ReturnType<typeof clockAt>, ms: number): Promise<void> {
  clock.advance(ms);
  await desk.schedules.look();
  await vi.waitFor(() => expect(desk.busy).toBe(false), { timeout: 10_000 });
}

const scheduled = ({ desk }: Sitting) =>
  desk.opened.agent.log.events.filter((event) => event.type === "prompt" && event.from === "schedule");

describe("a session", () => {
  it("is woken by what was scheduled by command and by the model, and lists and removes it", async () => {
    const script = [call("schedule", { action: "create", every: "2m", prompt: "by the model" }), "made", "one", "two"];
    await using server = await modelServer([...script, "three"]);
    const clock = clockAt();
    await using sitting = await sit({ env: openaiAt(server.url), clock });
    const rested: string[] = [];
    sitting.desk.attend(() => rested.push("rests"));
    await sitting.send("look every two minutes");
    expect(server.requests[1]?.results[0]).toMatch(
      /^Scheduled: sch_\w+ {2}every 2m; next .*; until .*; this session: by the model$/,
    );
    expect(await sitting.send("/schedule add at 10:01 by the person")).toMatch(
      /^Scheduled: sch_\w+ {2}once at 2026-03-0/,
    );
    expect(await sitting.send("/schedule")).toMatch(
      /by the model[\s\S]*by the person|by the person[\s\S]*by the model/,
    );
    await sitting.send(`/schedule remove ${sitting.desk.schedules.list().find((each) => each.when.type === "at")?.id}`);
    await pass(sitting, clock, MINUTE);
    expect(server.requests).toHaveLength(2);
    await pass(sitting, clock, MINUTE);
    expect(server.requests[2]?.lastText).toMatch(/^\[Scheduled: sch_\w+, every 2m\..*\]\nby the model$/);
    await pass(sitting, clock, 2 * MINUTE);
    expect([scheduled(sitting).length, rested.length]).toEqual([2, 2]);
    expect(await sitting.send("/schedule remove sch_none")).toMatch(/^ERROR .*there is no "sch_none". There are: sch_/);
    expect(await sitting.send("/schedule add 60 * * * * x")).toContain('column 1, minute: "60"');
    expect(await sitting.send("/schedule add --durable --zone Asia/Tokyo 0 9 * * * x")).toContain("(Asia/Tokyo)");
    expect(kept(sitting)).toMatchObject([{ prompt: "x", durable: true }]);
    expect(server.refusals).toEqual([]);
  });

  it("that is busy is told after its turn, not during it", async () => {
    const clock = clockAt();
    await using server = await modelServer((request) => {
      if (request.lastText !== "work") return "ok";
      clock.advance(MINUTE);
      return call("bash", { command: "true" });
    });
    await using sitting = await sit({ env: openaiAt(server.url), clock });
    sitting.desk.attend(() => undefined);
    await sitting.send("/schedule add every 1m tick");
    await sitting.send("work");
    await vi.waitFor(() => expect(scheduled(sitting)).toHaveLength(1));
    const { events } = sitting.desk.opened.agent.log;
    const told = events.findIndex((event) => event.type === "prompt" && event.from === "schedule");
    expect(events.findIndex(({ type }) => type === "ended")).toBeLessThan(told);
  });

  it("asks nothing in a scheduled turn: what needs leave is refused and told", async () => {
    await using server = await modelServer([call("write_file", { path: "/etc/x", content: "x" }), "refused", "ok"]);
    const clock = clockAt();
    await using sitting = await sit({ env: openaiAt(server.url), clock, flags: { permissionMode: "strict" } });
    const asked = vi.spyOn(sitting.ui, "ask");
    sitting.desk.attend(() => undefined);
    await sitting.send("/schedule add every 1m tick");
    await pass(sitting, clock, MINUTE);
    expect(asked).not.toHaveBeenCalled();
    expect(sitting.ui.words).toContain("Refused in a scheduled turn: write_file: ");
    expect(server.requests[1]?.results[0]).toContain("this turn is scheduled: nobody is there to ask");
  });

  it("asks a person before the model schedules something lasting, in mode auto too", async () => {
    const order = { action: "create", every: "1h", prompt: "for ever", durable: true };
    await using server = await modelServer([call("schedule", order), "no"]);
    await using sitting = await sit({ env: openaiAt(server.url), flags: { permissionMode: "auto" } });
    const asked = vi.spyOn(sitting.ui, "ask");
    await sitting.send("go");
    expect(asked).toHaveBeenCalledOnce();
    expect(existsSync(pathOf(sitting))).toBe(false);
  });

  it("delivers again what found no answer, and the model reads it once", async () => {
    await using server = await modelServer([{ error: { status: 401 } }, "got it"]);
    const clock = clockAt();
    await using sitting = await sit({ env: openaiAt(server.url), clock });
    sitting.desk.attend(() => undefined);
    await sitting.send("/schedule add --durable at 10:05 important");
    await pass(sitting, clock, 5 * MINUTE);
    expect(sitting.ui.words).toContain("could not be delivered; it is tried again");
    expect(kept(sitting)).toMatchObject([{ pending: expect.any(Number) }]);
    await pass(sitting, clock, MINUTE);
    const words =
      server.requests
        .at(-1)
        ?.messages.map(({ text }) => text)
        .join("\n")
        .match(/important/g) ?? [];
    expect([words.length, server.requests.length]).toEqual([1, 2]);
    await vi.waitFor(() => expect(kept(sitting)).toEqual([]));
  });

  it("tells what was missed while nobody was there", async () => {
    const where = place();
    overdue(where);
    await using server = await modelServer(["seen"]);
    await using sitting = await sit({ env: openaiAt(server.url), where, locale: "zh" });
    sitting.desk.attend(() => undefined);
    await vi.waitFor(() => expect(server.requests).toHaveLength(1), { timeout: 10_000 });
    expect(server.requests[0]?.lastText).toContain("when nothing ran");
    await vi.waitFor(() => expect(kept(where)).toEqual([]));
    expect(await sitting.send("/schedule")).toContain("没有定时任务");
    expect(await sitting.send("/schedule add every 36h 看一看")).toMatch(
      /^已安排：sch_\w+ {2}每隔 36h；下次 .*；截止 .*；本会话：看一看$/,
    );
  });
});

describe("nanocoder schedule", () => {
  it("loses none when it is killed in the middle of one, nor doubles what was answered", async () => {
    const where = place();
    overdue(where);
    await using server = await modelServer([{ silent: true }, "it is done", "never"]);
    const given = { place: where, env: openaiAt(server.url) };
    const first = start(["schedule", "run"], given);
    await server.arrived(0);
    first.kill("SIGKILL");
    await first.ended;
    expect(kept(where)).toMatchObject([{ id: "sch_000001", pending: expect.any(Number) }]);
    const second = start(["schedule", "run"], given);
    await vi.waitFor(() => expect(kept(where)).toEqual([]), { timeout: 15_000 });
    second.kill("SIGKILL");
    await second.ended;
    const third = start(["schedule", "run"], given);
    await new Promise((told) => third.stderr?.once("data", told));
    third.kill("SIGTERM");
    expect((await third.ended).stderr).toContain("0 schedules in ");
    expect(server.requests.map(({ lastText }) => lastText)).toEqual(
      Array(2).fill(expect.stringContaining("look at it")),
    );
  });

  it("adds, lists and removes, in a file of the user's alone", async () => {
    const where = place();
    const does = (...words: string[]) => nanocoder(["schedule", ...words], { place: where });
    const added = await does("add", "0 9 * * mon-fri", "look at it", "--zone", "Europe/Berlin");
    expect(added).toMatchObject({ code: 0, stderr: "" });
    const [id = ""] = /sch_\w+/.exec(added.stdout) ?? [];
    expect(statSync(pathOf(where)).mode & 0o777).toBe(0o600);
    const { stdout } = await does();
    expect(stdout).toContain(`${id}  cron 0 9 * * mon-fri (Europe/Berlin); next `);
    expect(await does("remove", id)).toMatchObject({ code: 0 });
    for (const [wrong, meant] of [
      ["ad", "add"],
      ["rm", "remove"],
      ["ls", "list"],
    ] as const) {
      const why = `schedule: there is no command "${wrong}". Did you mean ${meant}?`;
      expect(await does(wrong, id)).toMatchObject({ code: 2, stderr: expect.stringContaining(why) });
    }
    expect((await does("list")).stdout).toMatch(/^Nothing is scheduled in this folder/);
  });

  it.each([
    [["add", "60 * * * *", "x"], 'schedule add: The cron line "60 * * * *", column 1, minute'],
    [["add", "every", "1h"], "The prompt is empty"],
    [["remove"], "schedule remove: say which, by its ID. Known: none."],
    [["add", "0 0 9 * * *", "x"], 'The cron line "0 0 9 * * *" has 6 fields; expected 5'],
    [["remove", "x"], 'schedule remove: there is no "x" here. Known: none.'],
    [["lst"], 'schedule: there is no command "lst". Did you mean list?'],
  ])("refuses %j", async (words, told) => {
    const where = place();
    const { code, stderr } = await nanocoder(["schedule", ...words], { place: where });
    expect([code, stderr]).toEqual([2, expect.stringContaining(told)]);
    expect(existsSync(pathOf(where))).toBe(false);
  });

  it("runs what is due as a run of its own, once, beside no second service, and ends in order", async () => {
    const where = place();
    overdue(where);
    await using server = await modelServer([call("write_file", { path: "../made", content: "x" }), "it is done"]);
    const given = { place: where, env: openaiAt(server.url) };
    const service = start(["schedule", "run"], given);
    await vi.waitFor(() => expect(kept(where)).toEqual([]), { timeout: 15_000 });
    const second = await nanocoder(["schedule", "run"], given);
    expect(second).toMatchObject({ code: 2 });
    expect(second.stderr).toMatch(/another nanocoder \(process \d+\) fires the schedules of this folder already/);
    service.kill("SIGINT");
    const { code, stdout, stderr } = await service.ended;
    expect([code, stdout]).toEqual([130, ""]);
    expect(stderr).toMatch(/sch_000001 \S+.* in .*, session \S+: it is done\n/);
    expect(stderr).toContain("denied: write_file: ");
    expect(existsSync(join(where.work, "../made"))).toBe(false);
    expect(sessionsIn(where)).toHaveLength(1);
    expect(server.requests[0]?.lastText).toMatch(/^\[Scheduled: sch_000001, once at .*when nothing ran/);
    expect(readdirSync(dirname(pathOf(where))).filter((name) => name.endsWith(".lock"))).toEqual([]);
  });

  it("keeps what no model answered to", async () => {
    const where = place();
    overdue(where);
    await using server = await modelServer([{ error: { status: 401 } }]);
    const service = start(["schedule", "run"], { place: where, env: openaiAt(server.url) });
    await vi.waitFor(() => expect(server.requests.length).toBe(1), { timeout: 15_000 });
    await vi.waitFor(() => expect(kept(where)).toMatchObject([{ pending: expect.any(Number) }]));
    service.kill("SIGTERM");
    expect(await service.ended).toMatchObject({ code: 143 });
    expect(kept(where)).toMatchObject([{ id: "sch_000001", missed: true }]);
  });
});

describe("a run without a session", () => {
  const work = (server: { url: string }, where: Place, ...more: string[]) =>
    nanocoder(["-p", "go", ...more], { place: where, env: openaiAt(server.url) });

  it("has the tool where it is named: it lists, keeps none to itself, and something lasting is a person's to add", async () => {
    const where = place();
    overdue(where);
    const script = [
      call("schedule", { action: "list" }),
      call("schedule", { action: "create", every: "1h", prompt: "look" }),
      call("schedule", { action: "create", every: "1h", prompt: "look", durable: true }),
      "done",
    ];
    await using server = await modelServer(script);
    const { code, stderr } = await work(server, where, "--tools", "schedule", "--yolo");
    expect(server.requests[0]?.tools).toEqual(["schedule"]);
    expect(server.requests[1]?.results[0]).toContain("sch_000001");
    expect(server.requests[2]?.results[0]).toContain("only a durable one comes later");
    expect(server.requests[3]?.results[0]).toContain("steers what runs later (a headless run cannot ask)");
    expect([code, stderr]).toEqual([4, expect.stringContaining("denied: schedule")]);
    // the one that is due is for a session, or for the service
    expect(kept(where)).toMatchObject([{ id: "sch_000001" }]);
    expect(kept(where)[0]).not.toHaveProperty("pending");
  });

  it("does not have it unasked; a name that there is not is refused with all that there are", async () => {
    const where = place();
    await using server = await modelServer(["done", "done"]);
    await work(server, where);
    expect(server.requests[0]?.tools).not.toContain("schedule");
    const refused = await work(server, where, "--tools", "read_file,schedul");
    expect([refused.code, refused.stderr]).toEqual([
      2,
      expect.stringMatching(/there is no tool "schedul"\. Did you mean "schedule"\? Tools: read_file, .*, schedule\./),
    ]);
    const memory = await work(server, where, "--no-memory", "--tools", "recall");
    expect([memory.code, memory.stderr]).toEqual([2, expect.stringContaining("recall is there where memory is on.")]);
    expect((await work(server, where, "--tools", "load_skill,glob")).code).toBe(0);
    expect(server.requests[1]?.tools).toEqual(["glob"]);
  });

  it("and a session takes its name beside others", async () => {
    await using server = await modelServer(["fine"]);
    await using sitting = await sit({ env: openaiAt(server.url), flags: { tools: "read_file,schedule" } });
    await sitting.send("x");
    expect(server.requests[0]?.tools).toEqual(["read_file", "schedule"]);
  });
});
