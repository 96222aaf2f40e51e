import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import { ago } from "../../src/cli/repl/ago.js";
import { wrappedTable } from "../../src/cli/repl/screen/wrap.js";
import type { EventOf } from "../../src/core/event.js";
import { state } from "../../src/core/fold.js";
import { lookup } from "../../src/models/catalog.js";
import { knownNames } from "../../src/models/known-names.js";
import { modelServer } from "../../src/models/scripted/server.js";
import { sessionPath } from "../../src/store/sessions.js";
import { type Sitting, sit } from "./desks.js";
import { anthropicAt, nanocoder, openaiAt, place } from "./nanocoder.js";

afterEach(() => vi.unstubAllEnvs());

const write = (path: string, content: string) => ({ calls: [{ name: "write_file", input: { path, content } }] });
const eventsOf = ({ desk }: Sitting) => desk.opened.agent.log.events;
const pathOf = ({ desk, home, work }: Sitting) => sessionPath(join(home, ".nanocoder"), work, desk.opened.id);

describe("/model", () => {
  it("goes on at the other wire in mid-session, without the thinking of the first, and the log keeps it", async () => {
    const script = [{ thinking: "hush, a secret thought", text: "one" }, "two", "three"];
    await using server = await modelServer(script, { models: ["gpt-4o", "claude-sonnet-4-5"] });
    await using sitting = await sit({ env: { ...anthropicAt(server.url), ...openaiAt(server.url) } });
    await sitting.send("first");
    expect(await sitting.send("/model claude-sonnet-4-5")).toBe("Model claude-sonnet-4-5, from the next request on.");
    await sitting.send("second");
    expect(server.requests.map(({ wire, model }) => [wire, model])).toEqual([
      ["openai", "gpt-4o"],
      ["anthropic", "claude-sonnet-4-5"],
    ]);
    const second = server.requests[1];
    expect(second?.messages.map(({ role, text }) => [role, text])).toEqual([
      ["user", "first"],
      ["assistant", "one"],
      ["user", "second"],
    ]);
    expect(second?.raw).not.toContain("secret thought");
    const thought = eventsOf(sitting).find((event) => event.type === "reply");
    expect(JSON.stringify(thought)).toContain("secret thought");
    expect(state(eventsOf(sitting), "model")).toMatchObject({ provider: "anthropic", model: "claude-sonnet-4-5" });
    const { id } = sitting.desk.opened;
    await sitting.send("/reset");
    await sitting.send(`/model gpt-4o`);
    await sitting.send(`/resume ${id}`);
    expect(sitting.desk.opened.agent.model.id).toBe("claude-sonnet-4-5");
    await sitting.send("third");
    expect([server.requests[2]?.wire, server.refusals]).toEqual(["anthropic", []]);
  });

  it("offers what works now, what the endpoint told, and stays with its provider", async () => {
    await using server = await modelServer(() => "ok");
    const asked: string[] = [];
    const listModels = async ({ baseUrl, provider }: { baseUrl: string; provider: string }) => {
      asked.push(`${provider} ${baseUrl}`);
      return ["house-model", "gpt-4o"];
    };
    const env = { ...openaiAt(server.url), ...anthropicAt(server.url) };
    await using sitting = await sit({ env, listModels });
    sitting.ui.choices.push("house-model");
    expect(await sitting.send("/model")).toBe(
      "house-model is not in the catalogue: a window of 128,000 tokens is assumed and its cost is unknown.\nModel house-model, from the next request on.",
    );
    expect(asked).toEqual([`anthropic ${server.url}`]);
    expect(sitting.ui.offered[0]).toMatchObject({
      title: "Which model?",
      labels: [
        "claude-sonnet-4-5 | at work now, 200,000 tokens, $3 in, $15 out a million",
        "house-model | ",
        expect.stringContaining("gpt-4o | 128,000 tokens"),
      ],
      at: 0,
    });
    await sitting.send("hi");
    expect(server.requests.map(({ wire, model }) => [wire, model])).toEqual([["anthropic", "house-model"]]);
    expect(await sitting.send("/model house-model")).toBe("house-model is at work already.");
    expect(await sitting.send("/model")).toBe("");
    expect(sitting.ui.offered[1]?.at).toBe(0);
  });

  it("does not wait for an endpoint that says nothing, nor for one that fails", async () => {
    await using server = await modelServer(() => "ok");
    await using silent = await sit({ env: openaiAt(server.url), listModels: () => new Promise(() => undefined) });
    expect(await silent.send("/model")).toBe("");
    expect(silent.ui.offered[0]?.labels).toHaveLength(1);
    await using broken = await sit({ env: openaiAt(server.url), listModels: () => Promise.reject(new Error("no")) });
    await broken.send("/model");
    expect(broken.ui.offered[0]?.labels).toHaveLength(1);
  });

  it("offers a gateway's models with their tiers, and the way back to its roles", async () => {
    await using server = await modelServer(() => "ok", { models: ["big", "small"] });
    const env = { NANOCODER_GATEWAY_MODELS: `big:strong:${server.url}:k1,small:cheap:${server.url}:k2` };
    await using sitting = await sit({ env });
    sitting.ui.choices.push("small");
    await sitting.send("/model");
    expect(sitting.ui.offered[0]?.labels).toEqual(["big | gateway, strong", "small | gateway, cheap"]);
    await sitting.send("one");
    const { id } = sitting.desk.opened;
    await sitting.send("/fork");
    expect(sitting.desk.opened.agent.model.id).toBe("small");
    await sitting.send("/reset");
    sitting.ui.choices.push("the gateway");
    await sitting.send("/model");
    await sitting.send("two");
    expect(state(eventsOf(sitting), "model")).toBeNull();
    expect(await sitting.send(`/resume ${id}`)).toContain("Model small, as this session was left");
    expect([sitting.desk.opened.id, sitting.desk.opened.agent.model.id]).toEqual([id, "small"]);
    expect(server.requests.slice(0, 2).map(({ model }) => model)).toEqual(["small", "big"]);
  });

  it("leaves a gateway for another model and comes back to it, with nothing of that one left", async () => {
    await using server = await modelServer(() => "ok");
    const env = { NANOCODER_GATEWAY_MODELS: `big:strong:${server.url}:k1,small:cheap:${server.url}:k2` };
    const own = { OPENAI_BASE_URL: server.url, OPENAI_API_KEY: "test-key-123456" };
    await using sitting = await sit({ env: { ...env, ...own } });
    expect(await sitting.send("/model house-model")).toContain("house-model is not in the catalogue");
    await sitting.send("one");
    expect(await sitting.send("/model small")).not.toContain("house-model");
    await sitting.send("two");
    const worked = eventsOf(sitting).flatMap((event) => (event.type === "reply" ? [event.model] : []));
    expect(worked).toEqual(["house-model", "small"]);
    expect(state(eventsOf(sitting), "model")).toMatchObject({ model: "small" });
  });

  it("says what is wrong with a name, and what will not fit", async () => {
    await using server = await modelServer([{ text: "ok", usage: { input: 150_000 } }]);
    await using sitting = await sit({ env: openaiAt(server.url), flags: { model: "gpt-4.1" } });
    expect(await sitting.send("/model two words")).toBe(
      'ERROR /model takes one name, and a name has no spaces: "two words".',
    );
    await sitting.send("hi");
    expect(await sitting.send("/model gpt-4o")).toMatch(
      /^Model gpt-4o, .*\nThe conversation has about 150,\d\d\d tokens and gpt-4o a window of 128,000: it will be compacted first\.$/,
    );
  });

  it("knows the names of the makers' own endpoints only, each with its facts", () => {
    for (const host of ["api.openai.com/v1", "api.anthropic.com", "api.deepseek.com/v1"]) {
      const names = knownNames({ baseUrl: `https://${host}` });
      expect(names.length).toBeGreaterThan(2);
      expect(names.filter((name) => lookup(name) === undefined)).toEqual([]);
    }
    expect(knownNames({ baseUrl: "http://localhost:11434/v1" })).toEqual([]);
  });
});

