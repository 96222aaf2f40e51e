import type { Json } from "../core/message.js";
import { isTooDeep } from "../platform/depth.js";
import { isFields } from "../platform/fields.js";
import { digest } from "./names.js";
import type { Catalogue, Ground, RemotePrompt, RemoteTool, ServerSpec } from "./types.js";

/** What a server offered in a session before: undefined where nothing is kept of it as it is configured now. */
export function loadCatalogue(spec: ServerSpec, { catalogues }: Ground): Catalogue | undefined {
  return catalogueIn(keptFor(spec, catalogues));
}

/** Keeps what a server offers for sessions to come, unless just that is kept. */
export function keepCatalogue(spec: ServerSpec, catalogue: Catalogue, { catalogues }: Ground): void {
  if (catalogues === undefined) return;
  // as JSON: what is undefined goes
  const value: Json = JSON.parse(JSON.stringify(catalogue));
  if (JSON.stringify(keptFor(spec, catalogues)) !== JSON.stringify(value)) catalogues.save(keyOf(spec), value);
}

// one that nobody could go through is none
function keptFor(spec: ServerSpec, catalogues: Ground["catalogues"]): Json | undefined {
  const value = catalogues?.load(keyOf(spec));
  return value === undefined || isTooDeep(value) ? undefined : value;
}

// an entry that is written otherwise, or stands in another file, is another server
function keyOf({ from, print }: ServerSpec): string {
  return digest(JSON.stringify([from, print]), 32);
}

function catalogueIn(value: Json | undefined): Catalogue | undefined {
  if (!isFields(value)) return undefined;
  const { tools, prompts, resources, instructions } = value;
  if (!isListOf(tools, isTool) || !isListOf(prompts, isPrompt)) return undefined;
  if (typeof resources !== "boolean" || typeof instructions !== "string") return undefined;
  return { tools, prompts, resources, instructions };
}

function isTool(value: Json): value is RemoteTool {
  return isNamed(value) && isFields(value.schema);
}

function isPrompt(value: Json): value is Json & RemotePrompt {
  return (
    isNamed(value) &&
    isListOf(value.args, (arg): arg is { name: string; required: boolean } => {
      return isFields(arg) && typeof arg.name === "string" && typeof arg.required === "boolean";
    })
  );
}

function isNamed(value: Json): value is { [key: string]: Json } {
  return isFields(value) && typeof value.name === "string" && typeof value.description === "string";
}

function isListOf<T extends Json>(value: Json | undefined, is: (each: Json) => each is T): value is T[] {
  return Array.isArray(value) && value.every(is);
}
