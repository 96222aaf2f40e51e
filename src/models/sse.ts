import { StringDecoder } from "node:string_decoder";
import { createParser } from "eventsource-parser";
import type { Delta } from "../core/event.js";
import type { Reply } from "../core/model.js";
import type { Asked } from "./endpoint.js";
import { notJson, strangeAnswer } from "./failures.js";
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
  settle(): void;
  /** Throws when the stream ended before its end. */
  reply(): Reply;
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
      gathering.settle();
      yield* gathering.builder.take();
    }
    // a last event without the blank line after it
    parser.feed("\n\n");
  } catch (error) {
    // a connection that breaks after the last word breaks nothing
    if (!gathering.complete || stream.signal.aborted) throw error;
  }
  if (!begun && isProse(head)) throw strangeAnswer(stream.asked, headers["content-type"], head);
  const reply = gathering.reply();
  yield* gathering.builder.take();
  return reply;
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
