import type { Usage } from "../../core/event.js";
import type { Json } from "../../core/message.js";
import type { Quirks } from "./quirks.js";
import type { SeenMessage, Turn } from "./script.js";

/** What a turn is told with. */
export type Telling = { turn: Turn; n: number; model: string; usage: Usage; quirks: Quirks };

/** A streamed answer in three acts, as SSE text. */
export type Acts = { words: string; calls: string; end: string };

/** One of the two protocols that the server speaks. */
export type Side = {
  wire: "openai" | "anthropic";
  /** Throws a Refused for what the provider would not take. */
  validate(body: Json, headers: Readonly<Record<string, string>>): void;
  read(body: Json): { model: string; system: string; tools: string[]; messages: SeenMessage[]; stream: boolean };
  acts(telling: Telling, wantsUsage: boolean): Acts;
  whole(telling: Telling): Json;
  error(error: { status: number; message: string; type?: string | undefined; param?: string | null }): Json;
  /** An error inside a stream, as SSE text. */
  streamError(error: { type: string; message: string }): string;
};

/** One server-sent event. */
export function sse(data: Json, event?: string): string {
  return `${event === undefined ? "" : `event: ${event}\n`}data: ${JSON.stringify(data)}\n\n`;
}
