import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { agentOf } from "../../src/app/agent.js";
import type { Event } from "../../src/core/event.js";
import { memoryLog } from "../../src/core/log.js";
import { run } from "../../src/core/loop.js";
import { plainText, text } from "../../src/core/message.js";
import type { Effect, Tool } from "../../src/core/tool.js";
import { scriptedModel } from "../../src/models/scripted/model.js";
import type { Script } from "../../src/models/scripted/script.js";
import type { Mode } from "../../src/plugins/permission.js";
import { checkpointFolder, journalPath, type Place } from "../../src/store/checkpoints.js";
import { promptsOf, undo } from "../../src/store/undo.js";
import { plainPolicy } from "../policy.js";

function place(): Place {
  const fresh = (name: string) => realpathSync(mkdtempSync(join(tmpdir(), `checkpoint-${name}-`)));
  return { home: fresh("home"), root: fresh("root") };
}

type Act = (root: string) => void | Promise<void>;

/** A tool that does what the test says. */
function tool(name: string, kind: Effect["kind"], act: Act): Tool {
  const subjects = (root: string) => (kind === "run" ? ["x"] : [join(root, "a")]);
  return {
    name,
    description: name,
    input: { json: { type: "object" }, parse: (input) => input },
    effect: (_, { cwd }) => ({ kind, subjects: subjects(cwd) }),
    run: async (_, { cwd }) => {
      await act(cwd);
      return `${name} done`;
    },
  };
}

async function work(
  { home, root, mode = "auto" }: Place & { mode?: Mode },
  script: Script,
  tools: Tool[],
): Promise<readonly Event[]> {
  const log = memoryLog();
  log.append({ type: "session", version: 1, id: "s1", cwd: root, system: "" });
  const parts = {
    log,
    tools,
    cwd: root,
    policy: plainPolicy(mode),
    readable: [join(home, "outputs")],
    checkpoints: { home },
  };
  const ask = async () => ({ verdict: "deny", why: "nobody is there" }) as const;
  const agent = agentOf({ ...parts, model: scriptedModel(script), ask });
  agent.inbox.post({ parts: [text("go")], from: "user" });
  for await (const _ of run(agent, new AbortController().signal));
  return log.events;
}

const calls = (...names: string[]) => ({ calls: names.map((name) => ({ name, input: {} })) });
const results = (events: readonly Event[]) =>
  events.flatMap((event) => (event.type === "result" ? [plainText(event.parts)] : []));

it("keeps what stands at a path before the tool runs, and notes whose call it was", async () => {
  const where = place();
  writeFileSync(join(where.root, "a"), "old");
  const seen: string[] = [];
  const edit = tool("edit", "write", (root) => {
    const objects = join(checkpointFolder(where), "objects");
    seen.push(...readdirSync(objects).map((name) => readFileSync(join(objects, name), "utf8")));
    seen.push(readFileSync(journalPath(where), "utf8"));
    writeFileSync(join(root, "a"), "new");
  });
  const events = await work(where, [calls("edit"), "done"], [edit]);
  expect(seen[0]).toBe("old");
  const begun = JSON.parse(seen[1] ?? "");
  const prompt = events.find((event) => event.type === "prompt");
  const called = events.find((event) => event.type === "started");
  expect(begun).toMatchObject({
    type: "begun",
    session: "s1",
    prompt: prompt?.seq,
    callId: called?.callId,
    tool: "edit",
  });
  expect(results(events)).toEqual(["edit done"]);
  await undo(where, 1);
  expect(readFileSync(join(where.root, "a"), "utf8")).toBe("old");
});

it("does nothing for calls that write nothing", async () => {
  const where = place();
  const tools = [
    tool("look", "read", () => undefined),
    tool("ask", "net", () => undefined),
    tool("think", "none", () => undefined),
  ];
  await work(where, [calls("look", "ask", "think"), "done"], tools);
  expect(existsSync(join(where.home, "checkpoints"))).toBe(false);
});

it("keeps what a call did before it failed, and tells the failure as it was", async () => {
  const where = place();
  const failing = tool("fail", "run", (root) => {
    writeFileSync(join(root, "b"), "half");
    throw new Error("it broke");
  });
  expect(results(await work(where, [calls("fail"), "done"], [failing]))).toEqual(["it broke"]);
  await undo(where, 1);
  expect(readdirSync(where.root)).toEqual([]);
});

it("lets a call through when nothing can be kept, and says so in one line", async () => {
  const where = place();
  writeFileSync(join(where.home, "checkpoints"), "a file in the way");
  const write = (root: string) => writeFileSync(join(root, "a"), "new");
  const fail = () => {
    throw new Error("it broke");
  };
  const events = await work(where, [calls("w", "f"), "done"], [tool("w", "write", write), tool("f", "run", fail)]);
  expect(results(events)[0]).toMatch(/^w done\n\[not all of this can be undone: [^\n]+\]$/);
  expect(results(events)[1]).toMatch(/^it broke\n\[not all of this can be undone: [^\n]+\]$/);
  expect(readFileSync(join(where.root, "a"), "utf8")).toBe("new");
});

it("puts the calls of one prompt together, and leaves out what wrote nothing", async () => {
  const where = place();
  mkdirSync(join(where.root, "sub"));
  const write = tool("w", "write", (root) => writeFileSync(join(root, "a"), "1"));
  const command = tool("c", "run", (root) => writeFileSync(join(root, "sub/b"), "2"));
  await work(where, [calls("w", "c"), calls("c"), "done"], [write, command]);
  const told = promptsOf(where).map(({ calls }) => calls.map(({ paths }) => paths.map(({ path }) => path)));
  expect(told).toEqual([[[join(where.root, "a")], [join(where.root, "sub/b")]]]);
});

it("keeps nothing for a call that was refused", async () => {
  const where = { ...place(), mode: "default" } as const;
  const command = tool("c", "run", (root) => writeFileSync(join(root, "b"), "2"));
  expect(results(await work(where, [calls("c"), "done"], [command]))[0]).toContain("Denied");
  expect(existsSync(join(where.home, "checkpoints"))).toBe(false);
});
