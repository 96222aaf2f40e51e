import { type Options, readOptions, type Syntax } from "./options.js";
import { absolute, isInside, isVital } from "./paths.js";
import { aside, type Call, network, type Program, read, readPlace, refuse, unknown } from "./run.js";
import { printsSecrets } from "./secrets.js";
import { ANYTHING, type Field, type Flow, isKnown, NOTHING } from "./types.js";

const GLOBAL: Syntax = {
  valued: "Cc",
  long: ["--git-dir", "--work-tree", "--namespace", "--config-env"],
  strict: true,
};
const HARMLESS =
  /^(-C|--no-pager|-P|--no-optional-locks|--literal-pathspecs|--no-replace-objects|--version|--help|-v|-h|--bare)$/;

/** `git`: reading as long as the subcommand and its flags only show. What the repository's settings would start is switched off. */
export const git: Program = (call) => {
  const { args, run } = call;
  const { options, operands } = readOptions(args, GLOBAL);
  globalOptions(options, call);
  const [command, ...rest] = operands;
  if (!command) return NOTHING;
  if (!isKnown(command)) unknown(run, "git with a command that cannot be told");
  const why = doubt(command.text, rest);
  nested(command.text, rest, call);
  const elsewhere = options.some(({ flag }) => flag === "-C");
  if (run.scope.cwd !== undefined && !elsewhere) readPlace(run, { path: run.scope.cwd });
  if (why !== undefined) return changes(command.text, why, call);
  programs(call, options);
  // a path out of the repository makes some of them read any file
  for (const operand of rest) if (/^(\/|~|\.\.)|\/\.\.(\/|$)/.test(operand.text)) read(run, operand);
  const top = command.text === "rev-parse" && rest.length === 1 && rest[0]?.text === "--show-toplevel";
  if (top && !elsewhere && isInside(run.scope.cwd ?? "", run.where.root))
    return { ...NOTHING, text: `${run.where.root}\n` };
  return /^(ls-files|diff|grep)$/.test(command.text) ? { ...ANYTHING, below: true } : ANYTHING;
};

function globalOptions(options: Options["options"], call: Call): void {
  for (const { flag, value } of options) {
    if (flag === "-C" && value) read(call.run, value);
    else if (flag === "-c" && value) setting(value, call);
    else if (!HARMLESS.test(flag)) unknown(call.run, `git with ${flag}`);
  }
}

const REACHES = /^(push|pull|fetch|clone|ls-remote|remote|submodule|archive|send-email|request-pull|lfs|svn|p4)$/;

function changes(command: string, why: string, { args, run }: Call): Flow {
  unknown(run, why);
  if (REACHES.test(command) && args.some((arg) => arg.flow.secret === "file")) refuse(run, "it sends secrets away");
  if (REACHES.test(command)) network(run, `git ${command}`);
  const tree = args.map((arg, n) => (args[n - 1]?.text === "-C" ? arg.text : /^--work-tree=(.*)/.exec(arg.text)?.[1]));
  const places = [...tree.filter((path) => path !== undefined), run.scope.cwd ?? ""];
  if (command === "clean" && places.some((path) => isVital(path, run.where)))
    refuse(run, "git clean would wipe what must not be lost");
  if (!/^(help|init|clone|diff|grep|log|show)$/.test(command)) run.found.repository = true;
  return printsSecrets({ name: "git", args }) ? { net: false, secret: "file" } : ANYTHING;
}

const SETTINGS =
  /^(color\.[\w.]+|core\.(quotepath|abbrev)|log\.(date|decorate|abbrevcommit|showroot)|diff\.(renames|noprefix|mnemonicprefix|algorithm|context|colormoved|interhunkcontext)|column\.\w+|advice\.\w+|grep\.(linenumber|column|fullname|patterntype)|status\.(short|branch|showuntrackedfiles|relativepaths)|tag\.sort|branch\.sort|versionsort\.\w+)$/i;

