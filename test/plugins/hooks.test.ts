import { writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { Tool } from "../../src/core/tool.js";
import type { HookSettings } from "../../src/plugins/hook-settings.js";
import { decide, keep, on, say, workshop, write } from "./hooked.js";

const GO: HookSettings = {};

describe("hooks of calls", () => {
  it("are told of each call that ran, in order, with what came of it", async () => {
    const place = workshop();
    const settings = { ...on("PreToolUse", keep("pre")), ...on("PostToolUse", keep("post")) };
    await place.work({ settings, script: [write("a"), write("b"), write("c"), "done"] });
    const paths = (name: string) => place.told(name).map(({ tool_input: input }) => (input as { path: string }).path);
    expect(paths("pre")).toEqual(["a", "b", "c"]);
    expect(paths("post")).toEqual(["a", "b", "c"]);
    expect(place.told("post")[0]).toMatchObject({
      session_id: "s1",
      cwd: place.root,
      hook_event_name: "PostToolUse",
      permission_mode: "default",
      tool_name: "write_file",
      tool_input: { path: "a", file_path: "a", content: "hello" },
      tool_response: { text: "Created a, 1 lines", failed: false },
    });
  });

  it("can refuse a call: the model reads why, nothing runs, and nothing comes after", async () => {
    const place = workshop();
    const settings = { ...on("PreToolUse", "echo 'no writing today' >&2; exit 2"), ...on("PostToolUse", keep("post")) };
    const { results, events } = await place.work({ settings, script: [write(), "done"] });
    expect(place.read("a.txt")).toBeUndefined();
    expect(results[0]).toMatch(/^Denied: the hook "echo 'no writing today' >&2; exit 2" refused: no writing today\n/);
    expect(place.told("post")).toEqual([]);
    expect(events).toContainEqual(expect.objectContaining({ type: "judged", verdict: "deny", by: "hooks" }));
    expect(events).toContainEqual(expect.objectContaining({ type: "result", failed: true }));
  });

  const REFUSING: [string, string, RegExp][] = [
    ["exit 2 without words", "exit 2", /refused: it gave no reason/],
    ["exit 1", "echo broken >&2; exit 1", /failed \(exit code 1: broken\)/],
    ["a missing command", "no-such-command-here", /failed \(exit code 127/],
    ["a signal", "kill -9 $$", /failed \(a signal ended it\)/],
    ["junk JSON", `echo '{"decision": bl'`, /not valid JSON/],
    ["words before JSON", `echo 'warning!'; echo '{"decision":"block"}'`, /not valid JSON/],
    ["JSON that is no object", "echo true", /not an object/],
    ["a misspelt key", say({ desicion: "block" }), /"desicion" is not known/],
    ["a misspelt value", say({ decision: "Block" }), /"decision" must be "block" or "approve"/],
    ["another event's answer", decide({ hookEventName: "Stop" }), /"hookEventName" must be/],
    ["an input that is no object", decide({ updatedInput: "x" }), /"updatedInput" must be an object/],
    ["decision block", say({ decision: "block", reason: "not now" }), /refused: not now/],
    ["deny", decide({ permissionDecision: "deny", permissionDecisionReason: "never" }), /refused: never/],
    ["an endless answer", "yes '{' | head -c 1000000", /not valid JSON/],
    ["a command that cannot be started", "true\0", /could not be started/],
  ];

  it.each(REFUSING)("refuse by %s, and are named", async (_, command, why) => {
    const place = workshop();
    const { results, ended } = await place.work({ settings: on("PreToolUse", command), script: [write(), "done"] });
    expect(place.read("a.txt")).toBeUndefined();
    expect(results[0]).toMatch(why);
    expect(results[0]).toContain(`the hook "${command.slice(0, 20).replace("\0", "\\u{0}")}`);
    expect(ended).toMatchObject({ type: "ended", outcome: "done" });
  });

  it.each(["exit 0", "echo checked", say({}), say({ decision: null }), "exec <&-; exit 0"])(
    "let go by %s",
    async (command) => {
      const place = workshop();
      await place.work({ settings: on("PreToolUse", command), script: [write("a.txt", "x".repeat(300_000)), "done"] });
      expect(place.read("a.txt")).toHaveLength(300_000);
    },
  );

  it("refuse by a timeout, which ends all that came of them", async () => {
    const place = workshop();
    const command = "setsid sh -c 'echo $$ > pid; sleep 60' & sleep 60";
    const settings = { PreToolUse: [{ hooks: [{ command, timeout: 1 }] }] };
    const began = performance.now();
    const { results } = await place.work({ settings, script: [write(), "done"] });
    expect(performance.now() - began).toBeLessThan(5000);
    expect(results[0]).toMatch(/failed \(it took longer than 1 s\)/);
    expect(place.lives("pid")).toBe(false);
  });

  it("end with the run that is interrupted, and the call is not run", async () => {
    const place = workshop();
    const stop = new AbortController();
    const settings = on("PreToolUse", "echo $$ > pid; sleep 60");
    place.once("pid", () => stop.abort());
    const { ended, results } = await place.work({ settings, script: [write(), "done"], signal: stop.signal });
    expect(place.lives("pid")).toBe(false);
    expect(ended).toMatchObject({ type: "ended", outcome: "aborted" });
    expect(results).toEqual(["Not run: the user interrupted."]);
    expect(place.read("a.txt")).toBeUndefined();
  });

  const allow = decide({ permissionDecision: "allow" });
  const ask = decide({ permissionDecision: "ask", permissionDecisionReason: "look first" });
  const deny = decide({ permissionDecision: "deny", permissionDecisionReason: "never" });

  it("all run, and the strictest counts", async () => {
    const place = workshop();
    const settings = on("PreToolUse", `${keep("one")}; exit 2`, `${keep("two")}; exit 1`, allow, ask, keep("three"));
    const { results } = await place.work({ settings, script: [write(), "done"] });
    expect(["one", "two", "three"].map((name) => place.told(name).length)).toEqual([1, 1, 1]);
    expect(results[0]).toMatch(/keep|one; exit 2" refused: it gave no reason[\s\S]*two; exit 1" refused: it failed/);
  });

  it("pass an allow and an ask on to what judges inside, the ask first", async () => {
    const allowed = await workshop().work({ settings: on("PreToolUse", allow), script: [write(), "done"] });
    expect(allowed.contexts[0]?.leave).toMatch(/^the hook "/);
    expect(allowed.contexts[0]?.asks).toBeUndefined();
    const asked = await workshop().work({ settings: on("PreToolUse", allow, ask), script: [write(), "done"] });
    expect(asked.contexts[0]?.asks).toMatch(/^the hook ".*wants a person to decide: look first$/);
    expect(asked.contexts[0]?.leave).toBeUndefined();
    const denied = await workshop().work({ settings: on("PreToolUse", allow, ask, deny), script: [write(), "done"] });
    expect(denied.contexts).toEqual([]);
  });

  it("give leave where a person would be asked, and never against a rule that denies", async () => {
    const free = workshop();
    const settings = on("PreToolUse", say({ decision: "approve" }));
    const strict = await free.work({ settings, mode: "strict", script: [write(), "done"] });
    expect(strict.questions).toEqual([]);
    expect(free.read("a.txt")).toBe("hello");
    const place = workshop();
    const { results } = await place.work({ settings, deny: ["write_file"], script: [write(), "done"] });
    expect(place.read("a.txt")).toBeUndefined();
    expect(results[0]).toContain("the rule write_file of settings.json forbids it");
  });

  it("are for the tools that their matcher names whole, also by the names Claude Code has", async () => {
    const place = workshop();
    const matchers = ["Write", "Edit|Write", "write_.*", "*", "", "write", "rite_file", "Read|Bash"];
    const PreToolUse = matchers.map((matcher, at) => ({ matcher, hooks: [{ command: keep(`hook${at}`) }] }));
    await place.work({ settings: { PreToolUse }, script: [write(), "done"] });
    expect(matchers.filter((_, at) => place.told(`hook${at}`).length > 0)).toEqual(matchers.slice(0, 5));
    expect(() => place.agent({ settings: { Stop: [{ matcher: "(", hooks: [] }] }, script: [] })).toThrow(
      'hooks.Stop: the matcher "(" is not a regular expression; mend it in settings.json.',
    );
  });

  it("know the workspace by their environment and leave nothing running behind", async () => {
    const place = workshop();
    const settings = on(
      "PreToolUse",
      'echo "$NANOCODER_PROJECT_DIR $CLAUDE_PROJECT_DIR $PWD" > env; sleep 60 & echo $! > pid',
    );
    const agent = await place.work({ settings, script: [write(), "done"] });
    expect(place.read("env")).toBe(`${place.root} ${place.root} ${place.root}\n`);
    await agent.hooked.close?.();
    expect(place.lives("pid")).toBe(false);
  });
});

describe("hooks after a call", () => {
  const failing: Tool = {
    name: "fail",
    description: "",
    input: { json: { type: "object" }, parse: (input) => input },
    effect: () => ({ kind: "none", subjects: [] }),
    run: async () => {
      throw new Error("it broke");
    },
  };

  it.each([
    ["echo 'run the formatter' >&2; exit 2", /\[the hook "echo .* objects: run the formatter\]$/],
    [say({ decision: "block", reason: "untested" }), /\[the hook ".* objects: untested\]$/],
    [decide({ additionalContext: "lint is clean" }), /\[the hook ".* adds: lint is clean\]$/],
    ["exit 7", /\n?\[the hook "exit 7" failed: exit code 7; the result above stands\]$/],
    ["echo '{'", /\[the hook .* failed: its output is not valid JSON; the result above stands\]$/],
  ])("add to the result and never lose it: %s", async (command, told) => {
    const place = workshop();
    const { events, results } = await place.work({ settings: on("PostToolUse", command), script: [write(), "done"] });
    expect(results[0]).toMatch(/^Created a.txt, 1 lines/);
    expect(results[0]).toMatch(told);
    expect(events).toContainEqual(expect.objectContaining({ type: "result", failed: false }));
    const calls = [{ calls: [{ name: "fail" }] }, "done"];
    const broken = await place.work({ settings: on("PostToolUse", command), script: calls, tools: [failing] });
    expect(broken.results[0]).toMatch(/^it broke\n\[the hook/);
  });

  it("are not told of a call that was denied", async () => {
    const place = workshop();
    await place.work({ settings: on("PostToolUse", keep("post")), mode: "plan", script: [write(), "done"] });
    expect(place.told("post")).toEqual([]);
  });

  it("can end the run, which is then done", async () => {
    const place = workshop();
    const settings = on("PostToolUse", say({ continue: false, stopReason: "enough" }));
    const { ended, model } = await place.work({ settings, script: [write(), "done"] });
    expect(ended).toMatchObject({ type: "ended", outcome: "done", reason: "enough" });
    expect(model.requests).toHaveLength(1);
  });

  it("can end the run before the call", async () => {
    const place = workshop();
    const settings = on("PreToolUse", say({ continue: false, stopReason: "too late" }));
    const { ended, model } = await place.work({ settings, script: [write(), "done"] });
    expect(ended).toMatchObject({ type: "ended", outcome: "aborted", reason: "too late" });
    expect(model.requests).toHaveLength(1);
    expect(place.read("a.txt")).toBeUndefined();
  });

  it("cost nothing where there are none", async () => {
    const place = workshop();
    writeFileSync(place.at("x"), "");
    const { events } = await place.work({ settings: GO, script: [write(), "done"] });
    expect(events.filter((event) => event.type === "state" && event.key.startsWith("hooks"))).toEqual([]);
  });
});
