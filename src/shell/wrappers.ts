import { FORBIDDEN } from "./floor.js";
import { SHELLS, steers } from "./names.js";
import { type Options, readOptions, type Syntax } from "./options.js";
import { aside, type Call, forked, type Program, type Run, refuse, unknown } from "./run.js";
import { ANYTHING, type Field, type Flow, HOLE, literal, NOTHING } from "./types.js";

// what starts a program passes the shell's functions by
function withoutFunctions(run: Run): Run {
  return forked(run, { functions: new Map() });
}

/** Programs that run the rest of their words as a command. */
function wrapper(syntax: Syntax, skip = 0): Program {
  return ({ args, input, run, name }) => {
    const { operands, options, doubt } = readOptions(args, { ...syntax, strict: true });
    if (doubt || options.some(({ flag }) => flag === "-p")) unknown(run, `${name} with ${doubt ?? "the flag -p"}`);
    const rest = operands.slice(skip);
    return rest.length === 0 ? ANYTHING : run.command(rest, withoutFunctions(run), input);
  };
}

const env: Program = (call) => {
  const { args, input, run } = call;
  const { options, operands } = readOptions(args, {
    valued: "uCS",
    long: ["--unset", "--chdir", "--split-string"],
    strict: true,
  });
  const split = options.find(({ flag }) => flag === "-S" || flag === "--split-string")?.value;
  const rest = [...operands];
  while (rest[0] && /^\w+=/s.test(rest[0].text)) {
    const name = (rest.shift()?.text ?? "").split("=")[0] ?? "";
    if (steers(name)) unknown(run, `it sets ${name}, which changes what programs do`);
  }
  for (const why of envDoubts(options)) unknown(run, why);
  if (operands[0] !== rest[0] && SHELLS.has(rest[0]?.text ?? "")) unknown(run, "it hands variables to a shell");
  if (split) return run.script([split.text, ...rest.map((word) => word.text)].join(" "), run, input);
  if (rest.length > 0) return run.command(rest, withoutFunctions(run), input);
  unknown(run, "it shows the environment, which may hold secrets");
  return { net: false, secret: "file" };
};

function envDoubts(options: Options["options"]): string[] {
  const followed = /^(-i|-u|--unset|--ignore-environment|-|-0|--null)$/;
  const gone = options.filter(({ flag, value }) => /^(-u|--unset)$/.test(flag) && steers(value?.text ?? ""));
  return [
    ...options.filter(({ flag }) => !followed.test(flag)).map(({ flag }) => `env with ${flag}, which is not followed`),
    ...gone.map(({ value }) => `it unsets ${value?.text}`),
  ];
}

const command: Program = ({ args, input, run }) => {
  if (args[0] && /^-[vV]+$/.test(args[0].text)) return ANYTHING;
  const rest = args[0]?.text === "-p" || args[0]?.text === "--" ? args.slice(1) : args;
  // it passes functions by
  return rest.length === 0 ? NOTHING : run.command(rest, { ...run, functions: new Map() }, input);
};

const exec: Program = ({ args, input, run }) => {
  const { operands } = readOptions(args, { valued: "a", strict: true });
  return operands.length === 0 ? NOTHING : run.command(operands, run, input);
};

/** Programs that may take any name, however it looks, and show nothing of what is in the file: it may be a link. */
const TAME = new Set("wc ls stat du basename dirname echo readlink realpath".split(" "));

