import type { Preview } from "../core/tool.js";
import { unifiedDiff } from "../platform/diff.js";

type Change = { path: string; before: string; after: string };

/** A change as a person looks at it: the diff, or words where the texts are too large or too different for one. */
export async function previewOf({ path, before, after }: Change): Promise<Preview> {
  if (before === after) return { type: "text", text: `${path} already holds exactly this.` };
  const { text: diff, added, removed } = await unifiedDiff(path, before, after);
  if (diff !== "") return { type: "diff", text: diff };
  const sizes = `${Buffer.byteLength(before)} bytes become ${Buffer.byteLength(after)}`;
  return { type: "text", text: `${path} changes too much for a diff (+${added} -${removed} lines): ${sizes}.` };
}

/** What is said of a file that no diff is made of. */
export function tooLarge(path: string, bytes: number): Preview {
  return { type: "text", text: `${path} holds ${bytes} bytes: too large for a diff.` };
}
