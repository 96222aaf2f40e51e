import { readFileSync } from "node:fs";
import type { Result, Tool } from "../core/tool.js";
import { errorCode, fileReason, realTarget, statOf } from "../platform/files.js";
import { writeWhole } from "../platform/write-whole.js";
import { absent, ambiguous } from "./edit-refusal.js";
import { type Codec, codecFor } from "./file-codec.js";
import { findText, type Hit, withEndingsOf } from "./find-text.js";
import { reportEdit } from "./report-edit.js";
import { boolean, optional, string, toolInput } from "./schema.js";
import { writeFile } from "./write-file.js";

type Input = { path: string; old_text: string; new_text: string; replace_all?: boolean | undefined };

const INPUT = { path: string(), old_text: string(), new_text: string(), replace_all: optional(boolean()) };

const ALIASES = {
  file_path: "path",
  file: "path",
  old_string: "old_text",
  oldText: "old_text",
  new_string: "new_text",
  newText: "new_text",
};

/** The largest file that is edited, in bytes. */
const MOST = 256 * 1024 * 1024;

/** Replaces one exact text in a file. Every byte outside of it stays; a doubtful match is refused. */
export function editFile(): Tool<Input> {
  const create = writeFile();
  return {
    name: "edit_file",
    description: "Replace old_text, which must stand exactly once in the file (white space counts), by new_text.",
    input: toolInput(INPUT, ALIASES),
    effect: ({ path }, { cwd }) => ({ kind: "write", subjects: [realTarget(cwd, path)] }),
    async run(input, context) {
      const target = realTarget(context.cwd, input.path);
      if (input.old_text === "" && isEmptyOrAbsent(target)) {
        return create.run({ path: input.path, content: input.new_text }, context);
      }
      return edit(target, input);
    },
  };
}

async function edit(target: string, input: Input): Promise<Result> {
  const { path, old_text: old, new_text: fresh, replace_all: all = false } = input;
  if (old === "")
    throw new Error(`old_text is empty, and ${path} is not: give the text to replace. Nothing was changed.`);
  if (old === fresh) throw new Error("old_text and new_text are the same: there is nothing to change.");
  const bytes = load(target, path);
  const codec = codecFor(bytes, path);
  if (codec.asciiOnly && /[^\0-\x7f]/.test(old + fresh)) {
    throw new Error(
      `${path} is not UTF-8 and its encoding is not known: only ASCII can be edited in it. Nothing was changed.`,
    );
  }
  const before = codec.decode(bytes);
  const { hits } = findText(before, old);
  if (hits.length === 0) throw new Error(absent(path, before, { old, fresh }));
  if (hits.length > 1 && !all) throw new Error(ambiguous(path, before, hits));
  const after = splice(before, hits, fresh);
  if (after === before) throw new Error(`${path} already reads like this: there is nothing to change.`);
  await save({ target, path, after, codec });
  const lead = hits.length > 1 ? `Edited ${path} in ${hits.length} places` : `Edited ${path}`;
  return reportEdit({ path, before, after, lead });
}

function splice(content: string, hits: readonly Hit[], fresh: string): string {
  const pieces: string[] = [];
  let from = 0;
  for (const hit of hits) {
    pieces.push(content.slice(from, hit.from), withEndingsOf(content.slice(hit.from, hit.to), content, fresh));
    from = hit.to;
  }
  return pieces.join("") + content.slice(from);
}

function load(target: string, path: string): Buffer {
  const stat = statOf(target);
  if (stat === undefined)
    throw new Error(`${path} does not exist; create it with write_file, or look for it with glob.`);
  if (!stat.isFile())
    throw new Error(`${path} is ${stat.isDirectory() ? "a folder" : "not a regular file"}; it cannot be edited.`);
  if (stat.size > MOST) throw new Error(`${path} is larger than 256 MiB; edit it with bash (sed) instead.`);
  try {
    return readFileSync(target);
  } catch (error) {
    throw new Error(`${path} cannot be read: ${fileReason(error)}. Nothing was changed.`);
  }
}

async function save({
  target,
  path,
  after,
  codec,
}: {
  target: string;
  path: string;
  after: string;
  codec: Codec;
}): Promise<void> {
  try {
    writeWhole(target, [codec.encode(after)], statOf(target));
  } catch (error) {
    if (errorCode(error) === undefined) throw error;
    throw new Error(`${path} could not be written: ${fileReason(error)}. It is as it was.`);
  }
}

function isEmptyOrAbsent(target: string): boolean {
  const stat = statOf(target);
  return stat === undefined || (stat.isFile() && stat.size === 0);
}
