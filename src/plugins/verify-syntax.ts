import { basename, dirname, extname, join } from "node:path";
import { sentence } from "../core/run-tools.js";
import type { Session } from "../core/session.js";
import { statOf } from "../platform/files.js";
import type { Scratch } from "../platform/scratch.js";
import { type Changed, textBefore, textNow } from "../store/run-changes.js";
import { quoted, runCommand } from "./verify-command.js";
import { leave } from "./verify-leave.js";
import type { Found, Pending, VerifyOptions } from "./verify-options.js";

/** What a syntax check needs to know of its surroundings. */
export type Around = { session: Session; options: VerifyOptions; scratch: Scratch };

type Verdict = { status: "passed" } | { status: "failed"; output: string } | { status: "not checked"; why: string };
type Source = { path: string; shown: string; text: string; left: number };
type Checker = (source: Source, around: Around) => Promise<Verdict> | Verdict;

const PASSED: Verdict = { status: "passed" };
// what was made from something else, or belongs to somebody else
const MADE = /(^|\/)(dist|build|out|coverage|vendor|third_party|node_modules|\.venv|venv)\/|\.min\.\w+$/;
// files that are called JSON and may hold comments and commas at the end
const RELAXED =
  /(^|\/)([tj]sconfig[^/]*\.json|\.vscode\/.*|\.devcontainer\/.*|devcontainer\.json|\.eslintrc(\.json)?|[^/]*\.(jsonc|code-workspace))$/;

/** The check of a changed file; undefined for a kind of file that nothing here can read. */
export function syntaxOf(changed: Changed, around: Around): Pending | undefined {
  const { root, home } = around.options;
  const shown = changed.path.slice(root.length + 1);
  const checker = CHECKERS[extname(shown).toLowerCase()];
  if (checker === undefined || changed.gone || MADE.test(shown)) return undefined;
  const check = `syntax of ${shown}`;
  const run = async (left: number): Promise<Found> => {
    const text = textNow(changed.path);
    if (text === undefined) return { check, status: "not checked", why: "it is too large, or not UTF-8" };
    const now = await checker({ path: changed.path, shown, text, left }, around);
    if (now.status !== "failed") return { check, ...now };
    const was = textBefore(changed, { root, home });
    if (was === null) return { check, ...now, before: "passed", why: "a new file" };
    const before =
      was === undefined ? undefined : await checker({ path: changed.path, shown, text: was, left }, around);
    if (before === undefined || before.status === "not checked")
      return { check, ...now, before: "unknown", why: "may have been broken before" };
    const why = before.status === "failed" ? "broken before this run too" : "not broken before this run";
    return { check, ...now, before: before.status, why };
  };
  return { check, run };
}

const json: Checker = ({ shown, text }) => {
  const plain = text.replace(/^\ufeff/, "");
  const strict = parsed(() => JSON.parse(plain));
  if (strict.status === "passed" || !RELAXED.test(shown)) return strict;
  return parsed(() => JSON.parse(relaxed(plain)));
};

// comments and commas before an end, but for those in strings
function relaxed(text: string): string {
  const bare = text.replace(/("(?:[^"\\\n]|\\.)*")|\/\/[^\n]*|\/\*[\s\S]*?\*\//g, (_, string = "") => string);
  return bare.replace(/("(?:[^"\\\n]|\\.)*")|,(\s*[}\]])/g, (_, string = "", end = "") => `${string}${end}`);
}

