import type { Message, ReplyPart, UserPart } from "../core/message.js";
import { inputOf } from "./render.js";

export type Bounds = {
  /** Characters of base64 that one image may have. */
  image: number;
  /** How many images a request may hold. */
  images: number;
  /** What a message adds to the request, in bytes or tokens; more is well, less is not. */
  bytes: (message: Message) => number;
  /** Of that, what a request may have; `MOST.request` when absent. */
  most?: number;
};

/** Characters of one text that the user did not write, and of all images; bytes of a request. */
export const MOST = { text: 400_000, images: 20_000_000, request: 24_990_000 };

/** Gives a conversation back within bounds; `taken` is in bytes what the request holds beside it. */
export type Bounded = (messages: readonly Message[], taken: number) => Promise<readonly Message[]>;

/** Whether a provider takes a part as it is. */
export function isTaken(part: UserPart | ReplyPart, { image }: { image: number }): boolean {
  if (part.type === "text") return part.text.length <= MOST.text;
  if (part.type === "call") return JSON.stringify(inputOf(part)).length <= MOST.text;
  // a signature comes with it
  if (part.type === "thinking") return part.text.length + JSON.stringify(part.opaque ?? "").length <= MOST.text;
  const { mime, data } = part;
  return data.length <= image && /^image\/(jpeg|png|gif|webp)$/.test(mime) && /^[A-Za-z0-9+/]+={0,2}$/.test(data);
}
