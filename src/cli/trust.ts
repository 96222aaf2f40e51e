import { readConfig, thisMachine } from "../app/config.js";
import { powerFile, powerFiles, powers } from "../app/layers.js";
import { unifiedDiff } from "../platform/diff.js";
import { visible } from "../platform/text.js";
import { distrustFolder, type PowerFile, trust, trustOf } from "../store/trust.js";
import { agreed } from "./agreed.js";
import type { TrustFlags } from "./asked.js";
import { write } from "./output.js";

/** Shows what a folder's settings would gain, and remembers a yes. Exit code 1 when the folder is not trusted in the end. */
export async function trustCommand(flags: TrustFlags): Promise<number> {
  const { home, cwd } = await readConfig(flags, thisMachine());
  const say = (line: string) => write(process.stdout, `${line}\n`, () => undefined);
  if (flags.revoke) {
    await say(distrustFolder(home, cwd) ? `${cwd} is not trusted any more.` : `${cwd} was not trusted.`);
    return 0;
  }
  const settings = powerFiles(cwd);
  const files = settings.map(powerFile);
  if (files.length === 0) {
    await say(`${cwd} has no .nanocoder/settings.json: there is nothing to trust.`);
    return 0;
  }
  const state = trustOf(home, cwd, files);
  if (state.state === "trusted") {
    await say(`${cwd} is trusted as it is.`);
    return 0;
  }
  if (state.state === "changed") await say(await changes(state.before, files));
  const gains = settings.flatMap(powers);
  await say(visible([`${cwd} would gain:`, ...gains.map((gain) => `  ${gain}`)].join("\n")));
  if (!(flags.yes || (await agreed("Trust this?")))) {
    await say("Not trusted: nothing of it is used.");
    return 1;
  }
  trust(home, cwd, files);
  await say("Trusted, until one of these files changes.");
  return 0;
}

async function changes(before: readonly PowerFile[], now: readonly PowerFile[]): Promise<string> {
  const paths = [...new Set([...before, ...now].map(({ path }) => path))];
  const textOf = (files: readonly PowerFile[], path: string) => files.find((file) => file.path === path)?.text ?? "";
  const diffs = await Promise.all(paths.map((path) => unifiedDiff(path, textOf(before, path), textOf(now, path))));
  return visible(`Changed since it was trusted:\n${diffs.map(({ text }) => text).join("")}`);
}
