import type { ParsedScript, Redirection, Word } from "unbash";
import { placeOf } from "./paths.js";
import type { Expander } from "./pieces.js";
import { network, type Run, read, refuse, unknown, write } from "./run.js";
import { ANYTHING, type Field, type Flow, isKnown, joined, NOTHING } from "./types.js";
import { expandWhole } from "./words.js";

type Redirecting = { run: Run; expander: Expander };
type Redirected = { input: Flow; out(flow: Flow): Flow };

/** Where a command's input comes from and its output goes to; notes the files. */
export function redirect(redirects: readonly Redirection[], redirecting: Redirecting, given: Flow): Redirected {
  let input = given;
  const targets: Field[] = [];
  for (const each of redirects) {
    const found = streamOf(each, redirecting);
    if (found?.type === "in") input = found.flow;
    if (found?.type === "out") targets.push(found.target);
  }
  return { input, out: (flow) => outTo(targets, flow, redirecting.run) };
}

type Stream = { type: "in"; flow: Flow } | { type: "out"; target: Field };

function streamOf(redirection: Redirection, { run, expander }: Redirecting): Stream | undefined {
  if (redirection.type === "HereDoc") return { type: "in", flow: hereDocument(redirection.body, expander) };
  if (redirection.descriptor?.type === "FileDescriptorVariable") unknown(run, `it sets ${redirection.descriptor.name}`);
  if (redirection.target === undefined) return undefined;
  const target = expandWhole(redirection.target, expander);
  if (redirection.type === "HereString") {
    return { type: "in", flow: { ...target.flow, text: isKnown(target) ? `${target.text}\n` : undefined } };
  }
  const stream = redirectTo(redirection.operator, target, run);
  return stream === "out" ? { type: "out", target } : { type: "in", flow: stream };
}

function hereDocument(body: { text: string; parts?: readonly unknown[] | undefined }, expander: Expander): Flow {
  if (body.parts === undefined) return { ...NOTHING, text: body.text };
  const flows: Flow[] = [];
  const watched = { ...expander, substitute: (script: ParsedScript) => kept(flows, expander.substitute(script)) };
  const word = { type: "Word", text: body.text, value: body.text, pos: 0, end: 0, parts: body.parts } as Word;
  const whole = expandWhole(word, watched);
  return { ...joined([whole.flow, ...flows]), text: isKnown(whole) ? whole.text : undefined };
}

function kept(flows: Flow[], flow: Flow): Flow {
  flows.push(flow);
  return flow;
}

function redirectTo(operator: string, target: Field, run: Run): Flow | "out" {
  if (/^[<>]&$/.test(operator) && /^(\d+-?|-)$/.test(target.text)) return operator === "<&" ? ANYTHING : "out";
  if (/^\/dev\/(tcp|udp)\//.test(target.text)) {
    network(run, target.text.slice(9).replace("/", ":"));
    run.found.connects = true;
    return operator.startsWith("<") ? { net: true, secret: false } : "out";
  }
  if (operator === "<") {
    const secret = read(run, target);
    return target.stream ?? { net: false, secret };
  }
  write(run, target);
  return operator === "<>" ? ANYTHING : "out";
}

// what a file is filled with, and what is sent to a connection
function outTo(targets: readonly Field[], flow: Flow, run: Run): Flow {
  for (const target of targets) fill(target, flow, run);
  // 2>&1 leaves the output where it was
  return targets.every(isDescriptor) ? flow : NOTHING;
}

function isDescriptor({ text }: Field): boolean {
  return /^\d+-?$|^-$/.test(text);
}

function fill(target: Field, flow: Flow, run: Run): void {
  const connected = run.found.connects && /^[3-9]\d*$/.test(target.text);
  if (flow.secret && (connected || /^\/dev\/(tcp|udp)\//.test(target.text))) refuse(run, "it sends secrets away");
  if (flow.secret && target.stream) refuse(run, "it sends secrets away");
  if (flow.net && target.stream) refuse(run, "it pipes the network into a command");
  const place = isDescriptor(target) ? undefined : placeOf(target, run.scope.cwd, run.where);
  if (flow.secret && place) run.found.tainted.add(place.path);
  if (flow.text && place) run.found.written.set(place.path, flow.text);
}

/** Whether it opens a connection instead of a file. */
export function isConnection(redirection: Redirection): boolean {
  return redirection.type === "Redirect" && /^\/dev\/(tcp|udp)\//.test(redirection.target?.value ?? "");
}