function setting(value: Field, { run }: Call): void {
  const [key = "", ...rest] = value.text.split("=");
  if (isKnown(value) && (SETTINGS.test(key) || value.text === "core.pager=cat")) return;
  unknown(run, `git -c ${key} may run a program`);
  run.script(rest.join("=").replace(/^!/, ""), aside(run), NOTHING);
}

// drivers and filters that a setting of the repository names cannot all be switched off
function programs({ run }: Call, options: Options["options"]): void {
  const elsewhere = options.find(({ flag }) => flag === "-C")?.value?.text;
  const folder = elsewhere === undefined ? run.scope.cwd : absolute(elsewhere, run.scope.cwd);
  const named = folder === undefined ? [] : (run.where.gitPrograms?.(folder) ?? []);
  if (named.length > 0) unknown(run, `the repository's settings make git run programs (${named.join(", ")})`);
}

// commands that run other commands
function nested(command: string, rest: readonly Field[], { run }: Call): void {
  const probe = aside(run);
  const texts = rest.map((arg) => arg.text);
  if (command === "bisect" && texts[0] === "run") run.command(rest.slice(1), probe, NOTHING);
  for (const script of scriptsIn(command, texts)) run.script(script, probe, NOTHING);
}

function scriptsIn(command: string, texts: readonly string[]): readonly string[] {
  const after = (flag: string) => texts.filter((_, n) => texts[n - 1] === flag);
  switch (command) {
    case "submodule":
      return texts[0] === "foreach"
        ? [
            texts
              .slice(1)
              .filter((text) => text !== "--recursive")
              .join(" "),
          ]
        : [];
    case "rebase":
      return [...after("-x"), ...after("--exec")];
    case "filter-branch":
      return texts.filter((text) => /\s/.test(text));
    case "config":
      return texts.filter((text) => text.startsWith("!")).map((text) => text.slice(1));
    default:
      return [];
  }
}

/** Flags by which a command that shows does more: writes a file, runs a driver or a pager. */
const SHOWS = [
  "--alternate-refs",
  "--output",
  "--ext-diff",
  "--textconv",
  "--open-files-in-pager",
  "-O",
  "--show-signature",
];

type Reading = {
  unsafe?: readonly string[];
  allows?(operands: readonly Field[], options: Options["options"]): boolean;
  valued?: string;
  long?: readonly string[];
};

const only =
  (...flags: string[]) =>
  (operands: readonly Field[], options: Options["options"]) =>
    operands.length === 0 && options.every(({ flag }) => flags.includes(flag));
const sub =
  (...names: string[]) =>
  (operands: readonly Field[]) =>
    operands.length === 0 ? names.includes("") : names.includes(operands[0]?.text ?? "");

const LISTS =
  "-a -r -v -l --list --all --remotes --verbose --merged --no-merged --contains --no-contains --points-at --sort --format --show-current --color --no-color --column --no-column -i --ignore-case --abbrev -n".split(
    " ",
  );

const lists = (operands: readonly Field[], options: Options["options"]) =>
  options.every(({ flag }) => LISTS.some((each) => each === flag || (/^-n?\d*$/.test(flag) && flag !== "-"))) &&
  (operands.length === 0 ||
    options.some(({ flag }) =>
      /^(-l|--list|--merged|--no-merged|--contains|--no-contains|--points-at|-n)$/.test(flag),
    ));

const LOG: Reading = {
  unsafe: SHOWS,
  valued: "nSGLU",
  long: [
    "--author",
    "--grep",
    "--since",
    "--until",
    "--after",
    "--before",
    "--max-count",
    "--format",
    "--pretty",
    "--skip",
    "--diff-filter",
    "--committer",
    "--date",
  ],
};

