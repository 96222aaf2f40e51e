import { type CompoundList, forEachChild, type ParsedScript, parse, type Statement, type SyntaxNode } from "unbash";
import { steers } from "./names.js";
import type { Expander } from "./pieces.js";
import { redirect } from "./redirects.js";
import { forked, giveUp, newFindings, type Run, read, unknown } from "./run.js";
import { lookUp, remember, unsettle } from "./scope.js";
import { runCommand } from "./simple.js";
import { runSimple } from "./simple-command.js";
import { ANYTHING, type Field, type Flow, HOLE, isKnown, joined, NOTHING, type Where } from "./types.js";
import { checkArithmetic, expandWhole, expandWords, runNested } from "./words.js";

/** Commands that are looked at, scripts in scripts, characters of a line, expansions in it. */
const MOST = { steps: 4000, depth: 16, line: 200_000, openings: 1000 };

type Node = Statement["command"] | CompoundList | Statement;

/** Goes through a line and all that is nested in it. */
export function interpret(line: string, where: Where): Run {
  const run: Run = {
    where,
    scope: { cwd: where.cwd, vars: new Map(), positional: [] },
    functions: new Map(),
    found: newFindings(),
    active: [],
    fuel: { left: MOST.steps },
    depth: 0,
    forked: false,
    script: runScript,
    body: (node, inner, input) => runNode(node, inner, input),
    command: (fields, inner, input) => runCommand(fields, inner, input),
  };
  runScript(line, run, NOTHING);
  return run;
}