const xargs: Program = (call) => {
  const { args, input, run } = call;
  const asked = readOptions(args, {
    valued: "adEILnPs",
    long: ["--arg-file", "--delimiter", "--max-args", "--max-procs", "--max-lines", "--replace"],
    strict: true,
  });
  const { options, operands } = asked;
  for (const why of xargsDoubts(asked, input)) unknown(run, why);
  // what was found below a folder may be all of it
  if (input.searched?.length && operands.length > 0)
    run.command([...operands, ...input.searched], aside(run), ANYTHING);
  const mark =
    options.find(({ flag }) => flag === "-I" || flag === "--replace")?.value?.text ??
    (options.some(({ flag }) => flag === "-i") ? "{}" : undefined);
  const words = input.text?.split(/\s+/).filter((word) => word !== "");
  const given: Field[] = words?.map((text) => ({ ...literal(text), flow: input })) ?? [
    { text: HOLE, glob: false, flow: { ...input, text: undefined } },
  ];
  const base = operands.length === 0 ? [literal("echo")] : operands;
  if (mark === undefined)
    return run.command([...base, ...safely(base, given, call)], withoutFunctions(run), words ? NOTHING : ANYTHING);
  const value = given.map((field) => field.text).join(" ");
  const filled = base.map((word) =>
    word.text.includes(mark)
      ? {
          ...word,
          text: word.text.replaceAll(mark, () => value),
          flow: { net: word.flow.net || input.net, secret: word.flow.secret || input.secret },
        }
      : word,
  );
  return run.command(filled, withoutFunctions(run), NOTHING);
};

