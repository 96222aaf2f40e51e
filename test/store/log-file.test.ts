import { spawn } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, existsSync, mkdtempSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { messages } from "../../src/core/fold.js";
import { text } from "../../src/core/message.js";
import { openLog, readLog } from "../../src/store/log-file.js";
import { expectValid } from "../core/valid.js";

const place = () => join(mkdtempSync(join(tmpdir(), "log-")), "deep", "session.jsonl");
const prompt = (words: string) => ({ type: "prompt", parts: [text(words)], from: "user" }) as const;

describe("openLog", () => {
  it("has each fact in the file, whole, when append returns", () => {
    const path = place();
    const log = openLog(path);
    const event = log.append(prompt("hi \ud800 \u2028 \0"));
    expect(readFileSync(path, "utf8")).toBe(`${JSON.stringify(event)}\n`);
    log.close();
  });

  it("writes nothing more once it is closed, also where its file's number is another's by then", () => {
    const path = place();
    const log = openLog(path);
    log.append(prompt("one"));
    log.close();
    const next = place();
    const other = openLog(next);
    expect(() => log.append(prompt("late"))).toThrow(/closed/);
    log.close();
    other.append(prompt("its own"));
    expect(readLog(next).events.map(({ seq }) => seq)).toEqual([0]);
    expect(readLog(path).events).toHaveLength(1);
    other.close();
  });

  it("goes on with the next number after it is opened again", () => {
    const path = place();
    const first = openLog(path);
    first.append(prompt("one"));
    first.close();
    const second = openLog(path);
    expect(second.append(prompt("two")).seq).toBe(1);
    expect(second.events).toHaveLength(2);
    second.close();
  });

  it("opens a file cut at any byte, with all whole records before the cut, and goes on", () => {
    const path = place();
    const log = openLog(path);
    for (const words of ["one", "zwei ü", "三"]) log.append(prompt(words));
    log.close();
    const whole = readFileSync(path);
    for (let cut = 0; cut <= whole.length; cut += 1) {
      writeFileSync(path, whole.subarray(0, cut));
      const again = openLog(path);
      const lines = whole.subarray(0, cut).toString("latin1").split("\n").length - 1;
      const kept = whole[cut] === 10 ? lines + 1 : lines;
      expect(again.events).toHaveLength(kept);
      expect(again.skipped).toBe(0);
      again.append(prompt("next"));
      again.close();
      expect(readLog(path)).toMatchObject({ events: { length: kept + 1 }, skipped: 0 });
      expectValid(messages(again.events));
    }
  });

  it("leaves damaged lines out, counts them, and keeps them in the file", () => {
    const path = place();
    const log = openLog(path);
    log.append(prompt("one"));
    log.close();
    appendFileSync(path, 'not json\n{"no":"event"}\n');
    const again = openLog(path);
    again.append(prompt("two"));
    again.close();
    expect(again).toMatchObject({ skipped: 2, events: { length: 2 } });
    expect(readFileSync(path, "utf8")).toContain("not json");
  });

  it("makes folders and files that only their owner reads", () => {
    const path = place();
    openLog(path).close();
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(statSync(join(path, "..")).mode & 0o777).toBe(0o700);
  });

  it("refuses a second opening while the first lives, and lets go at close", () => {
    const path = place();
    const log = openLog(path);
    expect(() => openLog(path)).toThrow(`open in another nanocoder (process ${process.pid})`);
    log.close();
    expect(existsSync(`${path}.lock`)).toBe(false);
    openLog(path).close();
  });

  it("takes over the lock of a process that was killed, and of a later one with its number", async () => {
    const path = place();
    openLog(path).close();
    const dead = spawn("true");
    await once(dead, "exit");
    for (const holder of [{ pid: dead.pid, start: "1" }, { pid: process.pid, start: "1" }, "torn"]) {
      writeFileSync(`${path}.lock`, JSON.stringify(holder));
      openLog(path).close();
    }
  });

  it("takes over the lock of a process that was killed and that its parent has not looked after", async () => {
    const path = place();
    openLog(path).close();
    // the shell's child ends at once; the shell, now a sleep, never asks for it
    const parent = spawn("sh", ["-c", "sh -c 'echo $$' & exec sleep 60"], { stdio: ["ignore", "pipe", "ignore"] });
    const [line] = await once(parent.stdout, "data");
    const pid = Number(String(line));
    const stat = () => readFileSync(`/proc/${pid}/stat`, "latin1").split(") ")[1]?.split(" ") ?? [];
    while (stat()[0] !== "Z") await new Promise((resolve) => setTimeout(resolve, 5));
    writeFileSync(`${path}.lock`, JSON.stringify({ pid, start: stat()[19] }));
    openLog(path).close();
    parent.kill("SIGKILL");
  });

  it("says where and why when the disk is full, and keeps the file whole", () => {
    const path = place();
    const log = openLog(path);
    log.append(prompt("one"));
    const before = readFileSync(path);
    const full = openLog("/dev/full");
    expect(() => full.append(prompt("two"))).toThrow(/\/dev\/full.*ENOSPC/s);
    expect(full.events).toHaveLength(0);
    full.close();
    expect(readFileSync(path)).toEqual(before);
    log.close();
  });
});
