import { ModelError } from "../core/model.js";
import { JsonProgress } from "./json-progress.js";
import type { ReplyBuilder } from "./reply-builder.js";
import type { ChunkCall } from "./wire-types.js";

type OpenCall = { key: number; id: string | undefined; name: string; args: JsonProgress; told: boolean };

/** The calls of one chat completion while their pieces come, with index, with id, with both or with neither. */
export class OpenCalls {
  readonly #calls: OpenCall[] = [];
  readonly #builder: ReplyBuilder;

  constructor(builder: ReplyBuilder) {
    this.#builder = builder;
  }

  /** `place` is where the piece stands in its chunk. */
  piece(piece: ChunkCall, place: number): void {
    const call = this.#find(piece, place) ?? this.#open(piece, place);
    if (piece.id) call.id ??= piece.id;
    const name = piece.function?.name;
    // some repeat the name in each piece, some send it in pieces
    if (name && name !== call.name) call.name += name;
    const args = argumentsIn(piece);
    if (!call.told) call.args.add(args);
    else if (args.trim() !== "" && args !== call.args.text)
      throw new ModelError("The model sent more arguments after a complete call.", { transient: true });
  }

  /** A call whose arguments stand there whole need not wait for the next piece. */
  settle(): void {
    for (const call of this.#calls) if (!call.told && call.args.closed && isJson(call.args.text)) this.#tell(call);
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
    const named = indexed || !id ? undefined : this.#calls.find((call) => call.id === id);
    const known = named ?? (indexed ? this.#calls.findLast((call) => call.key === index) : this.#calls.at(-1));
    if (!known || begins(piece, known)) return undefined;
    return indexed || id || place === 0 ? known : undefined;
  }

  // a call ends where the next begins
  #open({ index }: ChunkCall, place: number): OpenCall {
    for (const earlier of this.#calls) if (!earlier.told && earlier.args.closed) this.#tell(earlier);
    const key = index ?? this.#calls.length + place;
    const call: OpenCall = { key, id: undefined, name: "", args: new JsonProgress(), told: false };
    this.#calls.push(call);
    return call;
  }

  #tell(call: OpenCall): void {
    call.told = true;
    this.#builder.call(call.id, call.name, call.args.text);
  }
}

function begins(piece: ChunkCall, known: OpenCall): boolean {
  const name = piece.function?.name;
  const otherId = Boolean(piece.id) && known.id !== undefined && piece.id !== known.id;
  if (otherId) return Boolean(name) || typeof piece.index !== "number";
  if (piece.id && piece.id === known.id) return false;
  return Boolean(name) && known.args.closed && (name !== known.name || argumentsIn(piece).trim() !== "");
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