describe("while a turn runs", () => {
  it("only commands that change nothing of it may be given", async () => {
    let go = () => {};
    const held = new Promise<void>((resolve) => {
      go = resolve;
    });
    await using server = await modelServer([async () => held.then(() => "done")]);
    await using sitting = await sit({ env: openaiAt(server.url) });
    const turn = sitting.send("work");
    await server.arrived(0);
    const refused = [];
    for (const name of ["model", "compact", "resume", "reset", "clear", "fork", "undo", "redo"])
      if ((await sitting.send(`/${name}`)).includes("waits until this is over. Esc ends it.")) refused.push(name);
    expect(refused).toEqual(["model", "compact", "resume", "reset", "clear", "fork", "undo", "redo"]);
    const answers = [];
    for (const words of ["/tokens", "/cost", "/todo", "/sessions", "/permissions strict", "/save", "/memory", "/diff"])
      answers.push(await sitting.send(words));
    expect(answers.filter((said) => /ERROR|waits/.test(said))).toEqual([]);
    expect(sitting.desk.mode).toBe("strict");
    go();
    await turn;
    expect(eventsOf(sitting).at(-1)).toMatchObject({ type: "ended", outcome: "done" });
  });
});

describe("/permissions", () => {
  it("shows the mode, rules by where they come from, and what this session allowed", async () => {
    await using server = await modelServer(() => "ok");
    const flags = { allow: ["bash(npm test *)"], deny: ["bash(rm *)"] };
    await using sitting = await sit({ env: openaiAt(server.url), flags });
    sitting.desk.opened.agent.log.append({ type: "state", key: "permission.grants", value: ["bash(touch x)"] });
    expect(await sitting.send("/permissions")).toBe(
      [
        "Mode default: reads, edits in this folder, and commands in the sandbox run; all else is asked",
        "",
        "Rules of --deny",
        "  deny  bash(rm *)",
        "",
        "Rules of --allow",
        "  allow bash(npm test *)",
        "",
        "Allowed until this session ends",
        "  bash(touch x)",
      ].join("\n"),
    );
  });

  it("changes the mode for the next call; auto only after a yes", async () => {
    await using server = await modelServer([write("a.txt", "x"), "no", write("a.txt", "y"), "yes"]);
    await using sitting = await sit({ env: openaiAt(server.url) });
    expect(await sitting.send("/permissions plan")).toBe("Mode plan: only reads; changes nothing.");
    await sitting.send("write");
    expect(existsSync(join(sitting.work, "a.txt"))).toBe(false);
    expect(await sitting.send("/permissions auto")).toBe("The mode stays plan.");
    sitting.ui.choices.push("no", "yes");
    expect(await sitting.send("/permissions auto")).toBe("The mode stays plan.");
    expect(sitting.desk.mode).toBe("plan");
    expect(await sitting.send("/permissions auto")).toMatch(/^Mode auto: /);
    await sitting.send("write");
    expect(readFileSync(join(sitting.work, "a.txt"), "utf8")).toBe("y");
    expect(await sitting.send("/permissions auto")).toBe("The mode is auto already.");
    expect(await sitting.send("/permissions pan")).toBe(
      'ERROR /permissions: there is no mode "pan". Did you mean plan?',
    );
    expect(await sitting.send("/permissions all things")).toContain("Choose one of strict, default, plan, auto.");
  });
});

