import { state } from "../core/fold.js";
import { type Json, text } from "../core/message.js";
import type { Plugin } from "../core/plugin.js";
import type { Session } from "../core/session.js";
import type { Effect, Result, Tool, ToolContext } from "../core/tool.js";
import { visible } from "../platform/text.js";
import { unlessAborted } from "../platform/waiting.js";
import { isSecret } from "../shell/secrets.js";
import { keepGrant, withGrants } from "./grants.js";
import { type Guarded, isProtected, within } from "./protected.js";
import type { Answer, Asking, Question } from "./question.js";
import { type Rule, type Rules, ruleAgainst, rulesFor, type Subject } from "./rules.js";
import { type Turns, turns } from "./turns.js";

export const MODES = ["strict", "default", "plan", "auto"] as const;
/**
 * What needs leave: `strict` all but reading, `default` what leaves the workspace and commands, `plan` refuses changes, `auto` asks for nothing but danger.
 *
 * @example
 * const mode: Mode = "strict";
 */
export type Mode = (typeof MODES)[number];

export type PermissionOptions = Guarded & {
  mode: Mode;
  rules: Rules;
  /** Folders outside the workspace that may be read, and those that may be written. */
  readable: readonly string[];
  writable: readonly string[];
  /** Whether commands can be isolated; asked when the first one comes. */
  sandboxed(): Promise<boolean>;
  /** Commands are isolated in every mode. */
  always?: boolean;
  /** Asked one at a time; asks without waiting for the answer when the signal fires. */
  ask(question: Question, asking: Asking): Promise<Answer>;
  /** Who asks, where that is not the session itself. */
  from?: string | undefined;
  /** The session that it works for: its mode and its grants count. */
  owner?: Owner | undefined;
  /** The queue of questions, where several agents ask one person. */
  turns?: Turns | undefined;
  /** Keeps rules in the user's own settings. */
  remember(rules: readonly string[]): Promise<void>;
};

/** Whose mode and grants count. */
export type Owner = Pick<ToolContext, "events" | "record">;

export type Verdict =
  | { verdict: "allow"; by: string; free: boolean }
  | { verdict: "deny"; why: string }
  // a firm question is asked whatever leave was given before
  | { verdict: "ask"; why: string; firm: boolean };

/** Lets a call through, refuses it, or asks, by rules, the tool's declared effect and the mode. */
export function permission(options: PermissionOptions): Plugin {
  const guard = { options, turns: options.turns ?? turns() };
  return {
    name: "permission",
    wrapTool: (tool) => ({ ...tool, run: (input, context) => guarded({ tool, input, context }, guard) }),
  };
}

type Judging = Pick<PermissionOptions, "root" | "home" | "own" | "rules" | "readable" | "writable" | "always">;
type Case = { subject: Subject; options: Judging; mode: Mode; sandbox: boolean };

const allow = (by: string, free = false): Verdict => ({ verdict: "allow", by, free });
const ask = (why: string, firm = false): Verdict => ({ verdict: "ask", why, firm });
const deny = (why: string): Verdict => ({ verdict: "deny", why });

/** What is said of a call before anybody is asked. The order of the stages is the policy. */
export function judge(given: Case): Verdict {
  for (const stage of STAGES) {
    const verdict = stage(given);
    if (verdict) return verdict;
  }
  return ask("nothing allows it");
}

const STAGES: readonly ((given: Case) => Verdict | undefined)[] = [
  ({ subject: { effect } }) =>
    effect.foresight?.verdict === "catastrophic"
      ? deny(`${effect.foresight.why}; this is refused in every mode`)
      : undefined,
  ({ subject, options }) => {
    const rule = ruleAgainst(options.rules.deny, subject);
    return rule && deny(`the rule ${rule.text} of ${rule.from} forbids it`);
  },
  ({ subject: { effect }, mode }) => (mode === "plan" && !reads(effect) ? deny("plan mode only reads") : undefined),
  ({ subject: { effect }, options }) => {
    const path = written(effect).find((each) => isProtected(each, options));
    return path === undefined ? undefined : ask(`${path} steers what runs later`, true);
  },
  ({ subject: { effect } }) => (effect.foresight?.unchecked ? ask(effect.foresight.why, true) : undefined),
  ({ subject, options }) => {
    const rule = ruleAgainst(options.rules.ask, subject);
    return rule && ask(`the rule ${rule.text} of ${rule.from} asks`, true);
  },
  ({ mode, options }) => (mode === "auto" ? allow("mode auto", options.always !== true) : undefined),
  ({ subject, options }) => {
    const rules = rulesFor(options.rules.allow, subject);
    return rules && staysIn(subject.effect, rules, options)
      ? allow(`the rule ${rules[0]?.text} of ${rules[0]?.from}`, true)
      : undefined;
  },
  ({ subject: { effect } }) => (effect.kind === "none" ? allow("it touches nothing") : undefined),
  ({ subject: { effect }, options }) => (effect.kind === "read" ? readVerdict(effect.subjects, options) : undefined),
  ({ subject: { effect }, mode }) => {
    if (mode !== "strict") return undefined;
    return ask(
      effect.kind === "write" ? "strict mode asks before each edit" : (effect.foresight?.why ?? "strict mode asks"),
    );
  },
  ({ subject: { effect } }) =>
    effect.kind === "net" ? ask(effect.doubt ?? `it reaches out to ${effect.subjects.join(", ")}`) : undefined,
  ({ subject: { effect }, options }) => (effect.kind === "write" ? writeVerdict(effect, options) : undefined),
  ({ subject: { effect }, options, sandbox }) =>
    effect.kind === "run" ? runVerdict(effect, options, sandbox) : undefined,
];

