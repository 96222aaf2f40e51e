import { join } from "node:path";
import { Inbox } from "../core/inbox.js";
import type { Log } from "../core/log.js";
import type { Tool } from "../core/tool.js";
import type { Scope } from "../platform/exec.js";
import { background } from "../plugins/background.js";
import { type BashOptions, bash } from "../tools/bash.js";
import type { Front } from "./front.js";

type Telling = Pick<Front, "notice" | "patience">;

/** What one agent needs to let work go on beside its conversation. */
export function besideOf(
  of: { scope: Scope; outputs: string; redact(text: string): string; log: Log },
  { notice, patience }: Telling,
) {
  const inbox = new Inbox();
  return { inbox, background: background({ ...of, inbox, notice, patience }) };
}

/** Commands in the background of one agent: where their news goes, and the tools that start and read them. */
export type Beside = ReturnType<typeof besideOf> & { tools: readonly Tool[] };

/** What sub-agents have for commands of their own in the background: they end with the one that started them. */
export function besideChild(commands: BashOptions & { scope: Scope; redact(text: string): string }) {
  return (log: Log, name: string): Beside => {
    const { redact } = commands;
    const outputs = join(commands.outputs, name);
    const made = besideOf({ scope: commands.scope, outputs, redact, log }, { notice: () => undefined, patience: 0 });
    const { start, tool } = made.background;
    return { ...made, tools: [bash({ ...commands, outputs, background: start }), tool] };
  };
}
