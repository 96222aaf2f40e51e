import { mkdtempSync, readFileSync, realpathSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readOwnEnv } from "../../src/app/own-env.js";
import { changeSettings, keepVariable } from "../../src/app/user-settings.js";

const fresh = () => realpathSync(mkdtempSync(join(tmpdir(), "user-settings-")));
const modeOf = (path: string) => (statSync(path).mode & 0o777).toString(8);

describe("the user's .env", () => {
  it("is made for its user alone", () => {
    const home = join(fresh(), "deep/.nanocoder");
    keepVariable(home, "OPENAI_API_KEY", "sk-1");
    expect(readFileSync(join(home, ".env"), "utf8")).toBe("OPENAI_API_KEY=sk-1\n");
    expect(modeOf(join(home, ".env"))).toBe("600");
    expect(modeOf(home)).toBe("700");
  });

  it("keeps every byte of the other lines, and is closed to others", () => {
    const home = fresh();
    const path = join(home, ".env");
    const other = Buffer.from([0x23, 0x20, 0xff, 0xfe, 0x0d, 0x0a]);
    const before = "A= 1 \r\nexport OPENAI_API_KEY=old\nB=2\nOPENAI_API_KEY = older\r\n\n  C=3";
    writeFileSync(path, Buffer.concat([other, Buffer.from(before)]), { mode: 0o644 });
    keepVariable(home, "OPENAI_API_KEY", "sk-#2");
    expect(readFileSync(path)).toEqual(
      Buffer.concat([other, Buffer.from("A= 1 \r\nB=2\nOPENAI_API_KEY='sk-#2'\r\n\n  C=3")]),
    );
    expect(modeOf(path)).toBe("600");
    keepVariable(home, "NANOCODER_API_KEY", "k");
    expect(readFileSync(path, "latin1").endsWith("\n  C=3\nNANOCODER_API_KEY=k\n")).toBe(true);
  });

  it("gives back whatever key was kept", () => {
    const home = fresh();
    const key = fc.stringMatching(/^[\x21-\x26\x28-\x7e]{1,60}$/);
    fc.assert(
      fc.property(key, (value) => {
        keepVariable(home, "NANOCODER_API_KEY", value);
        return readOwnEnv(home, {}).env.NANOCODER_API_KEY === value;
      }),
      { numRuns: 50 },
    );
  });
});

describe("the user's settings", () => {
  it("keep what is not changed, and are closed to others", () => {
    const home = fresh();
    const path = join(home, "settings.json");
    writeFileSync(path, '{"$schema":"x","permissions":{"allow":["bash(ls)"]},"env":{"a":"1"}}', { mode: 0o664 });
    changeSettings(home, (settings) => ({ ...settings, model: "m" }));
    expect(JSON.parse(readFileSync(path, "utf8"))).toEqual({
      $schema: "x",
      permissions: { allow: ["bash(ls)"] },
      env: { a: "1" },
      model: "m",
    });
    expect(modeOf(path)).toBe("600");
  });

  it("are not written over when they do not parse", () => {
    const home = fresh();
    writeFileSync(join(home, "settings.json"), "{");
    expect(() => changeSettings(home, (settings) => settings)).toThrow("settings.json:1:2: this is not JSON");
    expect(readFileSync(join(home, "settings.json"), "utf8")).toBe("{");
  });
});
