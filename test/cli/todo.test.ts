import { describe, expect, it } from "vitest";
import type { Json } from "../../src/core/message.js";
import { modelServer } from "../../src/models/scripted/server.js";
import { nanocoder, openaiAt, place, sessionsIn } from "./nanocoder.js";
import { session } from "./repl/session.js";

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
    const text = { name: "todo_write", input: { todos: JSON.stringify(LIST) } };
    await using server = await modelServer([{ calls: [text] }, "done"]);
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
});
