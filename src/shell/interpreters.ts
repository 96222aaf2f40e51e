import { fromStream } from "./builtins.js";
import { checkWipe } from "./floor.js";
import { isVital } from "./paths.js";
import { aside, type Call, type Program, type Run, read, refuse, runWritten, unknown } from "./run.js";
import { isSecret } from "./secrets.js";
import { ANYTHING, type Field, type Flow, isKnown, literal, NOTHING } from "./types.js";

const VERSION = /^(--version|-version)$/;
/** Interpreters that only tell their version at these flags, and read nothing then. */
const TELLS_AT: Readonly<Record<string, RegExp>> = {
  node: /^-v$/,
  perl: /^-v$/,
  php: /^-v$/,
  npm: /^-v$/,
  python: /^-V$/,
  python3: /^-V$/,
};

const shell: Program = (call) => {
  const { args, input, run, name } = call;
  if (tellsVersion(call)) return ANYTHING;
  if (
    args.some(
      (arg, n) =>
        /^[-+]/.test(arg.text) &&
        !/^-([ceuxns]|[eux]*c)$/.test(arg.text) &&
        args.slice(0, n).every((each) => /^[-+]/.test(each.text)),
    )
  )
    unknown(run, `${name} with flags that are not followed`);
  const at = args.findIndex((arg) => /^-[a-zA-Z]*c[a-zA-Z]*$/.test(arg.text));
  const firstPlain = args.findIndex(
    (arg, n) => !/^[-+]/.test(arg.text) && !/^[-+]o$|^--(rcfile|init-file)$/.test(args[n - 1]?.text ?? ""),
  );
  if (at >= 0 && (firstPlain < 0 || at < firstPlain)) return commandString(args.slice(at + 1), call);
  const flags = args.slice(0, firstPlain < 0 ? args.length : firstPlain).map((arg) => arg.text);
  const script = flags.includes("-s") || firstPlain < 0 ? undefined : args[firstPlain];
  if (args.length === 2 && flags[0] === "-n" && script) {
    read(run, script);
    return NOTHING;
  }
  if (!script || (!script.stream && /^(\/dev\/(stdin|fd\/\d+)|\/proc\/self\/fd\/\d+|-)$/.test(script.text)))
    return standardInput(call);
  if (script.stream) return fromStream(script.stream, run);
  if (script.flow.net) refuse(run, "it runs what it fetched from the network");
  read(run, script);
  runWritten(script, run);
  unknown(run, `${name} runs the script ${script.text}`);
  return { ...input, text: undefined };
};

