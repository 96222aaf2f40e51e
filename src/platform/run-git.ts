import { spawn } from "node:child_process";
import { delimiter, isAbsolute } from "node:path";
import { quietGit } from "./git-settings.js";

export type GitCall = {
  args: readonly string[];
  cwd: string;
  /** Of it only what names programs, the user and the language is passed on. */
  env: Readonly<Record<string, string | undefined>>;
  /** Milliseconds. */
  timeout: number;
  /** Bytes of output; what comes beyond them ends the call. */
  most: number;
};

/** `cut`: there was more output than asked for, or it took too long. */
export type GitEnd = { code: number | null; output: Buffer; said: string; cut: boolean };

const PASSED = ["HOME", "USER", "LANG", "LC_ALL", "TMPDIR", "XDG_CONFIG_HOME"];

/**
 * Runs a git command that only shows; nothing that the repository names is started, and its index is not written.
 * Rejects when there is no git.
 */
export function runGit({ args, cwd, env, timeout, most }: GitCall): Promise<GitEnd> {
  return new Promise((resolve, reject) => {
    const passed = Object.fromEntries(PASSED.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]])));
    const folders = absoluteFolders(env.PATH).join(delimiter);
    const child = spawn("git", ["--no-pager", "--literal-pathspecs", ...args], {
      cwd,
      env: { ...passed, PATH: folders, ...quietGit(cwd), GIT_NO_LAZY_FETCH: "1", GIT_TERMINAL_PROMPT: "0" },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const pieces: Buffer[] = [];
    let [size, said, cut] = [0, "", false];
    const stop = () => {
      cut = true;
      child.kill("SIGKILL");
    };
    const timer = setTimeout(stop, timeout);
    child.stdout.on("data", (piece: Buffer) => {
      if (size < most) pieces.push(piece.subarray(0, most - size));
      size += piece.length;
      if (size > most) stop();
    });
    child.stderr.on("data", (piece: Buffer) => {
      if (said.length < 2000) said += piece.toString("utf8");
    });
    child.on("error", (error) => {
      clearTimeout(timer);
      reject(new Error(`git could not be started: ${error.message}.`));
    });
    child.on("close", (code) => {
      clearTimeout(timer);
      resolve({ code, output: Buffer.concat(pieces), said: said.trim(), cut });
    });
  });
}

/** The folders of a PATH that name one place wherever a command stands: no relative ones, no empty ones, each once. */
export function absoluteFolders(path: string | undefined): string[] {
  const folders = [...new Set((path ?? "").split(delimiter).filter((folder) => isAbsolute(folder)))];
  return folders.length > 0 ? folders : ["/usr/local/bin", "/usr/bin", "/bin"];
}
