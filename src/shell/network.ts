import { checkWipe } from "./floor.js";
import { readOptions, type Syntax } from "./options.js";
import { placeOf } from "./paths.js";
import { aside, type Call, network, type Program, read, refuse, unknown, write } from "./run.js";
import { printsSecrets } from "./secrets.js";
import { type Field, type Flow, HOLE, NOTHING, worst } from "./types.js";

const FETCHED: Flow = { net: true, secret: false };
const SENDS = "it sends secrets away";

const CURL: Syntax = {
  valued: "AbcCdDeEFhHKmoPQrtTuUwxXyYz",
  long: "--data --data-raw --data-binary --data-urlencode --data-ascii --json --form --form-string --upload-file --output --header --user --request --url --proxy --cookie --cookie-jar --config --max-time --connect-timeout --retry --user-agent --referer --cacert --cert --key --resolve --write-out --range --output-dir --dump-header --trace --trace-ascii --netrc-file --interface --limit-rate".split(
    " ",
  ),
};
const BODY = new Set(
  "-d --data --data-raw --data-binary --data-urlencode --data-ascii --json -F --form --form-string -T --upload-file --url -e --referer -A --user-agent".split(
    " ",
  ),
);
const HEADER = new Set("-H --header -u --user -b --cookie -x --proxy".split(" "));
const OUTPUT = new Set("-o --output -c --cookie-jar -D --dump-header --trace --trace-ascii --output-dir".split(" "));

const curl: Program = (call) => {
  const { args, input, run } = call;
  const { options, operands } = readOptions(args, CURL);
  if (onlyTells(args)) return NOTHING;
  for (const { flag, value } of options) if (value) curlOption(flag, value, call);
  if (options.some(({ flag }) => /^(-O|--remote-name(-all)?|-J)$/.test(flag)))
    unknown(run, "it writes what it fetches to files");
  for (const url of operands) {
    if (/(^|=|:)@/.test(url.text) && secretFile({ ...url, text: url.text.replace(/^.*@/, "") }, call))
      refuse(run, SENDS);
    reach(url, call);
  }
  if (operands.length === 0) network(run, "curl");
  if (input.secret && args.some((arg) => /@-|^-T?-?$|^\.$/.test(arg.text))) refuse(run, SENDS);
  return FETCHED;
};

function onlyTells(args: readonly Field[]): boolean {
  return args.length > 0 && args.every((arg) => /^(-V|--version|-h|--help)$/.test(arg.text));
}

function curlOption(flag: string, value: Field, call: Call): void {
  const { run } = call;
  if (value.stream?.secret || (value.stream && OUTPUT.has(flag))) refuse(run, SENDS);
  const cookies = /^(-b|--cookie|-K|--config)$/.test(flag) && !value.text.includes("=") && secretFile(value, call);
  if (cookies) refuse(run, SENDS);
  const sent = isBody(flag) && (value.flow.secret || sentFile(flag, value, call));
  const told =
    HEADER.has(flag) && (value.flow.secret === "file" || (value.text.startsWith("@") && secretFile(value, call)));
  if (sent || told) refuse(run, SENDS);
  if (OUTPUT.has(flag) && value.text !== "-") write(run, value);
  if (flag === "--url") reach(value, call);
}

function isBody(flag: string): boolean {
  return BODY.has(flag) || (flag.length > 5 && [...BODY].some((each) => each.startsWith(flag)));
}

// `@file`, `name=@file`, `name=<file`, or the file of `-T`
function sentFile(flag: string, value: Field, call: Call): boolean {
  if (flag === "-T" || flag === "--upload-file") return value.text !== "-" && secretFile(value, call);
  const path = /(?:^[\w.-]*|=)[@<]([^;]+)/.exec(value.text)?.[1];
  if (path === undefined || flag === "--data-raw" || flag === "--form-string") return false;
  return path === "-" || path === "/dev/stdin"
    ? call.input.secret !== false
    : secretFile({ ...value, text: path }, call);
}

