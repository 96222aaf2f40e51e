import type { Stop, Usage } from "../core/event.js";
import { NO_USAGE } from "../core/event.js";
import { ModelError, type Reply } from "../core/model.js";
import type { Asked } from "./endpoint.js";
import { streamFailure } from "./failures.js";
import { OpenCalls } from "./open-calls.js";
import { ReplyBuilder } from "./reply-builder.js";
import { type Gathering, parseObject } from "./sse.js";
import { ThinkTags, type Words } from "./think-tags.js";
import type { Choice, Chunk, ChunkDelta, ChunkUsage, ContentPiece } from "./wire-types.js";

/** Gathers the chunks of one chat completion. */
export class OpenaiStream implements Gathering {
  readonly builder = new ReplyBuilder();
  readonly #tags = new ThinkTags();
  readonly #calls = new OpenCalls(this.builder);
  readonly #asked: Asked;
  #finish: string | undefined;
  #done = false;
  #usage: Usage = NO_USAGE;
  #model: string;

  constructor(model: string, asked: Asked) {
    this.#model = model;
    this.#asked = asked;
  }

  take(data: string, name: string | undefined): void {
    if (data === "[DONE]") {
      this.#done = true;
      return;
    }
    const chunk = parseObject<Chunk>(data, this.#asked);
    if (name === "error") throw streamFailure(chunk, this.#asked);
    this.chunk(chunk);
  }

  /** An answer that came in one piece. */
  whole(answer: Chunk): void {
    this.chunk(answer);
    this.#done = true;
  }

  chunk(chunk: Chunk): void {
    if (chunk.error || chunk.object === "error") throw streamFailure(chunk, this.#asked);
    if (chunk.model) this.#model = chunk.model;
    if (chunk.usage) this.#usage = usageOf(chunk.usage);
    const choice = chunk.choices?.[0];
    if (choice) this.#choice(choice);
  }

  settle(): void {
    this.#calls.settle();
  }

  get complete(): boolean {
    return this.#finish !== undefined || this.#done;
  }

  reply(): Reply {
    if (!this.complete)
      throw new ModelError("The answer was cut off: the stream ended in the middle.", { transient: true });
    this.#close();
    const { parts } = this.builder;
    const called = parts.some((part) => part.type === "call");
    return { parts, stop: stopOf(this.#finish, called), model: this.#model, usage: this.#usage };
  }

  #choice(choice: Choice): void {
    if (choice.error) throw streamFailure(choice, this.#asked);
    if (choice.usage) this.#usage = usageOf(choice.usage);
    const delta = choice.delta ?? choice.message;
    if (delta) this.#delta(delta);
    if (choice.finish_reason) this.#finished(choice.finish_reason);
  }

  #delta(delta: ChunkDelta): void {
    if (delta.reasoning_content) this.#think(delta.reasoning_content, "reasoning_content");
    else if (delta.reasoning) this.#think(delta.reasoning, "reasoning");
    if (typeof delta.content === "string") this.#words(delta.content);
    else if (Array.isArray(delta.content)) for (const piece of delta.content) this.#piece(piece);
    if (delta.refusal) this.builder.text(delta.refusal);
    if (Array.isArray(delta.tool_calls))
      for (const [at, call] of delta.tool_calls.entries()) this.#calls.piece(call, at);
  }

  // marked with the field it came in: that tells whether it is wanted back
  #think(words: string, field: string): void {
    this.builder.thinking(words, { wire: "openai", host: this.#asked.url.host, field });
  }

  #piece({ text, thinking }: ContentPiece): void {
    for (const thought of thinking ?? []) if (thought.text) this.builder.thinking(thought.text);
    if (text) this.builder.text(text);
  }

  #words(content: string): void {
    if (this.#tags.passed) this.builder.text(content);
    else if (content !== "") this.#split(this.#tags.feed(content));
  }

  #split({ text, thinking }: Words): void {
    this.builder.thinking(thinking);
    this.builder.text(text);
  }

  #finished(reason: string): void {
    if (reason === "error" || reason === "insufficient_system_resource")
      throw new ModelError(`${this.#asked.url.host} broke off its answer (${reason}).`, { transient: true });
    this.#finish = reason;
    this.#close();
  }

  #close(): void {
    this.#split(this.#tags.end());
    // cut off by the output limit: half a call is no call
    this.#calls.close(stopOf(this.#finish, false) === "length" ? "whole" : "all");
  }
}

function stopOf(finish: string | undefined, called: boolean): Stop {
  if (finish === "length" || finish === "max_tokens") return "length";
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
