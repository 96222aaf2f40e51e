import { checkWipe } from "./floor.js";
import { readOptions, type Syntax } from "./options.js";
import { isVital, placeOf } from "./paths.js";
import { outputOf } from "./readers.js";
import { type Call, type Program, read, refuse, unknown, write } from "./run.js";
import { type Field, type Flow, isKnown, literal, NOTHING, worst } from "./types.js";

type Writer = Syntax & {
  /** Which operands are read and which are written. */
  split(operands: readonly Field[], flags: readonly string[]): { reads: readonly Field[]; writes: readonly Field[] };
  /** Flags whose value is written to, or a folder that is. */
  targets?: readonly string[];
};

function writer(spec: Writer): Program {
  return (call) => {
    const { args, run, name } = call;
    checkWipe(call);
    const { options, operands, doubt } = readOptions(args, spec);
    if (doubt) unknown(run, `${name} with ${doubt}`);
    const into = options.filter(({ flag }) => spec.targets?.includes(flag)).flatMap(({ value }) => value ?? []);
    const { reads, writes } = spec.split(
      operands,
      options.map(({ flag }) => flag),
    );
    const all = into.length > 0 && name !== "sort" ? { reads: operands, writes: into } : { reads, writes };
    const secrets = all.reads.map((file) => read(run, file));
    for (const target of all.writes) write(run, target);
    if (worst([...secrets, call.input.secret])) for (const target of all.writes) taint(target, call);
    if (all.writes.length === 0) unknown(run, `${name} changes files`);
    return NOTHING;
  };
}

function taint(target: Field, { run }: Call): void {
  const place = placeOf(target, run.scope.cwd, run.where);
  if (place) run.found.tainted.add(place.path);
}

const everything = (operands: readonly Field[]) => ({ reads: [], writes: operands });
const lastOne = (operands: readonly Field[]) => ({ reads: operands.slice(0, -1), writes: operands.slice(-1) });
const afterFirst = (operands: readonly Field[], flags: readonly string[]) => ({
  reads: [],
  writes: flags.includes("--reference") ? operands : operands.slice(1),
});

const tee: Program = (call) => {
  const { args, input, run } = call;
  for (const target of readOptions(args, {}).operands) {
    write(run, target);
    if (input.secret) taint(target, call);
    if (target.stream) refuseStream(call);
  }
  return input;
};

function refuseStream({ input, run }: Call): void {
  if (input.secret) refuse(run, "it sends secrets away");
  if (input.net) refuse(run, "it pipes the network into a shell");
}

const dd: Program = (call) => {
  const { args, input, run } = call;
  const value = (key: string): Field | undefined => {
    const arg = args.find(({ text }) => text.startsWith(`${key}=`));
    return arg && { ...arg, text: arg.text.slice(key.length + 1) };
  };
  const [from, to] = [value("if"), value("of")];
  const secret = from ? read(run, from) : input.secret;
  if (to) write(run, to);
  if (to && secret) taint(to, call);
  if (!args.every(isKnown)) unknown(run, "dd writes to files that cannot be told");
  return to ? NOTHING : { net: !from && input.net, secret };
};

