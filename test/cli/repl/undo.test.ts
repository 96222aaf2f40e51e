import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { state } from "../../../src/core/fold.js";
import { promptsOf } from "../../../src/store/undo.js";
import { placeWith } from "../goals.js";
import { sessionsIn } from "../nanocoder.js";
import { type Session, session } from "./session.js";

const OPEN = ["--no-sandbox", "--permission-mode", "auto", "--no-verify"];
const write = (path: string) => ({ name: "write_file", input: { path, content: "x\n" } });
const todos = (content: string, status = "pending") => ({
  name: "todo_write",
  input: { todos: [{ content, status }] },
});

async function does(it: Session, words: string, ...seen: readonly string[]): Promise<void> {
  await it.sends(words);
  await it.sees(...seen);
  await it.rests();
}

it("/undo takes back a prompt with all that came of it, also after the end of a background command", async () => {
  const where = placeWith({ "a.txt": "a\n" });
  const beside = { name: "bash", input: { command: "until [ -e go ]; do sleep 0.05; done", run_in_background: true } };
  const script = [
    { calls: [write("first.txt")] },
    "First done.",
    { calls: [beside, write("go")] },
    "Started it.",
    { calls: [write("later.txt")] },
    "It has ended.",
  ];
  await using one = await session({ where, script, line: OPEN, columns: 100, rows: 40 });
  await does(one, "one thing", "First done.");
  await does(one, "and another", "It has ended.");
  const place = { home: join(where.home, ".nanocoder"), root: where.work };
  expect(promptsOf(place).map(({ calls }) => calls.length)).toEqual([2, 1]);
  await does(one, "/undo list", " 1  ", "and another", " 2  ", "one thing");
  await does(one, "/undo", "2 paths undone.");
  const left = () => ["first.txt", "go", "later.txt"].filter((name) => existsSync(join(where.work, name)));
  expect(left()).toEqual(["first.txt"]);
  await does(one, "/undo", "1 path undone.");
  expect(left()).toEqual([]);
});

it("/undo gives back the todo list of that moment, tells the model, and /redo takes both back", async () => {
  const where = placeWith({ "a.txt": "a\n" });
  const script = [
    { calls: [todos("the first plan")] },
    "Planned.",
    { calls: [write("b.txt"), todos("the second plan", "in_progress")] },
    "Worked.",
    "I see.",
    "Again.",
  ];
  await using one = await session({ where, script, line: OPEN, columns: 100, rows: 40 });
  const list = () => JSON.stringify(state(sessionsIn(where)[0] ?? [], "todo"));
  await does(one, "plan it", "Planned.");
  await does(one, "work", "Worked.");
  await does(one, "/undo", "1 path undone.", "The todo list too");
  expect(list()).toContain("the first plan");
  await does(one, "/todo", "[ ] the first plan");
  await does(one, "what now?", "I see.");
  expect(one.server.requests.at(-1)?.lastText).toMatch(
    /took back what was written[\s\S]*again as it was before that:\n\[ \] the first plan/,
  );
  await does(one, "/redo", "1 path redone.", "The todo list too");
  expect(list()).toContain("the second plan");
  await does(one, "and now?", "Again.");
  expect(one.server.requests.at(-1)?.raw).toContain("as it was before the undo:\\n[>] the second plan");
});
