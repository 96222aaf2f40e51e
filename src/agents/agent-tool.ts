import type { Tool } from "../core/tool.js";
import { boolean, optional, string, toolInput } from "../tools/schema.js";

export const AGENT_TOOL = "agent";
/** A task as a model gives it; `type` names a kind of sub-agent. In the `background` it is answered at once. */
export type Order = { task: string; type?: string | undefined; background?: boolean | undefined };

/** Gives a task to an agent of its own; what that one does is judged call by call, so the call itself touches nothing. */
export function agentTool(run: Tool<Order>["run"]): Tool<Order> {
  return {
    name: AGENT_TOOL,
    description:
      "Give a task to a sub-agent and get its report. It knows nothing of this conversation: say all that it needs. Several work at once.",
    input: toolInput(
      {
        task: string(),
        type: optional(string()),
        background: optional(boolean("answer at once; its report comes when it ends")),
      },
      { prompt: "task", subagent_type: "type", run_in_background: "background" },
    ),
    effect: () => ({ kind: "none", subjects: [] }),
    run,
  };
}