const link: Program = (call) => {
  const { operands } = readOptions(call.args, { valued: "tS" });
  const target = operands.length === 1 ? literal(operands[0]?.text.replace(/.*\//, "") ?? "") : operands.at(-1);
  if (target) write(call.run, target);
  unknown(call.run, "it makes a link, through which other files can be written");
  return NOTHING;
};

const tar: Program = (call) => {
  const { args, run, name } = call;
  const listed = listing(call);
  if (listed) return listed;
  unknown(run, `${name} unpacks or writes archives`);
  for (const { text } of args) {
    const command = /^--(?:checkpoint-action=exec|to-command|use-compress-program|rsh-command)=(.*)$/s.exec(text)?.[1];
    if (command) run.script(command, run, NOTHING);
  }
  return /^-?[a-zA-Z]*c|^--create/.test(args[0]?.text ?? "") ? pack(call) : NOTHING;
};

// `tar tf`, and nothing else
function listing(call: Call): Flow | undefined {
  const [mode, ...words] = call.args;
  const plain = words.every(({ text }) => !text.startsWith("-") || /^-(-list|-verbose|v|z|j|J|-gzip|f)$/.test(text));
  if (
    !plain ||
    !call.args.every((arg) => isKnown(arg) && !arg.text.includes(":")) ||
    !/^(-?[tvzjJfk]*t[vzjJfk]*|--list)$/.test(mode?.text ?? "")
  )
    return undefined;
  const archive = words.filter(({ text }) => !text.startsWith("-"));
  return outputOf(
    call,
    archive,
    archive.slice(0, 1).map((file) => read(call.run, file)),
  );
}

const TAR: Syntax = { valued: "fCTXIbg", long: ["--file", "--directory", "--exclude"] };

function pack(call: Call): Flow {
  const { args, run } = call;
  const mode = args[0]?.text ?? "";
  const dashed = mode.startsWith("-");
  const { options, operands } = readOptions(dashed ? args : args.slice(1), TAR);
  const named = options.find(({ flag }) => flag === "-f" || flag === "--file")?.value;
  const archive = named ?? (!dashed && mode.includes("f") ? operands[0] : undefined);
  const files = operands.filter((file) => file !== archive);
  const secret = worst(files.flatMap((file) => [read(run, file), file.flow.secret]));
  if (archive && archive.text !== "-") write(run, archive);
  if (archive && secret) taint(archive, call);
  return { net: false, secret };
}

const zip: Program = (call) => {
  const { operands } = readOptions(call.args, { valued: "xibtn" });
  const [archive, ...files] = operands;
  const secret = worst(files.map((file) => read(call.run, file)));
  if (archive) write(call.run, archive);
  if (archive && secret) taint(archive, call);
  unknown(call.run, "it writes an archive");
  return { net: false, secret };
};

const mktemp: Program = ({ run }) => {
  write(run, literal("/tmp/tmp.new"));
  return { ...NOTHING, text: "/tmp/tmp.new\n" };
};

const crontab: Program = ({ args, run }) => {
  if (args.length === 1 && args[0]?.text === "-l") return NOTHING;
  if (args.some((arg) => arg.text === "-") || args.length === 0)
    refuse(run, "it plants commands that run later, out of sight");
  unknown(run, "it changes what runs later");
  return NOTHING;
};

const partition: Program = ({ args, run, name }) => {
  if (args.some((arg) => /^(-l|--list|print)$/.test(arg.text))) unknown(run, `${name} looks at disks`);
  else refuse(run, "it changes the partitions of a disk");
  return NOTHING;
};

const chmod: Program = (call) => {
  const mode = call.args.find((arg) => !/^-[RvcfH]+$|^--/.test(arg.text));
  const targets = call.args.filter((arg) => arg !== mode && !arg.text.startsWith("-"));
  const setsId = /^[ugoa]*\+[rwx]*s|^[2467]\d{3}$/.test(mode?.text ?? "");
  const place = (field: Field) => placeOf(field, call.run.scope.cwd, call.run.where)?.path ?? "";
  if (setsId && targets.some((field) => /^(\/usr)?\/s?bin\//.test(place(field))))
    refuse(call.run, "it gives a program the rights of its owner");
  if (
    call.args.some((arg) => /^\d*777$|^[ugoa]*[+=]rwx$/.test(arg.text)) &&
    targets.some((field) => isVital(place(field), call.run.where))
  )
    refuse(call.run, "it opens a folder of the system to everybody");
  return writer({ split: afterFirst, targets: [] })(call);
};

const COPY: Writer = {
  split: lastOne,
  valued: "tSmog",
  targets: ["-t", "--target-directory"],
  long: ["--target-directory", "--suffix"],
};

const mv: Program = (call) => {
  const { operands } = readOptions(call.args, COPY);
  for (const operand of operands.slice(0, -1)) write(call.run, operand);
  return writer(COPY)(call);
};

/** Programs that change files which their words name. */
export const writers: Readonly<Record<string, Program>> = {
  rm: writer({ split: everything }),
  rmdir: writer({ split: everything }),
  unlink: writer({ split: everything }),
  shred: writer({ split: everything, valued: "ns" }),
  truncate: writer({ split: everything, valued: "sr", long: ["--size", "--reference"] }),
  mkdir: writer({ split: everything, valued: "m", long: ["--mode"] }),
  touch: writer({ split: everything, valued: "drt", long: ["--date", "--reference"] }),
  mkfifo: writer({ split: everything, valued: "m" }),
  mknod: writer({ split: everything, valued: "m" }),
  mv,
  cp: writer(COPY),
  install: writer(COPY),
  chmod,
  chown: writer({ split: afterFirst }),
  chgrp: writer({ split: afterFirst }),
  chattr: writer({ split: afterFirst }),
  setfacl: writer({ split: everything, valued: "mxM" }),
  patch: writer({ split: everything, valued: "ipdo" }),
  split: writer({ split: (operands) => ({ reads: operands.slice(0, 1), writes: operands.slice(1) }), valued: "abnlC" }),
  ln: link,
  tee,
  dd,
  tar,
  bsdtar: tar,
  zip,
  "7z": zip,
  crontab,
  mktemp,
  fdisk: partition,
  parted: partition,
};
