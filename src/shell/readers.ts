import { awk } from "./awk.js";
import { readOptions, type Syntax } from "./options.js";
import { type Call, type Program, read, readPlace, unknown } from "./run.js";
import { sed } from "./sed.js";
import { type Field, type Flow, isKnown, type Secret, worst } from "./types.js";

type Reader = Syntax & {
  /** What its operands are: files, words, or a pattern and then files. */
  operands: "files" | "words" | "pattern";
  /** Flags whose value is a file it reads. */
  files?: readonly string[];
  /** Flags that give the pattern, so that every operand is a file. */
  patterns?: readonly string[];
  /** Reads the current folder when no operand is given. */
  here?: boolean;
  /** Most operands that are only read: the next one would be written. */
  most?: number;
  /** Something about its words makes it more than reading. */
  refuses?(call: Call): string | undefined;
};

function reader(spec: Reader): Program {
  return (call) => {
    const { args, run, name } = call;
    const { options, operands, doubt } = readOptions(args, spec);
    const uncertain =
      doubt !== undefined && (spec.unsafe !== undefined || spec.most !== undefined || doubt.startsWith("the flag"));
    if (uncertain) unknown(run, `${name} with ${doubt}`);
    if (spec.most !== undefined && operands.length > spec.most) unknown(run, `${name} writes to its last operand`);
    const refused = spec.refuses?.(call);
    if (refused) unknown(run, refused);
    const patterned = spec.patterns?.some((flag) => options.some((option) => option.flag === flag)) ?? false;
    const skip = spec.operands === "pattern" && !patterned ? 1 : 0;
    const files = spec.operands === "words" ? [] : operands.slice(skip).filter((file) => file.text !== "-");
    const named = options.filter(({ flag }) => spec.files?.includes(flag)).flatMap(({ value }) => value ?? []);
    const secrets = [...files, ...named].map((file) => read(run, file));
    if (files.length === 0 && spec.here && run.scope.cwd !== undefined) readPlace(run, { path: run.scope.cwd });
    if (files.length === 0 && spec.here && run.scope.cwd === undefined)
      unknown(run, "it reads a folder that cannot be told");
    return outputOf(call, files, secrets);
  };
}

