import { readOptions } from "./options.js";
import { type Program, read, unknown } from "./run.js";
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
  if (!isKnown(program) || !onlyPrints(program.text)) {
    unknown(run, `${name} may write files or run commands`);
    for (const [, command] of program.text.matchAll(/(?:system\s*\(\s*|\|\s*|^\s*|[{;]\s*)"((?:[^"\\]|\\.)*)"/g))
      run.script(command ?? "", run, input);
  }
  const values = options.flatMap(({ value }) => value?.flow.secret ?? []);
  const secrets = files.filter((file) => !/^[A-Za-z_]\w*=/.test(file.text)).map((file) => read(run, file));
  return {
    net: files.length === 0 && input.net,
    secret: worst([...values, ...secrets, files.length === 0 && input.secret]),
  };
};

/** Characters of a program that are looked at. */
const MOST = 4000;

/** Whether a program has no `system`, pipe, `getline`, or `print >`. */
export function onlyPrints(program: string): boolean {
  if (program.length > MOST) return false;
  const bare = withoutWords(program);
  if (bare === undefined || /\b(system|getline|extension)\b|@/.test(bare)) return false;
  if (bare.replaceAll("||", "").includes("|")) return false;
  return bare.split(/[;{}\n]/).every((statement) => !/\bprintf?\b[\s\S]*>/.test(withoutParentheses(statement)));
}

const TOKEN = /"(?:[^"\\\n]|\\.)*"|#[^\n]*|\/|[^"#/]+/gy;

// strings, patterns and comments hold words, not commands; undefined when their ends cannot be found
function withoutWords(program: string): string | undefined {
  let bare = "";
  TOKEN.lastIndex = 0;
  for (let at = 0; at < program.length; at = TOKEN.lastIndex) {
    TOKEN.lastIndex = at;
    const token = TOKEN.exec(program)?.[0];
    if (token === undefined) return undefined;
    if (token === "/" && /(^|[(,{;!~&|\n=}]|\breturn)\s*$/.test(bare)) {
      const pattern = /\/(?:[^/\\\n[]|\\.|\[\^?\]?[^\]\n]*\])+\//y;
      pattern.lastIndex = at;
      const found = pattern.exec(program);
      if (!found) return undefined;
      TOKEN.lastIndex = pattern.lastIndex;
      bare += '""';
    } else if (!token.startsWith("#")) bare += token.startsWith('"') ? '""' : token;
  }
  return bare;
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
