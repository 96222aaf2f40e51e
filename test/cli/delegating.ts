import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type { Event } from "../../src/core/event.js";
import type { Json } from "../../src/core/message.js";
import type { SeenRequest, Turn } from "../../src/models/scripted/script.js";
import { type ModelServer, modelServer } from "../../src/models/scripted/server.js";
import { nanocoder, openaiAt, type Place, sessionsIn } from "./nanocoder.js";

export const call = (name: string, input: Json) => ({ name, input });
export const bash = (command: string) => call("bash", { command });
/** A command that is answered at once. */
export const beside = (command: string) => call("bash", { command, run_in_background: true });
export const agent = (task: string, more: { type?: string; background?: boolean } = {}) =>
  call("agent", { task, ...more });
export const isChild = ({ system }: SeenRequest) => system.startsWith("You are a sub-agent");
/** The answers that the conversation of a request has had so far. */
export const round = ({ messages }: SeenRequest) => messages.filter(({ role }) => role === "assistant").length;

type Step = string | Turn;
type Told = readonly Step[] | ((request: SeenRequest) => Step | Promise<Step>);
export type Plays = { parent: Told; child: Told };

/** A server that tells the requests of sub-agents from those of the one they work for. */
export const played = ({ parent, child }: Plays) =>
  modelServer((request) => {
    const told = isChild(request) ? child : parent;
    if (typeof told === "function") return told(request);
    return told[round(request)] ?? (isChild(request) ? "child is done" : "parent is done");
  });

export const go = (server: { url: string }, where: Place, more: readonly string[] = []) =>
  nanocoder(["-p", "go", "--no-sandbox", ...more], { place: where, env: openaiAt(server.url) });

export const children = (server: ModelServer) => server.requests.filter(isChild);
export const parents = (server: ModelServer) => server.requests.filter((request) => !isChild(request));

/** The news of ends that a request holds. */
export function news(request: SeenRequest | undefined): string[] {
  const told = request?.messages.flatMap(({ role, text }) => (role === "user" ? [text] : [])) ?? [];
  return told.join("\n").match(/\[Background [\w-]+ bg_\d+ [^\n]+/g) ?? [];
}

export function put(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

/** The facts of the session and of its sub-agents. */
export function logsOf(where: Place): { parent: Event[]; children: Event[][] } {
  const all = sessionsIn(where);
  const isOne = (events: Event[]) => events.some((event) => event.type === "prompt" && event.from === "agent");
  return { parent: all.find((events) => !isOne(events)) ?? [], children: all.filter(isOne) };
}

/** Something that is waited for until it is let go. */
export function gate(): { opened: Promise<void>; open(): void } {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}
