import { clip, visible } from "../platform/text.js";

/** What tells one sub-agent from others that work beside it: its type, and the beginning of its task. */
export function orderTitle({ type, task }: { type?: string | undefined; task: string }): string {
  const words = `“${shortName(task)}”`;
  return type === undefined || type === "" ? words : `${shortName(type)} ${words}`;
}

/** Characters of a type and of a task. */
const MOST = 40;

// its quotes are ours: words of its own cannot end the name and go on in our voice
function shortName(words: string): string {
  return clip(visible(words.replace(/\s+/g, " ").trim()).replace(/[“”]/g, '"'), MOST);
}
