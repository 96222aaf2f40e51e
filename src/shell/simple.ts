import { builtins } from "./builtins.js";
import { findCommand } from "./find.js";
import { checkWipe, forbiddenBy } from "./floor.js";
import { git } from "./git.js";
import { interpreters } from "./interpreters.js";
import { baseName, isInterpreter, isSystemProgram, SHELLS } from "./names.js";
import { networkPrograms } from "./network.js";
import { shown } from "./options.js";
import { absolute, placeOf } from "./paths.js";
import { readers } from "./readers.js";
import { aside, type Call, giveUp, type Program, type Run, refuse, runWritten, unknown } from "./run.js";
import { remember, unsettle } from "./scope.js";
import { isSecret, printsSecrets } from "./secrets.js";
import { ANYTHING, type Field, type Flow, isKnown, joined, NOTHING } from "./types.js";
import { wrappers } from "./wrappers.js";
import { writers } from "./writers.js";

const PROGRAMS: Readonly<Record<string, Program>> = {
  ...readers,
  ...writers,
  ...networkPrograms,
  ...interpreters,
  ...wrappers,
  ...builtins,
  find: findCommand,
  git,
};

/** Runs words as a command: a function, a known program, or one of which nothing is known. */
export function runCommand(fields: readonly Field[], run: Run, input: Flow): Flow {
  // long commands cost more: each wrapper in one goes through the rest of it again
  run.fuel.left -= 1 + (fields.length >> 4);
  if (run.fuel.left < 0) return giveUp(run, "it has too many parts to be checked");
  const [first, ...args] = fields;
  if (first === undefined) return NOTHING;
  const before = countDoubts(run);
  const said = dispatch(first, { name: first.text, args, input, run });
  // most programs print something: only of these is it known that they do not
  const flow = said.text === "" && !SILENT.has(first.text) ? { ...said, text: undefined } : said;
  run.found.parts.push({ command: shown(fields), proved: countDoubts(run) === before });
  return flow;
}

const SILENT = new Set(
  ": true false exit return break continue shift wait cd export declare typeset local readonly set read unset shopt echo printf cat eval test [".split(
    " ",
  ),
);

function countDoubts({ found }: Run): number {
  return found.unknown.size + found.writes.size + found.network.size + found.floor.size;
}

function dispatch(first: Field, call: Call): Flow {
  const { run } = call;
  if (first.flow.net) refuse(run, "it runs what it fetched from the network");
  if (!isKnown(first) || first.glob) {
    checkWipe({ ...call, name: "rm" });
    return doubtful(run, "the program it runs cannot be told");
  }
  const called = run.functions.get(first.text);
  if (called) return callFunction(call);
  return program(first.text)?.({ ...call, name: baseName(first.text) }) ?? stranger(call);
}

function program(name: string): Program | undefined {
  const base = baseName(name);
  if (name.includes("/") && !(name.startsWith("/") && isSystemProgram(absolute(name, "/") ?? name))) return undefined;
  return Object.hasOwn(PROGRAMS, base) ? PROGRAMS[base] : isInterpreter(base) ? PROGRAMS.python : undefined;
}

// a program of which nothing is known may run its words as a command, or one of them as a script
function stranger(call: Call): Flow {
  const { name, args, run } = call;
  unknown(run, `it runs ${baseName(name)}, which may do anything`);
  if (name.includes("/")) runWritten({ text: name, glob: false, flow: NOTHING }, run);
  const never = forbiddenBy(name);
  if (never !== undefined) refuse(run, never);
  checkWipe({ ...call, name: baseName(name) });
  const probe = aside(run);
  if (probe.depth > 6 || args.length > 64) return printed(call);
  const at = args.findIndex(
    (arg, n) => n < 16 && (SHELLS.has(baseName(arg.text)) || DANGEROUS.has(baseName(arg.text))),
  );
  if (at >= 0) run.command(args.slice(at), probe, call.input);
  for (const arg of args) if (/\s/.test(arg.text) && isKnown(arg)) run.script(arg.text, probe, NOTHING);
  return printed(call);
}

// what is worth a second look among the words of a stranger
const DANGEROUS = new Set("rm rimraf dd mkfs shred wipefs sudo doas find eval exec env xargs".split(" "));

function printed(call: Call): Flow {
  const flow = joined([...call.args.map((arg) => arg.flow), call.input]);
  const { scope, where } = call.run;
  const fed = call.args.some(
    (arg) => /[./]/.test(arg.text) && isSecret(placeOf(arg, scope.cwd, where)?.path ?? "", where),
  );
  return { ...flow, secret: fed || printsSecrets(call) ? "file" : flow.secret, text: undefined };
}

function callFunction({ name, args, input, run }: Call): Flow {
  const body = run.functions.get(name)?.body;
  if (body === undefined) return ANYTHING;
  if (run.active.includes(name)) {
    if (run.forked) refuse(run, "it starts itself again and again (a fork bomb)");
    return doubtful(run, `the function ${name} calls itself`);
  }
  const scope = { ...run.scope, positional: args };
  // only a fork of its own making counts
  const inner = { ...run, scope, active: [...run.active, name], depth: run.depth + 1, forked: false };
  if (inner.depth > 40) return giveUp(run, "its functions are nested too deep to be checked");
  const before = remember(run.scope);
  const flow = run.body(body, inner, input);
  // a `return` or a `local` may have kept it from being set
  unsettle(run.scope, before);
  run.scope.cwd = scope.cwd === run.scope.cwd ? scope.cwd : undefined;
  return flow;
}

function doubtful(run: Run, why: string): Flow {
  unknown(run, why);
  return ANYTHING;
}
