import type { Result, Tool } from "../core/tool.js";
import { string, toolInput } from "./schema.js";

/** Forgets one memory. A person is asked: what a page or a file says must not empty the store. `path` is where memories are. */
export function forget(path: string, drop: (id: string) => Promise<Result>): Tool<{ id: string }> {
  return {
    name: "forget",
    description: "Forget one thing that was remembered, by its id.",
    input: toolInput({ id: string() }),
    effect: ({ id }) => ({ kind: "write", subjects: [path], doubt: `it forgets the memory ${id}` }),
    run: ({ id }) => drop(id),
  };
}
