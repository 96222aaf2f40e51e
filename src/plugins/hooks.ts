import type { Event, EventOf, Fact } from "../core/event.js";
import { sinceLastEnd, state } from "../core/fold.js";
import { plainText } from "../core/message.js";
import type { Plugin } from "../core/plugin.js";
import { sentence } from "../core/run-tools.js";
import type { Session } from "../core/session.js";
import { isFields } from "../platform/fields.js";
import { unfinished } from "./answer.js";
import { END, hookedTool } from "./hook-calls.js";
import type { Fields } from "./hook-input.js";
import { type HookRuns, type HooksOptions, hookRuns, notice } from "./hook-runs.js";
import type { Said, Word } from "./hook-verdict.js";

export type Hooks = Plugin & {
  /** Fires Notification: a person is wanted. */
  notify(message: string): Promise<void>;
  /** Fires a moment that another part knows of; undefined before the first run. A denial holds that part back. */
  fire(event: "PreCompact" | "SubagentStop", fields: Fields): Promise<Said | undefined>;
};

/** How often in a row Stop hooks may send the work back. */
const MOST_STOPS = 8;
/** How long SessionEnd hooks may run, in milliseconds; ending what came of them takes up to a second more. */
const LAST_WORDS = 4000;
/** Who the notes of Stop hooks are by: they are counted. */
const STOP = "hooks.stop";
/** The state key of the newest prompt that hooks have seen. */
const PROMPT = "hooks.prompt";

/** Where a session stands: the newest run, whether it was new, and whether SessionStart has been told. */
type Live = { session?: Session; source?: "startup" | "resume"; started: boolean };

/**
 * Runs the commands that settings hang on moments of a session. Must be the first plugin: what it rewrites is
 * judged by all others. Throws a sentence when a matcher is not a regular expression.
 */
export function hooks(options: HooksOptions): Hooks {
  const runs = hookRuns(options);
  const live: Live = { started: false };
  return {
    name: "hooks",
    tools(session) {
      live.session = session;
      live.source ??= session.events.some((event) => event.type === "prompt") ? "resume" : "startup";
      return [];
    },
    wrapTool: (tool) => hookedTool(tool, runs),
    beforeStep: (session) => beforeStep(session, runs, live),
    beforeStop: (session) => beforeStop(session, runs),
    close: () => close(runs, live),
    notify: async (message) => void (await fire("Notification", { message }, { runs, live })),
    fire: (event, fields) => fire(event, fields, { runs, live }),
  };
}

async function fire(
  event: "Notification" | "PreCompact" | "SubagentStop",
  fields: Fields,
  { runs, live }: { runs: HookRuns; live: Live },
): Promise<Said | undefined> {
  const { session } = live;
  if (session === undefined) return undefined;
  const names = typeof fields.trigger === "string" ? { names: [fields.trigger] } : {};
  // between runs the signal of the last one has fired
  const signal = session.signal.aborted ? new AbortController().signal : session.signal;
  const said = await runs.fire(event, { session, fields, signal, ...names });
  tellFailures(session, said);
  return said;
}

async function beforeStep(session: Session, runs: HookRuns, live: Live): Promise<Fact[]> {
  const ending = wantedEnd(session.events);
  if (ending) return [ending];
  const facts = await sessionStart(session, runs, live);
  for (const prompt of runs.has("UserPromptSubmit") ? unseenPrompts(session.events) : []) {
    if (facts.at(-1)?.type === "ended") return facts;
    facts.push(...(await promptFacts(prompt, session, runs)));
  }
  return facts;
}

function wantedEnd(events: readonly Event[]): Fact | undefined {
  const wish = state(sinceLastEnd(events), END);
  if (!isFields(wish)) return undefined;
  return { type: "ended", outcome: wish.outcome === "done" ? "done" : "aborted", reason: String(wish.reason) };
}

