import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Fact } from "../../src/core/event.js";
import { NO_USAGE } from "../../src/core/event.js";
import { text } from "../../src/core/message.js";
import { redactor } from "../../src/platform/secrets.js";
import { openLog, readLog } from "../../src/store/log-file.js";

const KEY = "canary-key-31415926";
const place = () => join(mkdtempSync(join(tmpdir(), "log-secrets-")), "session.jsonl");
const call = { type: "call", id: "call_1", name: "bash", input: { command: `echo ${KEY}`, env: { A: KEY } } } as const;
const reply = (parts: Extract<Fact, { type: "reply" }>["parts"]): Fact => ({
  type: "reply",
  parts,
  stop: "calls",
  model: "m",
  usage: NO_USAGE,
});

const FACTS: readonly Fact[] = [
  { type: "session", version: 1, id: "s", cwd: "/w", system: `be kind to ${KEY}` },
  { type: "prompt", parts: [text(`use ${KEY}`)], from: "user" },
  { type: "note", text: KEY, by: "x" },
  reply([text(KEY), { type: "thinking", text: KEY }, { ...call, malformed: KEY }]),
  { type: "started", callId: "call_1", name: "bash", call },
  { type: "judged", callId: "call_1", verdict: "deny", by: "x", why: KEY },
  { type: "result", callId: "call_1", parts: [text(KEY)], failed: true, details: { deep: [{ out: KEY }] } },
  { type: "compacted", summary: KEY, upto: 3 },
  { type: "state", key: "api_key", value: { rule: KEY } },
  { type: "retried", reason: KEY, attempt: 1 },
  { type: "ended", outcome: "failed", reason: KEY },
];

describe("the log and secrets", () => {
  it.each(FACTS.map((fact) => [fact.type, fact] as const))("writes no key of %s, and keeps it in memory", (_, fact) => {
    const path = place();
    const log = openLog(path, redactor([KEY]));
    const event = log.append(fact);
    log.close();
    expect(readFileSync(path, "utf8")).not.toContain(KEY);
    expect(event).toMatchObject(fact);
    expect(log.events).toEqual([event]);
    const [stored] = readLog(path).events;
    expect(stored).toEqual(JSON.parse(JSON.stringify(event).replaceAll(KEY, "[redacted:own-key]")));
  });

  it("is read back redacted, and writes the same when it is written again", () => {
    const first = place();
    const log = openLog(first, redactor([KEY]));
    for (const fact of FACTS) log.append(fact);
    log.close();
    const { events } = readLog(first);
    const second = openLog(place(), redactor([KEY]));
    for (const { seq, at, ...fact } of events) second.append(fact);
    second.close();
    const plain = (path: string) => readFileSync(path, "utf8").replace(/"at":\d+/g, "");
    expect(plain(second.path)).toBe(plain(first));
  });

  it("never touches what only the provider reads, what ties calls to results, and pictures", () => {
    const path = place();
    const log = openLog(path, redactor([KEY]));
    const opaque = { wire: "anthropic", host: "h", signature: KEY, data: KEY };
    log.append(
      reply([
        { type: "thinking", text: "hm", opaque },
        { ...call, id: KEY, input: {}, opaque },
      ]),
    );
    log.append({ type: "started", callId: KEY, name: "bash", call: { ...call, id: KEY, input: {}, opaque } });
    log.append({
      type: "result",
      callId: KEY,
      parts: [{ type: "image", mime: "image/png", data: KEY }],
      failed: false,
    });
    log.close();
    expect(readLog(path).events).toEqual(log.events);
  });

  it("takes out a field of a call or of details that only looks like the provider's", () => {
    const path = place();
    const log = openLog(path, redactor([KEY]));
    log.append(reply([{ ...call, input: { opaque: KEY, id: KEY, data: KEY } }]));
    log.append({ type: "result", callId: "1", parts: [], failed: false, details: { callId: KEY, parts: [KEY] } });
    log.close();
    expect(readFileSync(path, "utf8")).not.toContain(KEY);
  });

  it("knows the shapes of secrets without being told", () => {
    const path = place();
    const log = openLog(path);
    log.append({ type: "note", text: ["ghp", "q7Zk2Vx9Lm4TbR8wNc3Hd6Ys1Fg5JpQaEuXo"].join("_"), by: "x" });
    log.close();
    expect(readFileSync(path, "utf8")).toContain('"text":"[redacted:github-token]"');
  });

  it("leaves a provider's token out where the text it vouches for had to change", () => {
    const path = place();
    const log = openLog(path, redactor([KEY]));
    const opaque = { wire: "anthropic", host: "h", signature: "s" };
    log.append(
      reply([
        { type: "thinking", text: `the key is ${KEY}`, opaque },
        { type: "thinking", text: "hm", opaque },
      ]),
    );
    log.close();
    expect(readLog(path).events[0]).toMatchObject({
      parts: [
        { type: "thinking", text: "the key is [redacted:own-key]" },
        { type: "thinking", text: "hm", opaque },
      ],
    });
    expect(readFileSync(path, "utf8").match(/signature/g)).toHaveLength(1);
  });
});
