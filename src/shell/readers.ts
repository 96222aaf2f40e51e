import { posix } from "node:path";
import { awk } from "./awk.js";
import { type Options, readOptions } from "./options.js";
import { READERS, type Reader } from "./reader-table.js";
import { type Call, type Program, type Run, read, readPlace, unknown } from "./run.js";
import { sed } from "./sed.js";
import { type Field, type Flow, isKnown, type Secret, worst } from "./types.js";

function reader(spec: Reader): Program {
  return (call) => {
    const { args, run } = call;
    const given = readOptions(args, spec);
    for (const why of doubts(spec, given, call)) unknown(run, why);
    const files = filesOf(spec, given);
    const named = given.options.filter(({ flag }) => spec.files?.includes(flag)).flatMap(({ value }) => value ?? []);
    const secrets = [...files, ...named].map((file) => read(run, file));
    if (files.length === 0 && readsHere(spec, given)) readHere(run);
    const told = spec.refuses?.(call)?.includes("environment") ? (["file"] as const) : [];
    return outputOf(call, files, [...secrets, ...told]);
  };
}

function doubts(spec: Reader, { options, operands, doubt }: Options, call: Call): string[] {
  const { name } = call;
  const counts = spec.unsafe !== undefined || spec.most !== undefined || doubt?.startsWith("the flag");
  const out = options.find(({ flag }) =>
    spec.follows?.some((each) => each === flag || (flag.length > 3 && each.startsWith(flag))),
  );
  const refused = spec.refuses?.(call);
  return [
    ...(doubt !== undefined && counts ? [`${name} with ${doubt}`] : []),
    ...(spec.most !== undefined && operands.length > spec.most ? [`${name} writes to its last operand`] : []),
    ...(out ? [`${name} ${out.flag} reads files that its words do not name`] : []),
    ...(refused === undefined ? [] : [refused]),
  ];
}

function filesOf(spec: Reader, { options, operands }: Options): Field[] {
  if (spec.operands === "words") return [];
  const patterned = options.some(({ flag }) => spec.patterns?.includes(flag));
  const skip = spec.operands === "pattern" && !patterned ? 1 : 0;
  return operands.slice(skip).filter((file) => file.text !== "-");
}

function readsHere({ here = false }: Reader, { options }: Options): boolean {
  return typeof here === "boolean"
    ? here
    : options.some(({ flag }) => here.some((each) => each === flag || (flag.length > 4 && each.startsWith(flag))));
}

function readHere(run: Run): void {
  if (run.scope.cwd === undefined) unknown(run, "it reads a folder that cannot be told");
  else readPlace(run, { path: run.scope.cwd });
}

/** What a program prints that prints what it reads. */
export function outputOf({ args, input, name }: Call, files: readonly Field[], secrets: readonly Secret[]): Flow {
  const own = [...args.map((arg) => arg.flow.secret), ...secrets];
  const stdin = files.length === 0 || files.some((file) => /^(-|\/dev\/(stdin|fd\/0))$/.test(file.text));
  const net = args.some((arg) => arg.flow.net || arg.stream?.net) || (stdin && input.net);
  const fed = input.secret && stdin ? input.secret : false;
  const through = files.length === 0 ? (pathPart(name, args) ?? passed(name, args, input.text)) : undefined;
  const below = files.length === 0 && input.below && /^(head|tail|sort|uniq|grep|cat|tac|shuf)$/.test(name);
  return { net, secret: worst([...own, fed]), text: through, ...(below ? { below: true as const } : {}) };
}

// `basename` and `dirname` of one known path
function pathPart(name: string, args: readonly Field[]): string | undefined {
  const [path] = args;
  if (args.length !== 1 || !path || !isKnown(path) || path.text.startsWith("-")) return undefined;
  if (name === "basename") return `${posix.basename(path.text)}\n`;
  return name === "dirname" ? `${posix.dirname(path.text)}\n` : undefined;
}

// the few filters whose output can be told from their input
function passed(name: string, args: readonly Field[], text: string | undefined): string | undefined {
  if (text === undefined || !args.every(isKnown)) return undefined;
  const flags = args.map((arg) => arg.text).join(" ");
  if (name === "cat" && flags === "") return text;
  if (name === "rev" && flags === "")
    return text
      .split("\n")
      .map((line) => [...line].reverse().join(""))
      .join("\n");
  if (/^base64$/.test(name) && /^(-d|-D|--decode|-di)$/.test(flags))
    return Buffer.from(text, "base64").toString("latin1");
  if (name === "base64" && flags === "") return Buffer.from(text, "latin1").toString("base64");
  if (name === "xxd" && /^(-r -p|-p -r|-rp|-pr)$/.test(flags))
    return Buffer.from(text.replace(/\s/g, ""), "hex").toString("latin1");
  if (name === "tr") return translated(args, text);
  return undefined;
}

function translated(args: readonly Field[], text: string): string | undefined {
  const [from, to] = args.map((arg) => arg.text);
  if (from === "-d" && to !== undefined && !/[-[\\]/.test(to))
    return [...text].filter((sign) => !to.includes(sign)).join("");
  if (from === "A-Za-z" && to === "N-ZA-Mn-za-m") return rot13(text);
  if (from === undefined || to === undefined || /[-[\\]/.test(from + to) || from.length !== to.length) return undefined;
  return [...text].map((sign) => (from.includes(sign) ? to[from.indexOf(sign)] : sign)).join("");
}

function rot13(text: string): string {
  return text.replace(/[a-z]/gi, (sign) => {
    const base = sign <= "Z" ? 65 : 97;
    return String.fromCharCode(((sign.charCodeAt(0) - base + 13) % 26) + base);
  });
}

const unzip: Program = (call) => {
  const { args, run, name } = call;
  const list = args.some((arg) => /^-[lvZtp]+$/.test(arg.text));
  if (!list) unknown(run, `${name} writes what it unpacks`);
  const archives = args.filter((arg) => !arg.text.startsWith("-")).slice(0, 1);
  return outputOf(
    call,
    archives,
    archives.map((file) => read(run, file)),
  );
};

const unpack: Program = (call) => {
  const { args, run, name } = call;
  const toOutput = args.some((arg) =>
    /^-[0-9dfqv]*[clt][0-9dfqvclt]*$|^--(stdout|to-stdout|list|test)$/.test(arg.text),
  );
  const operands = args.filter((arg) => !arg.text.startsWith("-"));
  if (args.some((arg) => /^-\w*o|^--o/.test(arg.text))) unknown(run, `${name} writes what it unpacks`);
  if (!toOutput && operands.length > 0) unknown(run, `${name} replaces the files it is given`);
  return outputOf(
    call,
    operands,
    operands.map((file) => read(run, file)),
  );
};

/** The programs that only read. */
export const readers: Readonly<Record<string, Program>> = {
  ...Object.fromEntries(Object.entries(READERS).map(([name, spec]) => [name, reader(spec)])),
  sed,
  awk,
  gawk: awk,
  mawk: awk,
  nawk: awk,
  unzip,
  gzip: unpack,
  gunzip: unpack,
  bzip2: unpack,
  bunzip2: unpack,
  xz: unpack,
  unxz: unpack,
  zstd: unpack,
};
