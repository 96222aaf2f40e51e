import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import { fixture, served } from "../../mcp/serving.js";
import { agent, bash, call, children, gate, logsOf, news, parents, played, round } from "../delegating.js";
import { type Sitting, sit } from "../desks.js";
import { openaiAt, place, processesWith } from "../nanocoder.js";
import { processes, quiet, type Session, session, sleeper } from "./session.js";

const aside = (task: string) => agent(task, { background: true });
const AUTO = { permissionMode: "auto", sandbox: false } as const;

afterEach(() => vi.unstubAllEnvs());

/** Presses a key until it is taken: what is typed into the appearance of a question is not. */
async function says({ terminal }: Session, key: string, isDone: () => boolean): Promise<void> {
  const late = performance.now() + 15_000;
  while (!isDone() && performance.now() < late) {
    await quiet();
    terminal.type(key);
    await quiet();
  }
  expect(isDone()).toBe(true);
}

describe("a sub-agent in the background of a session", () => {
  it("is shown at work, asks an idle session by its name, loses no draft, and wakes it when it ends", async () => {
    const where = place();
    writeFileSync(join(where.work, "keep.txt"), "x");
    const [idle, drafted] = [gate(), gate()];
    await using server = await played({
      parent: [{ calls: [aside("tidy up")] }, "I wait.", "It is tidy.", "gone on"],
      child: async (request) => {
        await (round(request) === 0 ? idle : drafted).opened;
        return (
          [
            { text: "First a look.", calls: [call("glob", { pattern: "*" })] },
            { calls: [bash("rm keep.txt")] },
            "Tidied.",
          ][round(request)] ?? "?"
        );
      },
    });
    await using one = await session({ where, env: openaiAt(server.url) });
    await one.sends("go");
    await one.sees("I wait.", "1 job", "bg_0001 sub-agent “tidy up”");
    await one.rests();
    idle.open();
    await one.sees("bg_0001 sub-agent “tidy up”: > glob *");
    one.terminal.type("half a thought");
    await one.sees("> half a thought");
    drafted.open();
    await one.sees("Allow bash for the agent “tidy up”?", "rm keep.txt");
    expect(existsSync(join(where.work, "keep.txt"))).toBe(true);
    await says(one, "y", () => !existsSync(join(where.work, "keep.txt")));
    await one.sees("bg_0001 completed", "It is tidy.", "> half a thought");
    await one.terminal.until((screen) => !screen.some((line) => line.includes("1 job")));
    expect(parents(server)).toHaveLength(3);
    expect(server.refusals).toEqual([]);
    one.terminal.key("enter");
    await one.sees("gone on");
    expect(parents(server).at(-1)?.lastText).toMatch(/^half a thought/);
  });

  it("outlives an interrupted turn; /jobs lists and ends it; the end of the session leaves nothing", async () => {
    const word = `rest-${process.pid}`;
    await using server = await played({
      parent: [{ calls: [aside("one"), aside("two")] }, { text: "flowing ".repeat(40), hold: 60_000 }, "gone on"],
      child: [{ calls: [bash(sleeper(word))] }],
    });
    await using one = await session({ env: openaiAt(server.url), line: ["--no-sandbox", "--yolo"] });
    await one.sends("go");
    await one.sees("flowing flowing", "2 jobs");
    await processes(word, 6);
    one.terminal.key("esc");
    await one.rests();
    expect(processesWith(word)).toHaveLength(6);
    await one.sends("/jobs");
    await one.sees("bg_0001  ", "sub-agent “two”", "bg_0002.txt");
    await one.sends("/jobs kill bg_0002");
    await one.sees("Ended bg_0002.");
    await processes(word, 3);
    one.terminal.key("ctrl-d");
    expect(await one.terminal.ended).toMatchObject({ code: 0 });
    await processes(word, 0);
    const ends = logsOf(one.where).children.map((log) => log.at(-1));
    expect(ends).toMatchObject([
      { type: "ended", outcome: "aborted" },
      { type: "ended", outcome: "aborted" },
    ]);
  });

  it("asks in plain lines too, and the prompt comes back", async () => {
    const where = place();
    const [idle, answered] = [gate(), gate()];
    await using server = await played({
      parent: [{ calls: [aside("make it")] }, "I wait.", "heard"],
      child: async (request) => {
        await (round(request) === 0 ? idle : answered).opened;
        return round(request) === 0 ? { calls: [bash("touch made.txt")] } : "Made.";
      },
    });
    await using one = await session({ where, env: { ...openaiAt(server.url), TERM: "dumb" }, until: "/help lists" });
    one.terminal.type("go");
    one.terminal.key("enter");
    await one.sees("I wait.");
    await one.terminal.until((screen) => screen.findLast((line) => line.trim() !== "")?.trim() === ">");
    idle.open();
    await one.sees("touch made.txt", "y once");
    await quiet();
    one.terminal.type("y");
    one.terminal.key("enter");
    await one.terminal.until((screen) => screen.findLast((line) => line.trim() !== "")?.trim() === ">");
    answered.open();
    await one.sees("heard");
    expect(existsSync(join(where.work, "made.txt"))).toBe(true);
    await one.terminal.until((screen) => screen.findLast((line) => line.trim() !== "")?.trim() === ">");
  });
});

const has = (at: Sitting, name: string) => existsSync(join(at.work, name));
const write = (path: string, content: string) => call("write_file", { path, content });

