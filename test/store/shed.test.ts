import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Fact } from "../../src/core/event.js";
import { NO_USAGE } from "../../src/core/event.js";
import { messages } from "../../src/core/fold.js";
import { text } from "../../src/core/message.js";
import { openLog, readLog } from "../../src/store/log-file.js";

const place = () => join(mkdtempSync(join(tmpdir(), "shed-")), "session.jsonl");

const call = (id: string): Fact => ({
  type: "reply",
  parts: [
    { type: "thinking", text: "hm ".repeat(500) },
    { type: "text", text: `I look at ${id}` },
    { type: "call", id, name: "look", input: { path: id } },
  ],
  stop: "calls",
  model: "m",
  usage: { ...NO_USAGE, input: 10 },
});
const result = (id: string): Fact => ({
  type: "result",
  callId: id,
  parts: [text(`${id} `.repeat(5000))],
  failed: false,
  details: { path: id, diff: "+".repeat(5000), file: "/out" },
});

function worked(path: string) {
  const log = openLog(path);
  log.append({ type: "session", version: 1, id: "s", cwd: "/", system: "" });
  log.append({ type: "prompt", parts: [text("go")], from: "user" });
  for (const id of ["a", "b", "c"]) for (const fact of [call(id), result(id)]) log.append(fact);
  return log;
}

describe("a log after a compaction", () => {
  it("holds in memory only what is still told, and in the file everything", () => {
    const path = place();
    const log = worked(path);
    const whole = readLog(path).events;
    log.append({ type: "compacted", summary: "so far", upto: 5, keeps: [1] });
    expect(JSON.stringify(log.events.slice(0, 6)).length).toBeLessThan(2000);
    expect(readLog(path).events.slice(0, 8)).toEqual(whole);
    expect(messages(log.events)).toEqual(messages(readLog(path).events));
    // what is counted and read of it later is still there
    expect(log.events[2]).toMatchObject({
      usage: { input: 10 },
      parts: [{ type: "text" }, { id: "a", input: { path: "a" } }],
    });
    expect(log.events[3]).toMatchObject({ callId: "a", failed: false, details: { path: "a", diff: "", file: "/out" } });
    log.close();
  });

  it("is shed also where a tool's details hold what JSON leaves out", () => {
    const log = worked(place());
    const details = JSON.parse("{}");
    log.append({ ...result("d"), details: Object.assign(details, { path: "d", file: undefined }) } as Fact);
    log.append({ type: "compacted", summary: "so far", upto: 8, keeps: [1] });
    expect(log.events[8]).toMatchObject({ callId: "d", parts: [], details: { path: "d" } });
    log.close();
  });

  it("is as light when it is opened again, and whole when the compaction is taken back", () => {
    const path = place();
    const log = worked(path);
    const before = messages(log.events);
    log.append({ type: "compacted", summary: "so far", upto: 5 });
    log.close();
    const again = openLog(path);
    expect(JSON.stringify(again.events.slice(0, 6)).length).toBeLessThan(2000);
    again.append({ type: "retried", reason: "undone", attempt: 1, voids: 8 });
    expect(messages(again.events)).toEqual(before);
    expect(again.append({ type: "ended", outcome: "done" }).seq).toBe(10);
    again.close();
  });
});
