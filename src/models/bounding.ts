import type { Message, ReplyPart, UserPart } from "../core/message.js";
import { type Bounded, type Bounds, isTaken, MOST } from "./bounds.js";
import { once } from "./render.js";

/** Keeps requests within bounds; the same messages give the same request. */
export function bounding(bounds: Bounds): Bounded {
  const weigh = once((message: Message) => weightOf(message, bounds));
  let shrinking: Bounded | undefined;
  let past: { messages: readonly Message[]; sum: Weight } = { messages: [], sum: { bytes: 0, data: 0, count: 0 } };
  return async (messages, taken) => {
    const goesOn = past.messages.every((each, at) => each === messages[at]);
    const sum = goesOn ? past.sum : { bytes: 0, data: 0, count: 0 };
    for (const message of goesOn ? messages.slice(past.messages.length) : messages) {
      const { bytes, data, count } = weigh(message);
      sum.bytes += bytes;
      sum.data += data;
      sum.count += count;
    }
    past = { messages: messages.slice(), sum };
    if (sum.bytes + taken <= MOST.request && sum.data <= MOST.images && sum.count <= bounds.images) return messages;
    shrinking ??= (await import("./overfull.js")).shrinking(bounds);
    return shrinking(messages, taken);
  };
}

/** What a message adds: bytes, characters of images, images. */
type Weight = { bytes: number; data: number; count: number };

function weightOf(message: Message, bounds: Bounds): Weight {
  const parts: readonly (UserPart | ReplyPart)[] = message.parts;
  const taken = parts.every((part) => (message.role === "user" && part.type === "text") || isTaken(part, bounds));
  const images = parts.flatMap((part) => (part.type === "image" ? [part.data.length] : []));
  const data = images.reduce((sum, size) => sum + size, 0);
  return { bytes: taken ? bounds.bytes(message) : Number.POSITIVE_INFINITY, data, count: images.length };
}
