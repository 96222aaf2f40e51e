import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Capture } from "../../src/platform/capture.js";
import { runShell } from "../../src/platform/exec.js";
import { inPieces } from "../../src/platform/secret-pieces.js";
import { redactor } from "../../src/platform/secrets.js";

const KEY = "canary-key-31415926";
const { text: redact } = redactor([KEY]);
const folder = () => mkdtempSync(join(tmpdir(), "capture-"));
const PEM = `-----BEGIN PRIVATE KEY-----\n${"A1b2C3d4E5f6G7h8\n".repeat(100)}-----END PRIVATE KEY-----\n`;

function captured(whole: string, size: number) {
  const capture = new Capture(folder(), { redact });
  const bytes = Buffer.from(whole);
  for (let at = 0; at < bytes.length; at += size) capture.add(bytes.subarray(at, at + size));
  const end = capture.end();
  return { ...end, written: end.file === undefined ? undefined : readFileSync(end.file, "utf8") };
}

describe("Capture with a redactor", () => {
  it.each([1, 7, 4096, 65_536])("writes no secret that comes in pieces of %i bytes, and keeps the rest", (size) => {
    const whole = `${"日志 line\n".repeat(4000)}${KEY} ${"x".repeat(9000)}\n${PEM}${"end\n".repeat(9000)}`;
    const { written, text, total } = captured(whole, size);
    expect(written).toBe(whole.replace(KEY, "[redacted:own-key]").replace(PEM.trim(), "[redacted:private-key]"));
    expect(total).toBe(Buffer.byteLength(whole));
    expect(text).toContain(whole.slice(0, 1000));
  });

  it("keeps the real text for the model", () => {
    const { text, written } = captured(`${KEY}\n${"x\n".repeat(40_000)}${KEY}\n`, 5000);
    expect(text.startsWith(KEY) && text.endsWith(`${KEY}\n`)).toBe(true);
    expect(written).not.toContain(KEY);
  });

  it("cuts a line without end where no secret is", () => {
    const filler = "0123456789abcde ".repeat(20);
    const whole = Array.from({ length: 1200 }, (_, n) => `${filler.slice(n % 17)}${KEY}`).join("");
    for (const size of [1000, 30_011]) {
      expect(captured(whole, size).written).toBe(whole.replaceAll(KEY, "[redacted:own-key]"));
    }
  });

  it("outlives a disk that is full, and says that its file is short", () => {
    const capture = new Capture(tmpdir(), { live: "/dev/full" });
    for (let n = 0; n < 100; n += 1) capture.add(Buffer.from("line of a long output\n".repeat(100)));
    const { text, total } = capture.end();
    expect(total).toBe(220_000);
    expect(text).toMatch(/its beginning is in \/dev\/full; the rest could not be kept \(ENOSPC/);
    expect(text).not.toContain("the whole output");
  });

  it("writes no file for a short output", () => {
    expect(captured(`${KEY}\n`, 100)).toMatchObject({ text: `${KEY}\n`, written: undefined });
  });

  it("is what a command's long output goes through", async () => {
    const end = await runShell({
      command: `seq 20000; echo ${KEY}; seq 20000`,
      cwd: folder(),
      env: { PATH: process.env.PATH ?? "" },
      timeout: 20_000,
      signal: new AbortController().signal,
      outputs: folder(),
      redact,
    });
    const written = readFileSync(end.file ?? "", "utf8");
    expect(written).toContain("20000\n[redacted:own-key]\n1\n");
  });
});

describe("inPieces", () => {
  it("gives what redacting the whole gives, however lines are cut", () => {
    const line = fc.constantFrom("\n", `token ${KEY}\n`, PEM, "x".repeat(5000), `${"y ".repeat(9000)}\n`, "你好🌍\n");
    fc.assert(
      fc.property(fc.array(line, { maxLength: 40 }), fc.integer({ min: 1, max: 30_000 }), (lines, size) => {
        const whole = lines.join("");
        const pieces = inPieces(redact);
        let out = "";
        for (let at = 0; at < whole.length; at += size) out += pieces.add(whole.slice(at, at + size));
        expect(out + pieces.end()).toBe(redact(whole));
      }),
      { numRuns: 60 },
    );
  });
});
