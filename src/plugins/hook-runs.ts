import { last } from "../core/fold.js";
import type { Json } from "../core/message.js";
import type { Session } from "../core/session.js";
import { endHooks, newHookScope, runHook } from "../platform/hook-process.js";
import { visible } from "../platform/text.js";
import { readAnswer } from "./hook-answer.js";
import type { Fields } from "./hook-input.js";
import type { HookEvent, HookMatcher, HookSettings } from "./hook-settings.js";
import { type Said, together } from "./hook-verdict.js";
import { type Mode, modeOf } from "./permission.js";

export type HooksOptions = {
  settings: HookSettings;
  /** The workspace. */
  cwd: string;
  /** The environment of the hooks. */
  env: Record<string, string>;
  /** Takes secrets out of what hooks are told. */
  redact?: (json: Json) => Json;
  /** The mode a session begins with. */
  permissionMode: Mode;
  /** The file of the session. */
  transcript?: string;
};

/** What happened, for hooks. `names` is what matchers are held against; without it all matchers match. */
export type Moment = {
  session: Session;
  fields: Fields;
  names?: readonly string[];
  /** In place of the session's own. */
  signal?: AbortSignal;
};

export type HookRuns = {
  has(event: HookEvent, names?: readonly string[]): boolean;
  /** Runs all hooks of a moment at once and puts their answers together. */
  fire(event: HookEvent, moment: Moment): Promise<Said>;
  redact(json: Json): Json;
  /** Ends what they left running. */
  end(): Promise<void>;
};

/** Seconds. */
const TIMEOUT = 60;

/** Makes settings runnable. Throws a sentence that names a matcher that is not a regular expression. */
export function hookRuns(options: HooksOptions): HookRuns {
  const table = new Map(Object.entries(options.settings).map(([event, list]) => [event, compile(event, list)]));
  const scope = newHookScope();
  const redact = options.redact ?? ((json) => json);
  const matching = (event: HookEvent, names?: readonly string[]) =>
    (table.get(event) ?? []).filter(({ matches }) => names?.some(matches) ?? true).flatMap(({ hooks }) => hooks);
  return {
    redact,
    end: () => endHooks(scope),
    has: (event, names) => matching(event, names).length > 0,
    async fire(event, moment) {
      const hooks = matching(event, moment.names);
      if (hooks.length === 0) return together(event, []);
      const { cwd, env } = options;
      const { session, signal = session.signal } = moment;
      const input = JSON.stringify(redact(told(event, moment, options)));
      const asked = hooks.map(async ({ command, timeout = TIMEOUT }) => {
        const end = await runHook({ scope, command, cwd, env, input, timeout: timeout * 1000, signal });
        return readAnswer({ command, timeout, event }, end);
      });
      const answers = await Promise.all(asked);
      for (const { message } of answers) if (message !== undefined) notice(session, message);
      return together(event, answers);
    },
  };
}

/** Tells the person something about hooks. */
export function notice(session: Session, text: string): void {
  session.emit({ type: "status", by: "hooks", text: visible(text) });
}

function told(event: HookEvent, { session, fields }: Moment, { permissionMode, transcript }: HooksOptions): Fields {
  return {
    session_id: last(session.events, "session")?.id ?? "",
    ...(transcript === undefined ? {} : { transcript_path: transcript }),
    cwd: session.cwd,
    permission_mode: modeOf(session, permissionMode),
    hook_event_name: event,
    ...fields,
  };
}

type Compiled = Pick<HookMatcher, "hooks"> & { matches(name: string): boolean };

function compile(event: string, list: readonly HookMatcher[]): Compiled[] {
  return list.map(({ matcher = "", hooks }) => {
    if (matcher === "" || matcher === "*") return { hooks, matches: () => true };
    const expression = wholeName(event, matcher);
    return { hooks, matches: (name) => expression.test(name) };
  });
}

function wholeName(event: string, matcher: string): RegExp {
  try {
    return new RegExp(`^(?:${matcher})$`);
  } catch {
    const shown = visible(matcher.slice(0, 80));
    throw new Error(`hooks.${event}: the matcher "${shown}" is not a regular expression; mend it in settings.json.`);
  }
}