function xargsDoubts({ options, operands, doubt }: Options, input: Flow): string[] {
  const odd = options.find(({ flag }) => !/^(-[0nrILPt]|--null|--no-run-if-empty)$/.test(flag));
  const tame = operands.length === 0 || TAME.has(operands[0]?.text ?? "");
  return [
    ...(doubt === undefined ? [] : [`xargs with ${doubt}`]),
    ...(odd ? [`xargs with ${odd.flag}, which is not followed`] : []),
    ...(tame ? [] : ["xargs hands words to a program that may take them for flags"]),
    ...(/["'\\]|(^|\s)-/.test(input.text ?? "") ? ["xargs reads quotes or flags"] : []),
  ];
}

// names that find or git print lie below the folder they start in
function safely(base: readonly Field[], given: Field[], { input, run }: Call): Field[] {
  const below = input.text === undefined && input.below === true && TAME.has(base[0]?.text ?? "");
  return below && run.scope.cwd !== undefined ? [literal(run.scope.cwd)] : given;
}

const forbidden: Program = (call) => {
  if (call.args.length === 1 && /^--(help|version)$/.test(call.args[0]?.text ?? "")) {
    unknown(call.run, `it starts ${call.name}`);
    return ANYTHING;
  }
  refuse(call.run, FORBIDDEN[call.name] ?? "it ends the machine");
  return ANYTHING;
};

const init: Program = ({ args, run, name }) => {
  if (/^[0-6]$/.test(args[0]?.text ?? "")) refuse(run, "it ends the machine");
  unknown(run, `${name} changes what the machine runs`);
  return NOTHING;
};

const systemctl: Program = ({ args, run }) => {
  const verb = args.find((arg) => !arg.text.startsWith("-"))?.text ?? "";
  if (/^(poweroff|reboot|halt|kexec|rescue|emergency|suspend|hibernate|soft-reboot|exit|isolate)$/.test(verb))
    refuse(run, "it ends the machine");
  if (args.some((arg) => /^(reboot|poweroff|halt|rescue|emergency)\.target$/.test(arg.text)))
    refuse(run, "it ends the machine");
  if (!/^(status|list-units|list-unit-files|is-active|is-enabled|is-failed|show|cat|list-timers)$/.test(verb))
    unknown(run, "systemctl changes services");
  return NOTHING;
};

const firewall: Program = ({ args, run, name }) => {
  const words = args.map((arg) => arg.text).join(" ");
  if (/(^| )(-F|--flush|disable|-X|flush ruleset|-P \w+ ACCEPT|reset)( |$)/.test(words))
    refuse(run, "it switches off the machine's protection");
  unknown(run, `${name} changes the network`);
  return NOTHING;
};

const containers: Program = ({ args, run, name }) => {
  if (args.length === 1 && /^(-v|--version|version)$/.test(args[0]?.text ?? "")) return NOTHING;
  const words = args.map((arg) => arg.text).join(" ");
  if (
    /(^| )(-v|--volume)[ =]?\/(etc|root|home|boot|usr|var\/run\/docker\.sock)?:|so?u?rce?=\/(etc|root|home)?,/.test(
      words,
    ) &&
    /\b(run|create)\b/.test(words)
  )
    refuse(run, "it hands the machine's own files to a container");
  unknown(run, `it runs ${name}, which may do anything`);
  return NOTHING;
};

const disk: Program = ({ args, run, name }) => {
  const words = args.map((arg) => arg.text).join(" ");
  if (
    /security-erase|luksFormat|luksErase|\berase\w*|destroy|sanitize|\bformat\b|eraseDisk|zero-superblock/i.test(words)
  )
    refuse(run, "it destroys a disk");
  unknown(run, `${name} works on disks`);
  return NOTHING;
};

// the rest of the words is a script, or a command
const scripted =
  (flag: RegExp): Program =>
  ({ args, input, run, name }) => {
    unknown(run, `${name} runs a command`);
    const probe = aside(run);
    const given = args.find((_, n) => flag.test(args[n - 1]?.text ?? ""));
    if (given) run.script(given.text, probe, input);
    args.slice(0, 6).forEach((arg, n) => {
      if (arg.text.startsWith("-")) return;
      run.command(args.slice(n), probe, NOTHING);
      if (/\s/.test(arg.text)) run.script(arg.text, probe, NOTHING);
    });
    if (/^(at|batch|parallel)$/.test(name)) fromInput(input, probe);
    return NOTHING;
  };

function fromInput(input: Flow, run: Run): void {
  if (input.text !== undefined) run.script(input.text, run, NOTHING);
  if (input.net) refuse(run, "it pipes the network into a shell");
}

const busybox: Program = ({ args, input, run }) =>
  args.length === 0 ? NOTHING : run.command(args, forked(run), input);

const named = (names: string, program: Program) => Object.fromEntries(names.split(" ").map((name) => [name, program]));

/** What runs other commands, and what must never run. */
export const wrappers: Readonly<Record<string, Program>> = {
  env,
  command,
  builtin: wrapper({}),
  exec,
  nohup: wrapper({}),
  time: wrapper({ valued: "fo", long: ["--output", "--format"], unsafe: ["-o", "--output", "-a"] }),
  nice: wrapper({ valued: "n", long: ["--adjustment"] }),
  ionice: wrapper({ valued: "cnp" }),
  stdbuf: wrapper({ valued: "ioe" }),
  setsid: wrapper({}),
  timeout: wrapper({ valued: "ks", long: ["--kill-after", "--signal"] }, 1),
  gtimeout: wrapper({ valued: "ks", long: ["--kill-after", "--signal"] }, 1),
  taskset: wrapper({}, 1),
  chrt: wrapper({}, 1),
  caffeinate: wrapper({ valued: "tw" }),
  xargs,
  busybox,
  toybox: busybox,
  ...named(
    "watch script flock strace ltrace parallel at batch chroot unshare nsenter systemd-run start-stop-daemon entr screen gdb firejail proot fakeroot rlwrap dbus-run-session xvfb-run catchsegv valgrind perf hyperfine",
    scripted(/^(-c|--command|-ex)$/),
  ),
  ...named(Object.keys(FORBIDDEN).join(" "), forbidden),
  ...named(
    "mkfs mkfs.ext2 mkfs.ext3 mkfs.ext4 mkfs.xfs mkfs.btrfs mkfs.vfat mkfs.fat mkfs.ntfs mke2fs newfs",
    (call) => {
      refuse(call.run, "it destroys a file system");
      return NOTHING;
    },
  ),
  init,
  systemctl,
  ...named("iptables ip6tables nft ufw", firewall),
  ...named("docker podman nerdctl", containers),
  ...named("hdparm cryptsetup zpool zfs mdadm diskutil nvme", disk),
};
