import type { Tool } from "../core/tool.js";
import { optional, string, toolInput } from "../tools/schema.js";

export const AGENT_TOOL = "agent";
/** A task as a model gives it; `type` names a kind of sub-agent. */
export type Order = { task: string; type?: string | undefined };

/** Gives a task to an agent of its own; what that one does is judged call by call, so the call itself touches nothing. */
export function agentTool(run: Tool<Order>["run"]): Tool<Order> {
  return {
    name: AGENT_TOOL,
    description:
      "Give a task to a sub-agent and get its report. It knows nothing of this conversation: say all that it needs. Several work at once.",
    input: toolInput({ task: string(), type: optional(string()) }, { prompt: "task", subagent_type: "type" }),
    effect: () => ({ kind: "none", subjects: [] }),
    run,
  };
}
