import { afterEach, describe, expect, it, vi } from "vitest";
import { type Fact, NO_USAGE } from "../../src/core/event.js";
import { memoryLog } from "../../src/core/log.js";
import { type Call, type Json, text } from "../../src/core/message.js";
import { modelServer } from "../../src/models/scripted/server.js";
import { reminder } from "../../src/plugins/todo-reminder.js";
import { sit } from "./desks.js";
import { nanocoder, openaiAt, place, sessionsIn } from "./nanocoder.js";
import { session } from "./repl/session.js";

afterEach(() => vi.unstubAllEnvs());

const todos = (...list: Json[]) => ({ name: "todo_write", input: { todos: list } });
const item = (content: string, status: string) => ({ content, status });
// each is another one: the same again and again would be a circle
const look = ({ n }: { n: number }) => ({ calls: [{ name: "glob", input: { pattern: `*.${n}` } }] });
const LIST = [item("read the code", "completed"), item("write it", "in_progress"), item("test it", "pending")];
const REMINDS = "todo_write";

const go = (server: { url: string }, where = place(), more: readonly string[] = []) =>
  nanocoder(["-p", "go", ...more], { place: where, env: openaiAt(server.url) });

/** The newest value of the list in the session that was written last. */
const listIn = (where: ReturnType<typeof place>) =>
  sessionsIn(where)
    .at(-1)
    ?.findLast((event) => event.type === "state" && event.key === "todo");

describe("todo_write", () => {
  it("keeps the list as a fact, shows its signs, and replaces it whole", async () => {
    const where = place();
    await using server = await modelServer([
      { calls: [todos(...LIST)] },
      { calls: [todos(item("all", "pending"))] },
      "done",
    ]);
    const { code, stderr } = await go(server, where);
    expect(code).toBe(0);
    expect(server.requests[1]?.results).toEqual([
      "The list has 3 items, 1 completed.\n[x] read the code\n[>] write it\n[ ] test it",
    ]);
    expect(stderr).toContain("  [x] read the code\n  [>] write it\n  [ ] test it\n");
    expect(server.requests[2]?.results).toEqual(["The list has 1 item, 0 completed.\n[ ] all"]);
    expect(listIn(where)).toMatchObject({ value: [item("all", "pending")] });
    expect(server.requests[0]?.system).toContain("todo_write");
  });

  it("takes a list that comes as text which holds it in JSON", async () => {
    const where = place();
    const written = { name: "todo_write", input: { todos: JSON.stringify(LIST) } };
    await using server = await modelServer([{ calls: [written] }, "done"]);
    await go(server, where);
    expect(listIn(where)).toMatchObject({ value: LIST });
  });

  it("says which item is wrong, and leaves the list as it was", async () => {
    const many = Array.from({ length: 21 }, (_, at) => item(`step ${at}`, "pending"));
    const wrong: [Json, RegExp][] = [
      [
        { todos: [item("a", "pending"), item("b", "done")] },
        /item 2 has the status "done": use one of pending, in_progress/,
      ],
      [{ todos: [{ status: "pending" }] }, /item 1 has no content/],
      [{ todos: [item(" ", "pending")] }, /item 1 has no content/],
      [{ todos: [{ content: "a" }] }, /item 1 has no status/],
      [{ todos: ["a"] }, /item 1 must be an object/],
      [{ todos: [item("a", "in_progress"), item("b", "in_progress")] }, /items 1 and 2 are both in_progress/],
      [{ todos: many }, /there are 21 items, at most 20/],
      [{ todos: "not json" }, /todos must be a list of items/],
      [{ todos: JSON.stringify(JSON.stringify(LIST)) }, /todos must be a list of items/],
      [{ todos: [LIST] }, /item 1 must be an object/],
      [{ todos: [null] }, /item 1 must be an object/],
      [{ todos: [item("a", "pending"), item("x".repeat(501), "pending")] }, /item 2 has 501 characters, at most 500/],
      [{ todos: [{ content: 1, status: "pending" }] }, /item 1 has no content/],
      [{ todos: [{ content: "a", status: null }] }, /item 1 has the status null/],
      [{ todos: { a: 1 } }, /todos must be a list of items/],
      [{}, /todos is missing/],
    ];
    const where = place();
    const calls = wrong.map(([input]) => ({ name: "todo_write", input }));
    await using server = await modelServer([{ calls: [todos(...LIST)] }, { calls }, "done"]);
    await go(server, where);
    const results = server.requests[2]?.messages.slice(-wrong.length) ?? [];
    for (const [at, [, words]] of wrong.entries()) {
      expect(results[at]?.text).toMatch(words);
      expect(results[at]?.text).toContain("The list is unchanged");
    }
    expect(listIn(where)).toMatchObject({ value: LIST });
  });

  it("is there again in a session that is gone on with, and in a fork of it", async () => {
    const where = place();
    await using server = await modelServer([
      { calls: [todos(...LIST)] },
      "done",
      "hm",
      ...[look, look, look, "again"],
      ...[look, look, look, "forked"],
    ]);
    await go(server, where);
    await nanocoder(["-c", "-p", "and?"], { place: where, env: openaiAt(server.url) });
    await nanocoder(["-c", "-p", "and?"], { place: where, env: openaiAt(server.url) });
    expect(server.requests[6]?.lastText).toContain("was not updated");
    await nanocoder(["-c", "--fork", "-p", "and?"], { place: where, env: openaiAt(server.url) });
    expect(server.requests[10]?.lastText).toContain("was not updated");
    expect(listIn(where)).toMatchObject({ value: LIST });
  });
});