describe("/undo", () => {
  it("takes what a sub-agent wrote in the background with the prompt that it was for, where its newest change stands", async () => {
    const idle = gate();
    await using server = await played({
      parent: [
        { calls: [write("first.txt", "1"), aside("write late")] },
        "I wait.",
        { calls: [write("second.txt", "2")] },
        "second is done",
        "the late one is told",
      ],
      child: async (request) => {
        await idle.opened;
        return round(request) === 0 ? { calls: [write("late.txt", "3")] } : "late is written";
      },
    });
    await using at = await sit({ env: openaiAt(server.url), flags: AUTO });
    at.desk.attend(() => undefined);
    await at.send("first");
    await at.send("second");
    idle.open();
    await vi.waitFor(() => expect(parents(server)).toHaveLength(5), { timeout: 10_000 });
    await vi.waitFor(() => expect(at.desk.busy).toBe(false));
    expect([has(at, "first.txt"), has(at, "second.txt"), has(at, "late.txt")]).toEqual([true, true, true]);
    const list = await at.send("/undo list");
    expect(list.indexOf("first")).toBeLessThan(list.indexOf("second"));
    await at.send("/undo");
    expect([has(at, "first.txt"), has(at, "second.txt"), has(at, "late.txt")]).toEqual([false, true, false]);
    await at.send("/undo");
    expect(has(at, "second.txt")).toBe(false);
  });

  it("changes nothing where a later prompt wrote over it", async () => {
    const idle = gate();
    const over = gate();
    await using server = await played({
      parent: [
        { calls: [aside("write twice")] },
        "I wait.",
        { calls: [call("read_file", { path: "both.txt" }), write("both.txt", "session")] },
        "second is done",
        "told",
      ],
      child: async (request) => {
        if (round(request) === 1) idle.open();
        if (round(request) === 1) await over.opened;
        return (
          [{ calls: [write("both.txt", "child")] }, { calls: [write("other.txt", "child")] }, "done"][round(request)] ??
          "?"
        );
      },
    });
    await using at = await sit({ env: openaiAt(server.url), flags: AUTO });
    at.desk.attend(() => undefined);
    await at.send("first");
    await idle.opened;
    await at.send("second");
    over.open();
    await vi.waitFor(() => expect(parents(server)).toHaveLength(5), { timeout: 10_000 });
    await vi.waitFor(() => expect(at.desk.busy).toBe(false));
    expect(await at.send("/undo")).toContain("ERROR Nothing was changed");
    expect(readFileSync(join(at.work, "both.txt"), "utf8")).toBe("session");
    expect(has(at, "other.txt")).toBe(true);
    // both together are taken back
    await at.send("/undo 2");
    expect([has(at, "both.txt"), has(at, "other.txt")]).toEqual([false, false]);
  });

  it("waits for nobody: a call that runs right now is in its way", async () => {
    const word = `undo-${process.pid}`;
    await using server = await played({
      parent: [{ calls: [aside("sleep")] }, "I wait."],
      child: [{ calls: [bash(`touch begun.txt; ${sleeper(word)}`)] }],
    });
    await using at = await sit({ env: openaiAt(server.url), flags: AUTO });
    await at.send("go");
    await processes(word, 3);
    expect(await at.send("/undo")).toMatch(/ERROR A bash call of session \S+ is running/);
    await at.send("/jobs kill bg_0001");
    await processes(word, 0);
    await at.send("/undo");
    expect(has(at, "begun.txt")).toBe(false);
  });
});

describe("a turn that a schedule began", () => {
  it("leaves nobody to ask for what works on after it", async () => {
    await using server = await played({
      parent: [{ calls: [aside("remove")] }, "I wait.", { calls: [bash("rm y")] }, "heard"],
      child: [{ calls: [bash("rm x")] }, "refused"],
    });
    await using at = await sit({ env: openaiAt(server.url), flags: { sandbox: false } });
    const ask = vi.spyOn(at.ui, "ask");
    at.desk.attend(() => undefined);
    at.desk.opened.agent.inbox.post({ parts: [{ type: "text", text: "nightly" }], from: "schedule" });
    await at.desk.during(async () => undefined);
    await vi.waitFor(() => expect(parents(server)).toHaveLength(4), { timeout: 10_000 });
    await vi.waitFor(() => expect(at.desk.busy).toBe(false));
    expect(ask).not.toHaveBeenCalled();
    // nor for the turn that its report begins
    for (const each of [children(server)[1], parents(server)[3]])
      expect(each?.results[0]).toContain("this turn is scheduled: nobody is there to ask");
    expect(news(parents(server).at(-1))).toHaveLength(1);
  });

  it("leaves nobody to fill in a form for what works on after it", async () => {
    const idle = gate();
    const tools = [{ name: "ask", inputSchema: { type: "object", properties: {} } }];
    const elicit = { message: "Who?", requestedSchema: { type: "object", properties: { name: { type: "string" } } } };
    await using server = await played({
      parent: [{ calls: [aside("ask it")] }, "I wait.", "heard"],
      child: async (request) => {
        await idle.opened;
        return (
          [{ calls: [call("mcp_tools", {})] }, { calls: [call("mcp__fix__ask", {})] }, "asked"][round(request)] ?? "?"
        );
      },
    });
    const where = served({ fix: fixture({ tools, elicit }) });
    await using at = await sit({ env: openaiAt(server.url), flags: AUTO, where });
    const choose = vi.spyOn(at.ui, "choose");
    at.desk.attend(() => undefined);
    at.desk.opened.agent.inbox.post({ parts: [{ type: "text", text: "nightly" }], from: "schedule" });
    await at.desk.during(async () => undefined);
    await vi.waitFor(() => expect(at.desk.busy).toBe(false));
    idle.open();
    await vi.waitFor(() => expect(parents(server)).toHaveLength(3), { timeout: 10_000 });
    await vi.waitFor(() => expect(at.desk.busy).toBe(false));
    expect(choose).not.toHaveBeenCalled();
    expect(children(server)[2]?.results.at(-1)).toContain('"action":"decline"');
  });
});
