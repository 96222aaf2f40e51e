import type { Event, Fact } from "../core/event.js";
import { type Call, callsIn } from "../core/message.js";
import type { Session } from "../core/session.js";
import { BY } from "./answer.js";

/** Answers in a row, whose calls could not be run, after which the model is told, and after which the run ends. */
const TELL = 3;
const STOP = 5;

/** `schemas` are those of the tools that there are, by name. */
type Lost = { session: Session; schemas: ReadonlyMap<string, unknown> };

/** What is done about calls that are no JSON, or call what there is not. Equal ones are a circle: plugins/circles ends those. */
export function explained({ session: { events, model }, schemas }: Lost): Fact[] {
  const answers = lostInARow(events, schemas);
  const marks = new Set(answers.map((calls) => JSON.stringify(calls.map(({ name, malformed }) => [name, malformed]))));
  const told = events.slice(events.findLastIndex(({ type }) => type === "reply") + 1).some(isOurs);
  const newest = answers[0] ?? [];
  if (marks.size < 2) return [];
  if (answers.length >= STOP) {
    const reason = `${model.id} made calls that cannot be run ${answers.length} times in a row: ${why(newest, schemas)}`;
    return [{ type: "ended", outcome: "failed", reason }];
  }
  if (answers.length !== TELL || told) return [];
  return [
    { type: "note", by: BY, text: `The calls of your last ${TELL} replies could not be run. ${help(newest, schemas)}` },
  ];
}

function isOurs(event: Event): boolean {
  return event.type === "note" && event.by === BY;
}

// newest first
function lostInARow(events: readonly Event[], schemas: Lost["schemas"]): Call[][] {
  const found: Call[][] = [];
  for (const event of events.toReversed()) {
    if (event.type === "prompt" || event.type === "ended") break;
    if (event.type !== "reply") continue;
    const calls = callsIn(event.parts);
    if (calls.length === 0) continue;
    if (!calls.every((call) => call.malformed !== undefined || !schemas.has(call.name))) break;
    found.push(calls);
  }
  return found;
}

function why(calls: readonly Call[], schemas: Lost["schemas"]): string {
  const [{ name = "" } = {}] = calls;
  return schemas.has(name) ? `the arguments of ${name} are no JSON object.` : `there is no tool "${name}".`;
}

function help(calls: readonly Call[], schemas: Lost["schemas"]): string {
  const [{ name = "" } = {}] = calls;
  const schema = JSON.stringify(schemas.get(name));
  if (schema === undefined)
    return `There is no tool "${name}". There are: ${[...schemas.keys()].join(", ")}. Or answer in words.`;
  return `The arguments of ${name} are one JSON object that fits ${schema.slice(0, 1000)}: quotes and line breaks in a text are written \\" and \\n. Put a long text into several smaller calls, or answer in words.`;
}
