import { mkdirSync, mkdtempSync, realpathSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { readConfig } from "../../../src/app/config.js";
import { doctorCommand, terminalFindings } from "../../../src/cli/repl/commands/doctor-command.js";
import type { Locale } from "../../../src/cli/repl/locale.js";
import { modelServer } from "../../../src/models/scripted/server.js";
import { schedulePath } from "../../../src/store/schedule-file.js";
import { nanocoder, place } from "../nanocoder.js";
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

  it("counts skills, types of sub-agents and schedules, and says what is broken and how to mend it", async () => {
    const { home, work } = place();
    const put = (path: string, text: string) => {
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, text);
    };
    const config = await readConfig({}, { env: { PATH: process.env.PATH ?? "" }, cwd: work, homedir: home });
    const told = async (locale: Locale) => {
      const ui = fakeUi();
      await doctorCommand(config, { env: UTF8, columns: 80, rows: 24 }, { ui, locale });
      return ui.text();
    };
    expect(await told("en")).toMatch(/✓ skills: none\n✓ types of sub-agents: none\n✓ schedules of this folder: none\n/);
    const own = join(home, ".nanocoder");
    put(join(own, "skills/fine/SKILL.md"), "---\ndescription: d\n---\nx");
    put(join(own, "skills/bad/SKILL.md"), "---\nname: [oops\n---\nx");
    put(join(own, "agents/some.md"), "---\nname: some\ntools: Read, Grpe\n---\nx");
    put(join(work, ".claude/agents/bad.md"), "---\nname: [oops\n---\nx");
    put(schedulePath(own, config.cwd), "{");
    const english = await told("en");
    expect(english).toMatch(
      /✓ skills: 2 \(bad, fine\)\n· skill, not read whole: .*bad\/SKILL\.md:2:.*\n {4}mend: mend what/,
    );
    expect(english).toMatch(
      /✓ types of sub-agents: 1 \(some\)\n· type of sub-agent: .*bad\.md:2:.*\n {4}mend: mend what/,
    );
    expect(english).toMatch(/some\.md: there is no tool "Grpe"\n {4}mend: correct the name/);
    expect(english).toMatch(/schedules: .*\.json: what cannot be read is left out \(1\)\n {4}mend: mend or remove/);
    const chinese = await told("zh");
    for (const words of ["技能：2 (bad, fine)", '没有工具 "Grpe"', "改正名称", "有 1 处无法读取", "修正或删除该文件"])
      expect(chinese).toContain(words);
    expect(chinese.split("\n").filter((line) => !/\p{Script=Han}/u.test(line))).toEqual([]);
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
