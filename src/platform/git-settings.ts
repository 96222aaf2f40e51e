import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, isAbsolute, join, resolve } from "node:path";
import { gitFolder } from "./git.js";

type Setting = { key: string; value: string };

/** Files that a repository's settings may include, one in another. */
const MOST = 20;

// the settings a repository itself brings, with what they include; undefined where a file cannot be read
function repositorySettings(folder: string): Setting[] | undefined {
  const git = gitFolder(folder);
  if (git === undefined) return [];
  const common = slurp(join(git, "commondir"))?.trim();
  const shared = common === undefined ? git : resolve(git, common);
  const files = [join(shared, "config"), join(git, "config.worktree")];
  const settings: Setting[] = [];
  for (let n = 0; n < files.length; n += 1) {
    const file = files[n] ?? "";
    if (n > MOST) return undefined;
    const text = slurp(file);
    const own = parse(text ?? "");
    settings.push(...own);
    for (const { key, value } of own) if (/^include(if\..*)?\.path$/.test(key)) files.push(included(file, value));
  }
  return settings;
}

function included(from: string, path: string): string {
  if (path.startsWith("~/")) return join(homedir(), path.slice(2));
  return isAbsolute(path) ? path : join(dirname(from), path);
}

/** The settings of a repository by which git runs programs while it only shows. */
export function programsIn(folder: string): string[] {
  const settings = repositorySettings(folder);
  if (settings === undefined) return ["settings that cannot be read"];
  return settings.map(({ key }) => key).filter((key) => DRIVER.test(key) || key === "diff.external");
}

/** Settings by which git, when it only shows, starts programs that no other setting switches off. */
export function unquietable(folder: string): string[] {
  const keys = (repositorySettings(folder) ?? []).map(({ key }) => key);
  return keys.filter((key) =>
    /^remote\..*\.(promisor|uploadpack|vcs)$|^extensions\.partialclone$|^core\.gitproxy$/.test(key),
  );
}

const DRIVER = /^(diff\..+\.(textconv|command)|filter\..+\.(clean|smudge|process))$/;

// shows two files as git would, without asking the repository how
const PLAIN_DIFF = `sh -c 'diff -u "$2" "$5" || :' --`;

/** An environment in which git, when it only shows, starts nothing that the repository at a folder names. */
export function quietGit(folder: string): Record<string, string> {
  const pairs: [string, string][] = [
    ["core.fsmonitor", "false"],
    ["core.hooksPath", "/dev/null"],
    ["core.pager", "cat"],
    ["log.showSignature", "false"],
    ["format.pretty", "medium"],
    ["core.alternateRefsCommand", "true"],
    ["gpg.program", "true"],
    ["gpg.ssh.program", "true"],
    ["gpg.x509.program", "true"],
    ["submodule.recurse", "false"],
    ["diff.ignoreSubmodules", "all"],
    ["status.submoduleSummary", "false"],
  ];
  const settings = repositorySettings(folder) ?? [];
  for (const { key } of settings) {
    if (!DRIVER.test(key)) continue;
    const value = key.endsWith(".textconv") ? "cat" : key.endsWith(".command") ? PLAIN_DIFF : "";
    pairs.push([key, value]);
    if (key.startsWith("filter.")) pairs.push([key.replace(/\.\w+$/, ".required"), "false"]);
  }
  const env: Record<string, string> = { GIT_CONFIG_COUNT: String(pairs.length), GIT_OPTIONAL_LOCKS: "0" };
  pairs.forEach(([key, value], n) => {
    env[`GIT_CONFIG_KEY_${n}`] = key;
    env[`GIT_CONFIG_VALUE_${n}`] = value;
  });
  if (settings.some(({ key }) => key === "diff.external")) env.GIT_EXTERNAL_DIFF = PLAIN_DIFF;
  return env;
}

const HEAD = /^\s*\[\s*([\w.-]+)\s*(?:"((?:[^"\\]|\\.)*)")?\s*\]\s*(.*)$/;

// sections and names in lower case, what stands between quotes as it is
function parse(text: string): Setting[] {
  let section = "";
  const settings: Setting[] = [];
  // a comment ends with its line, whatever its last sign; sections may share one with settings
  const lines = text.split(/\r?\n/).map((line) => line.replace(/^((?:[^"#;]|"(?:[^"\\]|\\.)*")*)[#;].*$/, "$1"));
  for (const line of lines.join("\n").replace(/\\\n/g, "").split("\n")) {
    let rest = line;
    for (let head = HEAD.exec(rest); head; head = HEAD.exec(rest)) {
      section = (head[1] ?? "").toLowerCase() + (head[2] === undefined ? "" : `.${head[2].replace(/\\(.)/g, "$1")}`);
      rest = head[3] ?? "";
    }
    const pair = /^\s*([A-Za-z][\w-]*)\s*(?:=\s*(.*?))?\s*$/.exec(rest);
    if (pair) {
      const value = (pair[2] ?? "true").replace(/^"(.*)"$/, "$1");
      settings.push({ key: `${section}.${(pair[1] ?? "").toLowerCase()}`, value });
    }
  }
  return settings;
}

function slurp(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