describe("/tokens and /cost", () => {
  it("tell what the log says, and that what is estimated is", async () => {
    const usage = { input: 1000, output: 200, cacheRead: 3000, cacheWrite: 0 };
    await using server = await modelServer([{ text: "ok", usage }], { models: ["gpt-4o"] });
    await using sitting = await sit({ env: openaiAt(server.url) });
    expect(await sitting.send("/tokens")).toMatch(
      /All of this is estimated: the provider has counted nothing of it yet\.$/,
    );
    expect(await sitting.send("/cost")).toBe("No model has answered in this session yet.");
    await sitting.send("some words");
    const lines = (await sitting.send("/tokens")).split("\n");
    expect(lines[0]).toBe("Next request: about 4,200 of 128,000 tokens (3.3 %)");
    expect(lines.slice(1, 7).map((line) => line.trim().split(/ {2,}/)[0])).toEqual([
      "system prompt",
      "tools",
      "your words",
      "notes, summaries",
      "answers, calls",
      "results",
    ]);
    const tools = Number(lines[2]?.trim().split(/ {2,}/)[1]?.replace(",", ""));
    const sent =
      JSON.stringify((server.requests[0]?.body as { tools?: unknown } | undefined)?.tools ?? "").length / 3.6;
    expect(Math.abs(tools - sent) / sent).toBeLessThan(0.35);
    expect(lines.at(-1)).toBe("Cache: 3,000 of 4,000 input tokens of this session were read from it (75.0 %).");
    expect(await sitting.send("/cost")).toBe(
      ["gpt-4o: 1 answer, 1,000 input, 3,000 cache, 200 output: $0.0083", "Total: $0.0083"].join("\n"),
    );
    expect(await sitting.send("/cost now")).toBe("ERROR /cost takes no words.");
    expect(await sitting.send("/tokens now")).toBe("ERROR /tokens takes no words.");
  });

  it("say once that a price is not known where no other is", async () => {
    await using server = await modelServer(() => ({ text: "ok", usage: { input: 100, output: 10 } }));
    await using sitting = await sit({ env: openaiAt(server.url), flags: { model: "house-model" } });
    await sitting.send("hi");
    expect(await sitting.send("/cost")).toBe("house-model: 1 answer, 100 input, 0 cache, 10 output: price unknown");
  });

  it("name side requests, and never guess a price", async () => {
    await using server = await modelServer(() => ({ text: "ok", usage: { input: 100, output: 10 } }));
    await using sitting = await sit({ env: openaiAt(server.url), flags: { model: "house-model" } });
    await sitting.send("hi");
    const used = { input: 1_000_000, output: 0, cacheRead: 0, cacheWrite: 0 };
    sitting.desk.opened.agent.log.append({ type: "spent", usage: used, model: "gpt-4o", on: "compaction" });
    expect(await sitting.send("/cost")).toBe(
      [
        "house-model: 1 answer, 100 input, 0 cache, 10 output: price unknown",
        "gpt-4o: 1 side request (compaction), 1,000,000 input, 0 cache, 0 output: $2.5000",
        "Total: at least $2.5000; the price of house-model is not known",
      ].join("\n"),
    );
  });
});