function commandString(rest: readonly Field[], { input, run, name }: Call): Flow {
  const index = rest.findIndex((arg) => !/^[-+]/.test(arg.text));
  const [script, ...positional] = rest.slice(Math.max(0, index));
  if (!script) return NOTHING;
  if (script.flow.net) refuse(run, "it runs what it fetched from the network");
  if (name !== "bash" && /\(\(|\[\[|<\(|\$'|<<|&>|\|&|`|\bfunction\b|\{[^}]*[,.]/.test(script.text))
    unknown(run, `${name} reads this otherwise than bash`);
  if (!/^(ba|z|da|k|mk|a)?sh$/.test(name)) unknown(run, `${name} reads another language than bash`);
  const vars = new Map([...run.scope.vars].filter(([, value]) => value.exported));
  const scope = { ...run.scope, vars, positional: positional.slice(1), zero: positional[0] };
  return run.script(script.text, { ...run, scope, functions: new Map() }, input);
}

// with a connection beside it, a shell that takes its orders from its input is handed out
function standardInput({ input, run, name }: Call): Flow {
  run.found.listens = true;
  if (input.text && name !== "bash") unknown(run, `${name} reads this otherwise than bash`);
  return fromStream(input, run);
}

const code: Program = (call) => {
  const { args, input, run, name } = call;
  if (tellsVersion(call)) return ANYTHING;
  unknown(run, `${name} runs code, which may do anything`);
  const operand = args.findIndex((arg) => !arg.text.startsWith("-"));
  const at = args.findIndex((arg) => EVALUATES.test(arg.text));
  const given = gluedCode(args) ?? (at >= 0 && (operand < 0 || at <= operand) ? args[at + 1] : undefined);
  if (given === undefined) return codeFrom(args[operand], call);
  if (given.flow.net) refuse(run, "it runs what it fetched from the network");
  checkCode(given.text, run);
  if (input.secret && NETWORKS.test(given.text)) refuse(run, "it sends secrets away");
  if (input.net && /\b(eval|exec|system|spawn|popen|Function)\b/.test(given.text))
    refuse(run, "it runs what it fetched from the network");
  return { net: input.net, secret: ENVIRONMENT.test(given.text) ? "file" : given.flow.secret };
};

function tellsVersion({ args, name }: Call): boolean {
  const [flag] = args;
  if (args.length !== 1 || !flag || !isKnown(flag)) return false;
  return VERSION.test(flag.text) || (Object.hasOwn(TELLS_AT, name) && TELLS_AT[name]?.test(flag.text) === true);
}

const EVALUATES = /^(-[a-zA-Z]*[cepr]|-E|--eval|--print|eval|--execute|--run|-Command|-EncodedCommand)$/;

// -c'code' and --eval=code
function gluedCode(args: readonly Field[]): Field | undefined {
  const first = args.find((arg) => arg.text.startsWith("-"));
  const code = /^(?:-[ceE]|--(?:eval|print|execute|run)=)([\s\S]+)$/.exec(first?.text ?? "")?.[1];
  return first && code !== undefined && /[^a-z]/i.test(code) ? { ...first, text: code } : undefined;
}

// a file, a stream, or what comes in
function codeFrom(file: Field | undefined, { args, input, run }: Call): Flow {
  const fromInput = !file || file.text === "-" || /^\/dev\/(stdin|fd\/0)$/.test(file.text);
  const asModule = args.some((arg) => arg.text === "-m");
  const source = file?.stream ?? (fromInput && !asModule ? input : NOTHING);
  if (source.net || /^https?:/.test(file?.text ?? "")) refuse(run, "it pipes the network into an interpreter");
  if (file && args.some((arg) => arg.text === "run") && args.some((arg) => /^https?:/.test(arg.text)))
    refuse(run, "it runs what it fetches from the network");
  if (source.text) checkCode(source.text, run);
  return { net: input.net, secret: input.secret };
}

const NETWORKS =
  /\b(socket|urllib|urlopen|requests|httpx|http\.client|aiohttp|fetch\(|https?\.(get|request)|require\(['"](node:)?(https?|net|dgram|dns)['"]\)|net\.(connect|Socket|createConnection)|IO::Socket|LWP|HTTP::Tiny|Net::HTTP|TCPSocket|open-uri|fsockopen|file_get_contents\(['"]http|curl_exec|smtplib|ftplib|paramiko|Invoke-WebRequest|XMLHttpRequest|axios)/;
const STARTS =
  /\b(system|popen|subprocess|exec\w*|spawn\w*|child_process|os\.\w*exec\w*|shell_exec|passthru|proc_open|pty|qx|`|Process)\b|`/;
/** What is removed: the first text after the word that removes, or a call for the home folder. */
const REMOVED =
  /(?:\b(?:rmtree|rmSync|rm_rf|rm_r|remove_tree|rmdirSync|unlinkSync|removedirs|remove_entry|delTree|rimraf|deltree|Remove-Item|os\.remove|os\.unlink|unlink|emptyDirSync|FileUtils)\b|\brm\()[\s\S]{0,12}?(?:["'`]([^"'`]*)["'`]|\b(homedir|expanduser|home)\b)/g;

/** Looks through code of another language for what must never run: its strings are what it acts on. */
function checkCode(code: string, run: Run): void {
  const strings = [...code.matchAll(STRING)].map((found) => found.slice(1).find((text) => text !== undefined) ?? "");
  const paths = strings.map((text) => text.replace(/^~(?=\/|$)/, run.where.home).replace(/(.)\/+\*?$/, "$1"));
  for (const { when, why } of CODE_FLOOR) if (when(code, paths, run)) refuse(run, why);
  const probe = aside(run);
  if (!STARTS.test(code) || probe.depth > 6) return;
  for (const text of strings.slice(0, 64))
    if (/\s|^(reboot|halt|poweroff)$/.test(text)) run.script(text, probe, NOTHING);
  // a list of words, as in ["rm", "-rf", "/"]
  const words = strings.filter((text) => text !== "").slice(0, 64);
  const at = words.findIndex((word) => /^(\/\w+)*\/?(rm|dd|mkfs[.\w]*|shred|sh|bash|sudo)$/.test(word));
  if (at >= 0) run.command(words.slice(at).map(literal), probe, NOTHING);
}

const STRING = /"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|`((?:[^`\\]|\\.)*)`|\bq[qwx]?[({[/]([^)}\]/]*)[)}\]/]/g;

type CodeRule = { why: string; when(code: string, paths: readonly string[], run: Run): boolean };

const CODE_FLOOR: readonly CodeRule[] = [
  {
    why: "it starts itself again and again (a fork bomb)",
    when: (code) => /\b(while|for|loop)\b[\s\S]{0,40}\bfork\b|\bfork\b[\s\S]{0,20}\b(while|for)\b/.test(code),
  },
  {
    why: "it hands a shell to the network",
    when: (code) =>
      /\b(socket|TCPSocket|fsockopen|net\.Socket|net\.connect|IO::Socket|Socket)\b|require\(["'](node:)?net["']\)|\/inet\/(tcp|udp)/.test(
        code,
      ) && STARTS.test(code),
  },
  {
    why: "it runs what it fetched from the network",
    when: (code) => NETWORKS.test(code) && /\b(eval|exec|system|Function)\s*\(|then\(eval\)/.test(code),
  },
  {
    why: "its code would wipe what must not be lost",
    when: (code, _, { where }) =>
      [...code.matchAll(REMOVED)].some(
        ([, path = "", home]) =>
          home !== undefined || isVital(path.replace(/^~(?=\/|$)/, where.home).replace(/(.)\/+\*?$/, "$1"), where),
      ),
  },
  {
    why: "its code writes to a device",
    when: (code, paths) =>
      paths.some((path) => /^\/dev\/(sd|nvme|hd|vd|mmcblk|disk)/.test(path)) && /\bopen|write|dd\b/.test(code),
  },
  {
    why: "it sends secrets away",
    when: (code, paths, { where }) =>
      NETWORKS.test(code) && (paths.some((path) => isSecretPath(path, where)) || ENVIRONMENT.test(code)),
  },
];

const ENVIRONMENT = /\b(os\.environ|process\.env|ENV\.to_h|%ENV)\b(?!\s*[.[])/;

function isSecretPath(path: string, where: Run["where"]): boolean {
  return isSecret(path, where) || /\.(ssh|aws|gnupg|netrc)\b|id_rsa|\.env$/.test(path);
}

const named = (names: string, program: Program) => Object.fromEntries(names.split(" ").map((name) => [name, program]));

/** Tools whose version is asked for without starting anything of the project. */
const versioned: Program = (call) => {
  const { args, run, name } = call;
  if (tellsVersion(call)) return ANYTHING;
  unknown(run, `it runs ${name}, which may do anything`);
  if (name === "make" && call.input.net && args.some((arg) => /^-f?-?$/.test(arg.text)))
    refuse(run, "it pipes the network into make");
  const words = args.findIndex((arg) => /^(rimraf|rm)$/.test(arg.text));
  if (words >= 0) checkWipe({ ...call, name: args[words]?.text ?? "", args: args.slice(words + 1) });
  const nested = args[args.findIndex((arg) => /^(-c|--call|--eval)$/.test(arg.text)) + 1];
  if (nested && nested !== args[0]) run.script(nested.text, aside(run), NOTHING);
  return ANYTHING;
};

/** Shells and interpreters: what they are given is looked through too. */
export const interpreters: Readonly<Record<string, Program>> = {
  ...named("sh bash zsh dash ash ksh mksh fish csh tcsh rbash yash", shell),
  ...named(
    "python python2 python3 pypy pypy3 node nodejs deno bun tsx ts-node perl ruby irb php lua luajit tclsh osascript pwsh powershell Rscript julia groovy expect racket elixir",
    code,
  ),
  ...named(
    "npm npx gcc g++ clang cc make cmake javac java ninja tmux vim nvim emacs docker kubectl terraform",
    versioned,
  ),
};
