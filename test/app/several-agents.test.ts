import { mkdtempSync, readdirSync, realpathSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { AgentOptions, ChatAgent } from "../../src/index.js";
import { createAgent } from "../../src/index.js";
import { scriptedModel } from "../../src/testing.js";
import { processesWith } from "../cli/nanocoder.js";

const folder = () => realpathSync(mkdtempSync(join(tmpdir(), "several-")));
const number = () => `32${Math.floor(Math.random() * 1e9)}`;
const bash = (command: string, more: { [key: string]: boolean } = {}) => ({
  name: "bash",
  input: { command, ...more },
});

type Marks = { job: string; daemon: string; orphan: string; hook: string };

const alive = ({ job, daemon, orphan, hook }: Marks) =>
  [job, daemon, orphan, hook].map((each) => processesWith(`sleep\0${each}`).length);

// a command in the background, one that a shell left, one in a session of its own, and one that a hook left
async function busy(cwd = folder()): Promise<{ agent: ChatAgent; marks: Marks }> {
  const marks = { job: number(), daemon: number(), orphan: number(), hook: number() };
  const calls = [
    bash(`sleep ${marks.job}`, { run_in_background: true }),
    bash(`sleep ${marks.daemon} > /dev/null 2>&1 & (setsid sleep ${marks.orphan} &) ; true`),
  ];
  const hook = { hooks: [{ type: "command" as const, command: `sleep ${marks.hook} > /dev/null 2>&1 &` }] };
  const options: AgentOptions = { cwd, model: scriptedModel([{ calls }, "ok"]), permissionMode: "auto" };
  const agent = await createAgent({ ...options, hooks: { SessionStart: [hook] } });
  await agent.chat("go");
  while (!alive(marks).every((count) => count === 1)) await new Promise((resolve) => setTimeout(resolve, 5));
  return { agent, marks };
}

describe("several agents in one process", () => {
  it("end what is their own alone, in one folder too, and nothing is left when all are closed", async () => {
    const cwd = folder();
    const [one, two] = await Promise.all([busy(cwd), busy(cwd)]);
    await one.agent.close();
    expect(alive(one.marks)).toEqual([0, 0, 0, 0]);
    expect(alive(two.marks)).toEqual([1, 1, 1, 1]);
    await two.agent.close();
    expect(alive(two.marks)).toEqual([0, 0, 0, 0]);
  });

  it("work on one folder and one home, each in a session of its own", async () => {
    const [cwd, home] = [folder(), folder()];
    const names = ["a", "b", "c", "d"];
    const agents = await Promise.all(
      names.map((name) => {
        const calls = [{ name: "write_file", input: { path: name, content: name } }];
        return createAgent({ cwd, home, session: {}, model: scriptedModel([{ calls }, `wrote ${name}`]) });
      }),
    );
    expect(await Promise.all(agents.map((agent) => agent.chat("go")))).toEqual(names.map((name) => `wrote ${name}`));
    await Promise.all(agents.map((agent) => agent.close()));
    expect(readdirSync(cwd)).toEqual(names);
    expect(new Set(agents.map(({ id }) => id)).size).toBe(4);
  });
});
