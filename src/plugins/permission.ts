import { state } from "../core/fold.js";
import type { Json } from "../core/message.js";
import { text } from "../core/message.js";
import type { Plugin } from "../core/plugin.js";
import type { Session } from "../core/session.js";
import type { Effect, Result, Tool, ToolContext } from "../core/tool.js";

export const MODES = ["strict", "default", "plan", "auto"] as const;
export type Mode = (typeof MODES)[number];

/** Something only a person can decide. */
export type Question = { tool: string; effect: Effect; why: string };
export type Answer = { verdict: "allow" | "deny"; why: string };

export type PermissionOptions = {
  mode: Mode;
  /** The workspace, links resolved. */
  root: string;
  /** Folders outside the workspace that may be read: the full outputs of long results. */
  readable: readonly string[];
  ask(question: Question): Promise<Answer>;
};

type Verdict = { verdict: "allow" } | { verdict: "deny" | "ask"; why: string };

/** Lets a call through, refuses it, or asks, by the tool's declared effect and the mode. */
export function permission(options: PermissionOptions): Plugin {
  return {
    name: "permission",
    wrapTool: (tool) => ({ ...tool, run: (input, context) => guarded(tool, { input, context }, options) }),
  };
}

/** What a mode says of an effect, before anybody is asked. */
export function judge(mode: Mode, effect: Effect, options: Pick<PermissionOptions, "root" | "readable">): Verdict {
  if (mode === "auto" || effect.kind === "none") return { verdict: "allow" };
  const outside = effect.subjects.find((subject) => !isInside(subject, [options.root]));
  if (effect.kind === "read") {
    const unread = effect.subjects.find((subject) => !isInside(subject, [options.root, ...options.readable]));
    return unread === undefined ? { verdict: "allow" } : { verdict: "ask", why: `${unread} is outside the workspace` };
  }
  if (mode === "plan") return { verdict: "deny", why: "plan mode only reads" };
  if (effect.kind === "run") return { verdict: "ask", why: "the command is not one that only reads" };
  if (effect.kind === "net") return { verdict: "ask", why: `it reaches out to ${effect.subjects.join(", ")}` };
  if (outside !== undefined) return { verdict: "ask", why: `${outside} is outside the workspace` };
  if (mode === "strict") return { verdict: "ask", why: "strict mode asks before each edit" };
  const guarded = effect.subjects.find((subject) => isProtected(subject, options.root));
  return guarded === undefined
    ? { verdict: "allow" }
    : { verdict: "ask", why: `${guarded} steers tools that run later` };
}

type Made = { input: unknown; context: ToolContext };

async function guarded(tool: Tool, { input, context }: Made, options: PermissionOptions): Promise<string | Result> {
  const effect = tool.effect(input, context);
  const verdict = judge(currentMode(context, options.mode), effect, options);
  if (verdict.verdict === "allow") return tool.run(input, context);
  const answer = await answerTo(verdict, { tool: tool.name, effect, why: verdict.why }, options);
  context.record({ type: "judged", verdict: answer.verdict, by: "permission", why: answer.why });
  if (answer.verdict === "allow") return tool.run(input, context);
  const details: Json = { denied: true, why: answer.why };
  return {
    parts: [text(`Denied: ${answer.why}. Nothing was done; find another way or say what you need.`)],
    failed: true,
    details,
  };
}

async function answerTo(verdict: Verdict, question: Question, { ask }: PermissionOptions): Promise<Answer> {
  return verdict.verdict === "ask" ? ask(question) : { verdict: "deny", why: question.why };
}

function currentMode(session: Session, fallback: Mode): Mode {
  const set = state(session.events, "mode");
  return MODES.find((mode) => mode === set) ?? fallback;
}

function isInside(path: string, roots: readonly string[]): boolean {
  return roots.some((root) => path === root || path.startsWith(root === "/" ? root : `${root}/`));
}

// what a repository's tools and agents take orders from
function isProtected(path: string, root: string): boolean {
  const inside = path.slice(root.length + 1).split("/");
  return inside.some((name) => name === ".git" || name === ".nanocoder");
}
