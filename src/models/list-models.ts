import type { IncomingMessage } from "node:http";
import { messagesUrl } from "./anthropic.js";
import type { Endpoint } from "./endpoint.js";
import { completionsUrl } from "./openai.js";
import { wayTo } from "./way.js";

/** Bytes of an answer. */
const MOST = 8 * 1024 * 1024;

type Asked = Pick<Endpoint, "baseUrl" | "apiKey" | "proxy"> & { provider: "openai" | "anthropic" };

/** The names of the models that an endpoint offers, in its order; none where it does not tell within `limit` milliseconds. */
export async function listModels(asked: Asked, limit = 5000): Promise<string[]> {
  try {
    return namesIn(await get(asked, AbortSignal.timeout(limit)));
  } catch {
    // whatever is wrong, the first request tells it in words
    return [];
  }
}

/** The address of the list beside the address of the method. */
export function modelsUrl({ provider, baseUrl }: Asked): URL {
  const url = provider === "anthropic" ? messagesUrl(baseUrl) : completionsUrl(baseUrl);
  url.pathname = url.pathname.replace(/\/(chat\/completions|messages)$/, "/models");
  return url;
}

async function get(asked: Asked, signal: AbortSignal): Promise<string> {
  const { apiKey, provider, proxy } = asked;
  const url = modelsUrl(asked);
  const way = await wayTo(url, proxy);
  const key = apiKey ?? "";
  const headers =
    provider === "anthropic"
      ? { "x-api-key": key, "anthropic-version": "2023-06-01" }
      : { authorization: `Bearer ${key}` };
  const options = { ...way.target(url), headers: { accept: "application/json", ...headers, ...way.headers(url) } };
  try {
    return await new Promise((resolve, reject) => {
      const answered = (response: IncomingMessage) => void read(response).then(resolve, reject);
      way
        .request({ ...options, method: "GET", agent: way.agent, signal }, answered)
        .on("error", reject)
        .end();
    });
  } finally {
    way.agent.destroy();
  }
}

async function read(response: IncomingMessage): Promise<string> {
  if (response.statusCode !== 200) {
    response.destroy();
    throw new Error(`status ${response.statusCode}`);
  }
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > MOST) throw new Error("too long");
  }
  return Buffer.concat(chunks).toString("utf8");
}

// OpenAI and kin: { data: [{ id }] }; a few leave the wrapping out
function namesIn(body: string): string[] {
  const parsed: unknown = JSON.parse(body);
  const list = Array.isArray(parsed) ? parsed : (parsed as { data?: unknown } | null)?.data;
  if (!Array.isArray(list)) return [];
  const names = list.map((each: { id?: unknown } | null) => each?.id);
  return [...new Set(names.filter((name): name is string => typeof name === "string" && name !== ""))];
}
