import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { readConfig } from "../../../src/app/config.js";
import { THEMES } from "../../../src/app/settings.js";
import { type Theme, themeNamed } from "../../../src/cli/repl/theme.js";
import { place } from "../nanocoder.js";
import { session } from "./session.js";

const codes = (theme: Theme) => [theme.good("x"), theme.bad("x"), theme.accent("x")].map((each) => each.slice(0, 5));
const [red, green, blue, cyan] = ["\u001b[31m", "\u001b[32m", "\u001b[34m", "\u001b[36m"];

it("a theme is what the person has set, and otherwise what the terminal tells of its ground", () => {
  const named = (name: (typeof THEMES)[number] | undefined, env = {}) =>
    codes(themeNamed(name, { colours: true, env }));
  const lit = { COLORFGBG: "0;15" };
  expect(named(undefined)).toEqual([green, red, cyan]);
  expect(named("auto", lit)).toEqual([green, red, blue]);
  expect(named("dark", lit)).toEqual([green, red, cyan]);
  expect(named("light")).toEqual([green, red, blue]);
  expect(named("dark-daltonized", lit)).toEqual(["\u001b[94m", red, cyan]);
  expect(named("light-daltonized")).toEqual([blue, red, blue]);
  for (const name of THEMES) expect(codes(themeNamed(name, { colours: false, env: {} }))).toEqual(["x", "x", "x"]);
  expect(named("none", lit)).toEqual(["x", "x", "x"]);
});

it("a theme that there is not is told in a sentence, and a project sets none", async () => {
  const { home, work } = place();
  const path = join(home, ".nanocoder", "settings.json");
  mkdirSync(join(home, ".nanocoder"));
  writeFileSync(path, '{"theme":"blue"}');
  const read = (flags = {}) => readConfig({ cwd: work, ...flags }, { env: { HOME: home }, cwd: work, homedir: home });
  await expect(read()).rejects.toThrow(
    `${path}:1:2: "theme" wants one of auto, dark, light, dark-daltonized, light-daltonized, none.`,
  );
  writeFileSync(path, '{"theme":"light"}');
  mkdirSync(join(work, ".nanocoder"));
  writeFileSync(join(work, ".nanocoder", "settings.json"), '{"theme":"none"}');
  const config = await read({ trust: true });
  expect(config.theme).toBe("light");
  expect(config.notices.join()).toContain("a project may not set theme");
});

it("a session is drawn in the theme that is set", async () => {
  const where = place();
  mkdirSync(join(where.home, ".nanocoder"));
  writeFileSync(join(where.home, ".nanocoder", "settings.json"), '{"theme":"none"}');
  await using it = await session({ where, script: ["`code` and **bold**"] });
  await it.sends("hello");
  await it.sees("code and bold");
  await it.rests();
  expect(it.terminal.bytes.log).not.toMatch(/\u001b\[[\d;]*3[0-7]m/);
  expect(it.terminal.bytes.log).toContain("\u001b[1mbold");
});
