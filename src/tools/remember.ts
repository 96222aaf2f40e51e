import type { Tool } from "../core/tool.js";
import { oneOf, optional, share, string, toolInput, words } from "./schema.js";

const INPUT = {
  text: string(),
  scope: optional(oneOf(["project", "global"])),
  importance: optional(share()),
  tags: optional(words()),
};

type Input = {
  text: string;
  scope?: "project" | "global" | undefined;
  importance?: number | undefined;
  tags?: string[] | undefined;
};

/** Keeps a fact beyond the session. What it writes is the agent's own: it needs no leave, in no mode. */
export function remember(keep: Tool<Input>["run"]): Tool<Input> {
  return {
    name: "remember",
    description:
      "Keep one lasting fact for later sessions: a preference, a decision, how this project works. No secrets, nothing the files say.",
    input: toolInput(INPUT),
    effect: () => ({ kind: "none", subjects: [] }),
    run: keep,
  };
}