it("/todo shows the list of the log, or that there is none", async () => {
  await using server = await modelServer(() => "ok");
  await using sitting = await sit({ env: openaiAt(server.url) });
  expect(await sitting.send("/todo")).toBe("There is no todo list.");
  const value = [
    { content: "read", status: "completed" },
    { content: "write", status: "in_progress" },
    { content: "test", status: "pending" },
  ];
  sitting.desk.opened.agent.log.append({ type: "state", key: "todo", value });
  expect(await sitting.send("/todo")).toBe("[x] read\n[>] write\n[ ] test");
});

describe("/compact", () => {
  const long = (words: string) => `${words} ${"and so on ".repeat(3000)}`;

  it("sums up now, with the focus that was given, and what follows goes on from there", async () => {
    await using server = await modelServer((request) =>
      request.messages[0]?.text.startsWith("What was said") ? "SUMMARY of it" : long("answer"),
    );
    await using sitting = await sit({ env: openaiAt(server.url) });
    expect(await sitting.send("/compact")).toMatch(/^There is nothing to compact/);
    for (const words of ["one", "two", "three"]) await sitting.send(long(words));
    const before = eventsOf(sitting).filter(({ type }) => type === "ended").length;
    expect(await sitting.send("/compact the blue door")).toMatch(/^Compacted: about [\d,]+ -> [\d,]+ tokens\.$/);
    expect(server.requests.at(-1)?.lastText).toContain("keep in mind above all: the blue door");
    const compacted = eventsOf(sitting).filter(({ type }) => type === "compacted");
    expect(compacted).toHaveLength(1);
    expect(eventsOf(sitting).filter(({ type }) => type === "ended")).toHaveLength(before);
    expect(readFileSync(pathOf(sitting), "utf8")).toContain('"type":"compacted"');
    // the command has said it
    expect(sitting.ui.seen.some((item) => item.type === "compacted")).toBe(false);
    await sitting.send("four");
    expect(server.requests.at(-1)?.messages[0]?.text).toContain("> SUMMARY of it");
    expect(server.refusals).toEqual([]);
  });

  it("says that no summary came where the model gives none", async () => {
    await using server = await modelServer((request) =>
      request.messages[0]?.text.startsWith("What was said") ? "" : "answer",
    );
    await using sitting = await sit({ env: openaiAt(server.url) });
    for (const words of ["one", "two", "three", "four"]) await sitting.send(`${words} ${"and so on ".repeat(60)}`);
    expect(await sitting.send("/compact")).toMatch(/No summary came: the conversation stays as it is\.$/);
  });

  it("ends with Esc, and nothing is changed then", async () => {
    await using server = await modelServer((request) =>
      request.messages[0]?.text.startsWith("What was said") ? { silent: true } : long("answer"),
    );
    await using sitting = await sit({ env: openaiAt(server.url) });
    for (const words of ["one", "two"]) await sitting.send(long(words));
    const before = eventsOf(sitting).length;
    const compacting = sitting.send("/compact");
    await server.arrived(2);
    expect(sitting.desk.interrupt()).toBe(true);
    expect(await compacting).toBe("Interrupted: nothing was compacted.");
    expect(eventsOf(sitting)).toHaveLength(before);
  });
});

