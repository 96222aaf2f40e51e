import type { Tool } from "../core/tool.js";
import type { HttpInput } from "./http-request.js";
import { oneOf, optional, string, strings, toolInput } from "./schema.js";

export type HttpOptions = {
  /** `host:port` of servers that may be asked although they are not public. */
  allowPrivate?: readonly string[];
};

const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"] as const;

const INPUT = {
  url: string(),
  method: optional(oneOf(METHODS)),
  headers: optional(strings()),
  query: optional(strings()),
  body: optional(string()),
};

/** Asks a public web server; private, link-local and metadata addresses are refused at each hop. */
export function http({ allowPrivate = [] }: HttpOptions): Tool<HttpInput> {
  return {
    name: "http",
    description: "Send an HTTP request to a public server; JSON is pretty-printed.",
    input: toolInput(INPUT),
    effect: ({ url }) => ({ kind: "net", subjects: [whole(url)] }),
    async run(input, { signal }) {
      const { send } = await import("./http-request.js");
      return send({ input, allowPrivate, signal });
    },
  };
}

function whole(url: string): string {
  return URL.canParse(url) ? new URL(url).href : url;
}
