import { state } from "../core/fold.js";
import type { Log } from "../core/log.js";
import type { Json } from "../core/message.js";
import { isStricter } from "../plugins/mode-since.js";
import { MODES, type Mode } from "../plugins/permission.js";
import type { Choice } from "./endpoint.js";
import type { GatewayConfig } from "./gateway.js";

/** The state keys of what a session was worked with. Without a mode it is `default`. */
export const MODE = "mode";
export const MODEL = "model";

/** Who answered in a session; no key, and no password of the address. */
export type Endpoint = Pick<Choice, "provider" | "model" | "baseUrl">;

type Settings = { mode: Mode; choice?: Endpoint; gateway?: Pick<GatewayConfig, "models" | "work"> };

/** Records what a session is worked with from here on, where it is not what the log says already. */
export function recordSettings(log: Log, settings: Settings): void {
  note(log, { key: MODE, value: settings.mode, now: state(log.events, MODE) ?? "default" });
  if (settings.choice === undefined && settings.gateway === undefined) return;
  note(log, { key: MODEL, value: endpointOf(settings), now: state(log.events, MODEL) ?? null });
}

// none where the roles of a gateway say who works
function endpointOf({ choice, gateway }: Settings): Json {
  const { work, models = [] } = gateway ?? {};
  const one = work?.by === "name" ? models.find(({ model }) => model === work.name) : choice;
  return one ? { provider: one.provider, model: one.model, baseUrl: bare(String(one.baseUrl)) } : null;
}

/** Whether a gateway has the model that a session was worked with. */
export function holds(gateway: GatewayConfig | undefined, { model, baseUrl }: Endpoint): boolean {
  return gateway?.models.some((each) => each.model === model && bare(String(each.baseUrl)) === baseUrl) ?? false;
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

/** The mode to go on in: the session's own, but never one that lets through more than `now`. */
export function modeToGoOn(kept: Json | undefined, now: Mode): { mode: Mode; was: Mode } {
  const was = MODES.find((mode) => mode === kept) ?? "default";
  return { mode: isStricter(was, now) ? was : now, was };
}
