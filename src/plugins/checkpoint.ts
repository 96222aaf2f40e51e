import { last } from "../core/fold.js";
import { text } from "../core/message.js";
import type { Plugin } from "../core/plugin.js";
import { sentence } from "../core/run-tools.js";
import type { Effect, Result, Tool, ToolContext } from "../core/tool.js";
import { statOf } from "../platform/files.js";
import type { Checkpoints } from "../store/checkpoints.js";

/** The home of nanocoder and the workspace, links resolved. */
export type CheckpointOptions = {
  home: string;
  root: string;
  /** The call of another session whose work this is: it is undone with that one's prompt. */
  on?: Work | undefined;
};
type Work = { session: string; prompt: number; callId: string };

/** Keeps what each writing call is about to change, so that `nanocoder undo` can take it back. */
export function checkpoint(options: CheckpointOptions): Plugin {
  let made: Promise<Checkpoints> | undefined;
  const kept = () => {
    made ??= import("../store/checkpoints.js").then(({ Checkpoints }) => new Checkpoints(options));
    return made;
  };
  return {
    name: "checkpoint",
    wrapTool: (tool) => ({ ...tool, run: (input, context) => watched(tool, { input, context, kept, on: options.on }) }),
  };
}

type Made = { input: unknown; context: ToolContext; kept(): Promise<Checkpoints>; on: Work | undefined };

async function watched(tool: Tool, { input, context, kept, on }: Made): Promise<string | Result> {
  const effect = context.judged ?? (await tool.effect(input, context));
  if (effect.kind !== "write" && effect.kind !== "run") return tool.run(input, context);
  const finish = await (await kept()).begin({ ...(on ?? workOf(context)), tool: tool.name }, plainly(effect));
  const outcome = await settle(() => tool.run(input, context));
  const note = await finish();
  if ("thrown" in outcome)
    throw note === undefined ? outcome.thrown : new Error(`${sentence(outcome.thrown)}\n${note}`);
  return note === undefined ? outcome.result : noted(outcome.result, note);
}

/** Who asks for something new. What others say, such as the end of a background command or a round of a goal, comes of what was asked. */
const ASKING: readonly string[] = ["user", "schedule"];

/** Whose work a call is: its session, what a person or a schedule asked that it comes of, and itself. */
export function workOf({ events, callId }: ToolContext): Work {
  const asked = events.findLast((event) => event.type === "prompt" && ASKING.includes(event.from));
  const { seq = -1 } = asked ?? last(events, "prompt") ?? {};
  return { session: last(events, "session")?.id ?? "", prompt: seq, callId };
}

// a command of which all is known, and which touches no folder as a whole, is as good as a write
function plainly(effect: Effect): Effect {
  const { foresight } = effect;
  if (foresight === undefined || foresight.unknown.length > 0 || foresight.network.length > 0) return effect;
  const plain = foresight.writes.every((path) => !path.includes("*") && !statOf(path)?.isDirectory());
  return plain ? { kind: "write", subjects: foresight.writes } : effect;
}

type Outcome = { result: string | Result } | { thrown: unknown };

async function settle(run: () => Promise<string | Result>): Promise<Outcome> {
  try {
    return { result: await run() };
  } catch (thrown) {
    return { thrown };
  }
}

function noted(result: string | Result, note: string): string | Result {
  if (typeof result === "string") return `${result}\n${note}`;
  return { ...result, parts: [...result.parts, text(note)] };
}
