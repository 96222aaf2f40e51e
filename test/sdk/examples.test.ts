import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { modelServer, type Script } from "../../src/testing.js";
import { openaiAt, type Place, place } from "../cli/nanocoder.js";
import { ROOT } from "./installed.js";

const EXAMPLES = join(ROOT, "examples/library");
const call = (name: string, input: { [key: string]: string | number }) => ({ calls: [{ name, input }] });

type Wish = { script: Script; where?: Place; args?: readonly string[]; answer?: string };

async function ran(name: string, { script, where = place(), args = [], answer = "" }: Wish) {
  await using server = await modelServer(script);
  const child = spawn(process.execPath, [join(EXAMPLES, name), ...args], {
    cwd: where.work,
    env: { PATH: process.env.PATH, HOME: where.home, ...openaiAt(server.url) },
  });
  const said = { stdout: "", stderr: "" };
  for (const each of ["stdout", "stderr"] as const)
    child[each].setEncoding("utf8").on("data", (piece: string) => {
      said[each] += piece;
    });
  // a person answers when asked
  child.stdout.on("data", () => said.stdout.endsWith("(y/n) ") && child.stdin.end(answer));
  const [code] = await once(child, "close");
  return { ...said, code, requests: [...server.requests], refusals: [...server.refusals] };
}

describe("the examples of the library", () => {
  it("are all run here", () => {
    const tested = [...readFileSync(import.meta.filename, "utf8").matchAll(/ran\("([\w-]+\.js)"/g)].map(
      (found) => found[1],
    );
    const files = readdirSync(EXAMPLES).filter((name) => name.endsWith(".js"));
    expect(files).toHaveLength(5);
    expect([...new Set(tested)].sort()).toEqual(files.sort());
  });

  it("chat says one thing, asks nobody, and keeps nothing", async () => {
    const where = place();
    const script = [call("bash", { command: "touch made" }), "It is empty."];
    const { stdout, code } = await ran("chat.js", { script, where, args: ["What is here?"] });
    expect([code, stdout]).toEqual([0, "It is empty.\n"]);
    expect([...readdirSync(where.home), ...readdirSync(where.work)]).toEqual([]);
  });

  it("own-tool offers its tool alone, and its result reaches the model", async () => {
    const script: Script = [call("roll", { sides: 6 }), ({ results }) => `So: ${results[0]}`];
    const { stdout, requests } = await ran("own-tool.js", { script });
    expect(stdout).toMatch(/^So: It shows [1-6]\.\n$/);
    expect(requests[0]?.tools).toEqual(["roll"]);
    expect(requests[0]?.system).toMatch(/^You play dice\./);
  });

  it("permission asks the person, and a no is a no", async () => {
    const script = () => [call("write_file", { path: "haiku.txt", content: "old pond\n" }), "Written."];
    const yes = place();
    const allowed = await ran("permission.js", { script: script(), where: yes, answer: "y\n" });
    expect(allowed.stdout).toContain("+old pond");
    expect(readFileSync(join(yes.work, "haiku.txt"), "utf8")).toBe("old pond\n");
    const no = place();
    const refused = await ran("permission.js", { script: script(), where: no, answer: "n\n" });
    expect(refused.stdout).toContain("Is that all right? (y/n)");
    expect(refused.requests[1]?.results[0]).toContain("a person said no");
    expect(existsSync(join(no.work, "haiku.txt"))).toBe(false);
  });

  it("own-plugin sends the work back until the tests have run", async () => {
    const where = place();
    writeFileSync(join(where.work, "package.json"), '{"scripts":{"test":"echo all is well"}}');
    const script: Script = ["Done.", call("bash", { command: "npm test" }), ({ results }) => `Now: ${results[0]}`];
    const { stdout, stderr, requests } = await ran("own-plugin.js", { script, where });
    expect(requests[1]?.lastText).toContain("The tests have not run");
    expect(stderr).toContain("calls bash");
    expect(stdout).toMatch(/^Now: [\s\S]*all is well/);
  });

  it("goal works until its check passes", async () => {
    const script = ["Done.", call("write_file", { path: "answer.txt", content: "42\n" }), "Now it is."];
    const args = ["the answer is right", "grep -qx 42 answer.txt"];
    const { stdout, code } = await ran("goal.js", { script, args });
    expect([code, stdout.split("\n")[0]]).toEqual([0, "[GOAL MET] the answer is right (2 iterations)"]);
    const never = await ran("goal.js", { script: () => "Done.", args: ["x", "false"] });
    expect(never.code).toBe(1);
  });
});
