import assert from "node:assert/strict";
import { test } from "node:test";
import { anchors } from "./slug.js";

test("words are joined by dashes", () => {
  assert.deepEqual(anchors(["Getting started!", "FAQ"]), ["getting-started", "faq"]);
});
