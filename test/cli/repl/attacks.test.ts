import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { approvalPane } from "../../../src/cli/repl/asked/approval.js";
import { themeOf } from "../../../src/cli/repl/theme.js";
import { modelServer } from "../../../src/models/scripted/server.js";
import type { Answer } from "../../../src/plugins/question.js";
import { nanocoder, openaiAt, place } from "../nanocoder.js";
import { session } from "./session.js";

describe("what is typed before it could be read", () => {
  it("trusts no folder", async () => {
    const where = place();
    mkdirSync(join(where.work, ".nanocoder"));
    const settings = { permissions: { allow: ["bash(touch made)"] } };
    writeFileSync(join(where.work, ".nanocoder/settings.json"), JSON.stringify(settings));
    await using it = await session({ where, until: undefined });
    // part of "This once"
    it.terminal.type("hi\r");
    await it.sees("Trust the settings of this folder?", "not taken");
    it.terminal.key("esc");
    await it.rests();
    await it.sends("/permissions");
    await it.sees("No rules.");
  });

  it("answers no question that came up where nobody saw it", () => {
    const answers: Answer[] = [];
    let time = 0;
    const pane = approvalPane({
      question: { tool: "bash", effect: { kind: "run", subjects: [] }, input: {}, subjects: [], why: "it asks" },
      ...{
        theme: themeOf({ colours: false }),
        locale: "en",
        waiting: () => 0,
        rows: () => 20,
        changed: () => undefined,
      },
      answer: (answer) => answers.push(answer),
      now: () => time,
    });
    // the whole screen is the viewer's, until it is closed by the first key of a word
    time = 60_000;
    pane.render(80);
    time += 20;
    pane.key("y");
    expect(answers).toEqual([]);
    time += 301;
    pane.key("y");
    expect(answers).toMatchObject([{ verdict: "allow" }]);
  });
});

describe("what others name", () => {
  it("a tool that a model made up does nothing to the terminal", async () => {
    await using server = await modelServer([{ calls: [{ name: "x\u001b]52;c;aGk=\u0007\nfake", input: {} }] }, "over"]);
    const { stderr } = await nanocoder(["-p", "go"], { place: place(), env: openaiAt(server.url) });
    expect(stderr).toContain("> x\\u{1b}]52;c;aGk=\\u{7}(");
    expect(stderr).not.toMatch(/[\u0007\u001b]|^fake/m);
  });

  it.each(["HEAD", ".git"])("a pipe called %s in the folder stops nothing", async (name) => {
    const where = place();
    execFileSync("mkfifo", [join(where.work, name)]);
    mkdirSync(join(where.work, "objects"));
    await using it = await session({ where, script: ["answered"] });
    await it.sends("go");
    await it.sees("answered");
  });
});
