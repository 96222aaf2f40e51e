import { nearest } from "../platform/text.js";

const REMEMBERING: readonly string[] = ["remember", "recall", "forget"];

/** What is said of a name in `--tools` that is none of those there are. */
export function unknownTool(name: string, there: readonly string[]): string {
  if (REMEMBERING.includes(name)) return `--tools: ${name} is there where memory is on.`;
  const [near] = nearest(name, there);
  const hint = near === undefined ? "" : ` Did you mean "${near}"?`;
  return `--tools: there is no tool "${name}".${hint} Tools: ${there.join(", ")}.`;
}
