import { text } from "../core/message.js";
import type { Plugin } from "../core/plugin.js";
import type { Effect, Tool } from "../core/tool.js";
import { boolean, oneOf, optional, string, toolInput } from "../tools/schema.js";
import { scheduleLine } from "./schedule-words.js";
import type { Schedules } from "./schedules.js";

type Input = {
  action: "create" | "list" | "delete";
  cron?: string | undefined;
  every?: string | undefined;
  at?: string | undefined;
  zone?: string | undefined;
  prompt?: string | undefined;
  durable?: boolean | undefined;
  id?: string | undefined;
};

const INPUT = {
  action: oneOf(["create", "list", "delete"]),
  cron: optional(string("5 fields")),
  every: optional(string("30m, 2h, 1d")),
  at: optional(string("once: HH:MM or ISO")),
  zone: optional(string()),
  prompt: optional(string()),
  durable: optional(boolean("outlives the session")),
  id: optional(string()),
};

/** Lets the model schedule prompts where that is `offered`, and follows how they are delivered. */
export function scheduling(schedules: Schedules, offered = true): Plugin {
  const tool = scheduleTool(schedules);
  return {
    name: "schedule",
    tools: () => (offered ? [tool] : []),
    onEvent: (event) => schedules.see(event),
    close: () => schedules.close(),
  };
}

function scheduleTool(schedules: Schedules): Tool<Input> {
  return {
    name: "schedule",
    description: "Have a prompt come back to you later, when the session is idle.",
    input: toolInput(INPUT),
    effect: (input) => effectOf(input, schedules),
    run: async (input) => ({ parts: [text(await obey(input, schedules))] }),
  };
}

// what outlives the session steers what runs later, as any file of ours does
function effectOf({ action, durable, id }: Input, schedules: Schedules): Effect {
  const lasting =
    action === "create"
      ? durable
      : action === "delete" && schedules.list().some((each) => each.id === id && each.durable);
  return lasting ? { kind: "write", subjects: [schedules.path] } : { kind: "none", subjects: [] };
}

async function obey({ action, id, prompt = "", durable = false, ...wished }: Input, all: Schedules): Promise<string> {
  if (action === "list")
    return (
      all
        .list()
        .map((each) => scheduleLine(each))
        .join("\n") || "There are no schedules."
    );
  if (action === "create") {
    const { cron, every, at, zone } = wished;
    return `Scheduled: ${scheduleLine(await all.add({ cron, every, at, zone, prompt, durable }))}`;
  }
  if (id === undefined) throw new Error("delete wants the id of a schedule.");
  const removed = await all.remove(id);
  if (removed) return `Deleted: ${scheduleLine(removed)}`;
  throw new Error(
    `There is no schedule "${id}". There are: ${
      all
        .list()
        .map((each) => each.id)
        .join(", ") || "none"
    }.`,
  );
}
