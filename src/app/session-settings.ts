import { state } from "../core/fold.js";
import type { Log } from "../core/log.js";
import type { Json } from "../core/message.js";
import { MODES, type Mode } from "../plugins/permission.js";
import type { Choice } from "./endpoint.js";

/** The state keys of what a session was worked with. Without a mode it is `default`. */
export const MODE = "mode";
export const MODEL = "model";

/** Who answered in a session; no key, and no password of the address. */
export type Endpoint = Pick<Choice, "provider" | "model" | "baseUrl">;

/** Records what a session is worked with from here on, where it is not what the log says already. */
export function recordSettings(log: Log, { mode, choice }: { mode: Mode; choice?: Endpoint }): void {
  const { provider, model, baseUrl } = choice ?? {};
  note(log, { key: MODE, value: mode, now: state(log.events, MODE) ?? "default" });
  if (provider === undefined || model === undefined || baseUrl === undefined) return;
  note(log, { key: MODEL, value: { provider, model, baseUrl: bare(baseUrl) }, now: state(log.events, MODEL) });
}

type Noted = { key: string; value: Json; now: Json | undefined };

function note(log: Log, { key, value, now }: Noted): void {
  if (JSON.stringify(now) !== JSON.stringify(value)) log.append({ type: "state", key, value });
}

/** An address as it is recorded. */
export function bare(baseUrl: string): string {
  const url = new URL(baseUrl);
  [url.username, url.password, url.search, url.hash] = ["", "", "", ""];
  return url.href.replace(/\/$/, "");
}

const LEAVE: Record<Mode, number> = { plan: 0, strict: 1, default: 2, auto: 3 };

/** The mode to go on in: the session's own, but never one that lets through more than `now`. */
export function modeToGoOn(kept: Json | undefined, now: Mode): { mode: Mode; was: Mode } {
  const was = MODES.find((mode) => mode === kept) ?? "default";
  return { mode: LEAVE[was] < LEAVE[now] ? was : now, was };
}
