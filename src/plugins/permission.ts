import { state } from "../core/fold.js";
import type { Json } from "../core/message.js";
import { plainText, text } from "../core/message.js";
import type { Plugin } from "../core/plugin.js";
import type { Session } from "../core/session.js";
import type { Effect, Result, Tool, ToolContext } from "../core/tool.js";
import { visible } from "../platform/text.js";
import { isSecret } from "../shell/secrets.js";
import { type Guarded, isProtected, within } from "./protected.js";
import { narrowest, type Rule, type Rules, ruleAgainst, rulesFor, type Subject, shownSubjects } from "./rules.js";

export const MODES = ["strict", "default", "plan", "auto"] as const;
export type Mode = (typeof MODES)[number];

/** Something only a person can decide. What is in it is shown whole, with hidden characters made visible. */
export type Question = {
  tool: string;
  effect: Effect;
  /** What it would touch: the command, the resolved paths, the address. */
  subjects: readonly string[];
  why: string;
  /** How a path was spelled that leads elsewhere through a link. */
  via?: string;
  /** The rules that `always` would write. Absent: it must be asked each time. */
  always?: readonly string[];
};

/** `once`, `session` and `always` say for how long a yes counts; `why` of a no is told to the model. */
export type Answer = { verdict: "allow" | "deny"; why: string; for?: "once" | "session" | "always" };

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
  ask(question: Question): Promise<Answer>;
  /** Keeps rules in the user's own settings. */
  remember(rules: readonly string[]): Promise<void>;
};

export type Verdict =
  | { verdict: "allow"; by: string; free: boolean }
  | { verdict: "deny"; why: string }
  // a firm question is asked whatever leave was given before
  | { verdict: "ask"; why: string; firm: boolean };

