import { readFileSync } from "node:fs";
import { dirname } from "node:path";
import { text } from "../core/message.js";
import type { Result, Tool } from "../core/tool.js";
import { fileReason, makeFolder, realTarget, statOf } from "../platform/files.js";
import { writeWhole } from "../platform/write-whole.js";
import { reportEdit } from "./report-edit.js";
import { string, toolInput } from "./schema.js";

type Input = { path: string; content: string };

const INPUT = { path: string(), content: string() };

/** Writes a whole file, folders included; a crash leaves the old one or the new one. */
export function writeFile(): Tool<Input> {
  return {
    name: "write_file",
    description: "Create a file, or replace all of one. To change a part use edit_file.",
    input: toolInput(INPUT, { file_path: "path", filename: "path", file: "path", text: "content" }),
    effect: ({ path }, { cwd }) => ({ kind: "write", subjects: [realTarget(cwd, path)] }),
    run: ({ path, content }, { cwd }) => write({ target: realTarget(cwd, path), path, content }),
  };
}

async function write({ target, path, content }: Input & { target: string }): Promise<Result> {
  const before = existing(target, path);
  if (before === content) return { parts: [text(`${path} already holds exactly this; nothing was written.`)] };
  try {
    makeFolder(dirname(target), 0o777);
    writeWhole(target, [Buffer.from(content)], statOf(target));
  } catch (error) {
    throw new Error(`${path} could not be written: ${fileReason(error)}. It is as it was.`);
  }
  const lines = content === "" ? 0 : content.replace(/\n$/, "").split("\n").length;
  const lead = before === undefined ? `Created ${path}, ${lines} lines` : `Wrote ${path}, ${lines} lines`;
  const details = { path, added: lines, removed: 0, diff: "" };
  if (before === undefined) return { parts: [text(lead)], details };
  return reportEdit({ path, before, after: content, lead });
}

function existing(target: string, path: string): string | undefined {
  const stat = statOf(target);
  if (stat === undefined) return undefined;
  if (stat.isDirectory()) throw new Error(`${path} is a folder; name a file in it.`);
  if (!stat.isFile()) throw new Error(`${path} is not a regular file; it is not written to.`);
  return readFileSync(target, "utf8");
}
