import type { Event } from "../core/event.js";
import { callsIn, type Json, plainText } from "../core/message.js";
import { clip } from "../platform/text.js";
import { isFields } from "../tools/json-schema.js";
import { live } from "./answer.js";
import type { Step } from "./plan-format.js";

/** What the facts say of a step that is claimed to be done: nothing against it, not shown, or shown to be wrong. */
export type Evidence = { type: "fine" } | { type: "unproved" | "refuted"; why: string };

/** One call: `command` is its command line, where it has one. What has no result failed. */
type Act = { seq: number; command?: string; failed: boolean; wrote: boolean; said: string };

/** Weighs what was done since a step began. A command counts by the last time it ran, over all attempts. */
export function evidenceOf({ verify }: Step, events: readonly Event[]): Evidence {
  const acts = actsIn(live(events));
  const command = verify === undefined ? undefined : commandIn(verify);
  const proof = command === undefined ? undefined : acts.findLast((act) => runs(act, command));
  if (proof?.failed) return refuted(`its verification failed: ${shown(proof)}`);
  const newest = acts.findLast((act) => act.command !== undefined);
  if (newest?.failed) return refuted(`the last command failed: ${shown(newest)}`);
  if (acts.length > 0 && acts.every(({ failed }) => failed)) return refuted("every call of this step failed");
  if (command !== undefined && proof === undefined)
    return unproved(`its verification was not run as it stands, alone on its line: ${command}`);
  if (proof && acts.some(({ seq, wrote }) => wrote && seq > proof.seq))
    return unproved(`files were changed after its verification ran: run it again: ${command}`);
  if (verify !== undefined && !acts.some(({ failed }) => !failed))
    return unproved(`nothing was run or looked at that shows it: ${verify}`);
  return { type: "fine" };
}

function refuted(why: string): Evidence {
  return { type: "refuted", why };
}

function unproved(why: string): Evidence {
  return { type: "unproved", why };
}

function shown({ command = "", said }: Act): string {
  const line = said.trim().split("\n", 1)[0] ?? "";
  return `${clip(command, 200)}${line === "" ? "" : ` ${clip(line, 200)}`}`;
}

// in the order in which they ended
function actsIn(events: readonly Event[]): Act[] {
  const results = new Map(events.flatMap((event) => (event.type === "result" ? [[event.callId, event]] : [])));
  const seen = new Set<string>();
  const acts = events.flatMap((event) => {
    const calls = event.type === "reply" ? callsIn(event.parts) : [];
    if (event.type === "started" && event.call) calls.push(event.call);
    return calls.flatMap(({ id, input }): Act[] => {
      if (seen.has(id)) return [];
      seen.add(id);
      const result = results.get(id);
      return [
        {
          seq: result?.seq ?? event.seq,
          ...(isFields(input) && typeof input.command === "string" && { command: input.command }),
          failed: result?.failed ?? true,
          wrote: result !== undefined && !result.failed && wrote(result.details),
          said: result ? plainText(result.parts) : "[interrupted]",
        },
      ];
    });
  });
  return acts.sort((a, b) => a.seq - b.seq);
}

function wrote(details: Json | undefined): boolean {
  return isFields(details) && typeof details.path === "string" && typeof details.diff === "string";
}

// programs whose name at the beginning makes a text a command, where words would not begin so
const PROGRAMS =
  /^(?:[A-Z_]+=\S* +)*(?:! *)?(?:(?:\.{0,2}\/\S+|\[|npm|npx|pnpm|yarn|bun|deno|node|tsc|python[\d.]*|pytest|uv|pip|cargo|gcc|clang|cmake|ctest|mvn|gradle|dotnet|php|composer|ruby|rake|bundle|perl|bash|sh|git|grep|rg|diff|cmp|ls|cat|wc|jq|curl|docker|ruff|mypy|eslint|biome|vitest|jest)(?=\s|$)|test +[-!"'$]|go +(?:test|build|vet|run)\b|make(?= +[-\w]*(?:test|check|lint|build|all)|$| +-))/;

/** The command in a verification: between backticks, after a `$`, or all of it when it begins with a known program. */
export function commandIn(verify: string): string | undefined {
  const quoted = /`([^`]+)`/.exec(verify)?.[1] ?? /^\$ +(.+)$/.exec(verify)?.[1];
  const command = quoted ?? (PROGRAMS.test(verify) ? verify : undefined);
  return command?.trim();
}

// what stands before it may not decide how the line ends
const BEFORE = /^(?:cd [^;&|#'"`$()<>\\\n]+(?:&&|;) *)*$/;

function runs({ command = "" }: Act, wanted: string): boolean {
  const [line, end] = [bare(command), bare(wanted)];
  return line.endsWith(end) && BEFORE.test(line.slice(0, line.length - end.length));
}

function bare(command: string): string {
  return command.trim().replace(/ *2>&1$/, "");
}
