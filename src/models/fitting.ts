import type { Delta } from "../core/event.js";
import type { Message } from "../core/message.js";
import type { Model, Reply, Request, ToolSpec } from "../core/model.js";
import { once } from "./render.js";
import { messageTokens, textTokens } from "./tokens.js";

/** Of the window: what is left holds the words on what was left out, and an answer's beginning. */
const SHARE = 0.97;
/** What the conversation gets also where system prompt and tools fill the window: whether that fits is the server's to say. */
const LEAST = 0.25;

/**
 * The last net under a model: a request that is larger than its window by any estimate is cut to it, oldest
 * results first, before it is sent. What keeps conversations within bounds by summing them up acts long before.
 *
 * @example
 * const model = fitting(openai({ baseUrl, apiKey, model: "gpt-5" }));
 */
export function fitting(model: Model): Model {
  const offered = once((tools: readonly ToolSpec[]) => textTokens(JSON.stringify(tools)));
  return {
    get id() {
      return model.id;
    },
    get window() {
      return model.window;
    },
    stream(request, signal) {
      const taken = textTokens(request.system) + offered(request.tools);
      const size = request.messages.reduce((sum, message) => sum + messageTokens(message), taken);
      const most = Math.max(Math.floor(model.window * SHARE), taken + Math.floor(model.window * LEAST));
      // what fits goes through: one generator less between the wire and who reads
      return size <= most ? model.stream(request, signal) : cut(model, { request, signal, taken, most });
    },
  };
}

type Cut = { request: Request; signal: AbortSignal; taken: number; most: number };

async function* cut(model: Model, { request, signal, taken, most }: Cut): AsyncGenerator<Delta, Reply> {
  const { shrinking } = await import("./overfull.js");
  const shrink = shrinking({
    image: Number.POSITIVE_INFINITY,
    images: Number.POSITIVE_INFINITY,
    bytes: (message: Message) => messageTokens(message),
    most,
  });
  const messages = await shrink(request.messages, taken);
  return yield* model.stream({ ...request, messages }, signal);
}
