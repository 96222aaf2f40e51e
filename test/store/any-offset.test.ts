import {
  closeSync,
  constants,
  ftruncateSync,
  mkdtempSync,
  openSync,
  readFileSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type Event, type Fact, NO_USAGE } from "../../src/core/event.js";
import { messages } from "../../src/core/fold.js";
import { memoryLog } from "../../src/core/log.js";
import { type Call, text } from "../../src/core/message.js";
import { anthropicRenderer } from "../../src/models/anthropic-render.js";
import { openaiRenderer } from "../../src/models/openai-render.js";
import { validateAnthropic } from "../../src/models/scripted/validate-anthropic.js";
import { validateOpenai } from "../../src/models/scripted/validate-openai.js";
import { openLog, readLog } from "../../src/store/log-file.js";
import { ask } from "../models/answering.js";

const ODD = ["plain", "a\nb\\n\r\n", "三\u2028行", "\u2029\0\ud800", '"}{"type":"reply",', "\ufeff😀"];
const odd = (n: number) => ODD[n % ODD.length] ?? "";
const IMAGE = { type: "image", mime: "image/png", data: "iVBORw0KGgo=" } as const;
const call = (id: string): Call => ({ type: "call", id, name: "bash", input: { command: odd(id.length) } });

function turn(n: number): Fact[] {
  const [early, late] = [call(`e${n}`), call(`l${n}`)];
  const thinking = {
    type: "thinking",
    text: odd(n),
    opaque: { wire: "anthropic", host: "one", signature: "sig_scripted_1" },
  };
  return [
    { type: "prompt", parts: n % 3 === 0 ? [text(odd(n)), IMAGE] : [text(odd(n))], from: "user" },
    { type: "started", callId: early.id, name: "bash", call: early },
    { type: "judged", callId: early.id, verdict: "deny", by: "permission", why: odd(n + 1) },
    { type: "result", callId: early.id, parts: n % 4 === 0 ? [IMAGE] : [text(odd(n))], failed: n % 2 === 0 },
    {
      type: "reply",
      parts: [thinking as never, text(odd(n + 2)), early, late],
      stop: "calls",
      model: "m",
      usage: NO_USAGE,
    },
    { type: "started", callId: late.id, name: "bash" },
    { type: "state", key: `file:/${odd(n)}`, value: { size: n, of: odd(n) } },
    { type: "result", callId: late.id, parts: [text(odd(n + 3))], failed: false, details: { file: "/x" } },
    { type: "note", text: odd(n), by: "limits" },
    { type: "reply", parts: [text(`half ${odd(n)}`)], stop: "cut", model: "m", usage: NO_USAGE },
    { type: "retried", reason: odd(n), attempt: 1, voids: n * 14 + 10 },
    { type: "spent", usage: NO_USAGE, model: "m", on: "summary" },
    { type: "reply", parts: [text("done")], stop: "end", model: "m", usage: NO_USAGE },
    { type: "ended", outcome: "done" },
  ];
}

function session(): readonly Event[] {
  const log = memoryLog();
  log.append({ type: "session", version: 1, id: "s", cwd: "/work/三", system: "be good" });
  for (let n = 0; n < 14; n += 1) for (const fact of turn(n)) log.append(fact);
  log.append({ type: "trimmed", texts: { "call-1": odd(1) } });
  log.append({ type: "compacted", summary: odd(2), upto: 60, keeps: [1] });
  for (const fact of turn(14).slice(0, 3)) log.append(fact);
  return log.events;
}

type Records = { bytes: Buffer; ends: readonly number[] };

// a file of records, and where each ends, without its line feed
function recordsOf(texts: readonly string[]): Records {
  let at = -1;
  const ends = texts.map((each) => {
    at += 1 + Buffer.byteLength(each);
    return at;
  });
  return { bytes: Buffer.from(texts.map((each) => `${each}\n`).join("")), ends };
}

// a file that is emptied and written again goes to the disk each time, one that is cut short does not
function cutOff(path: string, bytes: Buffer, cut: number): void {
  const file = openSync(path, constants.O_CREAT | constants.O_WRONLY);
  writeSync(file, bytes);
  ftruncateSync(file, cut);
  closeSync(file);
}

const lines = (events: readonly object[]) => events.map((event) => `${JSON.stringify(event)}\n`).join("");
const prompt = { type: "prompt", parts: [text("go on")], from: "user" } as const;
const where = () => join(mkdtempSync(join(tmpdir(), "offset-")), "s.jsonl");

async function expectRequests(events: readonly Event[]): Promise<void> {
  const asked = ask(messages(events), { system: "be good" });
  const bodies = [
    await openaiRenderer("one")({ model: "m", stream: true }, asked, { thinking: "calls", system: "system" }),
    await anthropicRenderer("one")({ model: "m", max_tokens: 9, stream: true }, asked),
  ].map((body) => JSON.parse(Buffer.concat(body).toString()));
  validateOpenai(bodies[0]);
  validateAnthropic(bodies[1], (token) => token.startsWith("sig_scripted_"));
}

