import { readOptions } from "./options.js";
import { aside, type Call, type Program, read, refuse, unknown } from "./run.js";
import { isKnown, worst } from "./types.js";

/** `awk`: reading as long as its program prints to its output and starts nothing. */
export const awk: Program = ({ args, input, run, name }) => {
  const { options, operands, doubt } = readOptions(args, {
    valued: "FvfiElmW",
    long: ["--field-separator", "--assign"],
    strict: true,
    unsafe: [
      "-f",
      "-i",
      "-l",
      "-E",
      "-e",
      "-W",
      "-o",
      "-d",
      "-p",
      "-D",
      "--file",
      "--include",
      "--load",
      "--exec",
      "--source",
      "--debug",
      "--profile",
      "--dump-variables",
      "--pretty-print",
    ],
  });
  if (doubt) unknown(run, `${name} with ${doubt}`);
  const [program, ...files] = operands;
  if (!program) return input;
  if (!isKnown(program) || !onlyPrints(program.text)) moreThanPrints(name, program.text, { run, input });
  const values = options.flatMap(({ value }) => value?.flow.secret ?? []);
  const secrets = files.filter((file) => !/^[A-Za-z_]\w*=/.test(file.text)).map((file) => read(run, file));
  return {
    net: files.length === 0 && input.net,
    secret: worst([...values, ...secrets, files.length === 0 && input.secret]),
  };
};

function moreThanPrints(name: string, program: string, { run, input }: Pick<Call, "run" | "input">): void {
  unknown(run, `${name} may write files or run commands`);
  if (input.net && /\bsystem\b|\|/.test(program)) refuse(run, "it runs what it fetched from the network");
  for (const [, text] of program.matchAll(/"((?:[^"\\]|\\.)*)"/g))
    if (/\s/.test(text ?? "")) run.script(text ?? "", aside(run), input);
  if (/\/inet\//.test(program)) refuse(run, "it hands a shell to the network");
  for (const [, command] of program.matchAll(/(?:system\s*\(\s*|\|\s*|^\s*|[{;]\s*)"((?:[^"\\]|\\.)*)"/g))
    run.script(command ?? "", run, input);
}

/** Characters of a program that are looked at. */
const MOST = 4000;

/** Whether a program has no `system`, pipe, `getline`, or `print >`. */
export function onlyPrints(program: string): boolean {
  if (program.length > MOST) return false;
  const bare = withoutWords(program)?.replace(/(,|\\|&&|\|\|)\s*\n/g, "$1 ");
  if (bare === undefined || /\b(system|getline|extension|ENVIRON|ARGV|ARGC|PROCINFO)\b|@/.test(bare)) return false;
  if (bare.replaceAll("||", "").includes("|")) return false;
  return bare.split(/[;{}\n]/).every((statement) => !/\bprintf?\b[\s\S]*>/.test(withoutParentheses(statement)));
}

const TOKEN = /"(?:[^"\\\n]|\\.)*"|#[^\n]*|\/|[^"#/]+/gy;

// strings, patterns and comments hold words, not commands; undefined when their ends cannot be found
function withoutWords(program: string): string | undefined {
  // two divisions may as well be a pattern, which would hide what stands in it; so may one before a comment
  let divisions = program.includes("#") ? 1 : 2;
  let bare = "";
  for (let at = 0; at < program.length; ) {
    const token = matchAt(TOKEN, program, at);
    const pattern = token === "/" && BEFORE_PATTERN.test(bare) ? matchAt(PATTERN, program, at) : undefined;
    if (token === "/" && pattern === undefined) divisions -= 1;
    if (token === undefined || divisions === 0) return undefined;
    at += (pattern ?? token).length;
    bare += pattern === undefined ? withoutText(token) : '""';
  }
  return bare;
}

function withoutText(token: string): string {
  if (token.startsWith('"')) return '""';
  return token.startsWith("#") ? "" : token;
}

const BEFORE_PATTERN = /(^|[(,{;!~&|\n=}]|\breturn)\s*$/;
const PATTERN = /\/(?:[^/\\\n[]|\\.|\[\^?\]?[^\]\n]*\])+\//y;

function matchAt(pattern: RegExp, text: string, at: number): string | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0];
}

// a comparison in parentheses is no redirection
function withoutParentheses(statement: string): string {
  let text = statement;
  for (let before = ""; before !== text; ) {
    before = text;
    text = text.replace(/\([^()]*\)/g, "");
  }
  return text;
}
