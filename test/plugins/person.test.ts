import { existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { agentOf, builtinTools, type Policy } from "../../src/app/agent.js";
import { type Log, memoryLog } from "../../src/core/log.js";
import { run } from "../../src/core/loop.js";
import { plainText, text } from "../../src/core/message.js";
import type { Request } from "../../src/core/model.js";
import { scriptedModel } from "../../src/models/scripted/model.js";
import type { Script } from "../../src/models/scripted/script.js";
import type { Answer, Asking, Question } from "../../src/plugins/question.js";
import { readRules } from "../../src/plugins/rules.js";
import { plainPolicy } from "../policy.js";

type Given = {
  script: Script;
  ask(question: Question, asking: Asking): Promise<Answer>;
  policy?: Partial<Policy>;
  log?: Log;
  cwd?: string;
  signal?: AbortSignal;
};

const fresh = () => realpathSync(mkdtempSync(join(tmpdir(), "person-")));
const call = (name: string, input: { [key: string]: string }) => ({ name, input });
const bash = (command: string) => call("bash", { command });
const reply = (...calls: ReturnType<typeof call>[]) => ({ calls });
const YES: Answer = { verdict: "allow", why: "the user said yes" };
const NO: Answer = { verdict: "deny", why: "the user said no" };

async function work({ script, ask, policy = {}, log = memoryLog(), cwd = fresh(), signal }: Given) {
  if (log.events.length === 0) log.append({ type: "session", version: 1, id: "s1", cwd, system: "" });
  const asked: Question[] = [];
  const requests: Request[] = [];
  const inner = scriptedModel(script);
  const model = {
    ...inner,
    stream: (request: Request, stop: AbortSignal) => {
      requests.push(request);
      return inner.stream(request, stop);
    },
  };
  const outputs = join(cwd, "../outputs");
  const agent = agentOf({
    log,
    model,
    tools: builtinTools({ env: { PATH: process.env.PATH ?? "" }, outputs, home: "/nowhere" }),
    cwd,
    ask: (question, asking) => {
      asked.push(question);
      return ask(question, asking);
    },
    readable: [outputs],
    policy: { ...plainPolicy("default"), ...policy },
  });
  agent.inbox.post({ parts: [text("go")], from: "user" });
  for await (const _ of run(agent, signal ?? new AbortController().signal));
  const told = (requests.at(-1)?.messages ?? []).flatMap((each) => (each.role === "tool" ? plainText(each.parts) : []));
  const judged = log.events.flatMap((event) => (event.type === "judged" ? [event] : []));
  return { asked, told, judged, log, cwd, at: (name: string) => join(cwd, name) };
}

describe("what a person is shown", () => {
  it("of an edit: the diff that the tool would make, and nothing is written for it", async () => {
    const cwd = fresh();
    writeFileSync(join(cwd, "a.txt"), "one\ntwo\nthree\n");
    const edit = call("edit_file", { path: "a.txt", old_text: "two", new_text: "2" });
    const ask = async () => {
      expect(readFileSync(join(cwd, "a.txt"), "utf8")).toBe("one\ntwo\nthree\n");
      return NO;
    };
    const { asked } = await work({ script: [reply(edit), "x"], ask, policy: { mode: "strict" }, cwd });
    expect(asked[0]?.preview).toEqual({
      type: "diff",
      text: "--- a.txt\n+++ a.txt\n@@ -1,3 +1,3 @@\n one\n-two\n+2\n three\n",
    });
    expect(asked[0]?.input).toEqual({ path: "a.txt", edits: [{ old_text: "two", new_text: "2" }] });
    expect(readFileSync(join(cwd, "a.txt"), "utf8")).toBe("one\ntwo\nthree\n");
  });

  it("of a new file: all of it; of one that is not text, or too large: the sizes", async () => {
    const cwd = fresh();
    writeFileSync(join(cwd, "b.bin"), Buffer.from([0, 1, 2, 3]));
    const big = "line\n".repeat(300_000);
    const script: Script = [
      reply(
        call("write_file", { path: "n.txt", content: "a\nb\n" }),
        call("write_file", { path: "b.bin", content: "text\n" }),
        call("write_file", { path: "big.txt", content: big + big }),
      ),
      "x",
    ];
    const { asked } = await work({ script, ask: async () => NO, policy: { mode: "strict" }, cwd });
    const shown = [
      { type: "diff", text: "--- n.txt\n+++ n.txt\n@@ -0,0 +1,2 @@\n+a\n+b\n" },
      { type: "text", text: "It replaces all of b.bin, which is not text: 4 bytes become 5." },
      { type: "text", text: expect.stringMatching(/^big\.txt changes too much for a diff .*0 bytes become 3000000/) },
    ];
    // what there is to weigh decides which of them comes up first
    expect(asked.map(({ preview }) => preview)).toEqual(expect.arrayContaining(shown));
    expect(asked).toHaveLength(shown.length);
  });

  it("of an edit that would fail: that; what the file holds is not told to the model without leave", async () => {
    const cwd = fresh();
    const secret = join(fresh(), "secret");
    writeFileSync(secret, "password = hunter2\nname = ada\n");
    const edit = call("edit_file", { path: secret, old_text: "password = x", new_text: "y" });
    const { asked, told } = await work({ script: [reply(edit), "x"], ask: async () => NO, cwd });
    expect(asked[0]?.preview?.text).toContain("It would fail: old_text stands 0 times");
    expect(told.join()).not.toContain("hunter2");
  });

  it("of a command: the folder that it begins in, also after cd", async () => {
    const cwd = fresh();
    mkdirSync(join(cwd, "sub"));
    const { asked } = await work({
      script: [reply(bash("cd sub")), reply(bash("touch a")), "x"],
      ask: async () => YES,
      cwd,
    });
    expect(asked.map(({ effect }) => effect.foresight?.folder)).toContain(join(cwd, "sub"));
  });

  it("no rule is offered that would allow more than this call", async () => {
    const write = (path: string) => call("write_file", { path, content: "x" });
    const { asked } = await work({
      script: [reply(write("a[bc].txt"), write("plain.txt")), "x"],
      ask: async () => NO,
      policy: { mode: "strict" },
    });
    expect(asked.map(({ always }) => always?.length)).toEqual([undefined, 1]);
  });
});

describe("a call that the person changed", () => {
  const change = (command: string) => async (): Promise<Answer> => ({ ...YES, for: "always", input: { command } });

  it("runs instead; the model reads that first, the log keeps both, and no rule comes of it", async () => {
    const kept: string[] = [];
    const { told, judged, log, at } = await work({
      script: [reply(bash("touch a")), "x"],
      ask: change("touch b; echo made"),
      policy: { remember: async (rules) => void kept.push(...rules) },
    });
    expect([existsSync(at("a")), existsSync(at("b"))]).toEqual([false, true]);
    expect(told).toEqual(['[The user changed this call to {"command":"touch b; echo made"}; that ran instead]\nmade']);
    expect(judged.map(({ verdict, why }) => [verdict, why])).toEqual([
      ["allow", 'the user said yes; the user changed this call to {"command":"touch b; echo made"}'],
    ]);
    expect(JSON.stringify(log.events.find(({ type }) => type === "reply"))).toContain("touch a");
    expect(kept).toEqual([]);
  });

  it("stays refused where it is catastrophic, denied by a rule, or not what the tool takes", async () => {
    const rules = readRules(
      [{ from: "settings", deny: ["bash(touch *)"] }],
      { root: "/w", home: "/h" },
      () => () => false,
    );
    const refused = await work({ script: [reply(bash("node a.mjs")), "x"], ask: change("touch b"), policy: { rules } });
    expect(refused.told[0]).toContain(
      'Denied: the user changed this call to {"command":"touch b"}: the rule bash(touch *)',
    );
    expect(existsSync(refused.at("b"))).toBe(false);
    const floor = await work({ script: [reply(bash("touch a")), "x"], ask: change("rm -rf /") });
    expect(floor.told[0]).toContain("refused in every mode");
    const unfit = await work({
      script: [reply(bash("touch a")), "x"],
      ask: async () => ({ ...YES, input: { comand: "touch b" } }),
    });
    expect(unfit.told[0]).toContain("which bash does not take");
    expect([...floor.judged, ...unfit.judged].map(({ verdict }) => verdict)).toEqual(["deny", "deny"]);
  });

  it("that fails is told as changed too", async () => {
    const { told } = await work({
      script: [reply(call("write_file", { path: "/outside", content: "x" })), "x"],
      ask: async () => ({ ...YES, input: { path: "sub/", content: "y" } }),
    });
    expect(told[0]).toMatch(/^\[The user changed this call to .*; that ran instead\]\nsub\/ names a folder/);
  });

  it("goes where the change says", async () => {
    const cwd = fresh();
    writeFileSync(join(cwd, "a.txt"), "one\n");
    const { told } = await work({
      script: [reply(call("edit_file", { path: "a.txt", old_text: "one", new_text: "two" })), "x"],
      ask: async ({ input }) => ({ ...YES, input: JSON.parse(JSON.stringify(input).replace('"two"', '"three"')) }),
      policy: { mode: "strict" },
      cwd,
    });
    expect(readFileSync(join(cwd, "a.txt"), "utf8")).toBe("three\n");
    expect(told[0]).toContain("Edited a.txt (+1 -1)");
  });
});

describe("several questions at once", () => {
  it("come one after the other, and say how many wait", async () => {
    const waiting: number[] = [];
    let open = 0;
    const { asked } = await work({
      script: [reply(...["a", "b", "c"].map((path) => call("write_file", { path: `/x/${path}`, content: "" }))), "x"],
      ask: async (_, asking) => {
        open += 1;
        expect(open).toBe(1);
        await new Promise(setImmediate);
        waiting.push(asking.waiting());
        open -= 1;
        return NO;
      },
    });
    expect(asked).toHaveLength(3);
    expect(waiting).toEqual([2, 1, 0]);
  });

  it.each(["session", "always"] as const)("a yes for %s answers those that it covers", async (scope) => {
    const read = () => call("read_file", { path: "/etc/passwd" });
    const answers: Answer[] = [{ ...YES, for: scope }, NO];
    const { asked, told } = await work({
      script: [reply(read(), read(), call("read_file", { path: "/etc/group" }), read()), "x"],
      ask: async () => answers.shift() ?? NO,
    });
    expect(asked.map(({ subjects }) => subjects[0])).toEqual(["/etc/passwd", "/etc/group"]);
    expect(told.map((each) => each.startsWith("Denied"))).toEqual([false, false, true, false]);
  });

  it("a yes for once answers no other", async () => {
    const read = () => call("read_file", { path: "/etc/passwd" });
    const { asked } = await work({ script: [reply(read(), read()), "x"], ask: async () => YES });
    expect(asked).toHaveLength(2);
  });

  it("a mode that lets them through meanwhile answers them", async () => {
    const log = memoryLog();
    const { asked } = await work({
      script: [reply(call("read_file", { path: "/etc/passwd" }), call("read_file", { path: "/etc/group" })), "x"],
      ask: async () => {
        log.append({ type: "state", key: "mode", value: "auto" });
        return YES;
      },
      log,
    });
    expect(asked).toHaveLength(1);
  });

  it("end with the turn: the open one is a no at once, those behind are never asked", async () => {
    const stop = new AbortController();
    let told: AbortSignal | undefined;
    const began = performance.now();
    const { asked, log } = await work({
      script: [reply(call("read_file", { path: "/etc/passwd" }), call("read_file", { path: "/etc/group" })), "x"],
      ask: (_, { signal }) => {
        told = signal;
        setImmediate(() => stop.abort("interrupted"));
        return new Promise(() => {});
      },
      signal: stop.signal,
    });
    expect(performance.now() - began).toBeLessThan(2500);
    expect(told?.aborted).toBe(true);
    expect(asked).toHaveLength(1);
    const results = log.events.flatMap((event) => (event.type === "result" ? [plainText(event.parts)] : []));
    expect(results).toHaveLength(2);
    for (const each of results) expect(each).toContain("Denied: the user interrupted");
  });
});