describe("a session of 200 events", () => {
  const events = session();
  const whole = Buffer.from(lines(events));
  const texts = events.map((event) => JSON.stringify(event));

  /** The file cut at a byte and opened again: how many records are kept, once all is as it should be. */
  function expectCut({ path, records, cut }: { path: string; records: Records; cut: number }) {
    const { bytes, ends } = records;
    cutOff(path, bytes, cut);
    const log = openLog(path);
    const found = [cut, log.events.length, log.skipped];
    const next = log.append(prompt);
    log.close();
    // a record is whole with its last bracket; its line feed is put there again
    const kept = ends.findLastIndex((end) => end <= cut) + 1;
    const end = kept === 0 ? 0 : (ends[kept - 1] ?? 0) + 1;
    const wanted = Buffer.concat([bytes.subarray(0, end), Buffer.from(lines([next]))]);
    // `expect` twice a byte would take as long as all the rest
    if (String(found) !== String([cut, kept, 0])) expect(found).toEqual([cut, kept, 0]);
    if (!readFileSync(path).equals(wanted)) expect([cut, readFileSync(path, "utf8")]).toEqual([cut, String(wanted)]);
    return { kept, events: log.events };
  }

  it("goes on from a cut before and behind any of its brackets and line feeds with the longest whole prefix", async () => {
    const path = where();
    const records = recordsOf(texts);
    for (const end of [0, ...records.ends]) {
      if (end > 0) expectCut({ path, records, cut: end - 1 });
      if (end + 1 <= whole.length) expectCut({ path, records, cut: end + 1 });
      const { kept, events } = expectCut({ path, records, cut: end });
      expect(readLog(path).events.slice(0, -1)).toEqual(JSON.parse(`[${texts.slice(0, kept).join(",")}]`));
      await expectRequests(events);
    }
    expect(events.length).toBe(202);
  });

  // what stands before a record that is cut is read line by line: a few lines do for many
  it("goes on from a cut at any byte of any of its records", () => {
    const path = where();
    let cuts = 0;
    for (let first = 1; first < texts.length; first += 10) {
      const records = recordsOf([texts[0] ?? "", ...texts.slice(first, first + 10)]);
      const begin = first === 1 ? 0 : (records.ends[0] ?? 0) + 2;
      for (let cut = begin; cut <= records.bytes.length; cut += 1) {
        expectCut({ path, records, cut });
        cuts += 1;
      }
    }
    expect(cuts).toBe(whole.length + 1);
  }, 120_000);

  const DAMAGE: Record<string, (line: string) => string> = {
    "random bytes": (line) => `${line.slice(0, 9)}\u0007\ufffd${line.slice(30)}`,
    "a raw line feed in a string": (line) => line.replace("e", "e\n"),
    NULs: () => "\0".repeat(300),
    "another key in place of one": (line) => line.replace(/"(parts|callId|key|text|cwd|upto|usage|reason)"/, '"$1x"'),
    "a value of another kind": (line) =>
      line.replace(/"(parts|callId|key|text|cwd|upto|usage|reason)":/, '"$1":7,"was":'),
    "nothing but the kind": (line) => line.replace(/^\{("type":"\w+").*("seq":\d+,"at":\d+\})$/, "{$1,$2"),
    "a record cut off within": (line) => line.slice(0, line.length / 2),
  };

  it.each(Object.entries(DAMAGE))("goes on after %s in any of its lines", async (_, damage) => {
    const path = where();
    for (let at = 0; at < texts.length; at += 1) {
      const harmed = texts.with(at, damage(texts[at] ?? ""));
      writeFileSync(path, `${harmed.join("\n")}\n`);
      const log = openLog(path);
      const next = log.append(prompt);
      log.close();
      // a kind of fact that needs nothing more may still be one
      expect(log.events.length).toBeGreaterThanOrEqual(texts.length);
      expect(log.events.length + log.skipped).toBeGreaterThanOrEqual(texts.length + 1);
      const read = readLog(path);
      // what a compaction took out of the conversation is in the file only
      expect([read.events.map(({ seq }) => seq), read.skipped]).toEqual([
        log.events.map(({ seq }) => seq),
        log.skipped,
      ]);
      expect(messages(log.events)).toEqual(messages(read.events));
      expect(readFileSync(path, "utf8").endsWith(`\n${JSON.stringify(next)}\n`)).toBe(true);
      // two turns that no summary stands for, and all that is no turn
      if ((at > 60 && at < 90) || at > 194 || at === 0) await expectRequests(log.events);
    }
  });

  it("leaves out two records that run into one another, and takes a mark of order and CRLF as nothing", () => {
    const path = where();
    writeFileSync(path, whole.toString().replace("\n", ""));
    const glued = openLog(path);
    glued.close();
    expect([glued.events.length, glued.skipped]).toEqual([200, 1]);
    writeFileSync(path, `\ufeff${lines(events).replaceAll("\n", "\r\n")}`);
    const crlf = openLog(path);
    crlf.close();
    expect(lines(readLog(path).events)).toBe(lines(events));
    expect(crlf.skipped).toBe(0);
  });
});
