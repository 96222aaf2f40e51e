import type { Stop, Usage } from "../core/event.js";
import { NO_USAGE } from "../core/event.js";
import { ModelError, type Reply, type ToolSpec } from "../core/model.js";
import type { Asked } from "./endpoint.js";
import { BrokenOff, cutOff, declined, windowFull } from "./failures.js";
import { OpenCalls } from "./open-calls.js";
import { ReplyBuilder } from "./reply-builder.js";
import { type Gathering, parseObject } from "./sse.js";
import { TextGate } from "./text-gate.js";
import { ThinkTags, type Words } from "./think-tags.js";
import type { Choice, Chunk, ChunkCall, ChunkDelta, ChunkUsage, ContentPiece } from "./wire-types.js";

/** Gathers the chunks of one chat completion. */
export class OpenaiStream implements Gathering {
  readonly builder = new ReplyBuilder();
  readonly #tags = new ThinkTags();
  readonly #calls = new OpenCalls(this.builder);
  readonly #gate = new TextGate();
  readonly #asked: Asked;
  readonly #tools: readonly ToolSpec[];
  #finish: string | undefined;
  #done = false;
  #refused = false;
  #looked = 0;
  #usage: Usage = NO_USAGE;
  #model: string;

  /** `tools` are those that were offered. */
  constructor(asked: Asked, tools: readonly ToolSpec[]) {
    this.#model = asked.model;
    this.#asked = asked;
    this.#tools = tools;
  }

  take(data: string, name: string | undefined): void {
    if (data === "[DONE]") {
      this.#done = true;
      return;
    }
    const chunk = parseObject<Chunk>(data, this.#asked);
    if (name === "error") throw new BrokenOff(chunk);
    this.chunk(chunk);
  }

  /** An answer that came in one piece. */
  whole(answer: Chunk): void {
    this.chunk(answer);
    this.#done = true;
  }

  chunk(chunk: Chunk): void {
    if (chunk.error || chunk.object === "error") throw new BrokenOff(chunk);
    if (chunk.model) this.#model = chunk.model;
    if (chunk.usage) this.#usage = usageOf(chunk.usage);
    const choice = chunk.choices?.[0];
    if (choice) this.#choice(choice);
  }

  settle(): Promise<void> | undefined {
    this.#calls.settle();
    return this.#gate.begun ? this.#textCalls() : undefined;
  }

  get complete(): boolean {
    return this.#finish !== undefined || this.#done;
  }

  async reply(): Promise<Reply> {
    if (!this.complete) throw cutOff();
    this.#close();
    if (this.#gate.begun) await this.#textCalls();
    this.builder.text(this.#gate.release("all"));
    const finish = this.#finish ?? "";
    if (finish === "model_context_window_exceeded") throw windowFull(this.#asked);
    if (this.#refused || DECLINED.test(finish)) throw declined(finish || "refusal", this.#asked);
    const { parts } = this.builder;
    const called = parts.some((part) => part.type === "call");
    return { parts, stop: stopOf(this.#finish, called), model: this.#model, usage: this.#usage };
  }

  #choice(choice: Choice): void {
    if (choice.error) throw new BrokenOff(choice);
    if (choice.usage) this.#usage = usageOf(choice.usage);
    if (choice.delta) this.#delta(choice.delta);
    else if (choice.message) this.#delta(numbered(choice.message));
    if (choice.finish_reason) this.#finished(choice.finish_reason);
  }

  #delta(delta: ChunkDelta): void {
    if (delta.reasoning_content) this.#think(delta.reasoning_content, "reasoning_content");
    else if (delta.reasoning) this.#think(delta.reasoning, "reasoning");
    if (typeof delta.content === "string") this.#words(delta.content);
    else if (Array.isArray(delta.content)) for (const piece of delta.content) this.#piece(piece);
    if (delta.refusal) {
      this.#refused = true;
      this.builder.text(delta.refusal);
    }
    if (Array.isArray(delta.tool_calls) && delta.tool_calls.length > 0) this.#called(delta.tool_calls);
  }

  // who has calls of its own writes none as text
  #called(calls: readonly ChunkCall[]): void {
    this.#split(this.#tags.end());
    this.builder.text(this.#gate.release("all"));
    for (const [at, call] of calls.entries()) this.#calls.piece(call, at);
  }

  // marked with the field it came in: that tells whether it is wanted back
  #think(words: string, field: string): void {
    this.builder.thinking(words, { wire: "openai", host: this.#asked.url.host, field });
  }

  #piece({ text, thinking }: ContentPiece): void {
    for (const thought of thinking ?? []) if (thought.text) this.builder.thinking(thought.text);
    if (text) this.#text(text);
  }

  #words(content: string): void {
    if (this.#tags.passed) this.#text(content);
    else if (content !== "") this.#split(this.#tags.feed(content));
  }

  #split({ text, thinking }: Words): void {
    this.builder.thinking(thinking);
    this.#text(text);
  }

  #text(words: string): void {
    this.builder.text(this.#tools.length > 0 ? this.#gate.feed(words) : words);
  }

  // calls that are written as text are told when the answer is complete, for they must be its end
  async #textCalls(): Promise<void> {
    // looked at again when there is twice as much of it
    const { length } = this.#gate.held;
    if (!this.complete && length < 2 * this.#looked) return;
    this.#looked = length;
    const { readCalls } = await import("./text-calls.js");
    while (this.#gate.begun) {
      const reading = readCalls(this.#gate.held, this.#tools);
      if (reading.type !== "text" && !this.complete) return;
      if (reading.type === "calls" && !this.builder.called) {
        this.#gate.drop();
        for (const { name, args } of reading.calls) this.builder.call(undefined, name, args);
      } else this.builder.text(this.#gate.release("one"));
    }
  }

  #finished(reason: string): void {
    if (reason === "error" || reason === "insufficient_system_resource" || reason === "network_error")
      throw new ModelError(`${this.#asked.url.host} broke off its answer (${reason}).`, { transient: true });
    this.#finish = reason;
    this.#close();
  }

  #close(): void {
    this.#split(this.#tags.end());
    // cut off by a limit or a filter: half a call is no call
    const early = stopOf(this.#finish, false) === "length" || DECLINED.test(this.#finish ?? "");
    this.#calls.close(early ? "whole" : "all");
  }
}

/** OpenAI and Azure, GLM, Gemini's own words, and Anthropic's through a proxy. */
const DECLINED = /^(content_filter|sensitive|safety|prohibited_content|recitation|refusal)/i;

// in one piece each call has its place
function numbered(message: ChunkDelta): ChunkDelta {
  if (!Array.isArray(message.tool_calls)) return message;
  return { ...message, tool_calls: message.tool_calls.map((call: ChunkCall, index) => ({ ...call, index })) };
}

function stopOf(finish: string | undefined, called: boolean): Stop {
  if (finish === "length" || finish === "max_tokens" || finish === "model_context_window_exceeded") return "length";
  return called ? "calls" : "end";
}

function usageOf(usage: ChunkUsage): Usage {
  const cacheRead = usage.prompt_tokens_details?.cached_tokens ?? usage.prompt_cache_hit_tokens ?? 0;
  return {
    input: Math.max(0, (usage.prompt_tokens ?? 0) - cacheRead),
    output: usage.completion_tokens ?? 0,
    cacheRead,
    cacheWrite: 0,
  };
}
