/**
 * What JSON can hold; what crosses the wire and the log.
 *
 * @example
 * const details: Json = { passed: 12, failed: ["parser"] };
 */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/**
 * Words.
 *
 * @prop type - Tells it from other parts.
 * @prop text - The words.
 * @example
 * const words: Text = { type: "text", text: "Which tests fail?" };
 */
export type Text = { type: "text"; text: string };
/**
 * `data` is base64 without a prefix.
 *
 * @prop type - Tells it from other parts.
 * @prop mime - `image/png`, `image/jpeg`, `image/gif` or `image/webp`.
 * @prop data - The bytes in base64, without a prefix.
 * @example
 * const image: Image = { type: "image", mime: "image/png", data: png.toString("base64") };
 */
export type Image = { type: "image"; mime: string; data: string };
/**
 * `opaque` is the provider's own token; only the wire that made it reads it, and carries it back untouched.
 *
 * @prop type - Tells it from other parts.
 * @prop text - What was shown of it, which may be nothing.
 * @prop opaque - The provider's own token: only the wire that made it reads it, and carries it back untouched.
 * @example
 * const thought: Thinking = { type: "thinking", text: "The comma is missing." };
 */
export type Thinking = { type: "thinking"; text: string; opaque?: Json };
/**
 * `malformed` is the argument text as it came when it was not a JSON object, or nested over 100 levels; `input` is then `{}` and the call must not run.
 *
 * @prop type - Tells it from other parts.
 * @prop id - Unique within the log; its result names it.
 * @prop name - The tool.
 * @prop input - The arguments.
 * @prop malformed - The argument text as it came, when it was no JSON object.
 * @prop opaque - The provider's own token.
 * @example
 * const names = (calls: Call[]) => calls.map(({ name }) => name);
 */
export type Call = { type: "call"; id: string; name: string; input: Json; malformed?: string; opaque?: Json };

/**
 * What a model is told: words and images.
 *
 * @example
 * const parts: UserPart[] = [text("What is this?"), { type: "image", mime: "image/png", data: png.toString("base64") }];
 */
export type UserPart = Text | Image;
/**
 * What a model answers with.
 *
 * @example
 * const thoughts = (parts: readonly ReplyPart[]) => parts.filter((part) => part.type === "thinking");
 */
export type ReplyPart = Text | Thinking | Call;

/**
 * What was said to the model.
 *
 * @prop role - Tells it from other messages.
 * @prop parts - Words and images.
 * @example
 * const asked: UserMessage = { role: "user", parts: [text("Which tests fail?")] };
 */
export type UserMessage = { role: "user"; parts: readonly UserPart[] };
/**
 * What the model answered.
 *
 * @prop role - Tells it from other messages.
 * @prop parts - Words, thinking and calls.
 * @example
 * const answer: AssistantMessage = { role: "assistant", parts: [text("Two fail.")] };
 */
export type AssistantMessage = { role: "assistant"; parts: readonly ReplyPart[] };
/**
 * What a call gave.
 *
 * @prop role - Tells it from other messages.
 * @prop callId - The call that it answers.
 * @prop parts - Words and images.
 * @prop failed - The tool failed: the words say how.
 * @prop file - The path of a file that holds the whole of what the result may tell in part.
 * @example
 * const result: ToolMessage = { role: "tool", callId: "call_1", parts: [text("12 passed")], failed: false };
 */
export type ToolMessage = {
  role: "tool";
  callId: string;
  parts: readonly UserPart[];
  failed: boolean;
  file?: string;
};

/**
 * What the model reads.
 *
 * @example
 * const first: Message | undefined = messages(agent.log.events)[0];
 */
export type Message = UserMessage | AssistantMessage | ToolMessage;

/**
 * Words as a part of a message.
 *
 * @example
 * agent.inbox.post({ parts: [text("Which tests fail?")], from: "user" });
 */
export function text(value: string): Text {
  return { type: "text", text: value };
}

/**
 * The words of a list of parts, without thinking, images and calls.
 *
 * @example
 * console.log(plainText([text("Two fail."), text(" Both parse dates.")]));
 */
export function plainText(parts: readonly (UserPart | ReplyPart)[]): string {
  return parts.map((part) => (part.type === "text" ? part.text : "")).join("");
}

export function callsIn(parts: readonly ReplyPart[]): Call[] {
  return parts.filter((part) => part.type === "call");
}
