import type { Json } from "../core/message.js";
import { plainText, text } from "../core/message.js";
import { sentence } from "../core/run-tools.js";
import type { Result, Tool, ToolContext } from "../core/tool.js";
import { isFields } from "../platform/fields.js";
import { inputOf, meantInput, namesOf, shownInput } from "./hook-input.js";
import type { HookRuns } from "./hook-runs.js";
import type { Said, Word } from "./hook-verdict.js";

/** The state key under which a hook's wish to end the run stands until the next step. */
export const END = "hooks.end";

/** A tool whose calls hooks see before and after; the tool itself when no hook is for it. */
export function hookedTool(tool: Tool, runs: HookRuns): Tool {
  const names = namesOf(tool.name);
  if (!runs.has("PreToolUse", names) && !runs.has("PostToolUse", names)) return tool;
  return { ...tool, run: (input, context) => guarded({ tool, runs, names, context }, input) };
}

type Hooked = { tool: Tool; runs: HookRuns; names: readonly string[]; context: ToolContext };

async function guarded(hooked: Hooked, input: unknown): Promise<string | Result> {
  const { tool, runs, names, context } = hooked;
  const shown = shownInput(tool.name, inputOf(input, context));
  const fields = { tool_name: tool.name, tool_input: shown };
  const before = await runs.fire("PreToolUse", { session: context, names, fields });
  if (before.aborted) return { parts: [text("Not run: the user interrupted.")], failed: true };
  if (before.end) record(context, { outcome: "aborted", reason: before.end.why });
  const denials = before.end ? [...before.denials, ends(before.end)] : before.denials;
  if (denials.length > 0) return refusal(context, denials.map(refused).join("\n"));
  const made = await reread(hooked, input, { shown, before });
  if ("fault" in made) return refusal(context, made.fault);
  const outcome = await settle(() => tool.run(made.input, { ...context, ...leaveOf(before) }));
  const lines = [...made.lines, ...before.contexts.map(({ hook, why }) => `[${hook} adds: ${why}]`)];
  return noted(outcome, [...lines, ...(await after(hooked, outcome, made.shown))]);
}

function ends({ hook, why }: Word): Word {
  return { hook, why: `it ends the run: ${why}` };
}

function refused({ hook, why }: Word): string {
  return `${hook} refused: ${why}`;
}

function record(context: ToolContext, value: { outcome: "aborted" | "done"; reason: string }): void {
  context.record({ type: "state", key: END, value });
}

function refusal(context: ToolContext, why: string): Result {
  context.record({ type: "judged", verdict: "deny", by: "hooks", why });
  const told = `Denied: ${why}\nNothing was done; find another way or say what you need.`;
  return { parts: [text(told)], failed: true, details: { denied: true, why } };
}

function leaveOf({ asks, leave }: Said): Pick<ToolContext, "asks" | "leave"> {
  if (asks) return { asks: `${asks.hook} wants a person to decide: ${asks.why}` };
  return leave ? { leave: leave.hook } : {};
}

type Made = { input: unknown; shown: Json; lines: readonly string[] };

async function reread(
  { tool, runs }: Hooked,
  input: unknown,
  { shown, before }: { shown: Json; before: Said },
): Promise<Made | { fault: string }> {
  const { rewritten } = before;
  if (rewritten === undefined) return { input, shown, lines: [] };
  const { hook, input: answer } = rewritten;
  try {
    const meant = meantInput({ tool: tool.name, answer, shown, sent: runs.redact(shown) });
    const lines = [`[${hook} rewrote the input; this ran: ${JSON.stringify(meant).slice(0, 500)}]`];
    return { input: await tool.input.parse(meant), shown: shownInput(tool.name, meant), lines };
  } catch (error) {
    return { fault: `${hook} rewrote the input of ${tool.name} to what it does not take: ${sentence(error)}` };
  }
}

type Outcome = { result: Result } | { thrown: unknown };

async function settle(run: () => Promise<string | Result>): Promise<Outcome> {
  try {
    const result = await run();
    return { result: typeof result === "string" ? { parts: [text(result)] } : result };
  } catch (thrown) {
    return { thrown };
  }
}

async function after({ tool, runs, names, context }: Hooked, outcome: Outcome, input: Json): Promise<string[]> {
  if (context.signal.aborted || wasRefused(outcome)) return [];
  const fields = { tool_name: tool.name, tool_input: input, tool_response: responseOf(outcome) };
  const said = await runs.fire("PostToolUse", { session: context, names, fields });
  if (said.end) record(context, { outcome: "done", reason: said.end.why });
  return [
    ...said.denials.map(({ hook, why }) => `[${hook} objects: ${why}]`),
    ...said.contexts.map(({ hook, why }) => `[${hook} adds: ${why}]`),
    ...said.failures.map(({ hook, why }) => `[${hook} failed: ${why}; the result above stands]`),
  ];
}

function responseOf(outcome: Outcome): Json {
  if ("thrown" in outcome) return { text: sentence(outcome.thrown), failed: true };
  const { parts, failed = false, details } = outcome.result;
  return { text: plainText(parts), failed, ...(details === undefined ? {} : { details }) };
}

// a call that was denied inside did not happen; one that failed in the sandbox did
function wasRefused(outcome: Outcome): boolean {
  const details = "result" in outcome ? outcome.result.details : undefined;
  return isFields(details) && details.denied === true && !("sandboxed" in details);
}

function noted(outcome: Outcome, lines: readonly string[]): Result {
  const note = lines.join("\n");
  if ("thrown" in outcome) {
    if (note === "") throw outcome.thrown;
    throw new Error(`${sentence(outcome.thrown)}\n${note}`);
  }
  const { result } = outcome;
  return note === "" ? result : { ...result, parts: [...result.parts, text(note)] };
}
