import { steers } from "./names.js";
import { readOptions } from "./options.js";
import { placeOf } from "./paths.js";
import { forked, type Program, type Run, read, refuse, runWritten, unknown } from "./run.js";
import { isSecretName } from "./secrets.js";
import { echo, printf } from "./texts.js";
import { ANYTHING, type Field, type Flow, HOLE, isKnown, joined, literal, NOTHING, worst } from "./types.js";

const quiet: Program = () => NOTHING;

const cd: Program = ({ args, run, name }) => {
  const plain = name === "cd" && args.length <= 1 && !args.some((arg) => arg.text.startsWith("-"));
  const field = args.find((arg) => !arg.text.startsWith("-")) ?? literal(run.where.home);
  const place = placeOf(field, run.scope.cwd ?? run.scope.hoped, run.where);
  const sure = plain && place?.glob === undefined && !/[^/.][^/]*\/+\.\.(\/|$)/.test(field.text);
  if (!plain) unknown(run, `${name} may go anywhere`);
  run.scope.hoped = place?.path;
  run.scope.cwd =
    sure && run.scope.cwd !== undefined ? place?.path : sure && field.text.startsWith("/") ? place?.path : undefined;
  run.scope.vars.delete("PWD");
  return NOTHING;
};

const declare: Program = ({ args, run, name }) => {
  const words = args.filter((arg) => !/^[-+]/.test(arg.text));
  const flags = args.map((arg) => arg.text).filter((text) => text.startsWith("-"));
  if (words.length === 0) return environment(run);
  if (flags.some((flag) => /[niFf]/.test(flag)) || args.some((arg) => /[[(]/.test(arg.text.split("=")[0] ?? "")))
    unknown(run, `${name} ${flags.join(" ")} may run what a variable holds`);
  // what they declare may be anything: a number, an array, another name
  if (name !== "export" || flags.length > 0) unknown(run, `${name} changes what variables are`);
  const exported = name === "export" || flags.some((flag) => flag.includes("x"));
  for (const word of words) declareOne(word, run, exported ? { exported: true } : {});
  return NOTHING;
};

function declareOne(word: Field, run: Run, how: { exported?: true }): void {
  const [variable = "", ...value] = word.text.split("=");
  if (steers(variable) || variable.includes(HOLE)) unknown(run, `it sets ${variable}, which changes what programs do`);
  const given = word.text.includes("=") ? { text: value.join("="), flow: word.flow } : run.scope.vars.get(variable);
  if (given) run.scope.vars.set(variable, { ...given, ...how });
}

const set: Program = ({ args, run }) => {
  if (args.length === 0) return environment(run);
  const words = args.map((arg) => arg.text).join(" ");
  if (!/^(-[eux]+( |$))*(-[eux]*o pipefail)?$/.test(words)) unknown(run, "it changes how the shell works");
  const at = args.findIndex((arg) => arg.text === "--" || !/^[-+]/.test(arg.text));
  if (at >= 0 && args[0]?.text !== "-o") run.scope.positional = args.slice(args[at]?.text === "--" ? at + 1 : at);
  return NOTHING;
};

const readLine: Program = ({ args, input, run, name: program }) => {
  const { operands, options } = readOptions(args, { valued: program === "read" ? "adinNptu" : "dnOsuCc" });
  if (program !== "read" || options.some(({ flag }) => flag !== "-r"))
    unknown(run, `${program} in a form that is not followed`);
  const array = options.filter(({ flag }) => flag === "-a").map(({ value }) => value?.text ?? "");
  const names = [...operands.map((field) => field.text), ...array];
  for (const name of names.length > 0 ? names : ["REPLY"]) {
    if (!/^[A-Za-z_]\w*$/.test(name)) unknown(run, "it sets a variable whose name may run a command");
    if (steers(name)) unknown(run, `it sets ${name}, which changes what programs do`);
    run.scope.vars.set(name, { text: HOLE, flow: { ...input, text: undefined } });
  }
  return NOTHING;
};

const evaluate: Program = ({ args, input, run }) => {
  if (args.some((arg) => arg.flow.net)) refuse(run, "it runs what it fetched from the network");
  unknown(run, "eval runs words as commands");
  return run.script(args.map((arg) => arg.text).join(" "), run, input);
};

const source: Program = ({ args, input, run, name }) => {
  const [file] = args;
  if (!file) return NOTHING;
  if (file.stream) return fromStream(file.stream, run);
  if (/^\/(dev\/(stdin|fd\/0)|proc\/self\/fd\/0)$/.test(file.text)) return fromStream(input, run);
  if (file.flow.net) refuse(run, "it runs what it fetched from the network");
  read(run, file);
  runWritten(file, run);
  unknown(run, `${name} runs the commands of a file`);
  return ANYTHING;
};

/** A shell runs what comes in. */
export function fromStream(stream: Flow, run: Run): Flow {
  if (stream.net) refuse(run, "it pipes the network into a shell");
  if (stream.text !== undefined) return run.script(stream.text, run, NOTHING);
  unknown(run, "it runs commands that come from elsewhere");
  return ANYTHING;
}

const trap: Program = ({ args, run }) => {
  const [action, ...signals] = args.filter((arg) => arg.text !== "--");
  if (!action || /^-[lp]/.test(action.text) || action.text === "-" || signals.length === 0) return NOTHING;
  unknown(run, "it plants a command that runs later");
  return run.script(action.text, forked(run), NOTHING);
};

const alias: Program = ({ args, run }) => {
  if (args.length === 0) return NOTHING;
  unknown(run, "it defines an alias");
  for (const arg of args)
    if (arg.text.includes("=")) run.script(arg.text.slice(arg.text.indexOf("=") + 1), forked(run), NOTHING);
  return NOTHING;
};

const test: Program = ({ args, run }) => {
  if (args.some((arg, n) => arg.text === "-v" || (/^-(eq|ne|lt|le|gt|ge)$/.test(arg.text) && !plainNumbers(args, n))))
    unknown(run, "a test that may run what a variable holds");
  return NOTHING;
};

// `[` compares numbers without running them; only an array index could hide a command
function plainNumbers(args: readonly Field[], at: number): boolean {
  return [args[at - 1], args[at + 1]].every((field) => field === undefined || !/[[$`]/.test(field.text));
}

const kill: Program = ({ args, run }) => {
  if (args[0] && /^-[lL]$/.test(args[0].text)) return ANYTHING;
  if (args[0]?.text === "-0") {
    unknown(run, "it asks after processes");
    return ANYTHING;
  }
  if (
    args.some(
      (arg, n) => (arg.text === "-1" && n > 0) || (arg.text === "1" && n > 0 && args[n - 1]?.text.startsWith("-")),
    ) ||
    args.at(-1)?.text === "1"
  )
    refuse(run, "it ends every process");
  unknown(run, "it ends processes");
  return NOTHING;
};

const doubtful =
  (why: string): Program =>
  ({ run, args }) => {
    unknown(run, why);
    return { ...joined(args.map((arg) => arg.flow)), text: undefined };
  };

const printenv: Program = ({ args, run }) => {
  const names = args.filter((arg) => !arg.text.startsWith("-"));
  if (names.length > 0 && names.every((name) => isKnown(name) && !isSecretName(name.text))) return ANYTHING;
  return environment(run);
};

function environment(run: Run): Flow {
  unknown(run, "it shows the environment, which may hold secrets");
  return { net: false, secret: "file" };
}

const passes: Program = ({ args, input }) => ({
  net: input.net,
  secret: worst([input.secret, ...args.map((arg) => arg.flow.secret)]),
});

/** What the shell itself does, and what is like it. */
export const builtins: Readonly<Record<string, Program>> = {
  ...Object.fromEntries(
    ": true false exit return break continue wait sleep umask".split(" ").map((name) => [name, quiet]),
  ),
  ...Object.fromEntries("times dirs yes seq".split(" ").map((name) => [name, passes])),
  jobs: ({ args, run }) => {
    if (args.length > 0 && !args.every((arg) => /^-[lnprs]+$/.test(arg.text))) unknown(run, "jobs may run a command");
    return ANYTHING;
  },
  shift: doubtful("it moves the positional words"),
  getopts: doubtful("it sets variables"),
  echo,
  printf,
  cd,
  pushd: cd,
  popd: cd,
  chdir: cd,
  export: declare,
  declare,
  typeset: declare,
  local: declare,
  readonly: declare,
  set,
  read: readLine,
  mapfile: readLine,
  readarray: readLine,
  eval: evaluate,
  source,
  ".": source,
  trap,
  alias,
  test,
  "[": test,
  kill,
  printenv,
  history: (call) => {
    if (call.args.some((arg) => /^-\w*[cwad]/.test(arg.text)))
      refuse(call.run, "it wipes or rewrites the history of commands");
    return passes(call);
  },
  pwd: ({ run }) => ({ ...NOTHING, text: run.scope.cwd === undefined ? undefined : `${run.scope.cwd}\n` }),
  unset: ({ args, run }) => {
    if (args.some((arg) => /^-\w*f/.test(arg.text))) unknown(run, "it takes functions away");
    for (const { text } of args) {
      if (!/^(-[fvn]|[A-Za-z_]\w*)$/.test(text)) unknown(run, "it unsets a variable whose name may run a command");
      if (steers(text)) unknown(run, `it unsets ${text}, which changes what programs do`);
      run.scope.vars.delete(text);
    }
    return NOTHING;
  },
  let: doubtful("let computes with what it is given"),
  enable: doubtful("it changes what the shell's own commands are"),
  shopt: doubtful("it changes how the shell works"),
  hash: doubtful("it changes where programs are found"),
  bind: doubtful("it changes keys"),
  complete: doubtful("it defines a completion, which may run commands"),
  fc: doubtful("it runs earlier commands"),
  ulimit: ({ args, run }) => {
    if (!args.every((arg) => /^-[a-zA-Z]+$/.test(arg.text))) unknown(run, "it changes limits");
    return ANYTHING;
  },
  suspend: doubtful("it stops the shell"),
  logout: quiet,
};
