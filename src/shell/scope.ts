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

const NUMBERS = new Set(["?", "#", "$", "!"]);
/** What the shell sets itself, and what cannot be known. */
const OWN =
  /^(BASH\w*|_|RANDOM|SRANDOM|SECONDS|LINENO|PPID|UID|EUID|SHLVL|EPOCH\w+|FUNCNAME|DIRSTACK|GROUPS|PIPESTATUS|OPTARG|OPTIND|COLUMNS|LINES|HOSTNAME|OSTYPE|MACHTYPE|HOSTTYPE)$/;

/** What a variable holds; a HOLE when that cannot be known. */
export function lookUp(name: string, { scope, where }: { scope: Scope; where: Where }): Value | undefined {
  if (NUMBERS.has(name)) return { text: "0", flow: NOTHING };
  if (/^(\d+|[@*])$/.test(name)) return positional(name, scope);
  const known: Record<string, string> = {
    PWD: scope.cwd ?? HOLE,
    HOME: where.home,
    IFS: " \t\n",
    OLDPWD: HOLE,
    REPLY: HOLE,
  };
  const text = OWN.test(name) ? HOLE : Object.hasOwn(known, name) ? known[name] : where.env[name];
  return scope.vars.get(name) ?? (text === undefined ? undefined : { text, flow: NOTHING });
}

function positional(name: string, scope: Scope): Value | undefined {
  if (name === "0") return scope.zero ?? { text: "bash", flow: NOTHING };
  if (/^\d+$/.test(name)) return scope.positional[Number(name) - 1];
  const text = scope.positional.map((field) => field.text).join(" ");
  return { text, flow: joined(scope.positional.map(({ flow }) => flow)) };
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
    // of two the one that must not be lost
    const worse = [value.text, old?.text ?? ""].find((text) =>
      /^(\/|~|\/\*|\/(home|root|etc|usr|Users)(\/[^/]*)?)$/.test(text),
    );
    vars.set(name, { text: worse ?? HOLE, flow: joined([value.flow, ...(old ? [old.flow] : [])]) });
  }
  return changed;
}
