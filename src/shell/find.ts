import { isLost } from "./floor.js";
import { type Call, forked, type Program, read, readPlace, refuse, unknown, write } from "./run.js";
import { ANYTHING, type Field, HOLE, isKnown, type Secret, worst } from "./types.js";

const EXPRESSION = /^(-|\(|\)|!|,)/;

/** `find`: reading as long as it has no actions that delete, write or run. */
export const findCommand: Program = (call) => {
  const { run } = call;
  const args = call.args.filter((arg) => arg.text !== "--");
  const begin = args.findIndex((arg, n) => EXPRESSION.test(arg.text) && !/^-([HLP]|O\d)$/.test(arg.text) && n >= 0);
  const roots = (begin < 0 ? args : args.slice(0, begin)).filter((arg) => !arg.text.startsWith("-"));
  const expression = begin < 0 ? [] : args.slice(begin);
  const secrets = roots.map((root) => read(run, root));
  if (roots.length === 0 && run.scope.cwd !== undefined) readPlace(run, { path: run.scope.cwd });
  if (roots.length === 0 && run.scope.cwd === undefined)
    unknown(run, "find looks through a folder that cannot be told");
  if (!expression.every(isKnown)) unknown(run, "find with a word that may be any action");
  if (args.some((arg) => /^-(L|H|follow|D|files0-from)$/.test(arg.text)))
    unknown(run, "find follows links, wherever they lead");
  const narrow = expression.some((arg) =>
    /^-(i?name|i?path|i?regex|i?wholename|newer|mtime|mmin|size|empty|user)/.test(arg.text),
  );
  const named = secretNames(expression);
  const acting = { call, roots, narrow, named: worst([...secrets, named]) };
  for (let at = 0; at < expression.length && run.fuel.left > 0; at += 1) at += act(expression, at, acting);
  const below =
    !expression.some(
      (arg) => /printf|print0?$|ls$/.test(arg.text) && arg.text !== "-print" && arg.text !== "-print0",
    ) && roots.every((root) => isKnown(root) && !root.text.startsWith("-"));
  const searched = roots.map((root) => ({ ...root, text: `${root.text}/` }));
  const secret = worst([...secrets, named]);
  return below ? { ...ANYTHING, secret, below: true, searched } : { ...ANYTHING, secret };
};

// -name ".env" finds secrets
function secretNames(expression: readonly Field[]): Secret {
  return expression.some((arg) => /^(\*?\.env|id_|\.ssh|\*\.pem|\*\.key|\.aws|credentials)\b/.test(arg.text))
    ? "file"
    : false;
}

const FOUND = new Set(
  "grep egrep fgrep wc ls stat du basename dirname echo printf file md5sum sha256sum test [ true".split(" "),
);

type Acting = { call: Call; roots: readonly Field[]; narrow: boolean; named: Secret };

// gives how many words belong to the action
function act(expression: readonly Field[], at: number, acting: Acting): number {
  const { call } = acting;
  const { run } = call;
  const action = expression[at]?.text ?? "";
  if (action === "-delete") {
    refuseVital(acting);
    for (const root of acting.roots) write(run, root);
    unknown(run, "find deletes what it finds");
  }
  const next = expression[at + 1];
  if (/^-(fprint0?|fprintf|fls)$/.test(action) && next) write(run, next);
  if (!/^-(exec|execdir|ok|okdir)$/.test(action)) return 0;
  const end = expression.findIndex(
    (arg, n) => n > at && (arg.text === ";" || (arg.text === "+" && expression[n - 1]?.text === "{}")),
  );
  const command = expression.slice(at + 1, end < 0 ? expression.length : end);
  // what is found may be a link: only what shows nothing of a file is proved
  if (command.some((arg) => arg.text.includes("{}")) && !FOUND.has(command[0]?.text ?? ""))
    unknown(run, "find hands what it finds to a program");
  // what it runs in each folder may be found there: only the plain form can be proved
  if (/dir$/.test(action)) unknown(run, "find runs a command in each folder");
  runFound(command, acting);
  return command.length;
}

function runFound(command: readonly Field[], acting: Acting): void {
  const { call, roots, named } = acting;
  if (/^(rm|shred|unlink|truncate|dd|chmod|chown|mv|sh|bash)$/.test(command[0]?.text.replace(/.*\//, "") ?? ""))
    refuseVital(acting);
  const start = roots.length === 1 && roots[0] && isKnown(roots[0]) ? roots[0] : undefined;
  const found = (word: Field): Field => {
    if (!word.text.includes("{}")) return word;
    const text = word.text === "{}" && start ? start.text : word.text.replaceAll("{}", HOLE);
    return {
      ...word,
      text,
      flow: { ...word.flow, secret: worst([word.flow.secret, named]) },
    };
  };
  call.run.command(command.map(found), forked(call.run, { functions: new Map() }), { net: false, secret: false });
}

function refuseVital({ call, roots, narrow }: Acting): void {
  const { run } = call;
  for (const root of roots) {
    const wide = !narrow || root.text === "/" || !root.text.startsWith(".");
    if (wide && isLost({ ...root, text: `${root.text}/` }, call)) refuse(run, `find would wipe ${root.text}`);
  }
  if (roots.length === 0 && run.scope.cwd === "/") refuse(run, "find would wipe /");
}
