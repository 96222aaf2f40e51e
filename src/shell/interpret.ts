import {
  type Assignment,
  type Command,
  type CompoundList,
  forEachChild,
  type ParsedScript,
  parse,
  type Redirection,
  type Statement,
  type SyntaxNode,
  type Word,
} from "unbash";
import { baseName, SHELLS, steers } from "./names.js";
import { placeOf } from "./paths.js";
import { forked, giveUp, network, newFindings, type Run, read, refuse, unknown, write } from "./run.js";
import { runCommand } from "./simple.js";
import { ANYTHING, type Field, type Flow, HOLE, isKnown, joined, NOTHING, type Where } from "./types.js";
import { type Expander, expandWhole, expandWords, runNested } from "./words.js";

/** Commands that are looked at, nested scripts in scripts, characters of a line. */
const MOST = { steps: 4000, depth: 12, line: 200_000 };

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
  if (run.depth > MOST.depth) return giveUp(run, "it is nested too deep to be checked");
  if (text.includes(HOLE)) unknown(run, "it runs text that cannot be told");
  return runParsed(parse(text), { ...run, depth: run.depth + 1 }, input);
}

function runParsed(script: ParsedScript, run: Run, input: Flow): Flow {
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
      return runSimple(node, run, input);
    case "Pipeline":
      return runPipeline(node.commands, run, input);
    case "AndOr":
      return runChain(node, run, input);
    case "Redirected": {
      const redirected = redirect(node.redirects, run, input);
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
      return joined([node.clause, node.body].map((body) => perhaps(body, run, input)));
    case "For":
    case "Select":
      return runLoop(
        node.name.value,
        expandWords(node.wordlist ?? [], expander),
        (inner) => perhaps(node.body, inner, input),
        run,
      );
    case "ArithmeticFor":
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
      if (/[[$`]/.test(node.body)) unknown(run, "it computes with what cannot be told");
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
    if (counts && word && "text" in word && /\[|`|\$\(/.test(word.text))
      expander.doubt("a test that may run what it compares");
  }
  forEachChild(expression, (child) => checkTest(child, expander));
}

// a body that may or may not run: where it leaves the shell cannot be told if it moves
function perhaps(body: CompoundList, run: Run, input: Flow): Flow {
  const before = run.scope.cwd;
  const flow = runNode(body, run, input);
  if (run.scope.cwd !== before) run.scope.cwd = undefined;
  return { ...flow, text: undefined };
}

function runLoop(name: string, words: readonly Field[], body: (run: Run) => Flow, run: Run): Flow {
  const few = words.length <= 32 && words.every((word) => !word.glob);
  if (!few || words.length === 0) {
    const flow = joined(words.map((word) => word.flow));
    const only = words.length === 1 ? words[0] : undefined;
    const inside = only?.glob && isKnown(only) ? only.text : HOLE;
    run.scope.vars.set(name, { text: inside, flow });
    return body(run);
  }
  const flows = words.map((word) => {
    run.scope.vars.set(name, { text: word.text, flow: word.flow });
    return body(run);
  });
  return { ...joined(flows), text: undefined };
}

function runPipeline(commands: readonly Node[], run: Run, input: Flow): Flow {
  if (commands.length === 1 && commands[0]) return runNode(commands[0], run, input);
  return commands.reduce<Flow>((flow, command) => runNode(command, forked(run, { forked: true }), flow), input);
}

type Chain = { commands: readonly Node[]; operators: readonly string[] };

// `cd a && …` moves for what follows; a `cd` that may not have run leaves the folder untold
function runChain({ commands, operators }: Chain, run: Run, input: Flow): Flow {
  let [certain, unsure] = [true, false];
  const flows = commands.map((command, n) => {
    const before = run.scope.cwd;
    const flow = runNode(command, run, input);
    const moved = run.scope.cwd !== before;
    if (moved && !certain) unsure = true;
    certain &&= moved && operators[n] === "&&";
    return flow;
  });
  if (unsure) run.scope.cwd = undefined;
  return operators.includes("||") ? { ...joined(flows), text: undefined } : joined(flows);
}

function expanderOf(run: Run): Expander {
  return {
    where: run.where,
    scope: run.scope,
    substitute: (script) => runParsed(script, forked(run, { depth: run.depth + 1 }), NOTHING),
    doubt: (why) => unknown(run, `it uses ${why}`),
  };
}

function runSimple(node: Command, run: Run, input: Flow): Flow {
  const expander = expanderOf(run);
  const { input: given, out } = redirect(node.redirects, run, input);
  if (node.name?.parts?.some((part) => isOutsideVariable(part, run)))
    unknown(run, "the program it runs hangs on a variable");
  const assigned = node.prefix.filter((part) => part.type === "Assignment");
  const words = [...(node.name ? [node.name] : []), ...node.args];
  const fields = words.flatMap((word) =>
    word.type === "Word" ? expandWords([word], expander) : [assignmentField(word, expander)],
  );
  for (const assignment of assigned) assign(assignment, run, { lasting: fields.length === 0 });
  if (fields.length === 0) return NOTHING;
  if (node.redirects.some((each) => isConnection(each)) && SHELLS.has(baseName(fields[0]?.text ?? "")))
    run.found.listens = true;
  return out(runCommand(fields, run, given));
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

function assign(assignment: Assignment, run: Run, { lasting }: { lasting: boolean }): void {
  const { name, value, append } = assignment;
  const expander = expanderOf(run);
  if (steers(name)) unknown(run, `it sets ${name}, which changes what programs do`);
  if (value.type !== "Word") {
    runNested(value, expander);
    const fields = expandWords(value.elements, expander);
    const flow = joined(fields.map((field) => field.flow));
    run.scope.vars.set(name, { text: fields[0]?.text ?? "", flow, fields });
    return;
  }
  const whole = expandWhole(value, expander);
  if (!lasting) return;
  const before = append ? (run.scope.vars.get(name)?.text ?? "") : "";
  run.scope.vars.set(name, { text: before + whole.text, flow: whole.flow });
}

type Redirected = { input: Flow; out(flow: Flow): Flow };

function redirect(redirects: readonly Redirection[], run: Run, given: Flow): Redirected {
  let input = given;
  const targets: Field[] = [];
  const expander = expanderOf(run);
  for (const each of redirects) {
    if (each.type === "HereString") {
      const text = each.target ? expandWhole(each.target, expander) : undefined;
      input = text ? { ...text.flow, text: isKnown(text) ? `${text.text}\n` : undefined } : ANYTHING;
    } else if (each.type === "HereDoc") {
      input = hereDocument(each.body, expander);
    } else if (each.target) {
      const target = expandWhole(each.target, expander);
      const stream = redirectTo(each.operator, target, run);
      if (stream === "out") targets.push(target);
      else if (stream) input = stream;
    }
  }
  return { input, out: (flow) => outTo(targets, flow, run) };
}

function hereDocument(body: { text: string; parts?: readonly unknown[] | undefined }, expander: Expander): Flow {
  if (body.parts === undefined) return { ...NOTHING, text: body.text };
  const flows: Flow[] = [];
  const watched = { ...expander, substitute: (script: ParsedScript) => kept(flows, expander.substitute(script)) };
  const word = { type: "Word", text: body.text, value: body.text, pos: 0, end: 0, parts: body.parts } as Word;
  const whole = expandWhole(word, watched);
  return { ...joined([whole.flow, ...flows]), text: isKnown(whole) ? whole.text : undefined };
}

function kept(flows: Flow[], flow: Flow): Flow {
  flows.push(flow);
  return flow;
}

function redirectTo(operator: string, target: Field, run: Run): Flow | "out" | undefined {
  if (/^[<>]&$/.test(operator) && /^(\d+-?|-)$/.test(target.text)) return operator === "<&" ? ANYTHING : "out";
  if (/^\/dev\/(tcp|udp)\//.test(target.text)) {
    network(run, target.text.slice(9).replace("/", ":"));
    run.found.connects = true;
    return operator.startsWith("<") ? { net: true, secret: false } : "out";
  }
  if (operator === "<") {
    const secret = read(run, target);
    return target.stream ?? { net: false, secret };
  }
  write(run, target);
  return operator === "<>" ? ANYTHING : "out";
}

// what a file is filled with, and what is sent to a connection
function outTo(targets: readonly Field[], flow: Flow, run: Run): Flow {
  if (targets.length === 0) return flow;
  for (const target of targets) {
    const place = placeOf(target, run.scope.cwd, run.where);
    const sends = /^\/dev\/(tcp|udp)\//.test(target.text) || (run.found.connects && /^[3-9]\d*$/.test(target.text));
    if (flow.secret && sends) refuse(run, "it sends secrets away");
    if (/^\d$|^-$/.test(target.text)) continue;
    if (flow.secret && place) run.found.tainted.add(place.path);
  }
  // 2>&1 leaves the output where it was
  return targets.every(({ text }) => /^\d+-?$|^-$/.test(text)) ? flow : NOTHING;
}

function isConnection(redirection: Redirection): boolean {
  return redirection.type === "Redirect" && /^\/dev\/(tcp|udp)\//.test(redirection.target?.value ?? "");
}