function secretFile(value: Field, { run }: Call): boolean {
  const field = { ...value, text: value.text.replace(/^@/, "") };
  return (
    read(run, field.text.startsWith("~/") ? { ...field, text: run.where.home + field.text.slice(1) } : field) !== false
  );
}

function reach(url: Field, { run }: Call): void {
  if (url.flow.secret || url.stream?.secret) refuse(run, SENDS);
  const host = /^(?:[a-z+]+:\/\/)?(?:[^/@]*@)?(\[[^\]]*\]|[^/:?#]+)/i.exec(url.text)?.[1];
  if (/^file:/i.test(url.text)) read(run, { ...url, text: url.text.slice(7) });
  else network(run, host ?? (url.text || HOLE));
}

const WGET: Syntax = {
  valued: "OoaPUtTeiQlADRBX",
  long: "--output-document --post-file --post-data --body-file --body-data --header --user-agent --directory-prefix --execute --input-file".split(
    " ",
  ),
};

const wget: Program = (call) => {
  const { args, run } = call;
  const { options, operands } = readOptions(args, WGET);
  if (onlyTells(args)) return NOTHING;
  const out = options.find(({ flag }) => flag === "-O" || flag === "--output-document")?.value;
  if (out && out.text !== "-") write(run, out);
  if (!out) unknown(run, "it writes what it fetches to files");
  if (options.some(({ flag, value }) => value !== undefined && wgetSends(flag, value, call))) refuse(run, SENDS);
  for (const url of operands) reach(url, call);
  if (operands.length === 0) network(run, "wget");
  return FETCHED;
};

function wgetSends(flag: string, value: Field, call: Call): boolean {
  if (/^--(post|body)-file$/.test(flag)) return secretFile(value, call);
  if (/^--(post|body)-data$|^--user-agent$|^-U$/.test(flag)) return value.flow.secret !== false;
  return flag === "--header" && value.flow.secret === "file";
}

// bare connections: what comes in goes out
const connection: Program = (call) => {
  const { args, input, run, name } = call;
  const text = args.map((arg) => arg.text).join(" ");
  if (input.secret || args.some((arg) => arg.flow.secret) || args.some((arg) => arg.stream?.secret)) refuse(run, SENDS);
  if (/(^| )(-\w*[ec]\b|--exec|--sh-exec|--lua-exec)|EXEC:|SYSTEM:|exec:|system:/.test(text) && name !== "openssl")
    refuse(run, "it hands a shell to the network");
  for (const file of text.match(/(?:FILE|OPEN|file|open):([^, ]+)/g) ?? []) {
    if (read(run, { text: file.slice(5), glob: false, flow: NOTHING })) refuse(run, SENDS);
  }
  run.found.connects = true;
  network(run, text);
  return FETCHED;
};

const openssl: Program = (call) => {
  const { args, input, run } = call;
  if (args[0]?.text === "s_client") return connection(call);
  unknown(run, "openssl may read and write keys");
  const file = args.find((_, n) => args[n - 1]?.text === "-in");
  return { net: input.net, secret: file ? read(run, file) : input.secret };
};

const lookUp: Program = ({ args, run, name }) => {
  if (args.some((arg) => arg.flow.secret)) refuse(run, SENDS);
  network(run, args.map((arg) => arg.text).join(" ") || name);
  return FETCHED;
};

const ssh: Program = (call) => {
  const { args, input, run } = call;
  const { options, operands } = readOptions(args, { valued: "bcDEeFIiJLlmOopQRSWw", strict: true });
  const [host, ...command] = operands;
  if (input.secret || operands.some((word) => word.flow.secret)) refuse(run, SENDS);
  for (const { value } of options) {
    const local = /^(?:ProxyCommand|LocalCommand|KnownHostsCommand)[= ](.*)/is.exec(value?.text ?? "")?.[1];
    if (local) run.script(local, run, NOTHING);
  }
  if (input.net && /^(ba|z|da|k)?sh$/.test(command[0]?.text ?? "")) refuse(run, "it pipes the network into a shell");
  network(run, host?.text ?? "ssh");
  // what it does over there must not be a catastrophe either
  if (command.length > 0) run.script(command.map((word) => word.text).join(" "), aside(run), NOTHING);
  return FETCHED;
};

/** Programs that copy files between machines: any secret among what they send is refused. */
function general(what: string): Program {
  return (call) => {
    const { args, input, run, name } = call;
    checkWipe(call);
    const key = args.filter((_, n) => /^(-i|-e|--rsh)$/.test(args[n - 1]?.text ?? ""));
    const local = args.filter((arg) => !key.includes(arg) && !arg.text.startsWith("-") && !/^[\w.@-]+:/.test(arg.text));
    const sends = worst(local.map((arg) => (looksLikePath(arg, call) ? read(run, arg) : false)));
    const remote = args.some((arg) => /^[\w.@-]+:(?!\/\/)|^\w+:\/\//.test(arg.text)) || name !== "rsync";
    if (remote && (sends || input.secret || args.some((arg) => arg.flow.secret === "file"))) refuse(run, SENDS);
    for (const arg of args) {
      const command = /^(?:-e|--rsh=?|--rsync-path=?)(.+)/.exec(arg.text)?.[1];
      if (command) run.script(command, aside(run), NOTHING);
    }
    if (remote) network(run, what);
    else unknown(run, `${name} changes files`);
    return FETCHED;
  };
}

function looksLikePath(arg: Field, { run }: Call): boolean {
  return /[./~\0]/.test(arg.text) && placeOf(arg, run.scope.cwd, run.where) !== undefined;
}

const mail: Program = (call) => {
  const { args, input, run, name } = call;
  if (input.secret || args.some((arg) => arg.flow.secret)) refuse(run, SENDS);
  for (const arg of args) if (/[/.]/.test(arg.text) && !arg.text.includes("@") && read(run, arg)) refuse(run, SENDS);
  network(run, name);
  return NOTHING;
};

const gh: Program = (call) => {
  const { args, input, run } = call;
  if (args.length > 0 && args.every((arg) => /^(--version|version|--help|help)$/.test(arg.text))) return NOTHING;
  if (
    args.some(
      (arg, n) => arg.flow.secret === "file" || (/^-(F|-body-file)$/.test(args[n - 1]?.text ?? "") && read(run, arg)),
    )
  )
    refuse(run, SENDS);
  const shares = args[0]?.text === "gist" || args[0]?.text === "api" || args[0]?.text === "release";
  if (shares && (input.secret || args.some((arg) => arg.flow.secret || (/[./]/.test(arg.text) && read(run, arg)))))
    refuse(run, SENDS);
  network(run, "github.com");
  return printsSecrets(call) ? { net: true, secret: "file" } : FETCHED;
};

const named = (names: string, program: Program) => Object.fromEntries(names.split(" ").map((name) => [name, program]));

/** Programs that reach out. */
export const networkPrograms: Readonly<Record<string, Program>> = {
  curl,
  wget,
  openssl,
  ssh,
  gh,
  glab: gh,
  ...named("curlie http https xh httpie aria2c axel lynx w3m links elinks fetch lwp-request GET POST", curl),
  ...named("nc ncat netcat socat telnet nc.openbsd nc.traditional cryptcat", connection),
  ...named("dig host nslookup ping ping6 whois traceroute tracepath mtr drill kdig resolvectl nmap arp getent", lookUp),
  ...named(
    "scp sftp rsync rclone ftp lftp tftp aws gsutil gcloud az s3cmd mc b2 croc wormhole magic-wormhole pastebinit transfer termbin ngrok",
    general("another machine"),
  ),
  ...named("mail mailx sendmail mutt msmtp swaks", mail),
};
