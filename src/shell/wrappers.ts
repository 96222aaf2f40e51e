import { FORBIDDEN } from "./floor.js";
import { steers } from "./names.js";
import { readOptions, type Syntax } from "./options.js";
import { aside, type Call, forked, type Program, type Run, refuse, unknown } from "./run.js";
import { ANYTHING, type Field, type Flow, HOLE, literal, NOTHING } from "./types.js";

/** Programs that run the rest of their words as a command. */
function wrapper(syntax: Syntax, skip = 0): Program {
  return ({ args, input, run }) => {
    const { operands } = readOptions(args, { ...syntax, strict: true });
    const rest = operands.slice(skip);
    return rest.length === 0 ? NOTHING : run.command(rest, run, input);
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
  if (options.some(({ flag }) => /^(-C|--chdir)$/.test(flag))) unknown(run, "env goes to another folder");
  for (const { flag, value } of options)
    if (/^(-u|--unset)$/.test(flag) && steers(value?.text ?? "")) unknown(run, `it unsets ${value?.text}`);
  if (split) return run.script([split.text, ...rest.map((word) => word.text)].join(" "), run, input);
  if (rest.length > 0) return run.command(rest, run, input);
  unknown(run, "it shows the environment, which may hold secrets");
  return { net: false, secret: "file" };
};

const command: Program = ({ args, input, run }) => {
  if (args[0] && /^-[vV]+$/.test(args[0].text)) return NOTHING;
  const rest = args[0]?.text === "-p" || args[0]?.text === "--" ? args.slice(1) : args;
  // it passes functions by
  return rest.length === 0 ? NOTHING : run.command(rest, { ...run, functions: new Map() }, input);
};

const exec: Program = ({ args, input, run }) => {
  const { operands } = readOptions(args, { valued: "a", strict: true });
  return operands.length === 0 ? NOTHING : run.command(operands, run, input);
};

/** Programs that may take any file name, however it looks, and do nothing but read it. */
const TAME = new Set(
  "cat grep egrep fgrep wc head tail ls stat file du basename dirname echo md5sum sha1sum sha256sum cksum readlink realpath nl tac od strings printf".split(
    " ",
  ),
);

const xargs: Program = (call) => {
  const { args, input, run } = call;
  const { options, operands, doubt } = readOptions(args, {
    valued: "adEILnPs",
    long: ["--arg-file", "--delimiter", "--max-args", "--max-procs", "--max-lines", "--replace"],
    strict: true,
  });
  if (doubt) unknown(run, `xargs with ${doubt}`);
  if (options.some(({ flag }) => flag === "-a" || flag === "--arg-file"))
    unknown(run, "xargs reads its words from a file");
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
  if (mark === undefined) return run.command([...base, ...safely(base, given, call)], run, words ? NOTHING : ANYTHING);
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
  return run.command(filled, run, NOTHING);
};

// names that find or git print lie below the folder they start in
function safely(base: readonly Field[], given: Field[], { input, run }: Call): Field[] {
  const below = input.text === undefined && input.below === true && TAME.has(base[0]?.text ?? "");
  return below && run.scope.cwd !== undefined ? [literal(run.scope.cwd)] : given;
}

const forbidden: Program = (call) => {
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
  time: wrapper({ valued: "fo", unsafe: ["-o"] }),
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