function reads({ kind }: Effect): boolean {
  return kind === "read" || kind === "none";
}

function written(effect: Effect): readonly string[] {
  return effect.kind === "write" ? effect.subjects : (effect.foresight?.writes ?? []);
}

// a rule that allows a command does not let it, or its redirections, out of the workspace unless it names the whole line
function staysIn({ foresight }: Effect, rules: readonly Rule[], { root, writable }: Judging): boolean {
  const exact = rules.length === 1 && rules[0]?.pattern === foresight?.line;
  return foresight === undefined || exact || foresight.writes.every((path) => isInside(path, [root, ...writable]));
}

/** What anybody may read of a machine: programs, libraries, and what tells of the system. */
const COMMON =
  /^\/(usr|bin|sbin|lib|lib64|opt)(\/|$)|^\/etc\/(os-release|lsb-release|debian_version|hostname|timezone|localtime|shells|mime\.types|services|protocols)$|^\/proc\/(cpuinfo|meminfo|version|loadavg|uptime|stat|filesystems|mounts|self\/(status|mounts|limits))$/;

function readVerdict(paths: readonly string[], { root, home, readable }: Judging): Verdict {
  const roots = [root, ...readable];
  const outside = paths.find((path) => !isInside(path, roots) && !COMMON.test(path));
  if (outside !== undefined) return ask(`${outside} is outside the workspace`);
  const secret = paths.find((path) => isSecret(path, { home }) && !isInside(path, readable));
  return secret === undefined ? allow("reading is free") : ask(`${secret} holds secrets`);
}

function writeVerdict(effect: Effect, { root, writable }: Judging): Verdict {
  const outside = effect.subjects.find((path) => !isInside(path, [root, ...writable]));
  if (outside !== undefined) return ask(`${outside} is outside the workspace`);
  return effect.doubt === undefined ? allow("edits in the workspace can be undone") : ask(effect.doubt);
}

function runVerdict({ foresight, doubt }: Effect, options: Judging, sandbox: boolean): Verdict {
  if (foresight === undefined) return ask(doubt ?? "it runs a command");
  if (!sandbox) return ask(foresight.why);
  const { network, writes, reads: read, repository } = foresight;
  if (network.length > 0) return ask(`it reaches out to ${network.join(", ")}`);
  if (repository) return ask("it changes the repository (.git)");
  const outside = writes.find((path) => !isInside(path, [options.root, ...options.writable]));
  if (outside !== undefined) return ask(`it writes to ${outside}, outside the workspace`);
  const verdict = readVerdict(read, options);
  return verdict.verdict === "allow" ? allow("it runs in the sandbox") : verdict;
}

type Made = { tool: Tool; input: unknown; context: ToolContext };
/** One for all calls of a session. */
type Guard = { options: PermissionOptions; turns: Turns };
/** A call with what it would touch, and whether a command of it can be isolated. */
type Weighed = Made & { effect: Effect; sandbox: boolean };
type Allowed = Extract<Verdict, { verdict: "allow" }>;
type Denied = Extract<Verdict, { verdict: "deny" }>;

async function guarded(made: Made, guard: Guard): Promise<string | Result> {
  const call = await weigh(made, guard);
  const settled = await settle(call, guard);
  if ("answer" in settled) return obey(call, { ...settled.answer, by: "permission" }, guard);
  const { verdict } = settled;
  if (verdict.verdict === "allow") return carryOut(call, verdict, guard);
  return refuse(call, wordsFor(call.effect, verdict.why));
}

async function weigh(made: Made, { options }: Guard): Promise<Weighed> {
  const effect = await made.tool.effect(made.input, made.context);
  return { ...made, effect, sandbox: effect.kind === "run" && (await options.sandboxed()) };
}

// by the rules, grants and mode of now
function verdictOn({ tool, context, effect, sandbox }: Weighed, { options }: Guard): Verdict {
  const session = options.owner ?? context;
  const rules = withGrants(session, options.rules);
  const subject = { tool: tool.name, effect };
  const verdict = judge({ subject, options: { ...options, rules }, mode: modeOf(session, options.mode), sandbox });
  return context.asks !== undefined && verdict.verdict !== "deny" ? ask(context.asks, true) : verdict;
}

