import { createInterface } from "node:readline";
import { type Config, readConfig, thisMachine } from "../app/config.js";
import { isolation } from "../app/isolation.js";
import { rulesOf } from "../app/policy.js";
import { UsageError } from "../app/usage-error.js";
import type { Effect, Foresight } from "../core/tool.js";
import { visible } from "../platform/text.js";
import { judge, type Mode } from "../plugins/permission.js";
import type { Rules } from "../plugins/rules.js";
import { foresee } from "../tools/foresee.js";
import type { PermissionFlags } from "./asked.js";
import { write } from "./output.js";

type Judge = { config: Config; rules: Rules; sandbox: boolean; mode: Mode };
type Judged = { cmd: string; verdict: "allow" | "ask" | "deny"; class: Foresight["verdict"]; why: string };

/** Says what would be done with a command line, and why; nothing is run. */
export async function permissionsTest(flags: PermissionFlags, command: string | undefined): Promise<number> {
  const config = await readConfig(flags, thisMachine());
  for (const notice of config.notices) process.stderr.write(`${notice}\n`);
  const state = await isolation(config, [config.home])?.ready();
  const judging = { config, rules: await rulesOf(config), sandbox: state?.works ?? false, mode: config.mode };
  if (flags.jsonl) return answerLines(judging);
  if (command === undefined)
    throw new UsageError("permissions test wants a command line, or --jsonl and lines on stdin.");
  const { judged, foresight } = await test(command, judging);
  await write(process.stdout, `${shown(judged, foresight, judging)}\n`, () => undefined);
  return 0;
}

/** Shows the rules that count in this folder, with where they come from. */
export async function permissionsList(flags: PermissionFlags): Promise<number> {
  const config = await readConfig(flags, thisMachine());
  for (const notice of config.notices) process.stderr.write(`${notice}\n`);
  const rules = await rulesOf(config);
  const lines = (["deny", "ask", "allow"] as const).flatMap((verb) =>
    rules[verb].map(({ text, from }) => `${verb.padEnd(5)} ${text}   (${from})`),
  );
  const none = `No rules. Mode ${config.mode}. Add some to ${config.home}/settings.json: {"permissions":{"allow":["bash(npm test *)"]}}`;
  await write(process.stdout, `${lines.join("\n") || none}\n`, () => undefined);
  return 0;
}

async function answerLines(judging: Judge): Promise<number> {
  let code = 0;
  for await (const line of createInterface({ input: process.stdin, crlfDelay: Number.POSITIVE_INFINITY })) {
    if (line.trim() === "") continue;
    const command = commandIn(line);
    if (command === undefined) code = 2;
    const answer =
      command === undefined
        ? { error: `this line is not {"cmd":"…"}: ${line.slice(0, 100)}` }
        : (await test(command, judging)).judged;
    await write(process.stdout, `${JSON.stringify(answer)}\n`, () => undefined);
  }
  return code;
}

function commandIn(line: string): string | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null && "cmd" in value && typeof value.cmd === "string"
      ? value.cmd
      : undefined;
  } catch {
    return undefined;
  }
}

async function test(
  command: string,
  { config, rules, sandbox, mode }: Judge,
): Promise<{ judged: Judged; foresight: Foresight }> {
  const { cwd, userHome: home, home: own, childEnv: env } = config;
  const foresight = await foresee(command, { cwd, root: cwd, home, env });
  const reads = foresight.verdict === "read-only";
  const effect: Effect = { kind: reads ? "read" : "run", subjects: reads ? foresight.reads : [command], foresight };
  const writable = config.sandbox.write;
  const options = { root: cwd, home, own, rules, readable: writable, writable };
  const verdict = judge({ subject: { tool: "bash", effect }, options, mode, sandbox });
  const why = verdict.verdict === "allow" ? verdict.by : verdict.why;
  return { judged: { cmd: command, verdict: verdict.verdict, class: foresight.verdict, why }, foresight };
}

function shown({ cmd, verdict, class: kind, why }: Judged, foresight: Foresight, { mode, sandbox }: Judge): string {
  const part = ({ command, proved }: Foresight["parts"][number]) =>
    `  ${proved ? "reads " : "leave "} ${visible(command)}`;
  const list = (name: string, items: readonly string[]) =>
    items.length === 0 ? [] : [`${name}: ${items.map(visible).join(", ")}`];
  return [
    visible(cmd),
    `verdict: ${verdict} (${visible(why)})`,
    `class:   ${kind} (${visible(foresight.why)})`,
    `mode:    ${mode}, ${sandbox ? "with a sandbox" : "without a sandbox"}`,
    "commands:",
    ...foresight.parts.map(part),
    ...list("reads", foresight.reads),
    ...list("writes", foresight.writes),
    ...list("network", foresight.network),
    ...list("cannot be told", foresight.unknown),
  ].join("\n");
}
