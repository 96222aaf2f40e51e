import { isLost } from "./floor.js";
import { type Call, forked, type Program, read, readPlace, refuse, unknown, write } from "./run.js";
import { ANYTHING, type Field, HOLE, isKnown, type Secret, worst } from "./types.js";

const EXPRESSION = /^(-|\(|\)|!|,)/;

/** `find`: reading as long as it has no actions that delete, write or run. */
export const findCommand: Program = (call) => {
  const { args, run } = call;
  const begin = args.findIndex((arg, n) => EXPRESSION.test(arg.text) && !/^-([HLP]|O\d)$/.test(arg.text) && n >= 0);
  const roots = (begin < 0 ? args : args.slice(0, begin)).filter((arg) => !arg.text.startsWith("-"));
  const expression = begin < 0 ? [] : args.slice(begin);
  const secrets = roots.map((root) => read(run, root));
  if (roots.length === 0 && run.scope.cwd !== undefined) readPlace(run, { path: run.scope.cwd });
  if (roots.length === 0 && run.scope.cwd === undefined)
    unknown(run, "find looks through a folder that cannot be told");
  if (!expression.every(isKnown)) unknown(run, "find with a word that may be any action");
  if (args.some((arg) => /^-(L|H|follow)$/.test(arg.text))) unknown(run, "find follows links, wherever they lead");
  const narrow = expression.some((arg) =>
    /^-(i?name|i?path|i?regex|i?wholename|newer|mtime|mmin|size|empty|user)/.test(arg.text),
  );
  const named = secretNames(expression);
  expression.forEach((arg, at) => {
    act(arg.text, expression.slice(at + 1), { call, roots, narrow, named: worst([...secrets, named]) });
  });
  const below = roots.every((root) => isKnown(root) && !root.text.startsWith("-"));
  const searched = roots.map((root) => ({ ...root, text: `${root.text}/` }));
  return below ? { ...ANYTHING, below: true, searched } : ANYTHING;
};

// -name ".env" finds secrets
function secretNames(expression: readonly Field[]): Secret {
  return expression.some((arg) => /^(\*?\.env|id_rsa|\.ssh|\*\.pem|\*\.key|\.aws|credentials)\b/.test(arg.text))
    ? "file"
    : false;
}

type Acting = { call: Call; roots: readonly Field[]; narrow: boolean; named: Secret };

function act(action: string, rest: readonly Field[], { call, roots, narrow, named }: Acting): void {
  const { run } = call;
  const removes = () => {
    for (const root of roots)
      if (
        isLost({ ...root, text: `${root.text}/` }, call) &&
        (!narrow || root.text === "/" || !root.text.startsWith("."))
      )
        refuse(run, `find would wipe ${root.text}`);
    if (roots.length === 0 && run.scope.cwd === "/") refuse(run, "find would wipe /");
  };
  if (action === "-delete") {
    removes();
    for (const root of roots) write(run, root);
    unknown(run, "find deletes what it finds");
  }
  if (/^-(fprint0?|fprintf|fls)$/.test(action) && rest[0]) write(run, rest[0]);
  if (!/^-(exec|execdir|ok|okdir)$/.test(action)) return;
  const end = rest.findIndex((arg) => arg.text === ";" || arg.text === "+");
  const command = rest.slice(0, end < 0 ? rest.length : end);
  if (/^(rm|shred|unlink)$/.test(command[0]?.text.replace(/.*\//, "") ?? "")) removes();
  const start = roots.length === 1 && roots[0] && isKnown(roots[0]) ? roots[0] : undefined;
  const found = (word: Field): Field[] => {
    if (!word.text.includes("{}")) return [word];
    const text = word.text === "{}" && start ? start.text : word.text.replaceAll("{}", HOLE);
    const flow = { ...word.flow, secret: worst([word.flow.secret, word.text === "{}" ? false : named]) };
    return [{ ...word, text, flow }];
  };
  // what it runs in each folder may be found there: only the plain form can be proved
  if (/dir$/.test(action)) unknown(run, "find runs a command in each folder");
  run.command(command.flatMap(found), forked(run), { net: false, secret: false });
}
