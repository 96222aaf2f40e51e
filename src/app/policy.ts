import { sentence } from "../core/run-tools.js";
import { type Globs, type Rules, readRules } from "../plugins/rules.js";
import type { Policy } from "./agent.js";
import type { Config } from "./config.js";
import { isolation } from "./isolation.js";
import { UsageError } from "./usage-error.js";

/** What is let through, and how commands run, from a configuration. Throws a UsageError for a rule that is wrong. */
export async function policyOf(config: Config, shown: readonly string[]): Promise<Policy> {
  const sandbox = isolation(config, shown);
  const always = config.sandbox.use === "always";
  if (always) await mustWork(sandbox);
  return {
    mode: config.mode,
    rules: await rulesOf(config),
    home: config.userHome,
    own: config.home,
    writable: config.sandbox.write,
    sandbox,
    always,
    remember: (rules) => remember(config.home, rules),
  };
}

async function mustWork(sandbox: Policy["sandbox"]): Promise<void> {
  const state = await sandbox?.ready();
  if (state?.works) return;
  const why = state === undefined ? "there is none for this folder on this machine" : `${state.why}: ${state.mend}`;
  throw new UsageError(`--sandbox: ${why}.`);
}

/** The rules of all sources, compiled. */
export async function rulesOf({ rules, cwd, userHome }: Pick<Config, "rules" | "cwd" | "userHome">): Promise<Rules> {
  const none: Rules = { allow: [], ask: [], deny: [] };
  if (rules.every(({ allow, ask, deny }) => !allow?.length && !ask?.length && !deny?.length)) return none;
  const { default: picomatch } = await import("picomatch");
  const glob: Globs = (pattern, basename) => picomatch(pattern, { dot: true, basename, nonegate: true });
  try {
    return readRules(rules, { root: cwd, home: userHome }, glob);
  } catch (error) {
    throw new UsageError(sentence(error));
  }
}

// the user's own file, never a project's
async function remember(home: string, rules: readonly string[]): Promise<void> {
  const { changeSettings } = await import("./user-settings.js");
  changeSettings(home, (settings) => {
    const allow = [...new Set([...(settings.permissions?.allow ?? []), ...rules])];
    return { ...settings, permissions: { ...settings.permissions, allow } };
  });
}