const yaml: Checker = async ({ text }) => {
  const faults = (await import("./verify-yaml.js")).yamlFaults(text);
  if (faults.length === 0) return PASSED;
  if (/\{\{|\{%/.test(text)) return { status: "not checked", why: "it looks like a template" };
  return { status: "failed", output: faults.join("\n") };
};

const toml: Checker = async ({ text }) => {
  const { parse } = await import("smol-toml");
  return parsed(() => parse(text));
};

function parsed(parse: () => unknown): Verdict {
  try {
    parse();
    return PASSED;
  } catch (error) {
    return { status: "failed", output: sentence(error) };
  }
}

// a program that only reads the file; which exit codes mean that the file is broken
type Reader = { words(file: string): string[]; broken?: number; ext?: string };

function read({ words, broken, ext }: Reader): Checker {
  return async (source, { session, options, scratch }) => {
    const file = scratch.put(
      `file-${Math.random().toString(36).slice(2, 10)}${ext ?? extname(source.shown)}`,
      source.text,
    );
    const named = (said: string) => said.replaceAll(file, source.shown).replaceAll(basename(file), source.shown);
    const command = words(file).map(quoted).join(" ");
    // not in the workspace: nothing of it is to be found in place of the program or its modules
    const cwd = scratch.folder;
    const env = { ...options.env, PATH: outside(options.env.PATH ?? "", options.root) };
    const end = await runCommand({ command, cwd, left: source.left }, session, { ...options, env });
    if (end.type === "not run") return { status: "not checked", why: named(end.why) };
    if (end.code === 0) return PASSED;
    const output = named(end.tail);
    if (broken !== undefined && end.code !== broken) return { status: "not checked", why: output.slice(-200) };
    return { status: "failed", output };
  };
}

function outside(path: string, root: string): string {
  const folders = path
    .split(":")
    .filter((each) => each.startsWith("/") && each !== root && !each.startsWith(`${root}/`));
  return folders.join(":");
}

const node = (ext: ".cjs" | ".mjs") => read({ words: (file) => [process.execPath, "--check", file], ext });
const [script, module] = [node(".cjs"), node(".mjs")];

// of a kind that no package.json names node itself checks only scripts: what is well as either is well
const javascript: Checker = async (source, around) => {
  const kind = kindOf(source.path, around.options.root);
  const first = await (kind === "module" ? module : script)(source, around);
  const isModule = /^\s*(import|export)\b/m.test(source.text);
  const second = kind === undefined && first.status === "failed" ? await module(source, around) : first;
  const verdict = second.status === "passed" || isModule ? second : first;
  if (verdict.status === "failed" && /Unexpected token '<'/.test(verdict.output))
    return { status: "not checked", why: "it looks like JSX" };
  return verdict;
};

// what the ending says, or else the nearest package.json
function kindOf(path: string, root: string): "module" | "commonjs" | undefined {
  const ext = extname(path).toLowerCase();
  if (ext !== ".js") return ext === ".mjs" ? "module" : "commonjs";
  for (let at = dirname(path); at.length >= root.length; at = dirname(at)) {
    const text = textNow(join(at, "package.json"));
    if (text === undefined) continue;
    const type = /"type"\s*:\s*"(module|commonjs)"/.exec(text)?.[1];
    return type === "module" || type === "commonjs" ? type : undefined;
  }
  return undefined;
}

const PARSE = `const ts=require(process.argv[1]);if(!ts.transpileModule)process.exit(3);
const text=require("fs").readFileSync(process.argv[2],"utf8");
const {diagnostics}=ts.transpileModule(text,{fileName:process.argv[2],reportDiagnostics:true,compilerOptions:{jsx:1,allowJs:true,target:99,module:99}});
for(const {file,start,messageText} of diagnostics){const at=file&&file.getLineAndCharacterOfPosition(start||0);
console.log((at?process.argv[2]+":"+(at.line+1)+":"+(at.character+1)+": ":"")+ts.flattenDiagnosticMessageText(messageText,"\\n"))}
process.exit(diagnostics.length?4:0)`;

// from 7 on it is a program that can only be run: what it says of syntax has codes from 1000 to 1999
const FLAGS =
  "--noEmit --noCheck --noResolve --ignoreConfig --pretty false --target esnext --module esnext --jsx preserve";

const library = (at: string) => read({ words: (file) => [process.execPath, "-e", PARSE, at, file], broken: 4 });
const program = (at: string) => read({ words: (file) => [process.execPath, at, ...FLAGS.split(" "), file] });

// the project's own compiler is code of the project: it is run only as its tests are
const typescript: Checker = async (source, around) => {
  const { options, session } = around;
  const compiler = installed(source.path, options.root);
  if (compiler === undefined)
    return { status: "not checked", why: "this project has no TypeScript installed that could parse it" };
  const why = await leave(`node ${compiler.at}`, session, options);
  if (why !== undefined) return { status: "not checked", why };
  const verdict = await (compiler.isLibrary ? library(compiler.at) : program(compiler.at))(source, around);
  if (compiler.isLibrary || verdict.status !== "failed") return verdict;
  const lines = verdict.output.split("\n").filter((line) => /error TS1\d{3}:/.test(line));
  if (lines.length > 0) return { status: "failed", output: lines.slice(0, 5).join("\n") };
  return { status: "not checked", why: verdict.output.slice(0, 200) };
};

function installed(path: string, root: string): { at: string; isLibrary: boolean } | undefined {
  for (let at = dirname(path); at.length >= root.length; at = dirname(at)) {
    for (const file of ["lib/typescript.js", "bin/tsc"]) {
      const compiler = join(at, "node_modules/typescript", file);
      if (statOf(compiler)?.isFile()) return { at: compiler, isLibrary: file !== "bin/tsc" };
    }
  }
  return undefined;
}

const shell: Checker = (source, around) => {
  if (/^#!.*\b(zsh|fish|csh|tcsh|ksh)\b/.test(source.text)) return { status: "not checked", why: "it is not for bash" };
  return read({ words: (file) => ["bash", "-n", file] })(source, around);
};

// -I: neither the workspace nor the user's own modules
const python = read({
  words: (file) => ["python3", "-I", "-c", "import ast,sys;ast.parse(open(sys.argv[1],'rb').read(),sys.argv[1])", file],
  broken: 1,
});

const CHECKERS: Readonly<Record<string, Checker>> = {
  ".json": json,
  ".jsonc": json,
  ".code-workspace": json,
  ".ipynb": json,
  ".yaml": yaml,
  ".yml": yaml,
  ".toml": toml,
  ".js": javascript,
  ".mjs": javascript,
  ".cjs": javascript,
  ".jsx": typescript,
  ".ts": typescript,
  ".mts": typescript,
  ".cts": typescript,
  ".tsx": typescript,
  ".py": python,
  ".pyi": python,
  ".sh": shell,
  ".bash": shell,
  ".rb": read({ words: (file) => ["ruby", "-c", file] }),
  ".php": read({ words: (file) => ["php", "-n", "-l", file] }),
  ".go": read({ words: (file) => ["gofmt", "-e", file], broken: 2 }),
  ".lua": read({ words: (file) => ["luac", "-p", file] }),
};
