import { spawnSync } from "node:child_process";
import { linkSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildSync } from "esbuild";
import { describe, expect, it } from "vitest";
import { writeWhole } from "../../src/platform/write-whole.js";

const SOURCE = join(import.meta.dirname, "../../src/platform/write-whole.ts");

function place() {
  const folder = mkdtempSync(join(tmpdir(), "whole-"));
  return { folder, path: join(folder, "f"), names: () => readdirSync(folder) };
}

// a limit on the size of files is met as a full disk is: the write that reaches it takes a part and says so by its count
function writtenWithin(kilobytes: number, path: string): string {
  const tools = mkdtempSync(join(tmpdir(), "whole-tools-"));
  buildSync({ entryPoints: [SOURCE], outfile: join(tools, "w.mjs"), bundle: true, format: "esm", platform: "node" });
  const code = `
    import { statSync } from "node:fs";
    import { writeWhole } from "./w.mjs";
    process.on("SIGXFSZ", () => {});
    try { writeWhole(process.argv[2], [Buffer.alloc(4000, "x")], statSync(process.argv[2])); console.log("written"); }
    catch (error) { console.log(error.code); }`;
  writeFileSync(join(tools, "main.mjs"), code);
  const command = `ulimit -f ${kilobytes}; exec "${process.execPath}" "${tools}/main.mjs" "${path}"`;
  return spawnSync("bash", ["-c", command], { encoding: "utf8" }).stdout.trim();
}

describe("writeWhole (P4)", () => {
  it("leaves the old file when the disk is full, and nothing beside it", () => {
    const { path, names } = place();
    writeFileSync(path, "old");
    expect(writtenWithin(1, path)).toBe("EFBIG");
    expect(readFileSync(path, "utf8")).toBe("old");
    expect(names()).toEqual(["f"]);
    expect(writtenWithin(8, path)).toBe("written");
    expect(statSync(path).size).toBe(4000);
  });

  it("puts the old content back into a file with two names", () => {
    const { folder, path } = place();
    writeFileSync(path, "old");
    linkSync(path, join(folder, "g"));
    expect(writtenWithin(1, path)).toBe("EFBIG");
    expect(readFileSync(join(folder, "g"), "utf8")).toBe("old");
  });

  it("leaves nothing behind when the last step fails", () => {
    const { path, names } = place();
    mkdirSync(path);
    writeFileSync(join(path, "kept"), "");
    expect(() => writeWhole(path, [Buffer.from("new")], statSync(path))).toThrow();
    expect(names()).toEqual(["f"]);
    expect(readdirSync(path)).toEqual(["kept"]);
  });

  it("writes nothing over a file that is another by now", () => {
    const { path, names } = place();
    writeFileSync(path, "old");
    const before = statSync(path);
    writeFileSync(path, "theirs");
    expect(() => writeWhole(path, [Buffer.from("mine")], before)).toThrow("changed by another process");
    expect(() => writeWhole(path, [Buffer.from("mine")], undefined)).toThrow("changed by another process");
    expect(readFileSync(path, "utf8")).toBe("theirs");
    expect(names()).toEqual(["f"]);
    writeWhole(path, [Buffer.from("mi"), Buffer.from("ne")], statSync(path));
    expect(readFileSync(path, "utf8")).toBe("mine");
  });
});