/** What a program prints that prints what it reads. */
export function outputOf({ args, input, name }: Call, files: readonly Field[], secrets: readonly Secret[]): Flow {
  const own = [...args.map((arg) => arg.flow.secret), ...secrets];
  const net = args.some((arg) => arg.flow.net || arg.stream?.net) || (files.length === 0 && input.net);
  const fed = input.secret && (files.length === 0 || files.some((file) => file.text === "-")) ? input.secret : false;
  const through = files.length === 0 ? passed(name, args, input.text) : undefined;
  const below = files.length === 0 && input.below && /^(head|tail|sort|uniq|grep|cat|tac|shuf)$/.test(name);
  return { net, secret: worst([...own, fed]), text: through, ...(below ? { below: true as const } : {}) };
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

const files = (more: Partial<Reader> = {}): Reader => ({ operands: "files", ...more });
const words = (more: Partial<Reader> = {}): Reader => ({ operands: "words", ...more });

const GREP: Reader = {
  operands: "pattern",
  valued: "efmABCdD",
  long: [
    "--regexp",
    "--file",
    "--max-count",
    "--after-context",
    "--before-context",
    "--context",
    "--include",
    "--exclude",
    "--exclude-dir",
  ],
  files: ["-f", "--file", "--exclude-from"],
  patterns: ["-e", "-f", "--regexp", "--file"],
};

const SPECS: Readonly<Record<string, Reader>> = {
  cat: files(),
  tac: files({ valued: "s" }),
  nl: files({ valued: "bdfhilnsvw" }),
  head: files({ valued: "nc", long: ["--lines", "--bytes"] }),
  tail: files({ valued: "ncs", long: ["--lines", "--bytes", "--pid"] }),
  wc: files({ files: ["--files0-from"] }),
  ls: files({ here: true, valued: "ITw", long: ["--ignore", "--hide", "--width"] }),
  dir: files({ here: true }),
  vdir: files({ here: true }),
  stat: files({ valued: "cft", long: ["--format", "--printf"] }),
  file: files({ valued: "efmPF", files: ["-f", "-m"], unsafe: ["-C", "--compile", "-z", "-Z", "--uncompress"] }),
  du: files({ here: true, valued: "BdtX", long: ["--max-depth", "--exclude", "--block-size", "--threshold"] }),
  df: files({ valued: "Btx", long: ["--type", "--block-size"] }),
  readlink: files(),
  realpath: files({ long: ["--relative-to", "--relative-base"] }),
  md5sum: files(),
  sha1sum: files(),
  sha224sum: files(),
  sha256sum: files(),
  sha384sum: files(),
  sha512sum: files(),
  b2sum: files(),
  shasum: files({ valued: "a" }),
  md5: files(),
  cksum: files({ valued: "a" }),
  sum: files(),
  od: files({ valued: "ANSjtw" }),
  hexdump: files({ valued: "efns", files: ["-f"] }),
  hd: files({ valued: "ns" }),
  xxd: files({ valued: "clsgo", most: 1 }),
  strings: files({ valued: "net" }),
  rev: files(),
  fold: files({ valued: "w" }),
  fmt: files({ valued: "wgpt" }),
  expand: files({ valued: "t" }),
  unexpand: files({ valued: "t" }),
  column: files({ valued: "costNEHRTWdnl" }),
  paste: files({ valued: "d" }),
  join: files({ valued: "12aejotv" }),
  comm: files(),
  cmp: files({ valued: "in" }),
  diff: files({ valued: "xXICDFLUWS", long: ["--exclude", "--exclude-from", "--label", "--unified", "--ifdef"] }),
  diff3: files({ valued: "L", unsafe: ["--diff-program"] }),
  cut: files({ valued: "bcdf", long: ["--delimiter", "--fields", "--characters", "--bytes", "--output-delimiter"] }),
  uniq: files({ valued: "fsw", most: 1 }),
  sort: files({
    valued: "kotST",
    unsafe: ["-o", "--output", "--compress-program", "-T", "--temporary-directory"],
    long: ["--key", "--field-separator", "--parallel", "--buffer-size"],
    files: ["--files0-from"],
  }),
  shuf: files({ valued: "ino", unsafe: ["-o", "--output"] }),
  tsort: files(),
  tree: files({
    here: true,
    valued: "LPIoH",
    unsafe: ["-o", "--output", "-R"],
    long: ["--filelimit", "--sort", "--charset"],
  }),
  base64: files({ valued: "wbio", unsafe: ["-o", "--output"] }),
  base32: files({ valued: "w" }),
  zcat: files(),
  gzcat: files(),
  bzcat: files(),
  xzcat: files(),
  zipinfo: files(),
  less: files({ unsafe: ["-o", "-O", "--log-file", "--LOG-FILE", "-k", "--lesskey-file"], valued: "oOkpPtTxyzb#j" }),
  more: files(),
  jq: {
    operands: "pattern",
    valued: "fL",
    long: ["--arg", "--argjson", "--slurpfile", "--rawfile", "--indent"],
    files: ["-f", "--from-file"],
    patterns: ["-f", "--from-file"],
    refuses: jqDoubt,
  },
  grep: { ...GREP, here: false },
  egrep: GREP,
  fgrep: GREP,
  zgrep: GREP,
  rg: {
    operands: "pattern",
    here: true,
    valued: "efgtTmABCjMdEr",
    long: [
      "--regexp",
      "--file",
      "--glob",
      "--iglob",
      "--type",
      "--type-not",
      "--max-count",
      "--max-depth",
      "--context",
      "--after-context",
      "--before-context",
      "--color",
      "--colors",
      "--replace",
      "--sort",
      "--sortr",
      "--encoding",
      "--engine",
      "--max-filesize",
      "--threads",
      "--ignore-file",
      "--type-add",
      "--context-separator",
    ],
    files: ["-f", "--file", "--ignore-file"],
    patterns: ["-e", "-f", "--regexp", "--file", "--files", "--type-list"],
    unsafe: ["--pre", "--pre-glob", "--hostname-bin", "-z", "--search-zip"],
  },
  ag: { operands: "pattern", here: true, valued: "ABCGgm", unsafe: ["--pager", "-z", "--search-zip"] },
  fd: {
    operands: "pattern",
    here: true,
    valued: "detESco",
    unsafe: ["-x", "-X", "--exec", "--exec-batch"],
    long: ["--extension", "--type", "--exclude", "--max-depth"],
  },
  fdfind: {
    operands: "pattern",
    here: true,
    valued: "detESco",
    unsafe: ["-x", "-X", "--exec", "--exec-batch"],
    long: ["--extension", "--type", "--exclude", "--max-depth"],
  },
  basename: words(),
  dirname: words(),
  tr: words(),
  expr: words(),
  factor: words(),
  numfmt: words(),
  uname: words(),
  arch: words(),
  nproc: words(),
  whoami: words(),
  id: words(),
  groups: words(),
  logname: words(),
  users: words(),
  who: words(),
  tty: words(),
  uptime: words(),
  free: words(),
  ps: words(),
  pgrep: words(),
  pidof: words(),
  pstree: words(),
  lscpu: words(),
  lsblk: words(),
  vmstat: words(),
  getconf: words(),
  locale: words(),
  cal: words(),
  which: words(),
  whereis: words(),
  type: words(),
  bc: words({ unsafe: [] }),
  date: words({
    valued: "dfrI",
    unsafe: ["-s", "--set", "-f", "--file"],
    refuses: ({ args }) => (args.some((arg) => /^\d{8,}/.test(arg.text)) ? "it sets the clock" : undefined),
  }),
  hostname: words({
    refuses: ({ args }) =>
      args.some((arg) => !/^-[fsiIAd]$|^--(short|fqdn|domain|all-)/.test(arg.text))
        ? "it sets the host's name"
        : undefined,
  }),
  ss: words({ unsafe: ["-r", "--resolve", "-K", "--kill", "-D"], valued: "fFAD" }),
  top: words({
    refuses: ({ args }) => (args.some((arg) => /^-\w*b/.test(arg.text)) ? undefined : "it waits for keys"),
  }),
  man: words({
    refuses: ({ args }) =>
      args.every((arg) => /^[\w.+-]+$/.test(arg.text) && !arg.text.startsWith("-"))
        ? undefined
        : "man with flags may run programs",
  }),
  tput: words(),
  netstat: words({
    refuses: ({ args }) =>
      args.some((arg) => /^-\w*n/.test(arg.text)) ? undefined : "it looks up names in the network",
  }),
  ip: words({
    refuses: ({ args }) =>
      /^(-\w+ )*(a|addr|address|r|route|l|link|n|neigh|rule)( (show|list|ls)( dev)?( \w+)?)?$/.test(
        args.map((arg) => arg.text).join(" "),
      )
        ? undefined
        : "it changes the network",
  }),
};

function jqDoubt({ args }: Call): string | undefined {
  if (args.some((arg) => /^--(slurpfile|rawfile|argfile)/.test(arg.text))) return "jq reads further files";
  return args.some((arg) => /\b(env|\$ENV)\b/.test(arg.text)) ? "jq may show the environment" : undefined;
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
  const toOutput = args.some((arg) => /^-[a-z0-9]*[cltk][a-z0-9]*$|^--(stdout|to-stdout|list|test)$/.test(arg.text));
  const operands = args.filter((arg) => !arg.text.startsWith("-"));
  if (!toOutput && operands.length > 0) unknown(run, `${name} replaces the files it is given`);
  return outputOf(
    call,
    operands,
    operands.map((file) => read(run, file)),
  );
};

/** Programs that only read, as long as their flags allow it. */
export const readers: Readonly<Record<string, Program>> = {
  ...Object.fromEntries(Object.entries(SPECS).map(([name, spec]) => [name, reader(spec)])),
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
