import { lstatSync, readFileSync, rmSync, statSync } from "node:fs";
import { delimiter, isAbsolute, join } from "node:path";
import { isExecutable, makeFolder } from "./files.js";

/** A folder that the command finds at a path in place of what is there. */
export type Laid = { path: string; by: string };

/** A command about to be started; only a sandbox can lay folders. */
export type Launch = {
  file: string;
  args: string[];
  cwd: string;
  env: Record<string, string>;
  laid?: readonly Laid[] | undefined;
};

/** Runs commands apart from the rest of the machine. */
export interface Sandbox {
  /** What isolates, for a person. */
  readonly name: string;
  /** Whether it works here; found out once. Otherwise why not, and the mend. */
  ready(): Promise<{ works: true } | { works: false; why: string; mend: string }>;
  /** The same command, isolated. `after` undoes what the command must not have made and names it. */
  enter(launch: Launch): Launch & { after(): string[] };
}

export type SandboxOptions = {
  /** Folders that may be written, links resolved; the first is the workspace. */
  writable: readonly string[];
  /** Paths in writable folders that stay as they are, also when they do not exist. */
  guarded: readonly string[];
  /** Folders and files whose content is not shown. */
  hidden: readonly string[];
  /** Shown although they lie in a hidden folder. */
  shown: readonly string[];
  /** A folder of its own for caches. */
  cache: string;
  network: boolean;
  /** Whether a variable is kept from the command. */
  isSecretName(name: string): boolean;
  path: string;
};

/** The program that isolates on Linux. */
const PROGRAM = "bwrap";
const MEND = "install bubblewrap (Debian, Ubuntu: apt install bubblewrap; Fedora: dnf install bubblewrap)";

/**
 * Isolation by bubblewrap: everything can be read but secrets, the workspace and temporary folders can be
 * written, there is no network, and all processes end with the command and with this process.
 */
export function bubblewrap(options: SandboxOptions, probe: (launch: Launch) => Promise<string>): Sandbox {
  const program = findProgram(options);
  let found: ReturnType<Sandbox["ready"]> | undefined;
  const look = async () => {
    if (program === undefined) return { works: false as const, why: "bubblewrap is not installed", mend: MEND };
    const said = await probe({ file: program, args: [...BASE, "--", "/bin/true"], cwd: "/", env: {} });
    if (said === "") return { works: true as const };
    const mend =
      "allow unprivileged user namespaces (sysctl kernel.unprivileged_userns_clone=1, or an AppArmor profile)";
    return { works: false as const, why: `bubblewrap does not work here: ${said}`, mend };
  };
  return {
    name: "bubblewrap",
    ready() {
      found ??= look();
      return found;
    },
    enter: (launch) => enter(launch, program ?? PROGRAM, options),
  };
}

const BASE = [
  ["--ro-bind", "/", "/"],
  ["--dev", "/dev"],
  ["--proc", "/proc"],
  ["--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-net"],
  ["--die-with-parent", "--new-session", "--cap-drop", "ALL"],
].flat();

function findProgram({ path, writable }: SandboxOptions): string | undefined {
  const folders = path.split(delimiter).filter((folder) => isAbsolute(folder));
  const safe = folders.filter((folder) => !writable.some((root) => folder === root || folder.startsWith(`${root}/`)));
  return [...safe, "/usr/bin", "/bin"].map((folder) => join(folder, PROGRAM)).find(isExecutable);
}

function enter(launch: Launch, program: string, options: SandboxOptions): Launch & { after(): string[] } {
  const { writable, guarded, hidden, shown, cache, network } = options;
  makeFolder(cache, 0o700);
  const temporary = ["/tmp", "/var/tmp"].filter(isFolder);
  const args = network ? BASE.filter((arg) => arg !== "--unshare-net") : [...BASE];
  args.push(...temporary.flatMap((path) => ["--bind", path, path]));
  if (isFolder("/run")) args.push("--tmpfs", "/run");
  args.push(...hidden.flatMap(hide));
  for (const path of [...writable, cache]) args.push("--bind", path, path);
  for (const { path, by } of launch.laid ?? []) args.push("--bind", by, path);
  for (const path of shown) if (exists(path)) args.push("--ro-bind", path, path);
  // the workspace may hold what is hidden, and the other way round: the guard comes last
  args.push(...hidden.filter((path) => writable.some((root) => path.startsWith(`${root}/`))).flatMap(hide));
  args.push(...sockets().flatMap((path) => ["--ro-bind", "/dev/null", path]));
  const absent = guarded.filter((path) => !exists(path));
  for (const path of guarded) if (exists(path)) args.push("--ro-bind", path, path);
  args.push("--chdir", launch.cwd, "--", launch.file, ...launch.args);
  const env = { ...clean(launch.env, options), XDG_CACHE_HOME: cache };
  return { file: program, args, cwd: "/", env, after: () => removeAll(absent) };
}

function clean(env: Record<string, string>, { isSecretName }: SandboxOptions): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).filter(
      ([name]) => !isSecretName(name) && !/^(SSH_AUTH_SOCK|DBUS_|DISPLAY|WAYLAND_|XAUTHORITY|TMUX)/.test(name),
    ),
  );
}

function hide(path: string): string[] {
  if (!exists(path)) return [];
  return isFolder(path) ? ["--tmpfs", path] : ["--ro-bind", "/dev/null", path];
}

// through a socket a command could make others work for it: every one that is bound now is covered
function sockets(): string[] {
  const lines = slurp("/proc/net/unix").split("\n").slice(1);
  const paths = lines.map((line) => line.split(/\s+/).slice(7).join(" ")).filter((path) => path.startsWith("/"));
  return [...new Set(paths)].filter((path) => !/^\/(var\/)?run\//.test(path) && isSocket(path));
}

function slurp(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

// what did not exist could not be held: it goes again
function removeAll(paths: readonly string[]): string[] {
  const made = paths.filter(exists);
  for (const path of made) rmSync(path, { recursive: true, force: true });
  return made;
}

function exists(path: string): boolean {
  try {
    lstatSync(path);
    return true;
  } catch {
    return false;
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

function isSocket(path: string): boolean {
  try {
    return lstatSync(path).isSocket();
  } catch {
    return false;
  }
}
