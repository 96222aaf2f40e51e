import { NO_USAGE, type Stop, type Usage } from "../core/event.js";
import type { Thinking } from "../core/message.js";
import type { Reply } from "../core/model.js";
import type { Asked } from "./endpoint.js";
import { BrokenOff, cutOff, declined, windowFull } from "./failures.js";
import { ReplyBuilder } from "./reply-builder.js";
import { type Gathering, parseObject } from "./sse.js";
import type { BlockDelta, ContentBlock, EventUsage, StreamEvent, WholeMessage } from "./wire-types.js";

type Block = { type: string; id: string | undefined; name: string; args: string; thinking: Thinking | undefined };

/** Gathers the events of one message. */
export class AnthropicStream implements Gathering {
  readonly builder = new ReplyBuilder();
  readonly #blocks = new Map<number, Block>();
  readonly #asked: Asked;
  #usage: Usage = { ...NO_USAGE };
  /** Of the parts before a pause. */
  #before: Usage = NO_USAGE;
  #stop: string | undefined;
  #complete = false;
  #model: string;

  constructor(asked: Asked) {
    this.#model = asked.model;
    this.#asked = asked;
  }

  /** The provider wants to be asked to go on; not so after calls, which want their results first. */
  get paused(): boolean {
    return this.#stop === "pause_turn" && !this.builder.called;
  }

  /** The answer goes on in another message. */
  resume(): void {
    this.#before = sum(this.#before, this.#usage);
    this.#usage = { ...NO_USAGE };
    this.#stop = undefined;
    this.#complete = false;
    this.#blocks.clear();
  }

  get complete(): boolean {
    return this.#complete;
  }

  take(data: string): void {
    const event = parseObject<StreamEvent>(data, this.#asked);
    const index = event.index ?? 0;
    switch (event.type) {
      case "content_block_delta":
        if (event.delta) this.#delta(this.#blocks.get(index), event.delta);
        break;
      case "content_block_start":
        if (event.content_block) this.#open(index, event.content_block);
        break;
      case "content_block_stop":
        this.#close(index);
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
        if (event.type === "error" || event.error) throw new BrokenOff(event);
    }
  }

  /** A message that came in one piece. */
  whole({ model, content, stop_reason, usage }: WholeMessage): void {
    this.#model = model || this.#model;
    for (const [index, block] of (content ?? []).entries()) {
      this.#open(index, block);
      this.#close(index);
    }
    this.#stop = stop_reason ?? undefined;
    this.#count(usage);
    this.#complete = true;
  }

  // a call is told when its block ends, which is as early as can be
  settle(): undefined {}

  reply(): Reply {
    if (!this.#complete) throw cutOff();
    if (this.#stop === "refusal") throw declined("refusal", this.#asked);
    if (this.#stop === "model_context_window_exceeded") throw windowFull(this.#asked);
    const { parts } = this.builder;
    const called = parts.some((part) => part.type === "call");
    return { parts, stop: stopOf(this.#stop, called), model: this.#model, usage: sum(this.#before, this.#usage) };
  }

  #open(index: number, block: ContentBlock): void {
    const type = block.type ?? "";
    const args = hasKeys(block.input) ? JSON.stringify(block.input) : "";
    const opened: Block = { type, id: block.id ?? undefined, name: block.name ?? "", args, thinking: undefined };
    this.#blocks.set(index, opened);
    if (type === "thinking") this.#openThinking(opened);
    if (type === "redacted_thinking" && block.data) {
      this.builder.add({ type: "thinking", text: "", opaque: this.#token("data", block.data) });
    }
    if (type === "text" || type === "thinking") this.#delta(opened, block);
  }

  // a part of its own for each block: each has its signature
  #openThinking(opened: Block): void {
    opened.thinking = { type: "thinking", text: "" };
    this.builder.add(opened.thinking);
  }

  #delta(block: Block | undefined, { text, thinking, signature, partial_json }: BlockDelta): void {
    if (!block) return;
    if (text) this.builder.text(text);
    if (thinking) this.builder.thinking(thinking);
    if (partial_json) block.args += partial_json;
    if (signature && block.thinking) block.thinking.opaque = this.#token("signature", signature);
  }

  #token(field: "signature" | "data", value: string) {
    return { wire: "anthropic", host: this.#asked.url.host, [field]: value };
  }

  #close(index: number): void {
    const block = this.#blocks.get(index);
    this.#blocks.delete(index);
    if (block?.type === "tool_use") this.builder.call(block.id, block.name, block.args);
  }

  // the numbers of a stream are totals: a later one replaces an earlier one
  #count(counted: EventUsage | null | undefined): void {
    const usage = this.#usage;
    usage.input = counted?.input_tokens ?? usage.input;
    usage.output = counted?.output_tokens ?? usage.output;
    usage.cacheRead = counted?.cache_read_input_tokens ?? usage.cacheRead;
    usage.cacheWrite = counted?.cache_creation_input_tokens ?? usage.cacheWrite;
  }
}

function hasKeys(input: unknown): boolean {
  return typeof input === "object" && input !== null && Object.keys(input).length > 0;
}

function sum(one: Usage, other: Usage): Usage {
  return {
    input: one.input + other.input,
    output: one.output + other.output,
    cacheRead: one.cacheRead + other.cacheRead,
    cacheWrite: one.cacheWrite + other.cacheWrite,
  };
}

function stopOf(reason: string | undefined, called: boolean): Stop {
  if (reason === "max_tokens") return "length";
  return called ? "calls" : "end";
}