describe("/memory", () => {
  it("adds, lists, finds and forgets, by the beginning of an id", async () => {
    await using server = await modelServer(() => "ok");
    await using sitting = await sit({ env: openaiAt(server.url) });
    expect(await sitting.send("/memory")).toContain("Nothing is remembered for this folder.");
    expect(await sitting.send("/memory add The build wants  node 22")).toMatch(/^Remembered as \w{8} /);
    await sitting.send("/memory add Tabs are two wide");
    const listed = await sitting.send("/memory list");
    expect(listed.split("\n")).toHaveLength(3);
    const found = await sitting.send("/memory search which node");
    expect(found).toContain("The build wants node 22");
    expect(found).not.toContain("Tabs");
    expect(await sitting.send("/memory search quux")).toBe('Nothing that is remembered fits "quux".');
    const id = found.split("\n")[1]?.slice(0, 8) ?? "";
    expect(await sitting.send(`/memory forget ${id.slice(0, 6)}`)).toBe(`Forgot ${id}: The build wants node 22`);
    expect(await sitting.send("/memory")).not.toContain("node 22");
    const cli = await nanocoder(["memory", "list"], { place: { home: sitting.home, work: sitting.work } });
    expect(cli.stdout).toContain("Tabs are two wide");
    for (const [words, said] of [
      ["/memory ad x", 'ERROR /memory: there is no "ad". Did you mean add?'],
      ["/memory search", "ERROR /memory search wants some words to look for."],
      ["/memory forget", "ERROR /memory forget wants an ID: see /memory list."],
      ["/memory forget zzzzzzzz", 'ERROR There is no memory "zzzzzzzz" in this folder. See /memory list.'],
      ["/memory add", "ERROR There is nothing to remember: the text is empty."],
    ])
      expect(await sitting.send(words ?? "")).toBe(said);
  });
});

