import type { Message, MessageDeltaUsage, RawMessageStreamEvent, Usage } from "@anthropic-ai/sdk/resources/messages";
import type { ChatCompletionChunk, ChatCompletionMessage } from "openai/resources/chat/completions";
import type { CompletionUsage } from "openai/resources/completions";
import type { Json } from "../core/message.js";

// what is read of the answers, checked against the vendors' own types; nothing of those reaches run time

type KeysOf<T> = T extends unknown ? keyof T : never;

/** Fields of a vendor's type, each of which an endpoint may leave out or send as null. A name the vendor does not know is an error. */
type From<Vendor, Read extends Record<Exclude<keyof Read, KeysOf<Vendor>>, never>> = {
  [K in keyof Read]?: Read[K] | null;
};

type VendorChoice = ChatCompletionChunk["choices"][number];
type VendorCall = NonNullable<VendorChoice["delta"]["tool_calls"]>[number];

/** A chat completion chunk, or a whole chat completion. */
export type Chunk = From<
  ChatCompletionChunk,
  { model: string; choices: readonly Choice[]; usage: ChunkUsage; object: string }
> & {
  error?: unknown;
};
/** Some endpoints count in the choice, and some put an error there. */
export type Choice = From<VendorChoice, { delta: ChunkDelta; finish_reason: string }> & {
  message?: ChunkDelta | null;
  usage?: ChunkUsage | null;
  error?: unknown;
};
/** `reasoning_content` (DeepSeek and kin) and `reasoning` (OpenRouter, Groq, vLLM) are not OpenAI's. */
export type ChunkDelta = From<
  VendorChoice["delta"] | ChatCompletionMessage,
  { content: string | readonly ContentPiece[]; refusal: string; tool_calls: readonly ChunkCall[] }
> & { reasoning_content?: string | null; reasoning?: string | null };
/** Mistral's reasoning models answer in pieces. */
export type ContentPiece = { text?: string | null; thinking?: readonly ContentPiece[] | null };
export type ChunkCall = From<
  VendorCall,
  {
    index: number;
    id: string;
    function: From<NonNullable<VendorCall["function"]>, { name: string; arguments: string | { [key: string]: Json } }>;
  }
>;
/** `prompt_cache_hit_tokens` is DeepSeek's. */
export type ChunkUsage = From<
  CompletionUsage,
  {
    prompt_tokens: number;
    completion_tokens: number;
    prompt_tokens_details: From<NonNullable<CompletionUsage["prompt_tokens_details"]>, { cached_tokens: number }>;
  }
> & { prompt_cache_hit_tokens?: number | null };

type VendorDelta = Extract<RawMessageStreamEvent, { delta: unknown }>["delta"];

/** An event of a message stream. */
export type StreamEvent = From<
  RawMessageStreamEvent,
  { index: number; message: WholeMessage; content_block: ContentBlock; delta: BlockDelta; usage: EventUsage }
> & { type?: string; error?: unknown };
/** A whole message, or the beginning of one. */
export type WholeMessage = From<
  Message,
  { model: string; content: readonly ContentBlock[]; stop_reason: string; usage: EventUsage; type: string }
>;
export type ContentBlock = From<
  Message["content"][number],
  {
    type: string;
    id: string;
    name: string;
    input: unknown;
    text: string;
    thinking: string;
    signature: string;
    data: string;
  }
>;
export type BlockDelta = From<
  VendorDelta,
  { text: string; thinking: string; signature: string; partial_json: string; stop_reason: string }
>;
export type EventUsage = From<
  Usage | MessageDeltaUsage,
  { input_tokens: number; output_tokens: number; cache_read_input_tokens: number; cache_creation_input_tokens: number }
>;
