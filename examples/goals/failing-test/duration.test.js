import assert from "node:assert/strict";
import { test } from "node:test";
import { seconds } from "./duration.js";

test("one unit", () => {
  assert.equal(seconds("45s"), 45);
  assert.equal(seconds("2h"), 7200);
});

test("several units", () => {
  assert.equal(seconds("1h30m"), 5400);
  assert.equal(seconds("1m5s"), 65);
});

test("what is no duration", () => {
  assert.throws(() => seconds("soon"), { message: 'not a duration: "soon"' });
  assert.throws(() => seconds("5s and more"), { message: 'not a duration: "5s and more"' });
});