describe("sessions", () => {
  it("are saved with a name, listed, and gone on with from a choice", async () => {
    await using server = await modelServer(() => "ok");
    await using sitting = await sit({ env: openaiAt(server.url) });
    await sitting.send("the first thing");
    const first = sitting.desk.opened.id;
    const path = pathOf(sitting);
    expect(await sitting.send("/save")).toBe(
      `This session is saved as it goes, in ${path}. Go on with it later: /resume ${first}, or nanocoder --resume ${first}`,
    );
    expect(await sitting.send("/save my  great work")).toMatch(/^This session is called "my great work"\. /);
    expect(await sitting.send(`/save ${"x".repeat(300)}`)).toContain("ERROR /save: a name has at most 200 characters");
    expect(await sitting.send("/reset")).toBe(
      `A new session, ${sitting.desk.opened.id}. The one before goes on with /resume ${first}`,
    );
    expect(sitting.desk.opened.id).not.toBe(first);
    await sitting.send("the second thing");
    expect(server.requests[1]?.messages.map(({ text }) => text)).toEqual(["the second thing"]);
    const listed = (await sitting.send("/sessions")).split("\n");
    expect(listed[0]).toMatch(/^\* .* 1 turn {2}the second thing$/);
    expect(listed[1]).toMatch(/^ {2}.* 1 turn {2}my great work$/);
    expect(await sitting.send("/sessions every")).toContain("ERROR /sessions takes nothing or all");
    expect(await sitting.send("/sessions all")).toContain(sitting.work);
    sitting.ui.choices.push("my great");
    expect(await sitting.send("/resume")).toBe(`This is the session ${first}.`);
    expect(sitting.ui.offered.at(-1)?.labels).toEqual(["my great work | just now, 1 turn"]);
    expect(sitting.ui.recounted).toHaveLength(2);
    await sitting.send("and more");
    expect(server.requests[2]?.messages.map(({ text }) => text)).toEqual(["the first thing", "ok", "and more"]);
    expect(await sitting.send(`/resume ${first}`)).toBe(`The session ${first} is at work already.`);
    expect(await sitting.send("/resume nosuch")).toContain('ERROR There is no session "nosuch"');
    // two letters are like any other two
    expect(await sitting.send("/resume zz")).toContain("See nanocoder sessions --all.");
    expect(await sitting.send("/resume a b")).toContain("ERROR /resume takes one ID");
    expect(await sitting.send("/resume --frok")).toContain("Did you mean --fork?");
    expect(sitting.desk.opened.id).toBe(first);
    const where = { home: sitting.home, work: sitting.work };
    const shown = await nanocoder(["sessions", "show", first], { place: where });
    expect(shown.stdout).toContain(`Session ${first} "my great work" of`);
    const exported = await nanocoder(["sessions", "export", first], { place: where });
    expect(exported.stdout).toContain("my great work");
  });

  it("begin anew and are copied with the model and the mode that were chosen", async () => {
    await using server = await modelServer(() => "ok", { models: ["gpt-4o", "gpt-4.1"] });
    await using sitting = await sit({ env: openaiAt(server.url) });
    await sitting.send("/model gpt-4.1");
    await sitting.send("/permissions strict");
    await sitting.send("one");
    const first = sitting.desk.opened.id;
    for (const [command, told] of [
      ["/fork", ["one", "ok", "more"]],
      ["/clear", ["more"]],
    ] as const) {
      expect(await sitting.send(command)).toContain(command === "/fork" ? `/resume ${first}` : "A new session");
      expect(sitting.desk.mode).toBe("strict");
      await sitting.send("more");
      expect(server.requests.at(-1)?.model).toBe("gpt-4.1");
      expect(server.requests.at(-1)?.messages.map(({ text }) => text)).toEqual(told);
    }
    expect(readFileSync(sessionPath(join(sitting.home, ".nanocoder"), sitting.work, first), "utf8")).not.toContain(
      "more",
    );
  });

  it("that cannot be opened for the settings of now can be once these are mended", async () => {
    await using server = await modelServer(() => "ok");
    await using sitting = await sit({ env: openaiAt(server.url) });
    await sitting.send("one");
    const first = sitting.desk.opened.id;
    await sitting.send("/reset");
    const settings = join(sitting.home, ".nanocoder", "settings.json");
    writeFileSync(settings, JSON.stringify({ permissions: { allow: ["bash(npm"] } }));
    expect(await sitting.send(`/resume ${first}`)).toMatch(/^ERROR .*bash\(npm/);
    expect(sitting.desk.opened.id).not.toBe(first);
    writeFileSync(settings, "{}");
    expect(await sitting.send(`/resume ${first}`)).toBe(`This is the session ${first}.`);
  });

  it("that are open elsewhere are told so, and can be copied", async () => {
    await using server = await modelServer(() => "ok");
    const where = place();
    await nanocoder(["-p", "hello"], { place: where, env: openaiAt(server.url) });
    await using sitting = await sit({ env: openaiAt(server.url), where });
    const { id: own } = sitting.desk.opened;
    const [line = ""] = (await sitting.send("/sessions")).split("\n").filter((each) => each.includes("hello"));
    const id = line.trim().split(" ")[0] ?? "";
    const path = sessionPath(join(where.home, ".nanocoder"), where.work, id);
    const other = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"]);
    try {
      const start = readFileSync(`/proc/${other.pid}/stat`, "utf8").split(") ")[1]?.split(" ")[19];
      const lock = JSON.parse(readFileSync(`${pathOf(sitting)}.lock`, "utf8"));
      writeFileSync(`${path}.lock`, JSON.stringify({ ...lock, pid: other.pid, start }));
      expect(await sitting.send(`/resume ${id}`)).toBe(
        `ERROR This session is open in another nanocoder (process ${other.pid}). Close it, or go on in a copy of the session: add --fork.`,
      );
      expect(sitting.desk.opened.id).toBe(own);
      expect(await sitting.send(`/resume ${id} --fork`)).toMatch(/^A copy, /);
      await sitting.send("again");
      expect(server.requests.at(-1)?.messages.map(({ text }) => text)).toEqual(["hello", "ok", "again"]);
    } finally {
      other.kill();
      await once(other, "exit");
    }
  });
});

describe("/undo, /redo and /diff", () => {
  it("take back what was written, tell the model, and show what changed", async () => {
    const script = [write("a.txt", "new\n"), "done", "I see", "I see"];
    await using server = await modelServer(script);
    await using sitting = await sit({ env: openaiAt(server.url) });
    const file = join(sitting.work, "a.txt");
    expect(await sitting.send("/diff")).toBe("This session changed nothing that is still different from before.");
    expect(await sitting.send("/undo")).toContain("ERROR There is nothing to undo");
    await sitting.send("write it");
    expect(await sitting.send("/diff")).toMatch(/^```diff\n--- a\.txt[\s\S]*\n\+new\n```$/);
    expect(await sitting.send("/diff b.txt")).toContain("changed nothing in b.txt");
    expect(await sitting.send("/diff a.txt")).toContain("+new");
    expect(await sitting.send("/undo list")).toMatch(/1 path .*write it$/);
    expect(await sitting.send("/undo")).toBe("removed a.txt\n1 path undone. /redo takes it back.");
    expect(existsSync(file)).toBe(false);
    expect(await sitting.send("/diff")).toContain("changed nothing");
    await sitting.send("go on");
    expect(server.requests.at(-1)?.lastText).toMatch(
      /The user took back what was written to these paths\. Look at them again before you rely on them:\n- a\.txt: removed/,
    );
    expect(await sitting.send("/redo")).toBe("brought back a.txt\n1 path redone.");
    expect(readFileSync(file, "utf8")).toBe("new\n");
    const notes = eventsOf(sitting).filter((event): event is EventOf<"note"> => event.type === "note");
    expect(notes.map(({ by }) => by)).toEqual(["undo", "undo"]);
    expect(await sitting.send("/redo")).toContain("ERROR There is no undo of");
    expect(await sitting.send("/undo none")).toBe(
      'ERROR /undo wants a whole number of at least 1, or list: not "none".',
    );
    expect(await sitting.send("/undo 5")).toContain("ERROR Only one prompt wrote something");
  });

  it("refuse where somebody else changed a file, and show how it differs", async () => {
    await using server = await modelServer([write("a.txt", "theirs\n"), "done"]);
    await using sitting = await sit({ env: openaiAt(server.url) });
    await sitting.send("write it");
    writeFileSync(join(sitting.work, "a.txt"), "mine\n");
    const said = await sitting.send("/undo");
    expect(said).toMatch(/^ERROR Nothing was changed: .*\n```text\na\.txt was changed since\.\n```/);
    expect(said).toMatch(/-theirs\n\+mine\n```$/);
    expect(readFileSync(join(sitting.work, "a.txt"), "utf8")).toBe("mine\n");
    expect(eventsOf(sitting).some(({ type }) => type === "note")).toBe(false);
  });

  it("ask before they take back what another session wrote; a copy still shows what it goes on from", async () => {
    await using server = await modelServer([write("a.txt", "one\n"), "done"]);
    await using sitting = await sit({ env: openaiAt(server.url) });
    await sitting.send("write it");
    const first = sitting.desk.opened.id;
    await sitting.send("/fork");
    expect(await sitting.send("/diff")).toContain("+one");
    await sitting.send("/reset");
    expect(await sitting.send("/diff")).toContain("changed nothing");
    expect(await sitting.send("/undo")).toBe("");
    expect(sitting.ui.offered[0]?.title).toBe(`This takes back what another session wrote (${first}). Go on?`);
    expect(existsSync(join(sitting.work, "a.txt"))).toBe(true);
    sitting.ui.choices.push("yes");
    expect(await sitting.send("/undo")).toContain("removed a.txt");
    expect(existsSync(join(sitting.work, "a.txt"))).toBe(false);
  });
});

it("how old a session is, is said as people say it", () => {
  const now = 1_000 * 86_400_000;
  const said = [0.5, 26, 90, 4320].map((minutes) => ago(now - minutes * 60_000, now, "en"));
  expect(said).toEqual(["just now", "26 min ago", "1 h ago", "3 d ago"]);
  expect([0.5, 26, 90, 4320].map((minutes) => ago(now - minutes * 60_000, now, "zh"))).toEqual([
    "刚刚",
    "26 分钟前",
    "1 小时前",
    "3 天前",
  ]);
});

describe("every command", () => {
  it("stands in /help above what it does where its words are longer than their column", async () => {
    await using server = await modelServer(() => "ok");
    await using sitting = await sit({ env: openaiAt(server.url) });
    const help = await sitting.send("/help");
    expect(help).toMatch(/^ {2}\/permissions \[strict\|default\|plan\|auto\]\n {32}what is allowed/m);
    expect(wrappedTable("  key    what it does", 14)).toEqual(["  key    what", "    it does"]);
    expect(wrappedTable("  k  what it does", 12)).toEqual(["  k  what it", "     does"]);
    expect(wrappedTable("    node /a/path/that/is/long", 16)).toEqual(["    node", "    /a/path/that", "    /is/long"]);
    expect(wrappedTable("  按键      展开查看全部经过", 16)).toEqual(["  按键      展开", "    查看全部经过"]);
  });

  it("has its words in both languages, completes, and is in /help, also by its other names", async () => {
    await using server = await modelServer(() => "ok");
    await using sitting = await sit({ env: openaiAt(server.url), locale: "zh" });
    const help = await sitting.send("/help");
    for (const { name, about } of sitting.commands) {
      expect(help).toContain(`/${name}`);
      expect(about.zh).toMatch(/[\u4e00-\u9fff]/);
    }
    expect(await sitting.send("/help new")).toContain("/reset");
    expect(await sitting.send("/claer")).toContain("Did you mean /clear");
    for (const name of ["tokens", "cost", "todo", "compact", "memory", "save", "reset", "diff"])
      expect([name, await sitting.send(`/${name}`)]).toEqual([name, expect.stringMatching(/[\u4e00-\u9fff]/)]);
    for (const { name, complete } of sitting.commands) {
      const completions = (await complete?.(sitting.desk, "")) ?? [];
      expect([name, completions.every(({ value }) => value !== "")]).toEqual([name, true]);
    }
    const { complete } = sitting.commands.find(({ name }) => name === "permissions") ?? {};
    expect((await complete?.(sitting.desk, ""))?.map(({ value }) => value)).toEqual([
      "strict",
      "default",
      "plan",
      "auto",
    ]);
  });
});
