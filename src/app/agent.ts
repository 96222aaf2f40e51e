import { Inbox } from "../core/inbox.js";
import type { Log } from "../core/log.js";
import type { Agent } from "../core/loop.js";
import type { Model } from "../core/model.js";
import type { Plugin } from "../core/plugin.js";
import type { Tool } from "../core/tool.js";
import { lookup } from "../models/catalog.js";
import { endLeftovers, type Scope } from "../platform/exec.js";
import type { Sandbox } from "../platform/sandbox.js";
import type { Background } from "../plugins/background.js";
import { type CheckpointOptions, checkpoint } from "../plugins/checkpoint.js";
import { context } from "../plugins/context.js";
import type { ContextOptions } from "../plugins/context-options.js";
import { limits } from "../plugins/limits.js";
import { heldToMode } from "../plugins/mode-since.js";
import { type Mode, type Owner, permission } from "../plugins/permission.js";
import type { Answer, Asking, Question } from "../plugins/question.js";
import { recover } from "../plugins/recover.js";
import type { Rules } from "../plugins/rules.js";
import { todo } from "../plugins/todo.js";
import type { Turns } from "../plugins/turns.js";
import { unless } from "../plugins/unless.js";
import { type BashOptions, bash } from "../tools/bash.js";
import { compact } from "../tools/compact.js";
import { editFile } from "../tools/edit-file.js";
import { glob } from "../tools/glob.js";
import { grep } from "../tools/grep.js";
import { http } from "../tools/http.js";
import { readFile } from "../tools/read-file.js";
import { LIST_TOOL, todoWrite } from "../tools/todo-write.js";
import { writeFile } from "../tools/write-file.js";

/** The values an agent is made of; nothing here is read from the outside. */
export type AgentParts = {
  log: Log;
  model: Model;
  tools: readonly Tool[];
  /** The workspace, links resolved. */
  cwd: string;
  ask(question: Question, asking: Asking): Promise<Answer>;
  /** Folders outside the workspace that may be read: where the full text of long results is. */
  readable: readonly string[];
  policy: Policy;
  /** Outermost: what it rewrites is judged by all others. */
  hooks?: Plugin | undefined;
  plugins?: readonly Plugin[];
  /** How the conversation is kept within the window; nobody does when absent. */
  room?: Omit<ContextOptions, "maxOutput">;
  /** What goes on beside the conversation, with the inbox that it writes to; absent: nothing does. */
  beside?: { inbox: Inbox; background: Background };
  /** Absent: nothing is recalled, and nothing remembered by itself. */
  memory?: Plugin | undefined;
  /** Absent: what a run changed is not checked. */
  verify?: Plugin | undefined;
  /** Where what calls are about to change is kept, for `nanocoder undo`; nowhere when absent. */
  checkpoints?: Omit<CheckpointOptions, "root">;
  /** Who asks, for whom, and in which queue, where several agents share a person and a workspace. */
  shared?: { turns: Turns; writer: Plugin; owner?: Owner; from?: string };
  /** Ends a run before anything is spent; absent: at the limits that follow. */
  gate?: Plugin;
  maxTurns?: number;
  /** In USD. */
  maxCost?: number;
  maxOutput?: number;
};

/** What is let through, and how commands run. */
export type Policy = {
  mode: Mode;
  rules: Rules;
  /** The user's home folder, and nanocoder's own. */
  home: string;
  own: string;
  /** Folders beside the workspace that may be written. */
  writable: readonly string[];
  sandbox?: Sandbox | undefined;
  /** Commands are isolated in every mode. */
  always?: boolean;
  remember(rules: readonly string[]): Promise<void>;
};

/** The order of plugins, which is policy, is written here and nowhere else. */
export function agentOf(parts: AgentParts): Agent {
  const { log, model, tools, cwd, ask, readable, policy, maxOutput } = parts;
  const gate = parts.gate ?? limits(parts);
  const most = maxOutput ?? lookup(model.id)?.maxOutput;
  return {
    log,
    model,
    tools,
    inbox: parts.beside?.inbox ?? new Inbox(),
    plugins: [
      ...(parts.hooks ? [parts.hooks] : []),
      permission({
        ...policy,
        ...parts.shared,
        root: cwd,
        readable: [...readable, ...policy.writable],
        ask,
        sandboxed: () => works(policy.sandbox),
      }),
      ...(parts.shared ? [heldToMode(parts.shared.writer, { ...policy, ...parts.shared })] : []),
      ...(parts.checkpoints ? [checkpoint({ ...parts.checkpoints, root: cwd })] : []),
      gate,
      ...(parts.room ? [unless(gate, context({ ...parts.room, maxOutput: most }))] : []),
      recover({ maxOutput }),
      ...(tools.some(({ name }) => name === LIST_TOOL) ? [todo()] : []),
      ...(parts.beside ? [parts.beside.background.plugin] : []),
      ...(parts.memory ? [parts.memory] : []),
      ...(parts.verify ? [parts.verify] : []),
      ...(parts.plugins ?? []),
    ],
    ...(maxOutput === undefined ? {} : { maxOutput }),
  };
}

async function works(sandbox: Sandbox | undefined): Promise<boolean> {
  return sandbox !== undefined && (await sandbox.ready()).works;
}

/** The tools every agent has unless it is given fewer. */
export function builtinTools(commands: BashOptions, background?: Background): Tool[] {
  const path = commands.env.PATH;
  return [
    readFile(),
    writeFile(),
    editFile(),
    bash({ ...commands, background: background?.start }),
    ...(background ? [background.tool] : []),
    glob({ path }),
    grep({ path }),
    http({}),
    compact(),
    todoWrite(),
  ];
}

/** Ends what the agent's plugins left running, and its commands, which are those of the scope. Bounded in time. */
export async function closeAgent({ plugins }: Agent, scope: Scope): Promise<void> {
  const ends = await Promise.allSettled([endLeftovers(scope), ...plugins.map(async (plugin) => plugin.close?.())]);
  // what a sub-agent started while it was being ended
  await endLeftovers(scope);
  // one that cannot end must not keep the others from it
  const failed = ends.find((end) => end.status === "rejected");
  if (failed) throw failed.reason;
}
