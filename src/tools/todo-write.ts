import type { Json } from "../core/message.js";
import type { Tool } from "../core/tool.js";
import type { TodoItem } from "./todo-list.js";

/** The state key of the list as it stands. */
export const LIST_KEY = "todo";
export const LIST_TOOL = "todo_write";

/** Replaces the list of what is to be done. It touches nothing: the list is a fact of the session. */
export function todoWrite(): Tool<Json> {
  return {
    name: LIST_TOOL,
    description: "Replace the todo list of this task. At most 20 items, one in_progress.",
    input: {
      json: {
        type: "object",
        properties: {
          todos: {
            type: "array",
            items: {
              type: "object",
              properties: {
                content: { type: "string" },
                status: { type: "string", enum: ["pending", "in_progress", "completed"] },
              },
            },
          },
        },
        required: ["todos"],
      },
      parse: (input) => input,
    },
    effect: () => ({ kind: "none", subjects: [] }),
    async run(input, context) {
      const { readTodos, todoLines, countOf } = await import("./todo-list.js");
      const todos = readTodos(input);
      const lines = todoLines(todos);
      context.record({ type: "state", key: LIST_KEY, value: todos.map((item: TodoItem) => ({ ...item })) });
      const words = [countOf(todos), ...lines].join("\n");
      return { parts: [{ type: "text", text: words }], details: { shown: lines.join("\n") } };
    },
  };
}
