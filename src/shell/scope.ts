import { type Field, type Flow, HOLE, joined, NOTHING, type Where } from "./types.js";

/** What a variable holds. */
export type Value = {
  text: string;
  flow: Flow;
  /** The elements of an array. */
  fields?: readonly Field[];
  /** Programs that are started see it. */
  exported?: true;
};

/** What the shell knows while it goes through a line. */
export type Scope = {
  /** Undefined after a `cd` to a folder that cannot be told. */
  cwd: string | undefined;
  /** Where a `cd` that may have failed wanted to go. */
  hoped?: string | undefined;
  vars: Map<string, Value>;
  positional: readonly Field[];
  /** `$0`, when it is given. */
  zero?: Field | undefined;
};

const NUMBERS = new Set(["?", "#", "$", "!", "RANDOM", "SECONDS", "LINENO", "BASHPID", "PPID", "UID", "EUID", "SHLVL"]);

/** What a variable holds; a HOLE when that cannot be known. */
export function lookUp(name: string, { scope, where }: { scope: Scope; where: Where }): Value | undefined {
  if (NUMBERS.has(name)) return { text: "0", flow: NOTHING };
  if (/^\d+$/.test(name)) {
    const field = name === "0" ? (scope.zero ?? { text: "bash", flow: NOTHING }) : scope.positional[Number(name) - 1];
    return field && { text: field.text, flow: field.flow };
  }
  if (name === "@" || name === "*") {
    return {
      text: scope.positional.map(({ text }) => text).join(" "),
      flow: joined(scope.positional.map(({ flow }) => flow)),
    };
  }
  const set = scope.vars.get(name);
  if (set) return set;
  if (name === "PWD") return { text: scope.cwd ?? HOLE, flow: NOTHING };
  if (name === "HOME") return { text: where.home, flow: NOTHING };
  if (name === "IFS") return { text: " \t\n", flow: NOTHING };
  if (name === "OLDPWD" || name === "REPLY" || name.startsWith("BASH")) return { text: HOLE, flow: NOTHING };
  const value = where.env[name];
  return value === undefined ? undefined : { text: value, flow: NOTHING };
}

/** The variables as they are now, to compare with later. */
export function remember({ vars }: Scope): ReadonlyMap<string, Value> {
  return new Map(vars);
}

/** After something that may or may not have run: what it would have changed cannot be told any more. */
export function unsettle({ vars }: Scope, before: ReadonlyMap<string, Value>): boolean {
  let changed = false;
  for (const [name, value] of vars) {
    const old = before.get(name);
    if (old === value || (old?.text === value.text && value.text !== HOLE && old.fields === value.fields)) continue;
    changed ||= value.text !== HOLE;
    vars.set(name, { text: HOLE, flow: joined([value.flow, ...(old ? [old.flow] : [])]) });
  }
  return changed;
}
