import type { Event, Fact } from "../core/event.js";
import { state } from "../core/fold.js";
import { ModelError } from "../core/model.js";
import type { Plugin } from "../core/plugin.js";
import type { Session } from "../core/session.js";
import type { Tool } from "../core/tool.js";
import { COMPACT } from "../tools/compact.js";
import { RAISED } from "./answer.js";
import type { ContextOptions } from "./context-options.js";
import { requestSize, roomIn, SHARES, unread } from "./context-size.js";

/** Characters of one result; a longer one goes to a file, and its beginning and end to the model. */
const LONGEST = 70_000;

/**
 * Keeps the conversation within the model's window. Long results go to a file; a round of results that is too
 * large together loses its largest; at 50 % of the room old results shrink to a line, at 70 % a summary takes the
 * place of what is older than the newest steps, at 90 %, or when the provider says so, of nearly all. What does
 * that work is loaded when it is needed.
 */
export function context(options: ContextOptions): Plugin {
  return {
    name: "context",
    wrapTool: (tool) => bounded(tool, options),
    beforeStep: (session) => beforeStep(session, options),
    afterFailure: (session, error) => afterFailure(session, error, options),
  };
}

async function beforeStep(session: Session, options: ContextOptions): Promise<Fact[] | undefined> {
  const { events } = session;
  const room = roomIn(session, options.maxOutput);
  const size = requestSize(events);
  const wanted = isWanted(events);
  if (size <= SHARES.trim * room && !wanted && fits(events, room)) return undefined;
  const { makeRoom } = await import("./context-room.js");
  return makeRoom(session, { ...options, room, size, wanted });
}

// only a long round needs a closer look
function fits(events: readonly Event[], room: number): boolean {
  const most = SHARES.batch * room;
  const results = unread(events);
  return results.reduce((sum, { parts }) => sum + parts.reduce((all, part) => all + lengthOf(part), 0), 0) <= most;
}

function lengthOf(part: { text: string } | { data: string }): number {
  return "text" in part ? part.text.length : 1600;
}

function isWanted(events: readonly Event[]): boolean {
  const wish = state(events, COMPACT);
  return wish !== undefined && wish !== null;
}

async function afterFailure(session: Session, error: unknown, options: ContextOptions): Promise<Fact[] | undefined> {
  // by its mark: what is loaded lazily has a class of its own
  if (!(error instanceof Error && "kind" in error && error.kind === "overflow")) return undefined;
  // what does not fit beside a raised output limit may fit beside the usual one: recover lowers it first
  if (error instanceof ModelError && state(session.events, RAISED)) return undefined;
  const { afterOverflow } = await import("./context-room.js");
  return afterOverflow(session, error, { ...options, room: roomIn(session, options.maxOutput) });
}

function bounded(tool: Tool, { save }: ContextOptions): Tool {
  return {
    ...tool,
    async run(input, call) {
      const result = await tool.run(input, call);
      const parts = typeof result === "string" ? [{ type: "text" as const, text: result }] : result.parts;
      if (parts.every((part) => part.type !== "text" || part.text.length <= LONGEST)) return result;
      const { shortResult } = await import("./context-trim.js");
      return shortResult(typeof result === "string" ? { parts } : result, (words) => save(call.callId, words));
    },
  };
}
