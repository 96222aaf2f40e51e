/** What was found in a project: the text of the files that say how it is checked, and the paths of all files. */
export type ProjectFound = {
  /** By path from the workspace; of AGENTS.md and the like only where it is there. */
  texts: Readonly<Record<string, string>>;
  /** From the workspace, with `/`. */
  files: readonly string[];
};

/** A check that a project has already, and the file that says so. */
export type FoundCheck = { kind: "test" | "types" | "lint" | "check" | "build"; check: string; from: string };
