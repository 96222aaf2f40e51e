import { readOptions } from "./options.js";
import { type Program, type Run, read, refuse, unknown, write } from "./run.js";
import { type Field, type Flow, isKnown, worst } from "./types.js";

/** `sed`: reading as long as its script only prints, deletes and substitutes. */
export const sed: Program = ({ args, input, run }) => {
  const { options, operands, doubt } = readOptions(args, SYNTAX);
  if (doubt) unknown(run, `sed with ${doubt}`);
  const given = options.filter(({ flag }) => /^(-e|--e\w*)$/.test(flag)).flatMap(({ value }) => value ?? []);
  const scripts = given.length > 0 ? given : operands.slice(0, 1);
  const files = given.length > 0 ? operands : operands.slice(1);
  for (const script of scripts) checkScript(script, run, input);
  const secrets = files.map((file) => read(run, file));
  // `-i` takes its suffix glued: the letters behind it are no flags
  if (args.some(({ text }) => /^-[a-df-km-zA-Z]*i|^--i/.test(text))) editInPlace(files, run);
  return { net: files.length === 0 && input.net, secret: worst([...secrets, files.length === 0 && input.secret]) };
};

const SYNTAX = { valued: "efl", long: ["--expression", "--file", "--line-length"], unsafe: ["-f", "--file"] };

function checkScript(script: Field, run: Run, input: Flow): void {
  if (!isKnown(script) || !onlyPrints(script.text)) unknown(run, "a sed script that may write files or run commands");
  if (input.net && !onlyPrints(script.text) && /e/.test(script.text))
    refuse(run, "it runs what it fetched from the network");
  const command = /(?:^|[;{\n\d$/])\s*e\s+([^\n;]+)/.exec(script.text)?.[1];
  if (command) run.script(command, run, input);
}

function editInPlace(files: readonly Field[], run: Run): void {
  for (const file of files) write(run, file);
  if (files.length === 0) unknown(run, "sed -i edits files that cannot be told");
}

/** Characters of a script that are looked at. */
const MOST = 4000;

/** Whether a script holds only commands that print, delete, move lines or substitute. */
export function onlyPrints(script: string): boolean {
  if (script.length > MOST) return false;
  let rest = script;
  while (rest !== "") {
    const next = afterCommand(rest.replace(/^[\s;{}]+/, ""));
    if (next === undefined) return false;
    if (next === rest) return false;
    rest = next;
  }
  return true;
}

const ADDRESS = /^(?:\d+(?:~\d+)?|\$|\/(?:[^/\\\n]|\\.)*\/[IM]*|\\(.)(?:(?!\1)[^\\\n]|\\.)*\1[IM]*)/;

function afterCommand(text: string): string | undefined {
  if (text === "") return "";
  let rest = text;
  for (let n = 0; n < 2; n += 1) {
    const address = ADDRESS.exec(rest);
    if (address) rest = rest.slice(address[0].length).replace(/^\s+/, "");
    const plus = /^,\s*(?:[+~]\d+)?\s*/.exec(rest);
    if (!plus) break;
    rest = rest.slice(plus[0].length);
  }
  rest = rest.replace(/^\s*!?\s*/, "");
  const substitution =
    /^s([^\w\s\\])((?:(?!\1)[^\\\n]|\\[\s\S])*)\1((?:(?!\1)[^\\]|\\[\s\S])*)\1([gpiImM\d]*)(?=$|[\s;}])/.exec(rest);
  if (substitution) return rest.slice(substitution[0].length);
  const transliteration = /^y([^\w\s\\])((?:(?!\1)[^\\\n]|\\.)*)\1((?:(?!\1)[^\\\n]|\\.)*)\1(?=$|[\s;}])/.exec(rest);
  if (transliteration) return rest.slice(transliteration[0].length);
  const inserted = /^[aic](?:\\\n?|\s)[^\n]*/.exec(rest);
  if (inserted) return rest.slice(inserted[0].length);
  const plain =
    /^(?:[pdDPnNgGhHxlz=](?=$|[\s;}])|[qQ]\s*\d*(?=$|[\s;}])|[btT]\s*\w*(?=$|[\s;}])|:\s*\w+|[{}]|#[^\n]*)/.exec(rest);
  return plain ? rest.slice(plain[0].length) : undefined;
}