describe("the reminder", () => {
  const reminded = (server: Awaited<ReturnType<typeof modelServer>>) =>
    server.requests.map(
      ({ messages }) => messages.filter(({ role, text }) => role === "user" && text.includes(REMINDS)).length,
    );

  it("comes once after three rounds without a list", async () => {
    await using server = await modelServer([look, look, look, look, look, look, look, "done"]);
    await go(server);
    expect(reminded(server)).toEqual([0, 0, 0, 1, 1, 1, 1, 1]);
  });

  it("comes after each three rounds in which an open list was not touched; writing it counts anew", async () => {
    const write = { calls: [todos(...LIST)] };
    await using server = await modelServer([write, look, look, write, look, look, look, look, look, look, "done"]);
    await go(server);
    expect(reminded(server)).toEqual([0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 2]);
  });

  it("counts from a compaction, a prompt, a reminder and an attempt to write; what was taken back is no round", () => {
    const called = (name: string): Fact => {
      const call: Call = { type: "call", id: "c", name, input: {} };
      return { type: "reply", parts: [call], stop: "calls", model: "m", usage: NO_USAGE };
    };
    const facts: Record<string, (newest: number) => Fact> = {
      round: () => called("glob"),
      write: () => called("todo_write"),
      prompt: () => ({ type: "prompt", parts: [text("x")], from: "user" }),
      compacted: (upto) => ({ type: "compacted", summary: "s", upto }),
      voids: (voids) => ({ type: "retried", reason: "r", attempt: 1, voids }),
      note: () => ({ type: "note", by: "todo", text: "t" }),
    };
    const due = (...steps: string[]) => {
      const log = memoryLog();
      let newest = log.append({ type: "state", key: "todo", value: LIST }).seq;
      for (const step of steps) {
        const fact = facts[step]?.(newest);
        if (fact) newest = log.append(fact).seq;
      }
      return reminder(log.events) !== undefined;
    };
    const three = ["round", "round", "round"];
    expect(due(...three)).toBe(true);
    expect(due(...three.slice(1))).toBe(false);
    for (const fresh of ["compacted", "prompt", "note", "write"]) {
      expect(due(...three, fresh)).toBe(false);
      expect(due(...three, fresh, "round", "round")).toBe(false);
      expect(due(...three, fresh, ...three)).toBe(true);
    }
    expect(due("round", "round", "round", "voids")).toBe(false);
    expect(due("round", "round", "round", "voids", "round")).toBe(true);
  });

  it("does not come in a sub-agent, which has no list", async () => {
    const order = { calls: [{ name: "agent", input: { task: "look around" } }] };
    await using server = await modelServer([order, look, look, look, look, "nothing there", "done"]);
    await go(server);
    expect(server.requests).toHaveLength(7);
    for (const { tools, raw } of server.requests.slice(1, 6)) {
      expect(tools).not.toContain("todo_write");
      expect(raw).not.toContain("todo");
    }
  });

  it("does not come for a list that is done, nor where the tool is not offered", async () => {
    await using done = await modelServer([{ calls: [todos(item("a", "completed"))] }, look, look, look, look, "done"]);
    await go(done);
    expect(reminded(done)).toEqual([0, 0, 0, 0, 0, 0]);
    await using without = await modelServer([look, look, look, look, "done"]);
    await go(without, place(), ["--tools", "glob"]);
    expect(reminded(without)).toEqual([0, 0, 0, 0, 0]);
    expect(without.requests[0]?.system).not.toContain("todo_write");
  });
});

