/** What JSON can hold; what crosses the wire and the log. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

export type Text = { type: "text"; text: string };
/** `data` is base64 without a prefix. */
export type Image = { type: "image"; mime: string; data: string };
/** `opaque` is the provider's own token; only the wire that made it reads it, and carries it back untouched. */
export type Thinking = { type: "thinking"; text: string; opaque?: Json };
/** `malformed` is the argument text as it came when it was not a JSON object; `input` is then `{}` and the call must not run. */
export type Call = { type: "call"; id: string; name: string; input: Json; malformed?: string; opaque?: Json };

export type UserPart = Text | Image;
export type ReplyPart = Text | Thinking | Call;

export type UserMessage = { role: "user"; parts: readonly UserPart[] };
export type AssistantMessage = { role: "assistant"; parts: readonly ReplyPart[] };
/** `file` holds the whole of what the result may tell in part. */
export type ToolMessage = {
  role: "tool";
  callId: string;
  parts: readonly UserPart[];
  failed: boolean;
  file?: string;
};

/** What the model reads. */
export type Message = UserMessage | AssistantMessage | ToolMessage;

export function text(value: string): Text {
  return { type: "text", text: value };
}

/** The words of a list of parts, without thinking, images and calls. */
export function plainText(parts: readonly (UserPart | ReplyPart)[]): string {
  return parts.map((part) => (part.type === "text" ? part.text : "")).join("");
}

export function callsIn(parts: readonly ReplyPart[]): Call[] {
  return parts.filter((part) => part.type === "call");
}
