import type { Syntax } from "./options.js";
import type { Call } from "./run.js";

/** What is known of a program that only reads. */
export type Reader = Syntax & {
  /** What its operands are: files, words, or a pattern and then files. */
  operands: "files" | "words" | "pattern";
  /** Flags whose value is a file it reads. */
  files?: readonly string[];
  /** Flags that give the pattern, so that every operand is a file. */
  patterns?: readonly string[];
  /** Reads the current folder when no operand is given: always, or with one of these flags. */
  here?: boolean | readonly string[];
  /** Most operands that are only read: the next one would be written. */
  most?: number;
  /** Flags by which it reads what its words do not name: through links, or out of a list. */
  follows?: readonly string[];
  /** Something about its words makes it more than reading. */
  refuses?(call: Call): string | undefined;
};

const files = (more: Partial<Reader> = {}): Reader => ({ operands: "files", ...more });
const words = (more: Partial<Reader> = {}): Reader => ({ operands: "words", ...more });

const GREP: Reader = {
  operands: "pattern",
  here: ["-r", "-R", "--recursive", "--dereference-recursive", "-d", "--directories"],
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

const FD: Reader = {
  operands: "pattern",
  here: true,
  follows: ["-L", "--follow"],
  valued: "detESco",
  unsafe: ["-x", "-X", "--exec", "--exec-batch"],
  long: ["--extension", "--type", "--exclude", "--max-depth"],
};

/** Programs that only read, as long as their flags allow it. */
export const READERS: Readonly<Record<string, Reader>> = {
  cat: files(),
  tac: files({ valued: "s" }),
  nl: files({ valued: "bdfhilnsvw" }),
  head: files({ valued: "nc", long: ["--lines", "--bytes"] }),
  tail: files({ valued: "ncs", long: ["--lines", "--bytes", "--pid"] }),
  wc: files({ follows: ["--files0-from"] }),
  ls: files({
    refuses: ({ args }) =>
      args.some((arg) => /^-\w*R|^--recu/.test(arg.text)) && args.some((arg) => /^-\w*L|^--deref/.test(arg.text))
        ? "ls follows links, wherever they lead"
        : undefined,
    here: true,
    valued: "ITw",
    long: ["--ignore", "--hide", "--width"],
  }),
  dir: files({ here: true }),
  vdir: files({ here: true }),
  stat: files({ valued: "c", long: ["--format", "--printf"] }),
  file: files({
    valued: "efmPF",
    files: ["-m"],
    unsafe: ["-f", "--files-from", "-C", "--compile", "-z", "-Z", "--uncompress"],
  }),
  du: files({
    here: true,
    follows: ["--files0-from", "-L", "--dereference"],
    valued: "BdtX",
    long: ["--max-depth", "--exclude", "--block-size", "--threshold"],
  }),
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
  od: files({ valued: "ANjt" }),
  hexdump: files({ valued: "efns", files: ["-f"] }),
  hd: files({ valued: "ns" }),
  xxd: files({ valued: "clsgo", most: 1 }),
  strings: files({ valued: "net" }),
  rev: files(),
  fold: files({ valued: "w" }),
  fmt: files({ valued: "wgp" }),
  expand: files({ valued: "t" }),
  unexpand: files({ valued: "t" }),
  column: files({ valued: "csoNEHRTWdnl" }),
  paste: files({ valued: "d" }),
  join: files({ valued: "12aejotv" }),
  comm: files(),
  cmp: files({ valued: "in" }),
  diff: files({
    follows: ["--from-file", "--to-file"],
    valued: "xXICDFLUWS",
    long: ["--exclude", "--exclude-from", "--label", "--unified", "--ifdef"],
  }),
  diff3: files({ valued: "L", unsafe: ["--diff-program"] }),
  cut: files({ valued: "bcdf", long: ["--delimiter", "--fields", "--characters", "--bytes", "--output-delimiter"] }),
  uniq: files({ valued: "fsw", most: 1 }),
  sort: files({
    valued: "kotST",
    unsafe: ["-o", "--output", "--compress-program", "-T", "--temporary-directory"],
    long: ["--key", "--field-separator", "--parallel", "--buffer-size", "--random-source", "--sort", "--batch-size"],
    follows: ["--files0-from"],
  }),
  shuf: files({ valued: "ino", unsafe: ["-o", "--output"] }),
  tsort: files(),
  tree: files({
    here: true,
    valued: "LPIoH",
    unsafe: ["-o", "--output", "-R"],
    follows: ["-l"],
    long: ["--filelimit", "--sort", "--charset"],
  }),
  base64: files({ valued: "w", unsafe: ["-o", "--output"] }),
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
  grep: GREP,
  egrep: GREP,
  fgrep: GREP,
  zgrep: GREP,
  rg: {
    operands: "pattern",
    follows: ["-L", "--follow"],
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
  fd: FD,
  fdfind: FD,
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
  ps: words({
    refuses: ({ args }) =>
      args.some(({ text }) => /^[A-Za-z]*e[A-Za-z]*$|env/.test(text))
        ? "ps shows environments, which may hold secrets"
        : undefined,
  }),
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
  bc: files(),
  date: words({
    valued: "dfr",
    unsafe: ["-s", "--set", "-f", "--file"],
    refuses: ({ args }) => (args.some((arg) => /^\d{8,}/.test(arg.text)) ? "it sets the clock" : undefined),
  }),
  hostname: words({
    refuses: ({ args }) =>
      args.some((arg) => !/^-[fsiIAd]$|^--(short|fqdn|domain|all-)/.test(arg.text))
        ? "it sets the host's name"
        : undefined,
  }),
  ss: words({ unsafe: ["-r", "--resolve", "-K", "--kill", "-D", "--diag"], valued: "fFAD" }),
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
      /^(-(4|6|br|brief|c|s|d|o|j) )*(a|addr|address|r|route|l|link|n|neigh|rule)( (show|list|ls)( dev)?( \w+)?)?$/.test(
        args.map((arg) => arg.text).join(" "),
      )
        ? undefined
        : "it changes the network",
  }),
};

function jqDoubt({ args }: Call): string | undefined {
  if (args.some((arg) => /^--(slurpfile|rawfile|argfile)/.test(arg.text))) return "jq reads further files";
  return args.some((arg) => /(^|[^.\w"])(env|import|include|input_filename|modulemeta)\b|\$ENV|\$__/.test(arg.text))
    ? "jq may show the environment"
    : undefined;
}
