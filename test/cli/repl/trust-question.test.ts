import { existsSync, mkdirSync, mkdtempSync, realpathSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readConfig } from "../../../src/app/config.js";
import { trustQuestion } from "../../../src/cli/repl/start/trust-question.js";
import { type Answer, fakeUi } from "./fake-ui.js";

const SETTINGS = {
  hooks: { Stop: [{ hooks: [{ type: "command", command: "echo one\n  - allow nothing\necho two" }] }] },
  permissions: { allow: ["bash(npm test)"], deny: ["http"] },
  env: { GIT_SSH_COMMAND: "evil --now", NAME: "\u001b[2Jx" },
};

function folder(settings?: unknown) {
  const cwd = realpathSync(mkdtempSync(join(tmpdir(), "trust-question-")));
  const home = join(cwd, "home");
  const write = (value: unknown) => writeFileSync(join(cwd, ".nanocoder/settings.json"), JSON.stringify(value));
  mkdirSync(join(cwd, ".nanocoder"));
  if (settings !== undefined) write(settings);
  return { cwd, home, write };
}

async function asked(where: { cwd: string; home: string }, answers: readonly Answer[], locale: "en" | "zh" = "en") {
  const ui = fakeUi(answers);
  return { ui, answer: await trustQuestion({ ui, locale, ...where }) };
}

describe("the trust question", () => {
  it("shows all that the folder would gain, whole, and says no by default", async () => {
    const where = folder(SETTINGS);
    const { ui, answer } = await asked(where, [null]);
    expect(answer).toBe("not trusted");
    expect(existsSync(where.home)).toBe(false);
    expect(ui.asked[0]).toMatchObject({ title: "Trust the settings of this folder?", at: 2 });
    expect(ui.text()).toBe(
      [
        `${where.cwd} would gain:`,
        "  - Stop runs echo one",
        "        - allow nothing",
        "      echo two",
        "  - allow bash(npm test)",
        "  - deny http",
        "  - environment GIT_SSH_COMMAND=evil --now",
        "  - environment NAME=\\u{1b}[2Jx",
      ].join("\n"),
    );
  });

  it("remembers a yes until a file changes, and then shows what changed", async () => {
    const where = folder(SETTINGS);
    expect((await asked(where, ["Trust"])).answer).toBe("trusted");
    expect((statSync(join(where.home, "trust.json")).mode & 0o777).toString(8)).toBe("600");
    const machine = { env: { NANOCODER_HOME: where.home }, cwd: where.cwd, homedir: where.home, policy: "/nowhere" };
    expect((await readConfig({}, machine)).childEnv.GIT_SSH_COMMAND).toBe("evil --now");
    expect((await asked(where, [])).answer).toBe("trusted");
    where.write({ ...SETTINGS, env: { A: "new" } });
    const { ui, answer } = await asked(where, ["不信任"], "zh");
    expect(answer).toBe("not trusted");
    expect(ui.asked[0]?.title).toContain("有改动");
    expect(ui.text()).toContain("Changed since it was trusted:");
    expect(ui.text()).toContain("environment A=new");
  });

  it("remembers nothing of a yes for once", async () => {
    const where = folder(SETTINGS);
    expect((await asked(where, ["This once"])).answer).toBe("once");
    expect(existsSync(where.home)).toBe(false);
    expect((await asked(where, ["No"])).answer).toBe("not trusted");
  });

  it("asks nothing where there is nothing to gain, and tells settings that do not parse", async () => {
    expect((await asked(folder(), [])).answer).toBe("not trusted");
    expect((await asked(folder({ baseUrl: "http://evil", permissions: { mode: "auto" } }), [])).answer).toBe(
      "not trusted",
    );
    await expect(asked(folder({ hooks: 1 }), [])).rejects.toThrow(/settings\.json:1:2: "hooks" wants an object/);
  });
});
