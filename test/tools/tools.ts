import { mkdtempSync, realpathSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Event, Fact } from "../../src/core/event.js";
import { memoryLog } from "../../src/core/log.js";
import { type Json, plainText } from "../../src/core/message.js";
import type { Session } from "../../src/core/session.js";
import type { Result, Tool } from "../../src/core/tool.js";
import { scriptedModel } from "../../src/models/scripted/model.js";

export function folder(): string {
  return realpathSync(mkdtempSync(join(tmpdir(), "tools-")));
}

export type Bench = {
  cwd: string;
  events: readonly Event[];
  call<T>(tool: Tool<T>, input: Json): Promise<Result & { text: string }>;
  effect<T>(tool: Tool<T>, input: Json): Promise<unknown>;
};

/** Calls tools as the loop does: parse, run, facts recorded. What a tool throws is thrown. */
export function bench(cwd = folder(), signal = new AbortController().signal): Bench {
  const log = memoryLog();
  const session: Session = { cwd, signal, events: log.events, model: scriptedModel([]), emit: () => undefined };
  const record = (fact: Fact) => void log.append(fact);
  return {
    cwd,
    events: log.events,
    async call(tool, input) {
      const context = {
        ...session,
        callId: "c",
        progress: () => undefined,
        record: (fact: { type: string }) => record(fact as Fact),
      };
      const result = await tool.run(await tool.input.parse(input), context);
      const whole: Result = typeof result === "string" ? { parts: [{ type: "text", text: result }] } : result;
      return { ...whole, text: plainText(whole.parts) };
    },
    effect: async (tool, input) => tool.effect(await tool.input.parse(input), session),
  };
}
