import { state } from "../core/fold.js";
import type { Json } from "../core/message.js";
import type { Session } from "../core/session.js";
import type { ToolContext } from "../core/tool.js";
import type { Answer } from "./question.js";
import type { Rules } from "./rules.js";

/** The state key of rules that count until the session ends. */
const GRANTS = "permission.grants";

type Keeping = { context: Pick<ToolContext, "events" | "record">; remember(rules: readonly string[]): Promise<void> };

/** Keeps a yes for as long as it was given: in the session, and with `always` in the user's settings. */
export async function keepGrant(
  answer: Answer,
  always: readonly string[],
  { context, remember }: Keeping,
): Promise<void> {
  if (answer.verdict === "deny" || answer.input !== undefined || always.length === 0) return;
  if (answer.for === undefined || answer.for === "once") return;
  const value: Json = [...grantsOf(context), ...always];
  context.record({ type: "state", key: GRANTS, value });
  if (answer.for === "always") await remember(always);
}

/** The rules that a person granted until the session ends. */
export function grantsOf({ events }: Pick<Session, "events">): string[] {
  const kept = state(events, GRANTS);
  return Array.isArray(kept) ? kept.filter((each) => typeof each === "string") : [];
}

/** The rules, and what was allowed in this session: the exact text of what was let through. */
export function withGrants(session: Pick<Session, "events">, rules: Rules): Rules {
  const grants = grantsOf(session).flatMap((text) => {
    const [, tool, pattern] = /^([^(]+)\(([\s\S]*)\)$/.exec(text) ?? [];
    if (tool === undefined || pattern === undefined) return [];
    return [{ text, from: "this session", tool, pattern, matches: (subject: string) => subject === pattern }];
  });
  return grants.length === 0 ? rules : { ...rules, allow: [...rules.allow, ...grants] };
}
