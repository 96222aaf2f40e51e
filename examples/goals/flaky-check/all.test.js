import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { all } from "./all.js";

test("results come in the order of the tasks", async () => {
  const tasks = ["a", "b"].map((name) => () => sleep(Math.random() * 20, name));
  assert.deepEqual(await all(tasks), ["a", "b"]);
});
