import { describe, expect, it } from "vitest";
import { memoryLog } from "../../src/core/log.js";
import { text } from "../../src/core/message.js";
import { decide, keep, on, say, work, workshop, write } from "./hooked.js";

describe("Stop hooks", () => {
  it("send the model back once, with the reason", async () => {
    const place = workshop();
    const command = `${keep("stops")}; [ -e tested ] || { touch tested; echo 'run the tests' >&2; exit 2; }`;
    const { model, ended, notes } = await place.work({ settings: on("Stop", command), script: ["done", "now it is"] });
    expect(model.requests).toHaveLength(2);
    expect(notes).toEqual([expect.stringMatching(/^the hook ".*does not let you stop yet: run the tests$/)]);
    expect(place.told("stops").map((each) => each.stop_hook_active)).toEqual([false, true]);
    expect(ended).toMatchObject({ type: "ended", outcome: "done" });
  });

  it("that always block end after eight times, with a notice, and again in the next run", async () => {
    const place = workshop();
    const settings = on("Stop", say({ decision: "block", reason: "more" }));
    const agent = place.agent({ settings, script: () => "done" });
    const first = await work(agent);
    expect(first.ended).toMatchObject({ type: "ended", outcome: "done" });
    expect(agent.model.requests).toHaveLength(9);
    expect(first.notices.at(-1)).toMatch(/^Stop hooks sent the work back 8 times in a row, so it ends here/);
    expect(first.events).toContainEqual(expect.objectContaining({ type: "state", key: "hooks.stop" }));
    await work(agent);
    expect(agent.model.requests).toHaveLength(18);
  });

  it.each(["exit 1", "echo '{'", "no-such-command"])("that fail do not hold the end up: %s", async (command) => {
    const { model, notices, ended } = await workshop().work({ settings: on("Stop", command), script: ["done"] });
    expect(model.requests).toHaveLength(1);
    expect(notices[0]).toContain(`the hook "${command}" failed`);
    expect(ended).toMatchObject({ outcome: "done" });
  });

  it("can end the run although another blocks", async () => {
    const settings = on("Stop", "exit 2", say({ continue: false, stopReason: "enough" }));
    const { ended } = await workshop().work({ settings, script: ["done"] });
    expect(ended).toMatchObject({ outcome: "done", reason: "enough" });
  });
});

describe("SessionStart and SessionEnd hooks", () => {
  it("are told once, before the first answer and at the end", async () => {
    const place = workshop();
    const settings = {
      ...on("SessionStart", `${keep("start")}; echo "the branch {main}"`),
      ...on("SessionEnd", keep("end")),
    };
    const agent = place.agent({ settings, script: () => "done" });
    await work(agent);
    const { notes } = await work(agent);
    expect(notes).toEqual([expect.stringMatching(/^\[the hook ".*" adds\]\nthe branch {main}$/)]);
    expect(JSON.stringify(agent.model.requests[0]?.messages)).toContain("the branch {main}");
    expect(place.told("start")).toMatchObject([{ hook_event_name: "SessionStart", source: "startup" }]);
    await agent.hooked.close?.();
    await agent.hooked.close?.();
    expect(place.told("end")).toMatchObject([{ hook_event_name: "SessionEnd", reason: "other" }]);
  });

  it("are told that a session goes on, and matched by that", async () => {
    const place = workshop();
    const log = memoryLog();
    await place.work({ log, script: ["done"] });
    const hooks = (name: string) => [{ command: keep(name) }];
    const SessionStart = [
      { matcher: "startup", hooks: hooks("fresh") },
      { matcher: "resume", hooks: hooks("again") },
    ];
    await place.work({ log, settings: { SessionStart }, script: ["done"] });
    expect([place.told("fresh"), place.told("again")]).toMatchObject([[], [{ source: "resume" }]]);
  });

  it("do not stop the work when they fail, and do when they say so", async () => {
    const failed = await workshop().work({ settings: on("SessionStart", "exit 1"), script: ["done"] });
    expect(failed.ended).toMatchObject({ outcome: "done" });
    expect(failed.notices[0]).toMatch(/^the hook "exit 1" failed: exit code 1/);
    const settings = on("SessionStart", say({ continue: false, stopReason: "closed" }));
    const { ended, model } = await workshop().work({ settings, script: ["done"] });
    expect(ended).toMatchObject({ outcome: "aborted", reason: "closed" });
    expect(model.requests).toHaveLength(0);
  });

  it("have five seconds at the end", async () => {
    const place = workshop();
    const agent = place.agent({ settings: on("SessionEnd", "echo $$ > pid; sleep 60"), script: ["done"] });
    await work(agent);
    const began = performance.now();
    await agent.hooked.close?.();
    expect(performance.now() - began).toBeLessThan(5000);
    expect(place.lives("pid")).toBe(false);
  });
});

describe("UserPromptSubmit hooks", () => {
  it("add to each prompt of the user, once", async () => {
    const place = workshop();
    const settings = on("UserPromptSubmit", `${keep("prompts")}; echo "it is Monday"`);
    const agent = place.agent({ settings, script: [{ calls: [] }, write(), "done", "done"] });
    agent.inbox.post({ parts: [text("from a timer")], from: "timer" });
    await work(agent);
    const { notes } = await work(agent);
    expect(place.told("prompts").map(({ prompt }) => prompt)).toEqual(["go", "go"]);
    expect(notes).toHaveLength(2);
    expect(JSON.stringify(agent.model.requests[0]?.messages)).toContain("it is Monday");
  });

  const context = decide({ hookEventName: "UserPromptSubmit", additionalContext: "told in JSON" });

  it("add what they say in JSON", async () => {
    const { notes } = await workshop().work({ settings: on("UserPromptSubmit", context), script: ["done"] });
    expect(notes[0]).toMatch(/told in JSON$/);
  });

  it.each([
    ["echo 'no secrets please' >&2; exit 2", /refused the prompt: no secrets please$/],
    [say({ decision: "block", reason: "not here" }), /refused the prompt: not here$/],
    ["exit 1", /^the hook "exit 1" refused the prompt: it failed \(exit code 1\)/],
    ["no-such-command", /^the hook "no-such-command" refused the prompt: it failed \(exit code 127/],
    ["echo '{\"decision'", /it failed \(its output is not valid JSON\)/],
    [decide({ permissionDecision: "ask" }), /refused the prompt: it gave no reason/],
  ])("refuse a prompt before the model is asked: %s", async (command, why) => {
    const settings = on("UserPromptSubmit", command, context);
    const { ended, model } = await workshop().work({ settings, script: ["done"] });
    expect(model.requests).toHaveLength(0);
    expect(ended).toMatchObject({ type: "ended", outcome: "failed", reason: expect.stringMatching(why) });
  });

  it("judge a prompt once, also one that they refused, and show what hides in their words", async () => {
    const place = workshop();
    const refuse = "[ -e second ] || { touch second; printf 'no\\033[2J' >&2; exit 2; }";
    const agent = place.agent({ settings: on("UserPromptSubmit", `${keep("prompts")}; ${refuse}`), script: ["done"] });
    expect((await work(agent)).ended).toMatchObject({ reason: expect.stringMatching(/: no\\u\{1b\}\[2J$/) });
    const second = await work(agent);
    expect(second.ended).toMatchObject({ outcome: "done" });
    expect(place.told("prompts")).toHaveLength(2);
    // the model never reads the refused one
    expect(agent.model.requests[0]?.messages.filter(({ role }) => role === "user")).toHaveLength(1);
    expect(JSON.stringify(agent.model.requests[0]?.messages).match(/"text":"go/g)).toHaveLength(1);
  });

  it("add no more than 64 kB", async () => {
    const { notes } = await workshop().work({
      settings: on("UserPromptSubmit", "yes | head -c 1000000"),
      script: ["done"],
    });
    expect(notes[0]?.length).toBeLessThan(66_000);
    expect(notes[0]?.length).toBeGreaterThan(65_000);
  });

  it("refuse by a timeout", async () => {
    const settings = { UserPromptSubmit: [{ hooks: [{ command: "sleep 60", timeout: 1 }] }] };
    const { ended } = await workshop().work({ settings, script: ["done"] });
    expect(ended).toMatchObject({ outcome: "failed", reason: expect.stringContaining("it took longer than 1 s") });
  });

  it("that are interrupted let nothing through, and judge the prompt in the next run", async () => {
    const place = workshop();
    const stop = new AbortController();
    const settings = on("UserPromptSubmit", `${keep("prompts")}; [ -e second ] || { touch second; sleep 60; }`);
    const agent = place.agent({ settings, script: ["done"] });
    place.once("second", () => stop.abort());
    expect((await work(agent, stop.signal)).ended).toMatchObject({ outcome: "aborted" });
    expect(agent.model.requests).toHaveLength(0);
    await work(agent);
    expect(place.told("prompts")).toHaveLength(3);
  });
});

describe("other moments", () => {
  it("can be fired by other parts, and their failures are told", async () => {
    const place = workshop();
    const settings = {
      ...on("Notification", keep("notes")),
      ...on("PreCompact", `${keep("compact")}; exit 2`),
      ...on("SubagentStop", "exit 1"),
    };
    const agent = place.agent({ settings, script: ["done"] });
    await agent.hooked.notify("before any run");
    await work(agent);
    await agent.hooked.notify("may I?");
    expect(place.told("notes")).toMatchObject([{ hook_event_name: "Notification", message: "may I?" }]);
    const held = await agent.hooked.fire("PreCompact", { trigger: "auto" });
    expect(held?.denials).toHaveLength(1);
    expect(place.told("compact")).toMatchObject([{ trigger: "auto" }]);
    const stopped = await agent.hooked.fire("SubagentStop", { stop_hook_active: false });
    expect(stopped).toMatchObject({ denials: [], failures: [{ hook: 'the hook "exit 1"', why: "exit code 1" }] });
  });

  it("can tell the person something", async () => {
    const settings = on("SessionStart", say({ systemMessage: "mind the gap\u001b[2J" }));
    const { notices } = await workshop().work({ settings, script: ["done"] });
    expect(notices).toEqual(["mind the gap\\u{1b}[2J"]);
  });
});