/** Lets a call through, refuses it, or asks, by rules, the tool's declared effect and the mode. */
export function permission(options: PermissionOptions): Plugin {
  return {
    name: "permission",
    wrapTool: (tool) => ({ ...tool, run: (input, context) => guarded(tool, { input, context }, options) }),
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
    effect.kind === "net" ? ask(`it reaches out to ${effect.subjects.join(", ")}`) : undefined,
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

function runVerdict({ foresight }: Effect, options: Judging, sandbox: boolean): Verdict {
  if (foresight === undefined) return ask("it runs a command");
  if (!sandbox) return ask(foresight.why);
  const { network, writes, reads: read, repository } = foresight;
  if (network.length > 0) return ask(`it reaches out to ${network.join(", ")}`);
  if (repository) return ask("it changes the repository (.git)");
  const outside = writes.find((path) => !isInside(path, [options.root, ...options.writable]));
  if (outside !== undefined) return ask(`it writes to ${outside}, outside the workspace`);
  const verdict = readVerdict(read, options);
  return verdict.verdict === "allow" ? allow("it runs in the sandbox") : verdict;
}

type Made = { input: unknown; context: ToolContext };

async function guarded(tool: Tool, made: Made, options: PermissionOptions): Promise<string | Result> {
  const { input, context } = made;
  const effect = await tool.effect(input, context);
  const subject = { tool: tool.name, effect };
  const mode = modeOf(context, options.mode);
  const sandbox = effect.kind === "run" && (await options.sandboxed());
  const judged = judge({ subject, options: { ...options, rules: withGrants(context, options.rules) }, mode, sandbox });
  const verdict = context.asks !== undefined && judged.verdict !== "deny" ? ask(context.asks, true) : judged;
  if (verdict.verdict === "allow") return carryOut(tool, made, { effect, free: verdict.free || !sandbox, options });
  const question = questionOf(subject, verdict.why, verdict.verdict === "ask" && !verdict.firm);
  const answer = await decide(verdict, question, { context, options });
  context.record({ type: "judged", verdict: answer.verdict, by: "permission", why: answer.why });
  if (answer.verdict === "allow") return tool.run(input, { ...context, judged: effect, free: true });
  return refusal(answer.why);
}

type Carrying = { effect: Effect; free: boolean; options: PermissionOptions };

async function carryOut(
  tool: Tool,
  { input, context }: Made,
  { effect, free, options }: Carrying,
): Promise<string | Result> {
  const result = await tool.run(input, { ...context, judged: effect, free });
  const why = free || typeof result === "string" ? undefined : stoppedBySandbox(result);
  if (why === undefined || typeof result === "string") return result;
  const question = questionOf({ tool: tool.name, effect }, `in the sandbox it failed: ${why}`, true);
  const answer = await options.ask(question);
  context.record({ type: "judged", verdict: answer.verdict, by: "sandbox", why: answer.why });
  if (answer.verdict === "allow") {
    await keep(answer, question, { context, options });
    return tool.run(input, { ...context, judged: effect, free: true });
  }
  const said = answer.why.replace(question.why, "").trim();
  const rule = "commands run without network, and write only in the workspace and temporary folders";
  const note = text(`\n[${why}: ${rule}. Not run outside${said === "" ? "" : `: ${said}`}]`);
  const details =
    typeof result.details === "object" && result.details !== null && !Array.isArray(result.details)
      ? result.details
      : {};
  return { ...result, parts: [...result.parts, note], details: { ...details, denied: true, why: answer.why } };
}

const SIGNS: readonly [RegExp, string][] = [
  [/Read-only file system|EROFS/, "it wanted to write where nothing may be written"],
  [
    /Could not resolve host|Temporary failure in name resolution|Network is unreachable|ENETUNREACH|EAI_AGAIN|ENOTFOUND|getaddrinfo|Name or service not known|No address associated with hostname|network is unreachable/i,
    "it wanted the network",
  ],
];

function stoppedBySandbox({ failed, parts, details }: Result): string | undefined {
  const sandboxed = typeof details === "object" && details !== null && "sandboxed" in details;
  if (!failed || !sandboxed) return undefined;
  const said = plainText(parts);
  return SIGNS.find(([sign]) => sign.test(said))?.[1];
}

function questionOf(subject: Subject, why: string, mayRemember: boolean): Question {
  const { tool, effect } = subject;
  const rules = mayRemember ? narrowest(subject).filter((rule) => !/[*…]/.test(rule)) : [];
  return {
    tool,
    effect,
    subjects: shownSubjects(effect).map((each) => visible(each)),
    why: visible(effect.via === undefined ? why : `${why} (via link: ${effect.via})`),
    ...(effect.via === undefined ? {} : { via: visible(effect.via) }),
    ...(rules.length > 0 ? { always: rules } : {}),
  };
}

type Asking = { context: ToolContext; options: PermissionOptions };

async function decide(verdict: Verdict, question: Question, asking: Asking): Promise<Answer> {
  const { context, options } = asking;
  if (verdict.verdict === "deny") return { verdict: "deny", why: question.why };
  const firm = verdict.verdict === "ask" && verdict.firm;
  if (context.leave !== undefined && !firm) return { verdict: "allow", why: context.leave };
  const answer = await options.ask(question);
  if (answer.verdict === "allow") await keep(answer, question, asking);
  return answer;
}

/** The state key of rules that count until the session ends. */
const GRANTS = "permission.grants";

async function keep(answer: Answer, { always = [] }: Question, { context, options }: Asking): Promise<void> {
  if (always.length === 0 || answer.for === undefined || answer.for === "once") return;
  const value: Json = [...grantsOf(context), ...always];
  context.record({ type: "state", key: GRANTS, value });
  if (answer.for === "always") await options.remember(always);
}

/** The rules that a person granted until the session ends. */
export function grantsOf({ events }: Pick<Session, "events">): string[] {
  const kept = state(events, GRANTS);
  return Array.isArray(kept) ? kept.filter((each) => typeof each === "string") : [];
}

// a grant is the exact text of what was let through
function withGrants(session: Session, rules: Rules): Rules {
  const grants = grantsOf(session).flatMap((text) => {
    const found = /^(\w+)\(([\s\S]*)\)$/.exec(text);
    const [, tool, pattern] = found ?? [];
    if (tool === undefined || pattern === undefined) return [];
    return [{ text, from: "this session", tool, pattern, matches: (subject: string) => subject === pattern }];
  });
  return grants.length === 0 ? rules : { ...rules, allow: [...rules.allow, ...grants] };
}

function refusal(why: string): Result {
  const details: Json = { denied: true, why };
  return {
    parts: [text(`Denied: ${why}. Nothing was done; find another way or say what you need.`)],
    failed: true,
    details,
  };
}

/** The mode a session is in: what was set last in it, else the one it began with. */
export function modeOf(session: Session, fallback: Mode): Mode {
  const set = state(session.events, "mode");
  return MODES.find((mode) => mode === set) ?? fallback;
}

function isInside(path: string, roots: readonly string[]): boolean {
  return roots.some((root) => within(path, root));
}
