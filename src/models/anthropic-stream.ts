import type { Stop, Usage } from "../core/event.js";
import type { Thinking } from "../core/message.js";
import { ModelError, type Reply } from "../core/model.js";
import { ReplyBuilder } from "./reply-builder.js";

/** The parts of a message stream event that are read. */
export type StreamEvent = {
  type: string;
  index?: number;
  message?: { model?: string; usage?: EventUsage };
  content_block?: {
    type: string;
    id?: string;
    name?: string;
    input?: unknown;
    text?: string;
    thinking?: string;
    data?: string;
  };
  delta?: {
    type?: string;
    text?: string;
    thinking?: string;
    signature?: string;
    partial_json?: string;
    stop_reason?: string | null;
  };
  usage?: EventUsage;
  error?: unknown;
};
type EventUsage = {
  input_tokens?: number | null;
  output_tokens?: number | null;
  cache_read_input_tokens?: number | null;
  cache_creation_input_tokens?: number | null;
};

type Block = { type: string; id: string | undefined; name: string; args: string; thinking?: Thinking };

/** Gathers the events of one streamed message. `host` marks thinking for the way back. */
export class AnthropicStream {
  readonly builder = new ReplyBuilder();
  readonly #blocks = new Map<number, Block>();
  #usage: EventUsage = {};
  #stop: string | undefined;
  #complete = false;
  #begun = false;
  #model: string;

  constructor(
    model: string,
    private readonly host: string,
  ) {
    this.#model = model;
  }

  get begun(): boolean {
    return this.#begun;
  }

  event(event: StreamEvent): void {
    this.#begun = true;
    switch (event.type) {
      case "content_block_delta":
        this.#delta(event);
        break;
      case "content_block_start":
        this.#open(event);
        break;
      case "content_block_stop":
        this.#close(event.index ?? 0);
        break;
      case "message_start":
        this.#model = event.message?.model || this.#model;
        this.#count(event.message?.usage);
        break;
      case "message_delta":
        this.#stop = event.delta?.stop_reason ?? this.#stop;
        this.#count(event.usage);
        break;
      case "message_stop":
        this.#complete = true;
        break;
      default: // ping, and what is yet to be invented
    }
  }

  /** The whole reply; throws when the stream ended before its end. */
  reply(): Reply {
    if (!this.#complete)
      throw new ModelError("The answer was cut off: the stream ended in the middle.", { transient: true });
    const { parts } = this.builder;
    const stop = stopOf(
      this.#stop,
      parts.some((part) => part.type === "call"),
    );
    return { parts, stop, model: this.#model, usage: usageOf(this.#usage) };
  }

  #open({ index = 0, content_block: block }: StreamEvent): void {
    if (!block) return;
    const opened: Block = { type: block.type, id: block.id, name: block.name ?? "", args: "" };
    this.#blocks.set(index, opened);
    if (block.type === "tool_use" && hasKeys(block.input)) opened.args = JSON.stringify(block.input);
    if (block.type === "text" && block.text) this.builder.text(block.text);
    if (block.type === "thinking") opened.thinking = this.#newThinking(block.thinking ?? "");
    if (block.type === "redacted_thinking" && block.data !== undefined) {
      this.builder.add({
        type: "thinking",
        text: "",
        opaque: { wire: "anthropic", host: this.host, data: block.data },
      });
    }
  }

  #newThinking(text: string): Thinking {
    const part: Thinking = { type: "thinking", text: "" };
    this.builder.add(part);
    if (text !== "") this.builder.thinking(text);
    return part;
  }

  #delta({ index = 0, delta }: StreamEvent): void {
    const block = this.#blocks.get(index);
    if (!delta || !block) return;
    if (delta.text) this.builder.text(delta.text);
    else if (delta.thinking) this.builder.thinking(delta.thinking);
    else if (delta.partial_json) block.args += delta.partial_json;
    else if (delta.signature && block.thinking) {
      block.thinking.opaque = { wire: "anthropic", host: this.host, signature: delta.signature };
    }
  }

  #close(index: number): void {
    const block = this.#blocks.get(index);
    this.#blocks.delete(index);
    if (block?.type === "tool_use") this.builder.call(block.id, block.name, block.args);
  }

  // the numbers of a stream are totals: a later one replaces an earlier one
  #count(usage: EventUsage | undefined): void {
    for (const [name, value] of Object.entries(usage ?? {})) {
      if (typeof value === "number") this.#usage = { ...this.#usage, [name]: value };
    }
  }
}

function hasKeys(input: unknown): boolean {
  return typeof input === "object" && input !== null && Object.keys(input).length > 0;
}

function stopOf(reason: string | undefined, called: boolean): Stop {
  if (reason === "max_tokens" || reason === "model_context_window_exceeded") return "length";
  return called ? "calls" : "end";
}

function usageOf(usage: EventUsage): Usage {
  return {
    input: usage.input_tokens ?? 0,
    output: usage.output_tokens ?? 0,
    cacheRead: usage.cache_read_input_tokens ?? 0,
    cacheWrite: usage.cache_creation_input_tokens ?? 0,
  };
}
