import type { Tool } from "../core/tool.js";
import { realTarget } from "../platform/files.js";
import { doubtAbout } from "./overwrite-doubt.js";
import { string, toolInput } from "./schema.js";
import { pathEffect, targetOf } from "./target.js";

type Input = { path: string; content: string };

const INPUT = { path: string(), content: string() };

/** Writes a whole file, folders included; a crash leaves the old one or the new one. */
export function writeFile(): Tool<Input> & Required<Pick<Tool<Input>, "preview">> {
  return {
    name: "write_file",
    description: "Create a file, or replace all of one; to change only a part, edit it instead.",
    input: toolInput(INPUT, { file_path: "path", filename: "path", file: "path", text: "content" }),
    effect({ path, content }, { cwd, events }) {
      const effect = pathEffect("write", path, cwd);
      const doubt = doubtAbout({ path, target: realTarget(cwd, path) }, content, events);
      return doubt === undefined ? effect : { ...effect, doubt };
    },
    async preview({ path, content }, context) {
      const { previewWrite } = await import("./write-text.js");
      return previewWrite({ file: { path, target: targetOf(path, context) }, content });
    },
    async run({ path, content }, context) {
      const { writeText } = await import("./write-text.js");
      return writeText({ file: { path, target: targetOf(path, context) }, content }, context);
    },
  };
}