function runScript(text: string, run: Run, input: Flow): Flow {
  if (text.length > MOST.line) return giveUp(run, "it is too long to be checked");
  if ((text.match(/\$\(|\(\(|`|<\(|\$\{/g)?.length ?? 0) > MOST.openings)
    return giveUp(run, "it has too many parts to be checked");
  run.fuel.left -= text.length >> 6;
  if (text.includes(HOLE)) unknown(run, "it runs text that cannot be told");
  return runParsed(parse(text), { ...run, depth: run.depth + 1 }, input);
}

function runParsed(script: ParsedScript, run: Run, input: Flow): Flow {
  if (run.depth > MOST.depth) return giveUp(run, "it is nested too deep to be checked");
  if (script.errors?.length) unknown(run, "it cannot be read as shell");
  return runList(script.commands, run, input);
}

function runList(statements: readonly Statement[], run: Run, input: Flow): Flow {
  return joined(
    statements.map((statement) => {
      const before = run.scope.cwd;
      const flow = runNode(statement, run, input);
      // a `cd` that fails stays where it was
      if (run.scope.cwd !== before && !run.where.isFolder(run.scope.cwd ?? "")) {
        run.scope.hoped = run.scope.cwd ?? run.scope.hoped;
        run.scope.cwd = undefined;
      }
      return flow;
    }),
  );
}

function runNode(node: Node | SyntaxNode, run: Run, input: Flow): Flow {
  run.fuel.left -= 1;
  if (run.fuel.left < 0) return giveUp(run, "it has too many parts to be checked");
  switch (node.type) {
    case "Statement":
      return node.background
        ? runNode(node.command, forked(run, { forked: true }), input)
        : runNode(node.command, run, input);
    case "CompoundList":
      return runList(node.commands, run, input);
    case "Command":
      return runSimple(node, { run, expander: expanderOf(run) }, input);
    case "Pipeline":
      return runPipeline(node.commands, run, input);
    case "AndOr":
      return runChain(node, run, input);
    case "Redirected": {
      const redirected = redirect(node.redirects, { run, expander: expanderOf(run) }, input);
      return redirected.out(runNode(node.command, run, redirected.input));
    }
    case "Subshell":
      return runNode(node.body, forked(run), input);
    case "BraceGroup":
      return runNode(node.body, run, input);
    case "Function":
      run.functions.set(node.name.value, node);
      return NOTHING;
    default:
      return runControl(node, run, input);
  }
}

function runControl(node: Node | SyntaxNode, run: Run, input: Flow): Flow {
  const expander = expanderOf(run);
  switch (node.type) {
    case "If": {
      const bodies = [
        node.then,
        ...node.elif.flatMap((elif) => [elif.clause, elif.then]),
        ...(node.else ? [node.else] : []),
      ];
      const clause = runNode(node.clause, run, input);
      return joined([clause, ...bodies.map((body) => perhaps(body, run, input))]);
    }
    case "While":
      return again(run, () => joined([node.clause, node.body].map((part) => runNode(part, run, input))));
    case "For":
    case "Select":
      return runLoop(
        { name: node.name.value, words: expandWords(node.wordlist ?? [], expander), body: node.body },
        run,
        input,
      );
    case "ArithmeticFor":
      unknown(run, "it counts by expressions that may run what they hold");
      for (const part of [node.initialize, node.test, node.update]) runNested(part, expander);
      return perhaps(node.body, run, input);
    case "Case":
      expandWhole(node.word, expander);
      return joined(
        node.items.map((item) => {
          for (const pattern of item.pattern) expandWhole(pattern, expander);
          return perhaps(item.body, run, input);
        }),
      );
    case "TestCommand":
      checkTest(node.expression, expander);
      runNested(node.expression, expander);
      return NOTHING;
    case "Coproc":
      unknown(run, "it starts a command beside the shell");
      return runNode(node.body, forked(run, { forked: true }), ANYTHING);
    case "ArithmeticCommand":
      checkArithmetic(node.body, expander);
      runNested(node.expression, expander);
      return NOTHING;
    default:
      unknown(run, `it uses ${node.type.toLowerCase()}, which is not checked`);
      return ANYTHING;
  }
}

// comparing numbers runs what stands in an array index
function checkTest(expression: SyntaxNode, expander: Expander): void {
  const counts = "operator" in expression && /^-(v|eq|ne|lt|le|gt|ge)$/.test(String(expression.operator));
  const words =
    "left" in expression ? [expression.left, expression.right] : "operand" in expression ? [expression.operand] : [];
  for (const word of words) {
    if (counts && word && "text" in word && !isCount(word, expander))
      expander.doubt("a test that may run what it compares");
  }
  forEachChild(expression, (child) => checkTest(child, expander));
}

// a number, or a variable that holds one
function isCount(word: { text: string }, expander: Expander): boolean {
  const bare = word.text.replace(/^"(.*)"$/, "$1");
  if (/^-?\d+$|^\$[?#!$]$/.test(bare)) return true;
  const name = /^\$\{?(\w+)\}?$/.exec(bare)?.[1];
  const value = name === undefined ? undefined : lookUp(name, expander)?.text;
  return value !== undefined && /^\s*-?\d+\s*$/.test(value);
}

// a body that may or may not run: what it changes cannot be told afterwards
function perhaps(body: CompoundList, run: Run, input: Flow): Flow {
  return doubtfully(run, () => runNode(body, run, input));
}

function doubtfully(run: Run, work: () => Flow): Flow {
  const before = { cwd: run.scope.cwd, vars: remember(run.scope), functions: new Map(run.functions) };
  const flow = work();
  if (run.scope.cwd !== before.cwd) run.scope.cwd = undefined;
  unsettle(run.scope, before.vars);
  if (isOther(run.functions, before.functions)) unknown(run, "it defines a function that may or may not count");
  return { ...flow, text: undefined };
}

// what one round changes is there in the next
function again(run: Run, round: () => Flow): Flow {
  const before = { cwd: run.scope.cwd, vars: remember(run.scope) };
  const flow = doubtfully(run, round);
  const changed =
    unsettle(run.scope, before.vars) ||
    [...run.scope.vars].some(([name, value]) => before.vars.get(name)?.text !== value.text);
  return changed || run.scope.cwd !== before.cwd ? joined([flow, doubtfully(run, round)]) : flow;
}

type Loop = { name: string; words: readonly Field[]; body: CompoundList };

function runLoop({ name, words, body }: Loop, run: Run, input: Flow): Flow {
  if (steers(name)) unknown(run, `it sets ${name}, which changes what programs do`);
  const few = words.length <= 32 && words.length > 0 && words.every((word) => !word.glob);
  if (few) {
    const flows = words.map((word) => {
      run.scope.vars.set(name, { text: word.text, flow: word.flow });
      return doubtfully(run, () => runNode(body, run, input));
    });
    // a `break` may have left it anywhere
    run.scope.vars.set(name, { text: HOLE, flow: joined(words.map((word) => word.flow)) });
    return { ...joined(flows), text: undefined };
  }
  for (const word of words) if (word.glob) read(run, word);
  const only = words.length === 1 ? words[0] : undefined;
  const value = { text: only?.glob && isKnown(only) ? only.text : HOLE, flow: joined(words.map((word) => word.flow)) };
  return again(run, () => {
    run.scope.vars.set(name, value);
    return runNode(body, run, input);
  });
}

function runPipeline(commands: readonly Node[], run: Run, input: Flow): Flow {
  if (commands.length === 1 && commands[0]) return runNode(commands[0], run, input);
  return commands.reduce<Flow>((flow, command) => runNode(command, forked(run, { forked: true }), flow), input);
}

type Chain = { commands: readonly Node[]; operators: readonly string[] };

// `cd a && …` moves for what follows; a `cd` that may not have run leaves the folder untold
function runChain({ commands, operators }: Chain, run: Run, input: Flow): Flow {
  let [certain, unsure] = [true, false];
  let first = remember(run.scope);
  const functions = new Map(run.functions);
  const flows = commands.map((command, n) => {
    const before = run.scope.cwd;
    const flow = runNode(command, run, input);
    const moved = run.scope.cwd !== before;
    if (moved && !certain) unsure = true;
    certain &&= (moved || isAssignment(command)) && operators[n] === "&&";
    if (n === 0) first = remember(run.scope);
    return flow;
  });
  if (unsure) run.scope.cwd = undefined;
  if (!certain) unsettle(run.scope, first);
  if (!certain && isOther(run.functions, functions)) unknown(run, "it defines a function that may or may not count");
  return operators.includes("||") ? { ...joined(flows), text: undefined } : joined(flows);
}

function isOther(now: ReadonlyMap<string, unknown>, before: ReadonlyMap<string, unknown>): boolean {
  return now.size !== before.size || [...now].some(([name, node]) => before.get(name) !== node);
}

function isAssignment(node: Node): boolean {
  return node.type === "Command" && node.name === undefined;
}

function expanderOf(run: Run): Expander {
  const expander: Expander = {
    where: run.where,
    scope: run.scope,
    whole: (word) => expandWhole(word, expander),
    nested: (node) => runNested(node, expander),
    substitute: (script) => runParsed(script, forked(run, { depth: run.depth + 1 }), NOTHING),
    doubt: (why) => unknown(run, `it uses ${why}`),
  };
  return expander;
}
