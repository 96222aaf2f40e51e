import type { Assignment, Command } from "unbash";
import { baseName, SHELLS, steers } from "./names.js";
import type { Expander } from "./pieces.js";
import { isConnection, redirect } from "./redirects.js";
import { forked, type Run, unknown } from "./run.js";
import { runCommand } from "./simple.js";
import { ANYTHING, type Field, type Flow, HOLE, joined, NOTHING } from "./types.js";
import { expandWhole, expandWords, runNested } from "./words.js";

/** A simple command: assignments, words, redirections, then the program. */
export function runSimple(node: Command, { run, expander }: { run: Run; expander: Expander }, input: Flow): Flow {
  const { input: given, out } = redirect(node.redirects, { run, expander }, input);
  if (node.name?.parts?.some((part) => isOutsideVariable(part, run)))
    unknown(run, "the program it runs hangs on a variable");
  const assigned = node.prefix.filter((part) => part.type === "Assignment");
  const words = [...(node.name ? [node.name] : []), ...node.args];
  const fields = words.flatMap((word) =>
    word.type === "Word" ? expandWords([word], expander) : [assignmentField(word, expander)],
  );
  // what a builtin sets stays, also behind an assignment
  const here = fields.length === 0 || assigned.length === 0 || ASSIGNS.test(fields[0]?.text ?? "");
  const inner = here ? run : forked(run);
  assignAll(assigned, inner, { expander, program: fields[0]?.text });
  // `$(<file)` is the file; an assignment prints nothing
  if (fields.length === 0) return assigned.length > 0 || node.redirects.length === 0 ? NOTHING : given;
  // what stands before a command is in its environment
  if (inner !== run) for (const { name } of assigned) exported(name, inner);
  if (node.redirects.some(isConnection) && SHELLS.has(baseName(fields[0]?.text ?? ""))) run.found.listens = true;
  const flow = runCommand(fields, inner, given);
  run.scope.cwd = inner.scope.cwd;
  return out(flow);
}

const ASSIGNS =
  /^(read|mapfile|readarray|export|declare|typeset|local|readonly|printf|eval|source|\.|set|unset|getopts|cd|pushd|popd|command|builtin)$/;

type Assigning = { expander: Expander; program: string | undefined };

function assignAll(assignments: readonly Assignment[], run: Run, { expander, program }: Assigning): void {
  const splits = /^(read|mapfile|readarray)$/.test(program ?? "");
  for (const assignment of assignments) {
    const { name } = assignment;
    if (steers(name) && !(splits && name === "IFS")) unknown(run, `it sets ${name}, which changes what programs do`);
    assign(assignment, run, expander);
  }
}

// set neither in this line nor by the shell: what it holds is not to be relied on
function isOutsideVariable(part: { type: string; text: string }, { scope }: Run): boolean {
  const name = /^\$\{?(\w+)/.exec(part.text)?.[1];
  const expansion = part.type === "SimpleExpansion" || part.type === "ParameterExpansion";
  return expansion && name !== undefined && !scope.vars.has(name) && !/^\d+$|^(HOME|PWD|IFS)$/.test(name);
}

function assignmentField(assignment: Assignment, expander: Expander): Field {
  const value = assignment.value.type === "Word" ? expandWhole(assignment.value, expander) : undefined;
  if (value === undefined) runNested(assignment.value, expander);
  return { text: `${assignment.name}=${value?.text ?? HOLE}`, glob: false, flow: value?.flow ?? ANYTHING };
}

function assign(assignment: Assignment, run: Run, expander: Expander): void {
  const { name, value, append } = assignment;
  if (value.type !== "Word" || assignment.index) unknown(run, "it uses an array");
  if (value.type !== "Word") {
    runNested(value, expander);
    const fields = expandWords(value.elements, expander);
    const flow = joined(fields.map((field) => field.flow));
    run.scope.vars.set(name, { text: fields[0]?.text ?? "", flow, fields });
    return;
  }
  const whole = expandWhole(value, expander);
  const before = append ? (run.scope.vars.get(name)?.text ?? "") : "";
  run.scope.vars.set(name, { text: before + whole.text, flow: whole.flow });
}

function exported(name: string, { scope }: Run): void {
  const value = scope.vars.get(name);
  if (value) scope.vars.set(name, { ...value, exported: true });
}
