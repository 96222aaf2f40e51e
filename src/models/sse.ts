import { StringDecoder } from "node:string_decoder";
import { createParser } from "eventsource-parser";
import type { Delta } from "../core/event.js";
import { ModelError, type Reply } from "../core/model.js";
import type { Asked } from "./endpoint.js";
import { notJson, strangeAnswer, toldOf } from "./failures.js";
import type { Answered } from "./http.js";
import type { ReplyBuilder } from "./reply-builder.js";

/** Gathers the events of one streamed answer. */
export type Gathering = {
  readonly builder: ReplyBuilder;
  /** The reply is whole, whatever may still come. */
  readonly complete: boolean;
  /** `name` is the event's own, where it has one. */
  take(data: string, name: string | undefined): void;
  /** After each network read. */
  settle(): Promise<void> | undefined;
  /** Throws when the stream ended before its end, or when this is no answer. */
  reply(): Reply | Promise<Reply>;
};

export type Stream = { answered: Answered; asked: Asked; signal: AbortSignal };

/** Reads an event stream to its end. What one network read brought is handed on as few deltas. */
export async function* readStream(gathering: Gathering, stream: Stream): AsyncGenerator<Delta, Reply> {
  const { chunks, headers } = stream.answered;
  const decoder = new StringDecoder("utf8");
  let head = "";
  let begun = false;
  const parser = createParser({
    onEvent({ data, event }) {
      begun = true;
      gathering.take(data, event);
    },
  });
  try {
    for await (const bytes of chunks) {
      const piece = decoder.write(bytes);
      if (head.length < 200) head += piece;
      parser.feed(piece);
      // a wait for nothing, and `yield*` of a list, cost each read more than its words do
      const settled = gathering.settle();
      if (settled) await settled;
      const mended = gathering.builder.mend();
      if (mended) await mended;
      for (const delta of gathering.builder.take()) yield delta;
    }
    // a last event without the blank line after it
    parser.feed("\n\n");
  } catch (error) {
    // a connection that breaks after the last word breaks nothing
    if (!gathering.complete || stream.signal.aborted) yield* broken(gathering, error, stream.asked);
  }
  if (!begun && isProse(head)) throw strangeAnswer(stream.asked, headers["content-type"], head);
  return yield* conclude(gathering);
}

/** The end of an answer. What came with it is handed on also when it turns out to be none. */
export async function* conclude(gathering: Gathering): AsyncGenerator<Delta, Reply> {
  try {
    return await gathering.reply();
  } finally {
    await gathering.builder.mend();
    yield* gathering.builder.take();
  }
}

// what is asked again at once is not shown twice
async function* broken(gathering: Gathering, error: unknown, asked: Asked): AsyncGenerator<Delta, void> {
  const told = await toldOf(error, asked);
  if (told instanceof ModelError && !told.transient) yield* gathering.builder.take();
  throw told;
}

// neither nothing at all nor the comments that keep a stream alive
function isProse(head: string): boolean {
  return head.trim() !== "" && !head.startsWith(":");
}

/** The one place where an answer's text becomes a type: all its fields may be missing. */
export function parseObject<T extends object>(text: string, asked: Asked): Partial<T> {
  const value = parsed(text, asked);
  if (typeof value === "object" && value !== null) return value;
  throw notJson(text, asked);
}

function parsed(text: string, asked: Asked): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw notJson(text, asked, error);
  }
}