// a question that another answer has settled by the time it comes up is not asked
async function settle(call: Weighed, guard: Guard): Promise<{ verdict: Allowed | Denied } | { answer: Answer }> {
  const verdict = verdictOn(call, guard);
  if (verdict.verdict !== "ask") return { verdict };
  const { leave } = call.context;
  if (leave !== undefined && !verdict.firm) return { answer: { verdict: "allow", why: leave } };
  return guard.turns.take(async () => {
    const now = verdictOn(call, guard);
    return now.verdict === "ask" ? { answer: await askPerson(call, now, guard) } : { verdict: now };
  });
}

const OTHERWISE = "the file changed meanwhile: this is not what you were shown";
const INTERRUPTED: Answer = { verdict: "deny", why: "the user interrupted" };

type Reason = { why: string; firm: boolean };

async function askPerson(call: Weighed, reason: Reason, { options, turns }: Guard): Promise<Answer> {
  const { context } = call;
  const { signal } = context;
  if (signal.aborted) return INTERRUPTED;
  const { isAsShown, questionOf } = await import("./question.js");
  const why = wordsFor(call.effect, reason.why);
  const question = await questionOf(call, { ...reason, why, from: options.from });
  const asking = { signal, waiting: () => turns.waiting };
  const answer = await unlessAborted(signal, INTERRUPTED, () => options.ask(question, asking));
  const agreed = answer.verdict === "allow" && answer.input === undefined;
  // a file may be another by now: a yes is for what stood in the question
  if (agreed && !(await isAsShown(question, call)))
    return askPerson(call, { ...reason, why: OTHERWISE }, { options, turns });
  await keepGrant(answer, question.always ?? [], { context: options.owner ?? context, remember: options.remember });
  return answer;
}

/** An answer, and which mechanism asked for it. */
type Given = Answer & { by: string };

async function obey(call: Weighed, answer: Given, guard: Guard): Promise<string | Result> {
  const { tool, input, context, effect } = call;
  if (answer.verdict === "deny") return refuse(call, answer.why);
  if (answer.input !== undefined) return runChanged(call, { ...answer, input: answer.input }, guard);
  const now = verdictOn(call, guard);
  if (now.verdict === "deny") return refuse(call, wordsFor(effect, now.why));
  context.record({ type: "judged", verdict: "allow", by: answer.by, why: answer.why });
  return tool.run(input, { ...context, judged: effect, free: true });
}

// a person may change a call to anything but what is refused to everybody
async function runChanged(call: Weighed, answer: Given & { input: Json }, guard: Guard): Promise<string | Result> {
  const { tool, context } = call;
  const { changeOf, toldFirst } = await import("./changed-call.js");
  const change = await changeOf(tool, answer.input);
  if ("fault" in change) return refuse(call, change.fault);
  const { input, words } = change;
  const changed = await weigh({ ...call, input }, guard);
  const verdict = verdictOn(changed, guard);
  if (verdict.verdict === "deny") return refuse(call, `${words}: ${wordsFor(changed.effect, verdict.why)}`);
  context.record({ type: "judged", verdict: "allow", by: answer.by, why: `${answer.why}; ${words}` });
  return toldFirst(words, () => tool.run(input, { ...context, judged: changed.effect, free: true }));
}

async function carryOut(call: Weighed, verdict: Allowed, guard: Guard): Promise<string | Result> {
  const { tool, input, context, effect } = call;
  const free = verdict.free || !call.sandbox;
  const result = await tool.run(input, { ...context, judged: effect, free });
  if (free || typeof result === "string" || !result.failed) return result;
  const { keptInside, stoppedBySandbox } = await import("./sandbox-failure.js");
  const why = stoppedBySandbox(result);
  if (why === undefined) return result;
  const failed = `in the sandbox it failed: ${why}`;
  const answer = await guard.turns.take(async () => {
    const now = verdictOn(call, guard);
    if (now.verdict === "allow" && now.free) return { verdict: "allow" as const, why: now.by };
    return askPerson(call, { why: failed, firm: false }, guard);
  });
  if (answer.verdict === "allow") return obey(call, { ...answer, by: "sandbox" }, guard);
  context.record({ type: "judged", verdict: "deny", by: "sandbox", why: answer.why });
  return keptInside(result, why, { why: answer.why, said: answer.why.replace(failed, "").trim() });
}

/** Says no to a call, to the model and in the log. */
export function refuse({ context }: Pick<Made, "context">, why: string): Result {
  context.record({ type: "judged", verdict: "deny", by: "permission", why });
  const details: Json = { denied: true, why };
  return {
    parts: [text(`Denied: ${why}. Nothing was done; find another way or say what you need.`)],
    failed: true,
    details,
  };
}

// a reason with the link that a path leads through
function wordsFor({ via }: Effect, why: string): string {
  return visible(via === undefined ? why : `${why} (via link: ${via})`);
}
/** The mode a session is in: what was set last in it, else the one it began with. */
export function modeOf(session: Pick<Session, "events">, fallback: Mode): Mode {
  const set = state(session.events, "mode");
  return MODES.find((mode) => mode === set) ?? fallback;
}

function isInside(path: string, roots: readonly string[]): boolean {
  return roots.some((root) => within(path, root));
}
