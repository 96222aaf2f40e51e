import { baseName } from "./names.js";
import { type Options, readOptions } from "./options.js";
import { absolute, isPersonal, placeOf, wipesVital } from "./paths.js";
import { type Call, refuse } from "./run.js";
import { type Field, HOLE } from "./types.js";

/** Refuses a command that would wipe what must not be lost: by its name and flags, wherever it stands. */
export function checkWipe(call: Call): void {
  const { run } = call;
  const { options, operands } = readOptions(call.args, { valued: "" });
  const check = WIPES[call.name];
  if (!check?.recursive(options)) return;
  for (const operand of check.targets(operands)) {
    if (isLost(operand, call) && !(check.rights && isOwn(operand, call)))
      refuse(run, `${call.name} would ${check.does} ${shownTarget(operand, call)}`);
  }
}

function isOwn(operand: Field, { run }: Call): boolean {
  const place = placeOf(operand, run.scope.cwd, run.where);
  return place !== undefined && isPersonal(place.path, run.where);
}

type Wipe = {
  does: string;
  /** It changes rights only: a user may do that to folders of their own. */
  rights?: true;
  recursive(options: Options["options"]): boolean;
  targets(operands: Field[]): Field[];
};

const flagged =
  (...flags: string[]) =>
  (options: Options["options"]) =>
    options.some(
      ({ flag }) => flags.includes(flag) || (flag.length > 3 && flags.some((each) => each.startsWith(flag))),
    );
const always = () => true;
const all = (operands: Field[]) => operands;

const WIPES: Readonly<Record<string, Wipe>> = {
  rm: { does: "wipe", recursive: flagged("-r", "-R", "--recursive"), targets: all },
  rimraf: { does: "wipe", recursive: always, targets: all },
  rmdir: { does: "remove", recursive: always, targets: all },
  unlink: { does: "remove", recursive: always, targets: all },
  shred: { does: "destroy", recursive: always, targets: all },
  srm: { does: "wipe", recursive: always, targets: all },
  trash: { does: "wipe", recursive: always, targets: all },
  wipe: { does: "wipe", recursive: always, targets: all },
  mv: { does: "move away", recursive: always, targets: (operands) => operands.slice(0, -1) },
  chmod: {
    does: "change the rights of",
    rights: true,
    recursive: flagged("-R", "--recursive"),
    targets: (operands) => operands.slice(1),
  },
  chown: {
    does: "change the owner of",
    rights: true,
    recursive: flagged("-R", "--recursive"),
    targets: (operands) => operands.slice(1),
  },
  chgrp: {
    does: "change the group of",
    rights: true,
    recursive: flagged("-R", "--recursive"),
    targets: (operands) => operands.slice(1),
  },
  setfacl: { does: "change the rights of", rights: true, recursive: flagged("-R", "--recursive"), targets: all },
  chattr: {
    does: "change the rights of",
    rights: true,
    recursive: flagged("-R"),
    targets: (operands) => operands.slice(1),
  },
  rsync: {
    does: "wipe",
    recursive: flagged(
      "--delete",
      "--del",
      "--delete-before",
      "--delete-after",
      "--delete-during",
      "--delete-delay",
      "--delete-excluded",
    ),
    targets: (operands) => operands.slice(-1),
  },
};

/** Whether an operand names, or takes in all of, a vital folder. */
export function isLost(given: Field, { run }: Pick<Call, "run">): boolean {
  // a loop variable may hold what a glob matched
  const operand = { ...given, glob: given.glob || given.text.includes("*") };
  const { where, scope } = run;
  const cwd = scope.cwd ?? scope.hoped;
  const place = placeOf(operand, cwd, where);
  // what a link leads to is not lost with the link
  const spelled = placeOf(operand, cwd, { ...where, resolve: (path) => path });
  if (place && spelled && wipesVital(spelled, where)) return true;
  if (place && wipesVital(place, where) && (place.glob !== undefined || operand.text.endsWith("/"))) return true;
  if (place?.path === "/" && cwd === "/" && operand.text === ".") return true;
  // "$unknown/*" is "/*" when the variable is empty
  if (operand.text.startsWith(HOLE)) return /^\0+\/+(\*|\.\*|\.\.\/?)?$/.test(operand.text);
  const climbing = operand.text.split("/").filter((segment) => segment === "..").length;
  return place === undefined && climbing >= 3 && /^[./]+\*?$/.test(operand.text);
}

function shownTarget(operand: Field, { run }: Call): string {
  const text = operand.text.replaceAll(HOLE, "…");
  const path = absolute(text, run.scope.cwd);
  return path === undefined || path === text || text.includes("…") ? text : `${text} (${path})`;
}

/** Programs that end the machine, hand it over or destroy disks, whatever their arguments. */
export const FORBIDDEN: Readonly<Record<string, string>> = {
  sudo: "it asks for the rights of another user",
  su: "it asks for the rights of another user",
  doas: "it asks for the rights of another user",
  pkexec: "it asks for the rights of another user",
  runuser: "it asks for the rights of another user",
  "sudo-rs": "it asks for the rights of another user",
  run0: "it asks for the rights of another user",
  sudoedit: "it asks for the rights of another user",
  gosu: "it asks for the rights of another user",
  shutdown: "it ends the machine",
  reboot: "it ends the machine",
  halt: "it ends the machine",
  poweroff: "it ends the machine",
  telinit: "it ends the machine",
  kexec: "it replaces the running system",
  killall5: "it ends every process",
  wipefs: "it destroys a file system",
  blkdiscard: "it destroys a disk",
  sgdisk: "it changes the partitions of a disk",
  cfdisk: "it changes the partitions of a disk",
  sfdisk: "it changes the partitions of a disk",
  mkswap: "it destroys a partition",
  vgremove: "it destroys volumes",
  lvremove: "it destroys volumes",
  pvremove: "it destroys volumes",
  passwd: "it changes who may log in",
  chpasswd: "it changes who may log in",
  useradd: "it changes who may log in",
  usermod: "it changes who may log in",
  userdel: "it changes who may log in",
  adduser: "it changes who may log in",
  deluser: "it changes who may log in",
  visudo: "it changes who may do what",
  setenforce: "it switches off the machine's protection",
  insmod: "it changes the kernel",
  modprobe: "it changes the kernel",
  rmmod: "it changes the kernel",
  debugfs: "it writes to a file system past its guards",
};

/** Why a program is never run, whatever its arguments; undefined for all others. */
export function forbiddenBy(name: string): string | undefined {
  const base = baseName(name);
  if (/^(mkfs|mke2fs|newfs)(\..+)?$/.test(base)) return "it destroys a file system";
  return Object.hasOwn(FORBIDDEN, base) ? FORBIDDEN[base] : undefined;
}
