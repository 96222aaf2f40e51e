import type { Message, ReplyPart, UserPart } from "../core/message.js";
import { type Bounded, type Bounds, isTaken, MOST } from "./bounds.js";
import { once } from "./render.js";

/** Keeps requests within bounds; the same messages give the same request. */
export function bounding(bounds: Bounds): Bounded {
  const weigh = once((message: Message) => weightOf(message, bounds));
  let shrinking: Bounded | undefined;
  return async (messages, taken) => {
    let [bytes, data, count] = [taken, 0, 0];
    for (const weight of messages.map(weigh)) {
      bytes += weight.bytes;
      data += weight.data;
      count += weight.count;
    }
    if (bytes <= MOST.request && data <= MOST.images && count <= bounds.images) return messages;
    shrinking ??= (await import("./overfull.js")).shrinking(bounds);
    return shrinking(messages, taken);
  };
}

function weightOf(message: Message, bounds: Bounds) {
  const parts: readonly (UserPart | ReplyPart)[] = message.parts;
  const taken = parts.every((part) => (message.role === "user" && part.type === "text") || isTaken(part, bounds));
  const images = parts.flatMap((part) => (part.type === "image" ? [part.data.length] : []));
  const data = images.reduce((sum, size) => sum + size, 0);
  return { bytes: taken ? bounds.bytes(message) : Number.POSITIVE_INFINITY, data, count: images.length };
}
