import type { Event, Fact } from "../core/event.js";
import { sinceLastEnd } from "../core/fold.js";
import type { JsonSchema } from "../core/model.js";
import type { Plugin } from "../core/plugin.js";
import type { Session } from "../core/session.js";
import { schemaFault } from "../tools/json-schema.js";
import { misfits } from "../tools/json-schema-fit.js";
import { answerIn, OUTPUT, unfinished } from "./answer.js";
import { jsonIn } from "./json-in.js";

/** How often an answer is sent back. */
const REPAIRS = 2;
/** Who the notes are by that send it back: they are counted. */
const REPAIR = `${OUTPUT}:repair`;

/**
 * Holds the final answer to a JSON Schema: tells it with each prompt, sends back what does not fit, twice, and
 * records as `state` what fits. Throws for what is no schema.
 */
export function outputSchema(schema: JsonSchema): Plugin {
  const fault = schemaFault(schema);
  if (fault) throw new Error(`The output schema is wrong at /${fault.at.join("/")}: ${fault.why}`);
  const text = `The final answer to this request must be one JSON value that fits this JSON Schema, and nothing else: no words around it, no code fence.\n${JSON.stringify(schema)}`;
  return {
    name: OUTPUT,
    beforeStep({ events }) {
      const told = sincePrompt(events).some((event) => event.type === "note" && event.by === OUTPUT);
      return told ? undefined : { type: "note", text, by: OUTPUT, lasting: true };
    },
    beforeStop(session) {
      const { events } = session;
      if (unfinished(events)) return undefined;
      const found = jsonIn(answerIn(sinceLastEnd(events)).text);
      const faults = "why" in found ? [`the answer ${found.why}`] : misfits(schema, found.value);
      if (faults.length > 0 || "why" in found) return sentBack(session, faults);
      return { type: "state", key: OUTPUT, value: found.text };
    },
  };
}

function sentBack({ events, emit }: Session, faults: readonly string[]): Fact {
  const repairs = sincePrompt(events).filter((event) => event.type === "note" && event.by === REPAIR).length;
  if (repairs < REPAIRS) {
    emit({ type: "status", by: OUTPUT, text: `sent back (${repairs + 1} of ${REPAIRS}): ${faults.join("; ")}` });
    const text = `Your answer does not fit the schema:\n${faults.join("\n")}\nAnswer again, with nothing but the mended JSON.`;
    return { type: "note", text, by: REPAIR };
  }
  const reason = `The answer does not fit the output schema, after ${REPAIRS} repairs: ${faults.join("; ")}`;
  return { type: "ended", outcome: "failed", reason };
}

function sincePrompt(events: readonly Event[]): readonly Event[] {
  return events.slice(events.findLastIndex(({ type }) => type === "prompt") + 1);
}
