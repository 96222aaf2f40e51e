import type { Message, ReplyPart, UserPart } from "../core/message.js";

/** Tokens of an image, about what the largest that providers do not scale down costs. */
const IMAGE = 1600;
/** Tokens that a message costs beside its content. */
const FRAME = 5;

/**
 * About how many tokens a text is, for any provider: 3.6 ASCII characters a token, one for a Chinese, Japanese or
 * Korean character, half a one for any other. Text is rarely more than a third off, and code seldom under.
 */
export function textTokens(text: string): number {
  let [wide, other] = [0, 0];
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code < 0x80) continue;
    if (code >= 0x2e80 && code <= 0xd7ff) wide += 1;
    else other += 1;
  }
  return Math.ceil((text.length - wide - other) / 3.6 + wide + other / 2);
}

/** About how many tokens a message is. The same message is counted once. */
export function messageTokens(message: Message): number {
  const known = counted.get(message);
  if (known !== undefined) return known;
  const tokens = partTokens(message.parts);
  counted.set(message, tokens);
  return tokens;
}

const counted = new WeakMap<Message, number>();

/** About how many tokens the parts of a message are. */
export function partTokens(parts: readonly (UserPart | ReplyPart)[]): number {
  return parts.reduce((sum, part) => sum + tokensOf(part), FRAME);
}

function tokensOf(part: UserPart | ReplyPart): number {
  if (part.type === "image") return IMAGE;
  if (part.type === "call") return FRAME + textTokens(part.name) + textTokens(JSON.stringify(part.input));
  return textTokens(part.text);
}
