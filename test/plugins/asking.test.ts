import { existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { agentOf, builtinTools, type Policy } from "../../src/app/agent.js";
import type { Event } from "../../src/core/event.js";
import { type Log, memoryLog } from "../../src/core/log.js";
import { run } from "../../src/core/loop.js";
import { plainText, text } from "../../src/core/message.js";
import type { Plugin } from "../../src/core/plugin.js";
import { scriptedModel } from "../../src/models/scripted/model.js";
import type { Script } from "../../src/models/scripted/script.js";
import { hooks } from "../../src/plugins/hooks.js";
import type { Answer, Question } from "../../src/plugins/question.js";
import { plainPolicy } from "../policy.js";

type Given = { hooks?: Plugin; script: Script; answers?: Answer[]; policy?: Partial<Policy>; log?: Log; cwd?: string };

const fresh = () => realpathSync(mkdtempSync(join(tmpdir(), "asking-")));
const bash = (command: string) => ({ calls: [{ name: "bash", input: { command } }] });
const yes = (scope?: Answer["for"]): Answer => ({
  verdict: "allow",
  why: "the user said yes",
  ...(scope && { for: scope }),
});
const no = (why: string): Answer => ({ verdict: "deny", why });

async function work({ hooks: outer, script, answers = [], policy = {}, log = memoryLog(), cwd = fresh() }: Given) {
  if (log.events.length === 0) log.append({ type: "session", version: 1, id: "s1", cwd, system: "" });
  const questions: Question[] = [];
  const ask = async (question: Question) => {
    questions.push(question);
    return answers.shift() ?? no("nobody is there");
  };
  const outputs = join(cwd, "../outputs");
  const tools = builtinTools({
    env: { PATH: process.env.PATH ?? "" },
    outputs,
    home: "/nowhere",
    sandbox: policy.sandbox,
  });
  const agent = agentOf({
    log,
    model: scriptedModel(script),
    tools,
    cwd,
    ask,
    readable: [outputs],
    hooks: outer,
    policy: { ...plainPolicy("default"), ...policy },
  });
  agent.inbox.post({ parts: [text("go")], from: "user" });
  for await (const _ of run(agent, new AbortController().signal));
  const results = log.events.flatMap((event: Event) => (event.type === "result" ? [plainText(event.parts)] : []));
  return { questions, results, log, cwd };
}

describe("the question", () => {
  it("shows the whole command, however long, with what hides in it made visible", async () => {
    const command = `echo ok${" ".repeat(300)}; node x.mjs \u202e # \u{e0041}\x1b[2K`;
    const { questions } = await work({ script: [bash(command), "x"] });
    expect(questions[0]?.subjects).toEqual([`echo ok${" ".repeat(300)}; node x.mjs \\u{202e} # \\u{e0041}\\u{1b}[2K`]);
    expect(questions[0]?.why).toBe("node runs code, which may do anything");
  });

  it("names where a link leads", async () => {
    const cwd = fresh();
    mkdirSync(join(cwd, "docs"));
    symlinkSync("../.nanocoder/config.json", join(cwd, "docs/v.mp4"));
    const script: Script = [{ calls: [{ name: "write_file", input: { path: "docs/v.mp4", content: "{}" } }] }, "x"];
    const { questions } = await work({ script, cwd });
    expect(questions[0]).toMatchObject({
      subjects: [`${cwd}/.nanocoder/config.json`],
      via: `docs/v.mp4 leads to ${cwd}/.nanocoder/config.json`,
    });
    expect(questions[0]?.always).toBeUndefined();
  });

  it("a no with a reason reaches the model, and nothing is done", async () => {
    const { results, cwd } = await work({ script: [bash("touch a"), "x"], answers: [no("use b instead")] });
    expect(results[0]).toBe("Denied: use b instead. Nothing was done; find another way or say what you need.");
    expect(existsSync(join(cwd, "a"))).toBe(false);
  });

  it("the other calls of the reply go on after a no", async () => {
    const calls = [...bash("touch a").calls, ...bash("echo hi").calls];
    const { results } = await work({ script: [{ calls }, "x"], answers: [no("no")] });
    expect(results).toEqual([expect.stringContaining("Denied"), "hi"]);
  });
});

describe("hooks and the question", () => {
  const decide = (decision: string) =>
    hooks({
      settings: {
        PreToolUse: [
          {
            hooks: [
              {
                command: `echo '{"hookSpecificOutput":{"hookEventName":"PreToolUse","permissionDecision":"${decision}","permissionDecisionReason":"said so"}}'`,
              },
            ],
          },
        ],
      },
      cwd: "/",
      env: { PATH: process.env.PATH ?? "" },
      permissionMode: "auto",
    });

  it("a hook's ask asks, whatever the mode", async () => {
    const { questions, results } = await work({
      script: [bash("true"), "x"],
      policy: { mode: "auto" },
      hooks: decide("ask"),
    });
    expect(questions[0]?.why).toContain("said so");
    expect(results[0]).toContain("Denied");
  });

  it("a hook's allow spares the question, but not where it must be asked each time", async () => {
    const { questions, cwd } = await work({
      script: [bash("touch a"), bash("echo x > AGENTS.md"), "x"],
      hooks: decide("allow"),
    });
    expect(existsSync(join(cwd, "a"))).toBe(true);
    expect(questions.map(({ subjects }) => subjects[0])).toEqual(["echo x > AGENTS.md"]);
  });
});

describe("the answer", () => {
  it("once counts once", async () => {
    const { questions } = await work({
      script: [bash("touch a"), bash("touch a"), "x"],
      answers: [yes("once"), yes("once")],
    });
    expect(questions).toHaveLength(2);
  });

  it("for this session counts for exactly this command, also after resuming", async () => {
    const log = memoryLog();
    const first = await work({
      script: [bash("touch a"), bash("touch a"), bash("touch b"), "x"],
      answers: [yes("session")],
      log,
    });
    expect(first.questions.map(({ subjects }) => subjects[0])).toEqual(["touch a", "touch b"]);
    const second = await work({ script: [bash("touch a"), "x"], log, cwd: first.cwd });
    expect(second.questions).toEqual([]);
  });

  it("always writes the rule that was shown to the user's own file", async () => {
    const kept: string[] = [];
    const policy = { remember: async (rules: readonly string[]) => void kept.push(...rules) };
    const { questions } = await work({
      script: [bash("touch a"), bash("touch a"), "x"],
      answers: [yes("always")],
      policy,
    });
    expect(questions[0]?.always).toEqual(["bash(touch a)"]);
    expect(kept).toEqual(["bash(touch a)"]);
    expect(questions).toHaveLength(1);
  });

  it("is asked each time where something steers what runs later", async () => {
    const { questions } = await work({
      script: [bash("echo x > AGENTS.md"), bash("echo x > AGENTS.md"), "x"],
      answers: [yes("always"), yes("always")],
    });
    expect(questions).toHaveLength(2);
    expect(questions[0]?.always).toBeUndefined();
  });

  it("a write that loses most of a file, or all of one that was never read, is asked", async () => {
    const cwd = fresh();
    writeFileSync(join(cwd, "a"), "line\n".repeat(100));
    const write = (content: string) => ({ calls: [{ name: "write_file", input: { path: "a", content } }] });
    const read = { calls: [{ name: "read_file", input: { path: "a" } }] };
    const script: Script = [write("x\n"), read, write("line\n".repeat(90)), write("line\n".repeat(10)), "x"];
    const { questions } = await work({ script, cwd });
    expect(questions.map(({ why }) => why)).toEqual([
      expect.stringContaining("never read"),
      "it shrinks a from 90 lines to 10 lines",
    ]);
    expect(readFileSync(join(cwd, "a"), "utf8")).toBe("line\n".repeat(90));
  });
});

describe("what fails in the sandbox", () => {
  const sandbox = {
    name: "test",
    ready: async () => ({ works: true }) as const,
    enter: (launch: { file: string; args: string[]; cwd: string; env: Record<string, string> }) => ({
      ...launch,
      env: { ...launch.env, INSIDE: "1" },
      after: () => [],
    }),
  };
  const command = `sh -c 'test -z "$INSIDE" && touch done || { echo getaddrinfo EAI_AGAIN; exit 1; }'`;

  it("is offered to run outside, with the reason", async () => {
    const { questions, cwd, results } = await work({
      script: [bash(command), "x"],
      answers: [yes()],
      policy: { sandbox },
    });
    expect(questions[0]?.why).toBe("in the sandbox it failed: it wanted the network");
    expect(existsSync(join(cwd, "done"))).toBe(true);
    expect(results[0]).toBe("(no output)");
  });

  it("stays failed after a no, and the model learns why", async () => {
    const { cwd, results } = await work({
      script: [bash(command), "x"],
      answers: [no("stay inside")],
      policy: { sandbox },
    });
    expect(existsSync(join(cwd, "done"))).toBe(false);
    expect(results[0]).toContain("it wanted the network: commands run without network");
    expect(results[0]).toContain("stay inside");
  });
});
