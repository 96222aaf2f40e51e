import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import { statusOf } from "../../../src/cli/repl/status.js";
import type { Json } from "../../../src/core/message.js";
import { modelServer } from "../../../src/models/scripted/server.js";
import { sit } from "../desks.js";
import { openaiAt, place, processesWith } from "../nanocoder.js";
import { goesOn, leaves, processes, session, sleeper } from "./session.js";

const beside = (command: string): { name: string; input: Json } => ({
  name: "bash",
  input: { command, run_in_background: true },
});
const OPEN = ["--no-sandbox", "--permission-mode", "auto"];
const until = (file: string) => `until [ -e ${file} ]; do sleep 0.05; done; echo it is over`;
const go = (where: { work: string }, file: string) => writeFileSync(join(where.work, file), "");

afterEach(() => vi.unstubAllEnvs());

describe("a command in the background of a session", () => {
  it("is counted, listed and told when it ends: the idle session goes on by itself, what stands in the prompt stays", async () => {
    const script = [{ calls: [beside(until("go"))] }, "I wait.", "It has ended well.", "gone on"];
    await using it = await session({ script, line: OPEN });
    await it.sends("begin");
    await it.sees("I wait.", "1 job");
    await it.rests();
    await it.sends("/jobs");
    await it.sees("bg_0001  ", "bg_0001.txt");
    it.terminal.type("half a thought");
    await it.sees("> half a thought");
    go(it.where, "go");
    await it.sees(
      "from a background job",
      "bg_0001 completed: exit code 0",
      "> > it is over",
      "It has ended well.",
      "> half a thought",
    );
    await it.terminal.until((screen) => !screen.some((line) => line.includes("1 job")));
    expect(it.server.requests).toHaveLength(3);
    it.terminal.key("ctrl-c");
    await it.rests();
    await goesOn(it, "gone on");
    await it.rests();
    expect(await leaves(it)).toMatchObject({ code: 0 });
  });

  it("outlives an interrupted turn, is no word of the person, and ends with the session", async () => {
    const script = [
      { calls: [beside(sleeper("hh-job-esc"))] },
      { text: "flowing ".repeat(40), hold: 60_000 },
      "gone on",
    ];
    await using it = await session({ script, line: OPEN });
    await it.sends("begin");
    await it.sees("flowing flowing");
    await processes("hh-job-esc", 3);
    it.terminal.key("esc");
    await it.rests();
    expect(processesWith("hh-job-esc").length).toBeGreaterThan(2);
    await goesOn(it, "gone on");
    await it.rests();
    expect(await leaves(it)).toMatchObject({ code: 0 });
    await processes("hh-job-esc", 0);
  });

  it("steers a turn that runs", async () => {
    await using server = await modelServer([
      { calls: [beside("true")] },
      { calls: [{ name: "bash", input: { command: "sleep 1" } }] },
      "heard",
    ]);
    await using at = await sit({ env: openaiAt(server.url), flags: { permissionMode: "auto", sandbox: false } });
    at.desk.attend(() => undefined);
    await at.send("begin");
    expect(server.requests).toHaveLength(3);
    const words = server.requests[2]?.messages.map(({ text }) => text).join("\n");
    expect(words).toContain("bg_0001 completed");
    expect(at.desk.waiting).toEqual([]);
  });

  it("wakes a session that was busy with something else, and calls the front end when it rests", async () => {
    await using server = await modelServer([{ calls: [beside(until("go"))] }, "I wait.", "woken"]);
    await using at = await sit({ env: openaiAt(server.url), flags: { permissionMode: "auto", sandbox: false } });
    const rests = vi.fn();
    at.desk.attend(rests);
    await at.send("begin");
    await at.send("!touch go; sleep 1");
    await vi.waitFor(() => expect(server.requests).toHaveLength(3));
    await vi.waitFor(() => expect(at.desk.busy).toBe(false));
    expect(at.desk.waiting).toEqual([]);
  });

  it("that ends in an interrupted turn waits for the next one, and never comes into the prompt", async () => {
    await using server = await modelServer([
      { calls: [beside(until("go")), beside(until("more"))] },
      { silent: true },
      "heard both",
    ]);
    await using at = await sit({ env: openaiAt(server.url), flags: { permissionMode: "auto", sandbox: false } });
    const put = vi.spyOn(at.ui, "put");
    at.desk.attend(() => undefined);
    const turn = at.send("begin");
    await server.arrived(1);
    go(at, "go");
    await vi.waitFor(() => expect(at.desk.opened.agent.inbox.waiting).toBe(1));
    expect(at.desk.waiting).toEqual([]);
    at.desk.interrupt();
    await turn;
    expect(put).not.toHaveBeenCalled();
    expect(server.requests).toHaveLength(2);
    go(at, "more");
    await vi.waitFor(() => expect(server.requests).toHaveLength(3));
    const words = server.requests[2]?.messages.map(({ text }) => text).join("\n") ?? "";
    expect(words.match(/\[Background command bg_000\d completed/g)).toHaveLength(2);
  });
});

describe("/jobs", () => {
  it.each(["en", "zh"] as const)("lists, ends one, and names mistakes (%s)", async (locale) => {
    await using server = await modelServer([{ calls: [beside("sleep 60; touch late")] }, "I wait.", "ok"]);
    await using at = await sit({
      env: openaiAt(server.url),
      locale,
      flags: { permissionMode: "auto", sandbox: false },
    });
    const none = { en: "Nothing runs in the background.", zh: "没有后台任务在运行。" }[locale];
    expect(await at.send("/jobs")).toContain(none);
    await at.send("begin");
    expect(statusOf(at.desk)().jobs).toHaveLength(1);
    expect(await at.send("/jobs")).toMatch(/^bg_0001 {2}.*sleep 60; touch late\n {2}\S+\/bg_0001\.txt$/);
    expect(await at.send("/jobs kill")).toBe('ERROR /jobs takes nothing or kill ID, not "kill".');
    expect(await at.send("/jobs stop bg_0001")).toContain("ERROR /jobs takes nothing or kill ID");
    expect(await at.send("/jobs kill bg_7")).toBe('ERROR /jobs kill: no "bg_7" runs. Running: bg_0001.');
    expect(await at.send("/jobs kill bg_0001")).toBe({ en: "Ended bg_0001.", zh: "已结束 bg_0001。" }[locale]);
    expect(statusOf(at.desk)().jobs).toEqual([]);
    expect(server.requests).toHaveLength(2);
    await at.send("and now?");
    const words = server.requests[2]?.messages.map(({ text }) => text).join("\n");
    expect(words).toContain("The user ended the background command bg_0001.");
    expect(existsSync(join(at.work, "late"))).toBe(false);
  });

  it("end with the session that another takes the place of, and what was lost is said when it comes back", async () => {
    const where = place();
    await using server = await modelServer([
      ...[{ calls: [beside("sleep 61.25")] }, "I wait."],
      ...[{ calls: [beside(until("go"))] }, "I wait here.", "woken here"],
    ]);
    const flags = { permissionMode: "auto", sandbox: false };
    await using at = await sit({ env: openaiAt(server.url), where, flags });
    await at.send("begin");
    const { id } = at.desk.opened;
    await at.send("/reset");
    expect(processesWith("sleep\u000061.25")).toEqual([]);
    expect(await at.send("/jobs")).toContain("Nothing runs");
    at.desk.attend(() => undefined);
    await at.send("begin anew");
    go(at, "go");
    await vi.waitFor(() => expect(server.requests).toHaveLength(5));
    await vi.waitFor(() => expect(at.desk.busy).toBe(false));
    expect(await at.send(`/resume ${id}`)).toContain("Background jobs run no more: bg_0001 (sleep 61.25)");
  });
});
