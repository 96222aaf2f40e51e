import { state } from "../core/fold.js";
import { callsIn } from "../core/message.js";
import { ModelError } from "../core/model.js";
import type { Plugin } from "../core/plugin.js";
import { newest, RAISED, unfinished } from "./answer.js";
import type { Sleep } from "./recover-streams.js";

/** `maxOutput` is the limit of an answer before it is raised. */
type RecoverOptions = { maxOutput?: number | undefined; sleep?: Sleep };

/**
 * Mends answers that are none: broken streams are asked for again, what the output limit cut off is asked for
 * with a higher one and then continued, empty answers are asked for again, calls that cannot be run are
 * explained. Each of it a few times in a row, then the run ends. What does it is loaded when it is wanted.
 */
export function recover({ maxOutput, sleep }: RecoverOptions = {}): Plugin {
  const schemas = new Map<string, unknown>();
  return {
    name: "recover",
    wrapTool(tool) {
      schemas.set(tool.name, tool.input.json);
      return tool;
    },
    async beforeStep(session) {
      const { events } = session;
      const calls = callsIn(newest(events)?.parts ?? []);
      const lost = calls.length > 0 && calls.every((call) => call.malformed !== undefined || !schemas.has(call.name));
      if (!lost && !state(events, RAISED)) return undefined;
      const { halved, lowered } = await import("./recover-answers.js");
      const facts = [...lowered(events), ...halved(session, maxOutput)];
      return lost ? [...facts, ...(await import("./recover-calls.js")).explained({ session, schemas })] : facts;
    },
    async afterFailure(session, error) {
      if (!(error instanceof ModelError)) return undefined;
      return (await import("./recover-streams.js")).afterFailure(session, error, sleep);
    },
    async beforeStop(session) {
      if (!unfinished(session.events)) return undefined;
      return (await import("./recover-answers.js")).again(session, maxOutput);
    },
  };
}
