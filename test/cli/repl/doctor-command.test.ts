import { mkdirSync, mkdtempSync, realpathSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readConfig } from "../../../src/app/config.js";
import { doctorCommand, terminalFindings } from "../../../src/cli/repl/commands/doctor-command.js";
import { modelServer } from "../../../src/models/scripted/server.js";
import { nanocoder } from "../nanocoder.js";
import { fakeUi } from "./fake-ui.js";

const UTF8 = { TERM: "xterm-256color", LANG: "zh_CN.UTF-8" };

describe("/doctor", () => {
  it("says what nanocoder doctor says, and what the terminal is", async () => {
    await using server = await modelServer([]);
    const home = realpathSync(mkdtempSync(join(tmpdir(), "doctor-")));
    mkdirSync(join(home, ".nanocoder"));
    writeFileSync(join(home, ".nanocoder/.env"), "OPENAI_API_KEY=k\n", { mode: 0o644 });
    const work = realpathSync(mkdtempSync(join(tmpdir(), "doctor-")));
    const env = {
      PATH: process.env.PATH ?? "",
      HOME: home,
      OPENAI_BASE_URL: server.url,
      OPENAI_API_KEY: "k",
      NANOCODER_MODEL: "gpt-5",
    };
    const ended = await nanocoder(["doctor"], { place: { home, work }, env });
    const ui = fakeUi();
    const config = await readConfig({}, { env, cwd: work, homedir: home });
    await doctorCommand(config, { env: UTF8, columns: 80, rows: 24 }, { ui, locale: "en" });
    expect(ui.text()).toBe(`${ended.stdout}✓ terminal: xterm-256color, 80 x 24, colours of the palette`);
    expect(ui.text()).toContain(`Mend it: chmod 600 ${home}/.nanocoder/.env`);
    expect(ui.busied).toEqual(["looking", "done: looking"]);
    const chinese = fakeUi();
    const { choice: _, ...noModel } = config;
    for (const each of [config, noModel])
      await doctorCommand(
        { ...each, notices: [] },
        { env: { TERM: "dumb" }, columns: 30, rows: 5 },
        { ui: chinese, locale: "zh" },
      );
    const english = chinese
      .text()
      .split("\n")
      .filter((line) => !/\p{Script=Han}/u.test(line));
    expect(english).toEqual([]);
  });

  const words = (env: Record<string, string>, columns = 80, rows = 24) =>
    terminalFindings({ env, columns, rows }).map(
      ({ level, what, mend }) => `${level}: ${what}${mend ? ` | ${mend}` : ""}`,
    );

  it("says what would make the terminal better", () => {
    expect(words({ ...UTF8, COLORTERM: "truecolor", TERM_PROGRAM: "kitty" })).toEqual([
      "good: terminal: xterm-256color, kitty, 80 x 24, 24-bit colours",
    ]);
    expect(words({ TERM: "dumb", LC_ALL: "C", LANG: "C.UTF-8", NO_COLOR: "1" }, 30, 5)).toEqual([
      "good: terminal: dumb, 30 x 5, no colours (NO_COLOR)",
      "note: the terminal does not say what it can: the session shows plain lines | set TERM to what your terminal is, such as xterm-256color",
      "note: the window is small | make it 40 x 10 or larger",
      "note: the locale is C, not UTF-8: what other programs write may be unreadable | export LANG=C.UTF-8, or that of your language, such as zh_CN.UTF-8",
    ]);
    expect(words({ ...UTF8, TMUX: "/tmp/tmux" })[1]).toMatch(
      /^note: inside tmux: .* \| in ~\/\.tmux\.conf: set -s extended-keys on/,
    );
    expect(words({ ...UTF8, STY: "1" })[1]).toMatch(/^note: inside screen/);
    expect(words({ TERM: "xterm" })[1]).toMatch(/^note: the locale is not set/);
  });
});