describe("in a session", () => {
  it("words of a list act on no terminal, neither above the prompt nor by /todo", async () => {
    const evil = "wipe \u001b[2J\u001b]0;evil\u0007 \u202eit \u2028 所有的中文都在";
    await using one = await session({
      script: [
        { calls: [todos(item(evil, "in_progress"))] },
        { calls: [{ name: "bash", input: { command: "sleep 1" } }] },
        "over now",
      ],
    });
    await one.sends("go");
    await one.sees("[>] wipe \\u{1b}[2J");
    await one.sees("over now");
    await one.rests();
    await one.sends("/todo");
    await one.sees("所有的中文都在");
    await one.rests();
    expect(one.shown()).toContain("[>] wipe \\u{1b}[2J\\u{1b}]0;evil\\u{7} \\u{202e}it");
    expect(one.shown()).toContain("go");
  });

  it("/undo takes the list back to what it was before what is undone, and /redo brings it again", async () => {
    const write = (path: string) => ({ name: "write_file", input: { path, content: "x" } });
    await using server = await modelServer([
      { calls: [todos(item("one", "pending"))] },
      "planned",
      { calls: [write("a.txt"), todos(item("one", "completed"))] },
      "done",
      ...["seen", "again"],
    ]);
    await using sitting = await sit({ env: openaiAt(server.url) });
    await sitting.send("plan");
    await sitting.send("work");
    expect(await sitting.send("/todo")).toBe("[x] one");
    await sitting.send("/undo");
    expect(await sitting.send("/todo")).toBe("[ ] one");
    await sitting.send("and?");
    expect(server.requests.at(-1)?.lastText).toContain("The todo list is again as it was before that:\n[ ] one");
    await sitting.send("/redo");
    expect(await sitting.send("/todo")).toBe("[x] one");
    await sitting.send("/undo 1");
    sitting.desk.opened.agent.log.append({ type: "state", key: "todo", value: [item("new", "pending")] });
    await sitting.send("/redo");
    expect(await sitting.send("/todo")).toBe("[ ] new");
  });

  it("the list stands above the prompt while the turn runs, and /todo shows it after", async () => {
    const held = { calls: [{ name: "bash", input: { command: "sleep 1.5" } }] };
    await using one = await session({ script: [{ calls: [todos(...LIST)] }, held, "that is all"] });
    await one.sends("go");
    await one.sees("[>] write it");
    const screen = one.terminal.screen().join("\n");
    expect(screen).toMatch(/\[x\] read the code\s*\n\[>\] write it\s*\n\[ \] test it/);
    await one.sees("that is all");
    await one.rests();
    expect(one.terminal.screen().join("\n")).not.toContain("[>] write it");
    await one.sends("/todo");
    await one.sees("[>] write it");
  });

  it("the reminder is for the model: no person is shown it", async () => {
    await using one = await session({ script: [look, look, look, "that is all"] });
    await one.sends("go");
    await one.sees("that is all");
    await one.rests();
    expect(one.terminal.screen().join("\n")).not.toMatch(/todo|reminder/);
    expect(one.server.requests.at(-1)?.lastText).toContain(REMINDS);
  });
});
