import { ModelError } from "../core/model.js";
import { JsonProgress } from "./json-progress.js";
import type { ReplyBuilder } from "./reply-builder.js";
import type { ChunkCall } from "./wire-types.js";

type OpenCall = {
  key: number;
  id: string | undefined;
  name: string;
  args: JsonProgress;
  told: boolean;
  /** What came of the same arguments once more. */
  again: string;
  /** The name came alone after whole arguments: said once more, or the beginning of another call. */
  named: boolean;
};

/** The calls of one chat completion while their pieces come, with index, with id, with both or with neither. */
export class OpenCalls {
  readonly #calls: OpenCall[] = [];
  readonly #builder: ReplyBuilder;

  constructor(builder: ReplyBuilder) {
    this.#builder = builder;
  }

  /** `place` is where the piece stands in its chunk. */
  piece(piece: ChunkCall, place: number): void {
    const known = this.#find(piece, place);
    const call = known ?? this.#open(piece, place);
    const name = piece.function?.name;
    const args = argumentsIn(piece);
    if (piece.id) call.id ??= piece.id;
    // some repeat the name in each piece, some send it in pieces
    if (name && name !== call.name) call.name += name;
    else if (name && known && args === "" && call.args.closed) call.named = true;
    if (call.told) repeat(call, args);
    else call.args.add(args);
  }

  /** A call whose arguments stand there whole need not wait for the next piece; but calls keep their order. */
  settle(): void {
    this.#tellWhile(({ args }) => args.closed && isJson(args.text));
  }

  /** Nothing more comes: tells all that are left, or only those whose arguments are whole. */
  close(which: "all" | "whole"): void {
    for (const call of this.#calls) {
      if (call.told) continue;
      if (which === "all" || isJson(call.args.text)) this.#tell(call);
      else call.told = true;
    }
  }

  // without an index a new id, or a new name after a whole call, begins another; and some give all the same index
  #find(piece: ChunkCall, place: number): OpenCall | undefined {
    const { index, id } = piece;
    const indexed = typeof index === "number";
    const named = indexed || !id ? undefined : this.#calls.findLast((call) => call.id === id);
    const known = named ?? (indexed ? this.#calls.findLast((call) => call.key === index) : this.#calls.at(-1));
    if (!known || begins(piece, known)) return undefined;
    return indexed || id || place === 0 ? known : undefined;
  }

  // a call ends where the next begins
  #open({ index, function: made }: ChunkCall, place: number): OpenCall {
    this.#tellWhile(({ args }) => args.closed);
    const key = index ?? this.#calls.length + place;
    const name = made?.name ? "" : (this.#calls.findLast((call) => call.named)?.name ?? "");
    const call: OpenCall = { key, id: undefined, name, args: new JsonProgress(), told: false, again: "", named: false };
    this.#calls.push(call);
    return call;
  }

  #tellWhile(ready: (call: OpenCall) => boolean): void {
    for (const call of this.#calls) {
      if (call.told) continue;
      if (!ready(call)) return;
      this.#tell(call);
    }
  }

  #tell(call: OpenCall): void {
    call.told = true;
    this.#builder.call(call.id, call.name, call.args.text);
  }
}

function begins(piece: ChunkCall, known: OpenCall): boolean {
  const name = piece.function?.name;
  const args = argumentsIn(piece).trim();
  const indexed = typeof piece.index === "number";
  const otherId = Boolean(piece.id) && known.id !== undefined && piece.id !== known.id;
  if (otherId) return Boolean(name) || !indexed;
  if (!known.args.closed) return false;
  if (name && name !== known.name) return true;
  return Boolean(name || known.named) && args !== "" && !isWholeAgain(known, args);
}

// some send the arguments once more, at once or in pieces, when they are complete
function repeat(call: OpenCall, args: string): void {
  call.again = `${call.again}${args}`.trim();
  if (!isAgain(call, call.again))
    throw new ModelError("The model sent more arguments after a complete call.", { transient: true });
  if (call.again.length === call.args.text.trim().length) call.again = "";
}

function isAgain(call: OpenCall, args: string): boolean {
  return call.args.text.trim().startsWith(args) || isFenceEnd(args);
}

function isWholeAgain(call: OpenCall, args: string): boolean {
  return call.args.text.trim() === args || isFenceEnd(args);
}

function isFenceEnd(args: string): boolean {
  return /^`{0,3}$/.test(args);
}

// usually text; an object from some local servers
function argumentsIn({ function: made }: ChunkCall): string {
  const args = made?.arguments ?? "";
  return typeof args === "string" ? args : JSON.stringify(args);
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
