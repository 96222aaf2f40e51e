import { steers } from "./names.js";
import { readOptions } from "./options.js";
import { placeOf } from "./paths.js";
import { forked, type Program, type Run, read, refuse, unknown } from "./run.js";
import { isSecretName } from "./secrets.js";
import { ANYTHING, type Field, type Flow, HOLE, isKnown, joined, literal, NOTHING, worst } from "./types.js";

const quiet: Program = () => NOTHING;

const echo: Program = ({ args, run }) => {
  tellSecrets(args, run);
  let words = args;
  let [newline, escapes] = [true, false];
  while (words[0] && /^-[neE]+$/.test(words[0].text)) {
    newline &&= !words[0].text.includes("n");
    escapes ||= words[0].text.includes("e");
    words = words.slice(1);
  }
  const text = words.map((word) => word.text).join(" ") + (newline ? "\n" : "");
  return textFlow(words, escapes ? unescaped(text) : text);
};

// a variable whose name says that it is a secret
function tellSecrets(args: readonly Field[], run: Run): void {
  if (args.some((arg) => arg.flow.secret === "variable")) unknown(run, "it shows a secret");
}

const printf: Program = ({ args, run }) => {
  if (args[0]?.text === "-v") {
    unknown(run, "it sets a variable from a pattern");
    const name = args[1]?.text ?? "";
    run.scope.vars.set(name, {
      text: formatted(
        unescaped(args[2]?.text ?? ""),
        args.slice(3).map((arg) => arg.text),
      ),
      flow: joined(args.map((arg) => arg.flow)),
    });
    return NOTHING;
  }
  tellSecrets(args, run);
  const [format, ...values] = args[0]?.text === "--" ? args.slice(1) : args;
  if (!format) return NOTHING;
  return textFlow(
    args,
    formatted(
      unescaped(format.text),
      values.map((value) => value.text),
    ),
  );
};

function textFlow(fields: readonly Field[], text: string): Flow {
  const flow = joined(fields.map((field) => field.flow));
  return { ...flow, text: fields.every(isKnown) && !fields.some((field) => field.glob) ? text : undefined };
}

function formatted(format: string, values: string[]): string {
  const left = [...values];
  let text = "";
  do {
    text += format.replace(/%(%|[-+ #0]*\d*(?:\.\d+)?[a-zA-Z])/g, (_, kind: string) => {
      if (kind === "%") return "%";
      const value = left.shift() ?? "";
      return kind.endsWith("b") ? unescaped(value) : value;
    });
  } while (left.length > 0 && left.length < values.length && text.length < 10_000);
  return text;
}

const ESCAPES: Record<string, string> = {
  n: "\n",
  t: "\t",
  r: "\r",
  a: "\x07",
  b: "\b",
  e: "\x1b",
  f: "\f",
  v: "\v",
  "\\": "\\",
};

function unescaped(text: string): string {
  return text.replace(/\\(x[0-9a-fA-F]{1,2}|u[0-9a-fA-F]{1,4}|0?[0-7]{1,3}|.)/g, (all, code: string) => {
    if (/^[xu]/.test(code) && code.length > 1) return String.fromCharCode(Number.parseInt(code.slice(1), 16));
    if (/^[0-7]/.test(code)) return String.fromCharCode(Number.parseInt(code, 8) & 255 || 10);
    return ESCAPES[code] ?? all;
  });
}

const cd: Program = ({ args, run, name }) => {
  const target = args.find((arg) => !/^-[LPen]*$|^--$/.test(arg.text) || arg.text === "-");
  const field = target ?? literal(run.where.home);
  const place = field.text === "-" ? undefined : placeOf(field, run.scope.cwd, run.where);
  run.scope.cwd = name === "popd" || place?.glob !== undefined ? undefined : place?.path;
  run.scope.vars.delete("PWD");
  return NOTHING;
};

const declare: Program = ({ args, run, name }) => {
  const words = args.filter((arg) => !/^[-+]/.test(arg.text));
  const flags = args.map((arg) => arg.text).filter((text) => text.startsWith("-"));
  if (words.length === 0) return environment(run);
  if (flags.some((flag) => /[niF]/.test(flag)))
    unknown(run, `${name} ${flags.join(" ")} may run what a variable holds`);
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
  const at = args.findIndex((arg) => arg.text === "--" || !/^[-+]/.test(arg.text));
  const flags = at < 0 ? args : args.slice(0, at);
  if (flags.some((flag) => !/^[-+]([euxfv]|o|[euxfv]+o?)$/.test(flag.text)))
    unknown(run, "it changes how the shell works");
  const rest = at < 0 ? [] : args.slice(args[at]?.text === "--" ? at + 1 : at);
  if (!flags.some((flag) => flag.text.endsWith("o")) && at >= 0) run.scope.positional = rest;
  return NOTHING;
};

const readLine: Program = ({ args, input, run }) => {
  const { operands, options } = readOptions(args, { valued: "adinNptuCcO" });
  if (options.some(({ flag }) => flag === "-C")) unknown(run, "it runs a command for each line");
  const array = options.filter(({ flag }) => flag === "-a").map(({ value }) => value?.text ?? "");
  const names = [...operands.map((field) => field.text), ...array];
  for (const name of names.length > 0 ? names : ["REPLY"]) {
    if (!/^[A-Za-z_]\w*$/.test(name)) unknown(run, "it sets a variable whose name may run a command");
    if (steers(name)) unknown(run, `it sets ${name}, which changes what programs do`);
    const known = names.length === 1 && input.text !== undefined && !input.text.trim().includes("\n");
    run.scope.vars.set(name, { text: known ? (input.text ?? "").trim() : HOLE, flow: { ...input, text: undefined } });
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
  if (args[0] && /^-[lL]$/.test(args[0].text)) return NOTHING;
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
    ": true false exit return break continue shift wait jobs times dirs sleep umask getopts unset-none yes seq"
      .split(" ")
      .map((name) => [name, quiet]),
  ),
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
  shopt: ({ args, run }) => {
    if (
      args.some(
        (arg) =>
          !/^-[squ]$|^(globstar|nullglob|dotglob|extglob|nocaseglob|failglob|lastpipe|nocasematch)$/.test(arg.text),
      )
    )
      unknown(run, "it changes how the shell works");
    return NOTHING;
  },
  hash: doubtful("it changes where programs are found"),
  bind: doubtful("it changes keys"),
  complete: doubtful("it defines a completion, which may run commands"),
  fc: doubtful("it runs earlier commands"),
  ulimit: doubtful("it changes limits"),
  suspend: doubtful("it stops the shell"),
  logout: quiet,
};
