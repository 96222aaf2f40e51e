/** Where a command line would run: all that the analysis knows of the outside. */
export type Where = {
  /** The folder it starts in. */
  cwd: string;
  /** The workspace, links resolved. */
  root: string;
  home: string;
  /** The environment it would get. */
  env: Readonly<Record<string, string | undefined>>;
  /** Where an absolute path really leads, links followed, also when its end does not exist. */
  resolve(path: string): string;
  isFolder(path: string): boolean;
  /** The paths that a glob below a folder stands for; undefined when there are too many. */
  expand?(folder: string, glob: string): readonly string[] | undefined;
  /** Settings of the repository at a path that make git run programs which cannot be switched off. */
  gitPrograms?(folder: string): readonly string[];
};

/** One command as the shell would run it, its words after expansion. */
export type Part = { command: string; proved: boolean };

export type Verdict = "read-only" | "needs leave" | "catastrophic";

/** What a command line would do, as far as it can be told without running it. */
export type Analysis = {
  line: string;
  /** The folder that it begins in. */
  folder: string;
  verdict: Verdict;
  /** Why it is not read-only, in words; what it does when it is. */
  why: string;
  /** Every simple command in it, nested ones too. */
  parts: readonly Part[];
  /** Resolved paths. A folder stands for what is in it. */
  reads: readonly string[];
  writes: readonly string[];
  /** What it would reach: host names and addresses as written, or the command when they cannot be told. */
  network: readonly string[];
  /** What cannot be told, a phrase each. */
  unknown: readonly string[];
  /** It changes the repository's own files: commits, branches, settings. */
  repository: boolean;
  /** It is beyond what can be checked: too long, too deep, too many parts. */
  unchecked: boolean;
};

/** Whether something holds a secret: the value of a variable, or the content of a file. */
export type Secret = false | "variable" | "file";

/** What flows through a pipe or out of a substitution. `text` is there when it is known to the letter. */
export type Flow = {
  net: boolean;
  secret: Secret;
  text?: string | undefined;
  /** Its lines are names of files below the current folder. */
  below?: true;
  /** The folders that were searched for those names. */
  searched?: readonly Field[];
};

export const NOTHING: Flow = { net: false, secret: false, text: "" };
export const ANYTHING: Flow = { net: false, secret: false };

/** Stands for a piece of a word that cannot be known. */
export const HOLE = "\0";

/** A word after expansion. */
export type Field = {
  /** With a HOLE for each piece that is not known. */
  text: string;
  /** It holds an unquoted glob. */
  glob: boolean;
  flow: Flow;
  /** A process substitution: what can be read from it. */
  stream?: Flow;
};

export function isKnown(field: Field): boolean {
  return !field.text.includes(HOLE);
}

export function literal(text: string): Field {
  return { text, glob: false, flow: NOTHING };
}

export function worst(secrets: readonly Secret[]): Secret {
  return secrets.includes("file") ? "file" : secrets.includes("variable") && "variable";
}

export function joined(flows: readonly Flow[]): Flow {
  const texts = flows.map((flow) => flow.text);
  return {
    net: flows.some((flow) => flow.net),
    secret: worst(flows.map((flow) => flow.secret)),
    text: texts.every((text) => text !== undefined) ? texts.join("") : undefined,
    ...(flows.length > 0 && flows.every((flow) => flow.below) ? { below: true as const } : {}),
  };
}
