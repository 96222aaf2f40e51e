import type { Stop, Usage } from "../core/event.js";
import { NO_USAGE } from "../core/event.js";
import type { Json } from "../core/message.js";
import { ModelError, type Reply } from "../core/model.js";
import { JsonProgress } from "./json-progress.js";
import { ReplyBuilder } from "./reply-builder.js";
import { ThinkTags } from "./think-tags.js";

/** The parts of a chat completion chunk that are read; compatible endpoints leave out or add what they like. */
export type Chunk = {
  model?: string;
  error?: unknown;
  choices?: readonly Choice[];
  usage?: ChunkUsage | null;
};
type Choice = { delta?: ChunkDelta | null; message?: ChunkDelta | null; finish_reason?: string | null };
type ChunkDelta = {
  content?: string | null;
  refusal?: string | null;
  reasoning_content?: string | null;
  reasoning?: string | null;
  tool_calls?: readonly ChunkCall[] | null;
};
type ChunkCall = {
  index?: number | null;
  id?: string | null;
  function?: { name?: string | null; arguments?: string | { [key: string]: Json } | null } | null;
};
type ChunkUsage = {
  prompt_tokens?: number | null;
  completion_tokens?: number | null;
  prompt_tokens_details?: { cached_tokens?: number | null } | null;
  prompt_cache_hit_tokens?: number | null;
};

type OpenCall = { key: number; id: string | undefined; name: string; args: JsonProgress; told: boolean };

/** Gathers the chunks of one streamed chat completion. `host` marks thinking for the way back. */
export class OpenaiStream {
  readonly builder = new ReplyBuilder();
  readonly #tags = new ThinkTags();
  readonly #calls: OpenCall[] = [];
  #finish: string | undefined;
  #done = false;
  #usage: Usage = NO_USAGE;
  #model: string;

  constructor(
    model: string,
    private readonly host: string,
  ) {
    this.#model = model;
  }

  chunk(chunk: Chunk): void {
    if (chunk.model) this.#model = chunk.model;
    if (chunk.usage) this.#usage = usageOf(chunk.usage);
    const choice = chunk.choices?.[0];
    if (choice === undefined) return;
    const delta = choice.delta ?? choice.message;
    if (delta) this.#delta(delta);
    if (choice.finish_reason) this.#finished(choice.finish_reason);
  }

  /** The stream's own last word. */
  done(): void {
    this.#done = true;
  }

  /** After each network read: a call whose arguments stand there whole need not wait for the next piece. */
  settle(): void {
    for (const call of this.#calls) if (!call.told && call.args.closed && isJson(call.args.text)) this.#tell(call);
  }

  get complete(): boolean {
    return this.#finish !== undefined || this.#done;
  }

  /** The whole reply; throws when the stream ended before its end. */
  reply(): Reply {
    if (!this.complete)
      throw new ModelError("The answer was cut off: the stream ended in the middle.", { transient: true });
    this.#closeAll();
    const { parts } = this.builder;
    const stop = stopOf(
      this.#finish,
      parts.some((part) => part.type === "call"),
    );
    return { parts, stop, model: this.#model, usage: this.#usage };
  }

  #delta(delta: ChunkDelta): void {
    if (delta.reasoning_content) this.#think(delta.reasoning_content, "reasoning_content");
    else if (delta.reasoning) this.#think(delta.reasoning, "reasoning");
    if (delta.content) this.#content(delta.content);
    if (delta.refusal) this.builder.text(delta.refusal);
    if (delta.tool_calls) for (const [place, call] of delta.tool_calls.entries()) this.#callPiece(call, place);
  }

  #content(content: string): void {
    if (this.#tags.passed) this.builder.text(content);
    else this.#words(this.#tags.feed(content));
  }

  #think(words: string, field: string): void {
    this.builder.thinking(words, { wire: "openai", host: this.host, field });
  }

  #words({ text, thinking }: { text: string; thinking: string }): void {
    if (thinking !== "") this.builder.thinking(thinking);
    this.builder.text(text);
  }

  #callPiece(piece: ChunkCall, place: number): void {
    const call = this.#find(piece, place) ?? this.#open(piece, place);
    if (piece.id) call.id ??= piece.id;
    const { name, arguments: args } = piece.function ?? {};
    // some repeat the name in each piece, some send it in pieces
    if (name && name !== call.name) call.name += name;
    if (args === undefined || args === null) return;
    const text = typeof args === "string" ? args : JSON.stringify(args);
    if (!call.told) call.args.add(text);
    else if (text.trim() !== "")
      throw new ModelError("The model sent more arguments after a complete call.", { transient: true });
  }

  // by index; where that is missing a new id, or a new name after a closed call, begins another call
  #find(piece: ChunkCall, place: number): OpenCall | undefined {
    const { index, id } = piece;
    if (typeof index !== "number") {
      const newest = this.#calls.at(-1);
      const another = id
        ? newest?.id !== undefined && newest.id !== id
        : Boolean(piece.function?.name) && newest?.args.closed;
      return another
        ? undefined
        : (this.#calls.find((call) => id && call.id === id) ?? (place === 0 ? newest : undefined));
    }
    const same = this.#calls.findLast((call) => call.key === index);
    const another = same && id && same.id !== undefined && same.id !== id && piece.function?.name;
    return another ? undefined : same;
  }

  #open(piece: ChunkCall, place: number): OpenCall {
    // a call ends where the next begins
    for (const earlier of this.#calls) if (!earlier.told && earlier.args.closed) this.#tell(earlier);
    const key = piece.index ?? this.#calls.length + place;
    const call: OpenCall = { key, id: undefined, name: "", args: new JsonProgress(), told: false };
    this.#calls.push(call);
    return call;
  }

  #finished(reason: string): void {
    this.#finish = reason;
    if (reason !== "length") this.#closeAll();
  }

  #closeAll(): void {
    this.#words(this.#tags.end());
    for (const call of this.#calls) {
      if (call.told) continue;
      // cut off by the output limit: half a call is no call
      if (this.#finish === "length" && !isJson(call.args.text)) call.told = true;
      else this.#tell(call);
    }
  }

  #tell(call: OpenCall): void {
    call.told = true;
    this.builder.call(call.id, call.name, call.args.text);
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
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
