import type { Json, UserPart } from "../core/message.js";
import type { JsonSchema } from "../core/model.js";

/** How a server is reached. What stood in it as `${VAR}` is filled in. */
export type Way =
  | { type: "stdio"; command: string; args: readonly string[]; env: Record<string, string> }
  | { type: "http" | "sse"; url: string; headers: Record<string, string> };

/** A server as it is configured. */
export type ServerSpec = {
  /** As it stands in the configuration. */
  name: string;
  /** The file that names it. */
  from: string;
  way: Way;
  /** As it is written, for a person: the whole command, or the address. */
  shown: string;
  /** Tells it from one that is configured otherwise. */
  print: string;
  /** Of one call, in milliseconds. */
  timeout?: number;
};

/** A tool as its server tells it. */
export type RemoteTool = { name: string; description: string; schema: Json };
export type RemotePrompt = { name: string; description: string; args: readonly { name: string; required: boolean }[] };
export type RemoteResource = { uri: string; name: string; description: string; mime: string };

/** What a server offers, as it was last told. */
export type Catalogue = {
  tools: readonly RemoteTool[];
  prompts: readonly RemotePrompt[];
  /** It has resources to list and read. */
  resources: boolean;
  /** What it says of itself. */
  instructions: string;
};

/** What a call gave, before it is bounded. */
export type Answered = { content: readonly Content[]; structured?: Json; failed: boolean };
export type Content =
  | { type: "text"; text: string }
  | { type: "image" | "audio"; mime: string; data: string }
  | { type: "link"; uri: string; name: string }
  | { type: "resource"; uri: string; mime: string; text?: string; bytes?: number };

export type CallWish = { signal: AbortSignal; timeout: number; progress(text: string): void };

/** A connection that stands. Methods reject with a sentence. */
export type Connection = {
  catalogue(signal: AbortSignal): Promise<Catalogue>;
  call(name: string, input: Json, wish: CallWish): Promise<Answered>;
  resources(wish: CallWish): Promise<RemoteResource[]>;
  read(uri: string, wish: CallWish): Promise<Answered>;
  prompt(name: string, args: Record<string, string>): Promise<UserPart[]>;
  /** Whether it answers a ping in that many milliseconds. */
  answers(wish: { signal: AbortSignal; timeout: number }): Promise<boolean>;
  close(): Promise<void>;
};

/** What a connection tells while it stands. */
export type Told = {
  changed(): void;
  /** It is gone: why. Told once, and not after `close`. */
  lost(why: string): void;
  stderr(text: string): void;
};

/** A form that a server wants filled in: a name and a schema each. */
export type Elicited = {
  server: string;
  message: string;
  fields: readonly Field[];
};
export type Field = {
  name: string;
  title: string;
  about: string;
  required: boolean;
  kind: "text" | "number" | "integer" | "boolean" | "one" | "many";
  /** Of `one` and `many`: what is sent, and what is shown. */
  options: readonly { value: string; label: string }[];
  fallback?: Json;
  schema: JsonSchema;
};
export type ElicitAnswer =
  | { action: "accept"; content: Record<string, string | number | boolean | string[]> }
  | { action: "decline" | "cancel" };

/** Where tokens and registrations of a server's authorization are kept, by the server's address. */
export type TokenStore = {
  load(address: string): Json | undefined;
  save(address: string, value: Json | undefined): void;
};

/** Where what servers offer is kept from one session to the next, by a key of hexadecimal digits. */
export type CatalogueStore = {
  load(key: string): Json | undefined;
  save(key: string, value: Json): void;
};

/** What a connection stands on. */
export type Ground = {
  version: string;
  /** The workspace. */
  cwd: string;
  /** What a server's process inherits. */
  env: Record<string, string>;
  tokens: TokenStore;
  /** Absent: nothing is kept of what servers offer. */
  catalogues?: CatalogueStore;
  /** How servers over HTTP are asked; `fetch` when absent. */
  fetch?: (url: string | URL, init?: RequestInit) => Promise<Response>;
  /** Fills in a form, or leaves it when the signal fires: nobody waits for it any more. */
  elicit(asked: Elicited, signal: AbortSignal): Promise<ElicitAnswer>;
};
