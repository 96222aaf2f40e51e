import { state } from "../core/fold.js";
import type { Plugin } from "../core/plugin.js";
import type { Effect } from "../core/tool.js";
import { instructionPlaces, mainInstructions, nestedInstructions } from "../store/instruction-files.js";
import { SHELL_FOLDER } from "../tools/bash.js";
import type { Told } from "./instruction-news.js";

export type InstructionOptions = {
  /** nanocoder's own home, and the workspace, links resolved. */
  home: string;
  cwd: string;
  userHome: string;
  /** Takes secrets out: what is told is kept in the session's file too. */
  redact(text: string): string;
  /** Says to a person what was left out. */
  notice(line: string): void;
};

/**
 * Tells the model what the user and the project left for agents in files: those of the repository's root down to the
 * workspace when a session is made, those of other folders when a call touches them, and all of them again when they
 * change. Text only: nothing else is ever taken from them.
 */
export function instructions(options: InstructionOptions): Plugin {
  const places = instructionPlaces(options.home, options.cwd);
  const setting = { ...options, places };
  const touched = new Set<string>();
  let began: Told = {};
  const load = () => import("./instruction-news.js").then(({ newsOf }) => newsOf(setting));
  // most folders have none: what reads them is loaded when there is one
  let made: ReturnType<typeof load> | undefined;
  const news = () => {
    made ??= load();
    return made;
  };

  return {
    name: "instructions",
    async system() {
      const paths = mainInstructions(places);
      if (paths.length === 0) return "";
      const { text, told, notices } = await (await news()).opening(paths);
      for (const line of notices) options.notice(line);
      began = told;
      return text;
    },
    async beforeStep({ events }) {
      const shell = state(events, SHELL_FOLDER);
      const seen = [...touched, ...(typeof shell === "string" ? [shell] : [])];
      touched.clear();
      const paths = [...mainInstructions(places), ...nestedInstructions(seen, places, events[0]?.at ?? 0)];
      if (paths.length === 0 && state(events, "instructions") === undefined) return undefined;
      const { facts, notices } = await (await news()).since(events, { paths, began });
      for (const line of notices) options.notice(line);
      return facts;
    },
    wrapTool: (tool) => ({
      ...tool,
      async run(input, context) {
        const effect = context.judged ?? (await tool.effect(input, context));
        for (const path of pathsOf(effect)) touched.add(path);
        return tool.run(input, context);
      },
    }),
  };
}

// a command says itself what it reads and writes; other calls by their subjects
function pathsOf({ kind, subjects, foresight }: Effect): readonly string[] {
  if (foresight !== undefined) return [...foresight.reads, ...foresight.writes];
  return kind === "read" || kind === "write" ? subjects : [];
}
