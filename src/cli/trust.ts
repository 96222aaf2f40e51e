import { readConfig, thisMachine } from "../app/config.js";
import { powerFile, powerFiles, powers } from "../app/layers.js";
import type { AskedServer } from "../app/mcp-chosen.js";
import { unifiedDiff } from "../platform/diff.js";
import { visible } from "../platform/text.js";
import { forgetConsents, keepConsent } from "../store/consents.js";
import { distrustFolder, type PowerFile, trust, trustOf } from "../store/trust.js";
import { agreed, canBeAsked } from "./agreed.js";
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
    const known = [distrustFolder(home, cwd), forgetConsents(home, cwd)];
    await say(known.includes(true) ? `${cwd} is not trusted any more.` : `${cwd} was not trusted.`);
    return 0;
  }
  const asked = await trustAsked({ home, cwd });
  if (asked.state === "unknown" || asked.state === "changed") {
    await say(asked.words);
    if (!(flags.yes || (await agreed("Trust this?")))) {
      await say(`Not trusted: nothing of it is used.${unasked()}`);
      return 1;
    }
    trust(home, cwd, asked.files);
    await say("Trusted, until one of these files changes.");
  }
  const { mcp } = await readConfig(flags, thisMachine());
  if (mcp.asked.length > 0) return serversTrusted({ home, cwd, flags, say }, mcp.asked);
  const none = `${cwd} has no .nanocoder/settings.json and no .mcp.json: there is nothing to trust.`;
  if (asked.state === "nothing")
    await say(mcp.specs.some(({ from }) => from.startsWith(`${cwd}/`)) ? `${cwd} is trusted as it is.` : none);
  if (asked.state === "trusted") await say(`${cwd} is trusted as it is.`);
  return 0;
}

/** What a person is asked about a server of a project: all that it would run or reach. */
export function serverWords({ name, from, whole, consent }: AskedServer): string {
  const changed = consent === "changed" ? " It changed since you agreed to it." : "";
  return visible(
    `The MCP server ${name} of ${from} would run as you, outside the sandbox:\n  ${whole}${changed && `\n${changed.trim()}`}`,
  );
}

type Asking = { home: string; cwd: string; flags: TrustFlags; say(line: string): Promise<void> };

// each by itself: leave for one is no leave for another
async function serversTrusted({ home, cwd, flags, say }: Asking, servers: readonly AskedServer[]): Promise<number> {
  let refused = 0;
  for (const server of servers) {
    await say(serverWords(server));
    const yes = flags.yes || (await agreed(`Start ${visible(server.name)} in this folder?`));
    if (yes) keepConsent(home, cwd, { ...server, agreed: true });
    else refused += 1;
    await say(yes ? "Agreed, until it is written otherwise." : `Not started.${unasked()}`);
  }
  return refused === 0 ? 0 : 1;
}

async function changes(before: readonly PowerFile[], now: readonly PowerFile[]): Promise<string> {
  const paths = [...new Set([...before, ...now].map(({ path }) => path))];
  const textOf = (files: readonly PowerFile[], path: string) => files.find((file) => file.path === path)?.text ?? "";
  const diffs = await Promise.all(paths.map((path) => unifiedDiff(path, textOf(before, path), textOf(now, path))));
  return visible(`Changed since it was trusted:\n${diffs.map(({ text }) => text).join("")}`);
}

// what a script reads that could not be asked
function unasked(): string {
  return canBeAsked() ? "" : " Nobody can be asked here: nanocoder trust --yes agrees.";
}
