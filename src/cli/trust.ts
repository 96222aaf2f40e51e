import { readConfig, thisMachine } from "../app/config.js";
import { powerFile, powerFiles, powers } from "../app/layers.js";
import { unifiedDiff } from "../platform/diff.js";
import { visible } from "../platform/text.js";
import { distrustFolder, type PowerFile, trust, trustOf } from "../store/trust.js";
import { agreed } from "./agreed.js";
import type { TrustFlags } from "./asked.js";
import { write } from "./output.js";

/** What a folder's settings would gain by trust, a phrase each, and in words to show; `changed`: trusted as they were before. */
export type Gains = { files: PowerFile[]; phrases: string[]; words: string };
export type TrustAsked = { state: "nothing" } | { state: "trusted" } | ({ state: "unknown" | "changed" } & Gains);

/** Whether a folder is trusted, and else what it would gain. Throws a UsageError for settings that do not parse. */
export async function trustAsked({ home, cwd }: { home: string; cwd: string }): Promise<TrustAsked> {
  const settings = powerFiles(cwd);
  const files = settings.map(powerFile);
  if (files.length === 0) return { state: "nothing" };
  const known = trustOf(home, cwd, files);
  if (known.state === "trusted") return { state: "trusted" };
  const phrases = settings.flatMap(powers);
  const before = known.state === "changed" ? await changes(known.before, files) : "";
  // what goes on in a second line is not taken for a phrase of its own
  const listed = phrases.map((phrase) => `  - ${visible(phrase).replaceAll("\n", "\n      ")}`);
  return { state: known.state, files, phrases, words: `${before}${visible(cwd)} would gain:\n${listed.join("\n")}` };
}

/** Shows what a folder's settings would gain, and remembers a yes. Exit code 1 when the folder is not trusted in the end. */
export async function trustCommand(flags: TrustFlags): Promise<number> {
  const { home, cwd } = await readConfig(flags, thisMachine());
  const say = (line: string) => write(process.stdout, `${line}\n`, () => undefined);
  if (flags.revoke) {
    await say(distrustFolder(home, cwd) ? `${cwd} is not trusted any more.` : `${cwd} was not trusted.`);
    return 0;
  }
  const asked = await trustAsked({ home, cwd });
  if (asked.state === "nothing" || asked.state === "trusted") {
    const none = `${cwd} has no .nanocoder/settings.json: there is nothing to trust.`;
    await say(asked.state === "trusted" ? `${cwd} is trusted as it is.` : none);
    return 0;
  }
  await say(asked.words);
  if (!(flags.yes || (await agreed("Trust this?")))) {
    await say("Not trusted: nothing of it is used.");
    return 1;
  }
  trust(home, cwd, asked.files);
  await say("Trusted, until one of these files changes.");
  return 0;
}

async function changes(before: readonly PowerFile[], now: readonly PowerFile[]): Promise<string> {
  const paths = [...new Set([...before, ...now].map(({ path }) => path))];
  const textOf = (files: readonly PowerFile[], path: string) => files.find((file) => file.path === path)?.text ?? "";
  const diffs = await Promise.all(paths.map((path) => unifiedDiff(path, textOf(before, path), textOf(now, path))));
  return visible(`Changed since it was trusted:\n${diffs.map(({ text }) => text).join("")}`);
}
