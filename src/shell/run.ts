import type { Function as FunctionNode } from "unbash";
import { isCritical, isDevice, type Place, placeOf } from "./paths.js";
import type { Scope } from "./scope.js";
import { isSecret } from "./secrets.js";
import { ANYTHING, type Field, type Flow, HOLE, type Part, type Secret, type Where } from "./types.js";

/** What was found so far. */
export type Findings = {
  parts: Part[];
  reads: Set<string>;
  writes: Set<string>;
  network: Set<string>;
  unknown: Set<string>;
  /** Reasons to refuse it in every mode. */
  floor: Set<string>;
  /** Files that this line filled with secrets. */
  tainted: Set<string>;
  /** Files that this line filled with a text that is known. */
  written: Map<string, string>;
  /** It opens a bare connection; it runs a shell on its standard input. Together they hand out a shell. */
  connects: boolean;
  listens: boolean;
  /** It changes the repository's own files. */
  repository: boolean;
  /** The analysis gave up on a part of it. */
  unchecked: boolean;
};

/** One run of the analysis over a line and what is nested in it. */
export type Run = {
  where: Where;
  scope: Scope;
  functions: Map<string, FunctionNode>;
  found: Findings;
  /** Functions that are being run, and whether from inside a pipe or the background. */
  active: readonly string[];
  /** Steps that are left before the analysis gives up. */
  fuel: { left: number };
  depth: number;
  /** In a pipe or in the background. */
  forked: boolean;
  /** Runs a text as a script. */
  script(text: string, run: Run, input: Flow): Flow;
  /** Runs the body of a function. */
  body(node: FunctionNode["body"], run: Run, input: Flow): Flow;
  /** Runs words as a command. */
  command(fields: readonly Field[], run: Run, input: Flow): Flow;
};

/** A command with its arguments, what it reads from its input, and the run it is part of. */
export type Call = { name: string; args: readonly Field[]; input: Flow; run: Run };

/** What is known of a program: notes what the call would do and gives what it would print. */
export type Program = (call: Call) => Flow;

export function newFindings(): Findings {
  const sets = { reads: new Set<string>(), writes: new Set<string>(), network: new Set<string>() };
  const more = {
    unknown: new Set<string>(),
    floor: new Set<string>(),
    tainted: new Set<string>(),
    written: new Map<string, string>(),
  };
  return { parts: [], ...sets, ...more, connects: false, listens: false, repository: false, unchecked: false };
}

export function unknown(run: Run, why: string): void {
  run.found.unknown.add(why.replaceAll(HOLE, "…"));
}

export function refuse(run: Run, why: string): void {
  run.found.floor.add(why.replaceAll(HOLE, "…"));
}

/** Notes that a part of it is beyond what is checked. */
export function giveUp(run: Run, why: string): Flow {
  unknown(run, why);
  run.found.unchecked = true;
  return ANYTHING;
}

/** Notes that a place is read, and tells whether secrets lie there. */
export function read(run: Run, field: Field): Secret {
  const { cwd, hoped } = run.scope;
  const place = placeOf(field, cwd, run.where);
  if (field.stream) return field.stream.secret;
  if (place === undefined && field.flow.below && run.scope.cwd !== undefined)
    return readPlace(run, { path: run.scope.cwd });
  if (place === undefined) {
    unknown(run, "it reads files that cannot be told");
    const perhaps = hoped === undefined ? undefined : placeOf(field, hoped, run.where);
    return perhaps && isSecret(perhaps.path, run.where) ? "file" : field.flow.secret;
  }
  return readPlace(run, place);
}

export function readPlace(run: Run, place: Place): Secret {
  if (isHarmlessDevice(place.path)) return false;
  const paths = pathsOf(run, place);
  for (const path of paths) run.found.reads.add(path);
  const holds = (path: string) => isSecret(path, run.where) || run.found.tainted.has(path);
  return holds(place.path) || paths.some(holds) ? "file" : false;
}

// a glob may match links: what it stands for is looked up where that is possible
function pathsOf(run: Run, { path, glob }: Place): readonly string[] {
  if (glob === undefined) return [path];
  const all = run.where.expand?.(path, glob);
  if (all === undefined && run.where.expand) unknown(run, "it names more files than can be looked at");
  return all?.length ? all.map((each) => run.where.resolve(each)) : [`${path === "/" ? "" : path}/${glob}`];
}

/** Notes that a place is written or removed. */
export function write(run: Run, field: Field): void {
  const place = placeOf(field, run.scope.cwd, run.where);
  if (place === undefined) unknown(run, "it writes to files that cannot be told");
  else writePlace(run, place);
}

function writePlace(run: Run, place: Place): void {
  if (isHarmlessDevice(place.path) && place.glob === undefined) return;
  for (const path of pathsOf(run, place)) {
    if (isDevice(path)) refuse(run, `it writes to the device ${path}`);
    if (isCritical(path, run.where)) refuse(run, `it changes ${path}, which guards the whole machine`);
    run.found.writes.add(path);
  }
}

export function network(run: Run, target: string): void {
  run.found.network.add(target.replaceAll(HOLE, "…"));
}

function isHarmlessDevice(path: string): boolean {
  return /^\/dev\/(null|zero|full|tty|stdin|stdout|stderr|urandom|random|fd\/\d+|pts\/\d+)$|^\/proc\/(self|\d+)\/fd\/\d+$/.test(
    path,
  );
}

/** A copy whose changes of folder and variables stay in it, as in a subshell. */
export function forked(run: Run, more: Partial<Run> = {}): Run {
  const scope = { ...run.scope, vars: new Map(run.scope.vars) };
  return { ...run, scope, functions: new Map(run.functions), ...more };
}

/** A run whose findings do not count, but for those that refuse: of words that may or may not be a command. */
export function aside(run: Run): Run {
  const { floor, tainted, written } = run.found;
  return { ...forked(run, { depth: run.depth + 1 }), found: { ...newFindings(), floor, tainted, written } };
}

/** Runs aside what this line wrote into a file, when it is run as a script. */
export function runWritten(file: Field, run: Run): void {
  const path = placeOf(file, run.scope.cwd, run.where)?.path;
  const text = path === undefined ? undefined : run.found.written.get(path);
  if (text !== undefined && run.depth < 8) run.script(text, aside(run), ANYTHING);
}
