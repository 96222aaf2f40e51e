import { mkdirSync, mkdtempSync, realpathSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { realTarget } from "../../src/platform/files.js";

function place() {
  const top = realpathSync(mkdtempSync(join(tmpdir(), "real-")));
  const root = join(top, "root");
  mkdirSync(join(root, "deep/er"), { recursive: true });
  writeFileSync(join(top, "outside"), "secret");
  return { top, root };
}

describe("realTarget", () => {
  it("follows links as the kernel does, also where one climbs out of another", () => {
    const { top, root } = place();
    symlinkSync(".", join(root, "here"));
    symlinkSync("here/../outside", join(root, "climbs"));
    symlinkSync("here/../missing", join(root, "dangles"));
    symlinkSync("deep/er", join(root, "down"));
    symlinkSync("down/../beside", join(root, "sideways"));
    expect(realTarget(root, "climbs")).toBe(join(top, "outside"));
    expect(realTarget(root, "dangles")).toBe(join(top, "missing"));
    expect(realTarget(root, "sideways")).toBe(join(root, "deep/beside"));
    expect(realTarget(root, "down/new/file")).toBe(join(root, "deep/er/new/file"));
  });

  it("names what is missing, and refuses links without end", () => {
    const { root } = place();
    symlinkSync("loop", join(root, "loop"));
    expect(realTarget(root, "a/b/../c/")).toBe(join(root, "a/c"));
    expect(realTarget("/", "/")).toBe("/");
    expect(() => realTarget(root, "loop")).toThrow(/too many links/);
    expect(() => realTarget(root, "~/x")).toThrow(/not expanded/);
  });
});