const READS: Readonly<Record<string, Reading>> = {
  status: {},
  log: LOG,
  show: LOG,
  diff: LOG,
  whatchanged: LOG,
  shortlog: LOG,
  "rev-list": LOG,
  "diff-tree": LOG,
  "diff-index": LOG,
  "diff-files": LOG,
  "range-diff": LOG,
  blame: { unsafe: ["--contents"], valued: "LSC" },
  annotate: { valued: "LSC" },
  grep: { unsafe: ["-O", "--open-files-in-pager", "--textconv", "--ext-grep"], valued: "efABCm" },
  "rev-parse": { unsafe: ["--parseopt", "--sq-quote"] },
  "ls-files": {},
  "ls-tree": {},
  "cat-file": { unsafe: ["--textconv", "--filters"] },
  "merge-base": {},
  "name-rev": {},
  "show-ref": {},
  "show-branch": {},
  "for-each-ref": {},
  "check-ignore": {},
  "check-attr": {},
  "count-objects": {},
  "verify-pack": {},
  cherry: {},
  describe: {},
  var: {},
  version: {},
  fsck: { allows: () => false },
  branch: {
    allows: lists,
    long: ["--merged", "--no-merged", "--contains", "--no-contains", "--points-at", "--sort", "--format"],
  },
  tag: {
    allows: lists,
    valued: "n",
    long: ["--merged", "--no-merged", "--contains", "--no-contains", "--points-at", "--sort", "--format"],
  },
  remote: {
    allows: (operands, options) =>
      only("-v", "--verbose")(operands, options) ||
      (operands[0]?.text === "get-url" && options.every(({ flag }) => /^--(all|push)$/.test(flag))),
  },
  stash: { allows: sub("list", "show"), unsafe: SHOWS },
  worktree: { allows: sub("list") },
  reflog: { allows: (operands) => !/^(expire|delete|drop|write)$/.test(operands[0]?.text ?? ""), unsafe: SHOWS },
  notes: { allows: sub("list", "show", "") },
  bundle: { allows: sub("verify", "list-heads") },
  "symbolic-ref": {
    allows: (operands, options) =>
      operands.length === 1 && options.every(({ flag }) => /^(-q|--quiet|--short)$/.test(flag)),
  },
  config: {
    allows: configReads,
    long: ["--get", "--get-all", "--get-regexp", "--file", "--blob", "--default", "--type"],
    valued: "f",
  },
  "commit-graph": { allows: () => false },
};

function configReads(operands: readonly Field[], options: Options["options"]): boolean {
  const flags = options.map(({ flag }) => flag);
  const quiet = flags.every((flag) =>
    /^(--get|--get-all|--get-regexp|--get-urlmatch|-l|--list|--local|--global|--system|--worktree|--show-origin|--show-scope|--name-only|-z|--null|--type|--bool|--int|--path|--includes|--default)$/.test(
      flag,
    ),
  );
  if (!quiet) return false;
  if (flags.some((flag) => /^(--get|--get-all|--get-regexp|-l|--list)$/.test(flag))) return true;
  return /^(get|list)$/.test(operands[0]?.text ?? "") || (operands.length === 1 && /\./.test(operands[0]?.text ?? ""));
}

function doubt(command: string, rest: readonly Field[]): string | undefined {
  const reading = Object.hasOwn(READS, command) ? READS[command] : undefined;
  if (reading === undefined) return `git ${command} changes the repository or runs programs`;
  const { options, operands, doubt: why } = readOptions(rest, reading);
  if (why) return `git ${command} with ${why}`;
  if (rest.some((arg) => arg.text.includes("%G"))) return `git ${command} checks signatures by a program`;
  if (reading.allows && !reading.allows(operands, options)) return `git ${command} changes the repository in this form`;
  // a path that is a flag, or out of the repository, makes diff compare any two files
  return options.some(({ flag }) => flag.length > 6 && "--no-index".startsWith(flag))
    ? `git ${command} --no-index reads any file`
    : undefined;
}
