import type { Json } from "../core/message.js";
import type { Schema, Tool, ToolContext } from "../core/tool.js";
import { statOf } from "../platform/files.js";
import { boolean, objects, optional, string, toolInput } from "./schema.js";
import { pathEffect, targetOf } from "./target.js";
import { writeFile } from "./write-file.js";

type Change = { old_text: string; new_text: string; replace_all?: boolean | undefined };
type Input = { path: string; edits: readonly Change[] };

const CHANGE = { old_text: string(), new_text: string(), replace_all: optional(boolean()) };
const CHANGE_ALIASES = { old_string: "old_text", oldText: "old_text", new_string: "new_text", newText: "new_text" };

const INPUT = {
  path: string(),
  old_text: optional(CHANGE.old_text),
  new_text: optional(CHANGE.new_text),
  replace_all: CHANGE.replace_all,
  edits: optional(objects(CHANGE, CHANGE_ALIASES)),
};

/**
 * Replaces texts in a file, all or none. Every byte outside of them stays; a text that is not there exactly is taken
 * only where nothing is lost by it, which the result says, and refused otherwise.
 */
export function editFile(): Tool<Input> {
  const create = writeFile();
  return {
    name: "edit_file",
    description:
      "Replace old_text, which must stand exactly once in the file (white space counts), by new_text. Several: edits, all or none.",
    input: editInput(),
    effect: ({ path }, { cwd }) => pathEffect("write", path, cwd),
    async preview(input, context) {
      const { file, content, changes } = meant(input, context);
      if (content !== undefined) return create.preview({ path: file.path, content }, context);
      return (await import("./apply-edits.js")).previewEdits({ file, changes }, context);
    },
    async run(input, context) {
      const { file, content, changes } = meant(input, context);
      if (content !== undefined) return create.run({ path: file.path, content }, context);
      return (await import("./apply-edits.js")).applyEdits({ file, changes }, context);
    },
  };
}

// an empty text is found only where there is nothing else: the whole is written
function meant({ path, edits }: Input, context: ToolContext) {
  const file = { path, target: targetOf(path, context) };
  const changes = edits.map(({ old_text, new_text, replace_all: all = false }) => ({
    old: old_text,
    fresh: new_text,
    all,
  }));
  const [only] = changes;
  const creates = changes.length === 1 && only?.old === "" && isEmptyOrAbsent(file.target);
  return { file, changes, content: creates ? only?.fresh : undefined };
}

// one edit stands in the input itself
function editInput(): Schema<Input> {
  const either = toolInput(INPUT, { ...CHANGE_ALIASES, file_path: "path", file: "path" });
  const one = toolInput({ path: INPUT.path, ...CHANGE });
  return {
    json: either.json,
    async parse(input: Json) {
      const { path, edits = [], ...change } = await either.parse(input);
      if (edits.length === 0) {
        const { path: _, ...only } = await one.parse({ path, ...given(change) });
        return { path, edits: [only] };
      }
      if (change.old_text) throw new Error("Give old_text and new_text, or edits, not both.");
      return { path, edits };
    },
  };
}

function given(change: { [name: string]: string | boolean | undefined }): { [name: string]: Json } {
  return Object.fromEntries(
    Object.entries(change).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}

function isEmptyOrAbsent(target: string): boolean {
  const stat = statOf(target);
  return stat === undefined || (stat.isFile() && stat.size === 0);
}
