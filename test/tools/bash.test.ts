import { mkdirSync, realpathSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { bash } from "../../src/tools/bash.js";
import { bench, folder } from "./tools.js";

const tool = bash({ env: { PATH: process.env.PATH ?? "" }, outputs: join(folder(), "out"), home: "/nowhere" });

describe("bash", () => {
  it("begins with the exit code when it is not 0", async () => {
    const result = await bench().call(tool, { command: "echo out; echo err >&2; exit 3" });
    expect(result).toMatchObject({ text: "[exit code 3]\nout\nerr", failed: true, details: { code: 3 } });
  });

  it("says that there was no output, and how a command ended", async () => {
    const at = bench();
    expect((await at.call(tool, { command: "true" })).text).toBe("(no output)");
    expect(await at.call(tool, { command: "sleep 5", timeout: 1 })).toMatchObject({
      text: "[timed out after 1 s; it and all it started were ended]",
      failed: true,
    });
    expect((await at.call(tool, { command: "kill -9 $$" })).text).toBe("[ended by SIGKILL]");
  });

  it("keeps the working directory, and falls back to the workspace when it is gone", async () => {
    const at = bench();
    expect((await at.call(tool, { command: "mkdir a; cd a" })).text).toBe(`[working directory is now ${at.cwd}/a]`);
    expect((await at.call(tool, { command: "pwd" })).text).toBe(`${at.cwd}/a`);
    rmSync(join(at.cwd, "a"), { recursive: true });
    const gone = await at.call(tool, { command: "pwd" });
    expect(gone.text).toBe(`[${at.cwd}/a is gone; this ran in ${at.cwd}]\n${at.cwd}`);
    expect((await at.call(tool, { command: "pwd" })).text).toBe(at.cwd);
  });

  it("tells what it would read, by the real paths, and everything else as a run", async () => {
    const at = bench();
    mkdirSync(join(at.cwd, "in"));
    symlinkSync("/etc", join(at.cwd, "link"));
    expect(await at.effect(tool, { command: "cat in/x link/passwd" })).toMatchObject({
      kind: "read",
      subjects: [`${at.cwd}/in/x`, `${realpathSync("/etc")}/passwd`],
    });
    expect(await at.effect(tool, { command: "sleep 1; echo 3" })).toMatchObject({ kind: "read", subjects: [] });
    expect(await at.effect(tool, { command: "ls" })).toMatchObject({ kind: "read", subjects: [at.cwd] });
    expect(await at.effect(tool, { command: "npm test" })).toMatchObject({ kind: "run", subjects: ["npm test"] });
    await at.call(tool, { command: "cd in" });
    expect(await at.effect(tool, { command: "cat y" })).toMatchObject({ kind: "read", subjects: [`${at.cwd}/in/y`] });
  });

  it("never runs what is refused in every mode, whoever let it through", async () => {
    await expect(bench().call(tool, { command: "sudo -n true" })).rejects.toThrow("This is never run");
    await expect(bench().call(tool, { command: "true; sudo -n true" })).rejects.toThrow("Nothing was done");
  });

  it("refuses an empty command and wrong arguments", async () => {
    await expect(bench().call(tool, { command: " " })).rejects.toThrow("empty");
    await expect(bench().call(tool, {})).rejects.toThrow("command is missing (a string).");
    await expect(bench().call(tool, { command: "true", timeout: 0 })).rejects.toThrow(
      "timeout must be a whole number of at least 1",
    );
  });
});
