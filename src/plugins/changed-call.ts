import { type Json, text } from "../core/message.js";
import { sentence } from "../core/run-tools.js";
import type { Result, Tool } from "../core/tool.js";

/** A call as a person changed it: what the tool reads of it, and the words that tell of the change. */
export async function changeOf(
  tool: Tool,
  input: Json,
): Promise<{ input: unknown; words: string } | { fault: string }> {
  const words = `the user changed this call to ${JSON.stringify(input)}`;
  try {
    return { input: await tool.input.parse(input), words };
  } catch (error) {
    return { fault: `${words}, which ${tool.name} does not take: ${sentence(error)}` };
  }
}

/** What a changed call gives, or why it fails; the model reads first that it is not the call it made. */
export async function toldFirst(words: string, run: () => Promise<string | Result>): Promise<Result> {
  const lead = `[T${words.slice(1)}; that ran instead]\n`;
  try {
    const result = await run();
    const { parts, ...rest } = typeof result === "string" ? { parts: [text(result)] } : result;
    return { ...rest, parts: [text(lead), ...parts] };
  } catch (error) {
    throw new Error(lead + sentence(error));
  }
}