async function sessionStart(session: Session, runs: HookRuns, live: Live): Promise<Fact[]> {
  if (live.started) return [];
  live.started = true;
  const source = live.source ?? "startup";
  const said = await runs.fire("SessionStart", { session, fields: { source }, names: [source] });
  tellFailures(session, said);
  if (said.aborted) return [interrupted(session)];
  return [...said.contexts.map(noteOf), ...(said.end ? [endedBy(said.end)] : [])];
}

function unseenPrompts(events: readonly Event[]): EventOf<"prompt">[] {
  const seen = Number(state(events, PROMPT) ?? -1);
  const answered = events.findLastIndex((event) => event.type === "reply");
  return events
    .slice(answered + 1)
    .flatMap((event) => (event.type === "prompt" && event.from === "user" && event.seq > seen ? [event] : []));
}

async function promptFacts({ parts, seq }: EventOf<"prompt">, session: Session, runs: HookRuns): Promise<Fact[]> {
  const said = await runs.fire("UserPromptSubmit", { session, fields: { prompt: plainText(parts) } });
  if (said.aborted) return [interrupted(session)];
  const seen: Fact = { type: "state", key: PROMPT, value: seq };
  const refusals = said.asks ? [...said.denials, said.asks] : said.denials;
  if (refusals.length > 0) {
    const reason = refusals.map(({ hook, why }) => `${hook} refused the prompt: ${why}`).join("\n");
    const refused: Fact = { type: "retried", reason: "a hook refused the prompt", attempt: 0, voids: seq };
    return [seen, refused, { type: "ended", outcome: "failed", reason }];
  }
  return [seen, ...said.contexts.map(noteOf), ...(said.end ? [endedBy(said.end)] : [])];
}

function noteOf({ hook, why }: Word): Fact {
  return { type: "note", text: `[${hook} adds]\n${why}`, by: "hooks" };
}

function endedBy({ why }: Word): Fact {
  return { type: "ended", outcome: "aborted", reason: why };
}

// whatever was still to be guarded must not be gone on with
function interrupted({ signal }: Session): Fact {
  const reason = signal.reason === undefined ? "interrupted" : sentence(signal.reason);
  return { type: "ended", outcome: "aborted", reason };
}

async function beforeStop(session: Session, runs: HookRuns): Promise<Fact | undefined> {
  if (unfinished(session.events)) return undefined;
  const sentBack = stopsInARow(session.events);
  const said = await runs.fire("Stop", { session, fields: { stop_hook_active: sentBack > 0 } });
  tellFailures(session, said);
  if (said.aborted) return interrupted(session);
  if (said.end) return { type: "ended", outcome: "done", reason: said.end.why };
  if (said.denials.length === 0) return undefined;
  const text = said.denials.map(({ hook, why }) => `${hook} does not let you stop yet: ${why}`).join("\n");
  if (sentBack < MOST_STOPS) return { type: "note", text, by: STOP };
  const over = `Stop hooks sent the work back ${MOST_STOPS} times in a row, so it ends here. The last word: ${text}`;
  notice(session, over);
  return { type: "state", key: STOP, value: over };
}

function stopsInARow(events: readonly Event[]): number {
  const now = sinceLastEnd(events);
  const asked = now.findLastIndex((event) => event.type === "prompt" && event.from === "user");
  return now.slice(asked + 1).filter((event) => event.type === "note" && event.by === STOP).length;
}

function tellFailures(session: Session, { failures }: Said): void {
  for (const { hook, why } of failures) notice(session, `${hook} failed: ${why}. The work goes on; mend the hook.`);
}

async function close(runs: HookRuns, live: Live): Promise<void> {
  const { session, started } = live;
  live.started = false;
  if (session && started) {
    const fields = { reason: "other" };
    const signal = AbortSignal.timeout(LAST_WORDS);
    await runs.fire("SessionEnd", { session, fields, names: [fields.reason], signal });
  }
  await runs.end();
}
