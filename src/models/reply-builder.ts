import type { Delta } from "../core/event.js";
import type { Call, Json, ReplyPart } from "../core/message.js";
import { isTooDeep } from "../platform/depth.js";

/**
 * Gathers a reply from a wire's pieces. What came since the last `take` is handed on as few deltas: all text
 * of one network read is one.
 */
export class ReplyBuilder {
  readonly parts: ReplyPart[] = [];
  #fresh: Delta[] = [];
  #ids = new Set<string>();
  #malformed: Call[] = [];

  get called(): boolean {
    return this.#ids.size > 0;
  }

  text(words: string): void {
    if (words === "") return;
    const tail = this.parts.at(-1);
    if (tail?.type === "text") tail.text += words;
    else this.parts.push({ type: "text", text: words });
    this.#show("text", words);
  }

  thinking(words: string, opaque?: Json): void {
    if (words === "") return;
    const tail = this.parts.at(-1);
    if (tail?.type === "thinking") tail.text += words;
    else this.parts.push({ type: "thinking", text: words, ...(opaque === undefined ? {} : { opaque }) });
    this.#show("thinking", words);
  }

  /** A part that is neither shown nor joined to the one before it. */
  add(part: ReplyPart): void {
    this.parts.push(part);
  }

  /** A call whose arguments are complete; an id that is missing or was used in this reply is replaced. */
  call(id: string | undefined, name: string, args: string): void {
    const known = id !== undefined && id !== "" && !this.#ids.has(id) ? id : this.#freeId();
    this.#ids.add(known);
    const call: Call = { type: "call", id: known, name, ...parseArguments(args) };
    this.parts.push(call);
    this.#fresh.push({ type: "call", call });
    if (call.malformed !== undefined) this.#malformed.push(call);
  }

  /** To be awaited before `take`, where it gives something to wait for: arguments that are no JSON are read once more where that can be done without a guess. */
  mend(): Promise<void> | undefined {
    return this.#malformed.length === 0 ? undefined : this.#mend();
  }

  async #mend(): Promise<void> {
    const { mended } = await import("./mend-arguments.js");
    for (const call of this.#malformed.splice(0)) {
      const input = mended(call.malformed ?? "");
      if (input === undefined) continue;
      call.input = input;
      delete call.malformed;
    }
  }

  take(): Delta[] {
    if (this.#fresh.length === 0) return NONE;
    const taken = this.#fresh;
    this.#fresh = [];
    return taken;
  }

  #show(type: "text" | "thinking", words: string): void {
    const tail = this.#fresh.at(-1);
    if (tail?.type === type) tail.text += words;
    else this.#fresh.push({ type, text: words });
  }

  #freeId(): string {
    for (let n = this.#ids.size; ; n += 1) if (!this.#ids.has(`call_${n}`)) return `call_${n}`;
  }
}

const NONE: Delta[] = [];

/** Some providers send nothing, or null, for a call without arguments. */
export function parseArguments(args: string): { input: Json; malformed?: string } {
  const trimmed = args.trim();
  if (trimmed === "" || trimmed === "null") return { input: {} };
  try {
    const input: Json = JSON.parse(trimmed);
    if (typeof input === "object" && input !== null && !Array.isArray(input) && !isTooDeep(input)) return { input };
  } catch {
    // mended, or told to the model
  }
  return { input: {}, malformed: args };
}
