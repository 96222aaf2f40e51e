import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it } from "vitest";
import { listModels, modelsUrl } from "../../src/models/list-models.js";

async function listed(
  answer: RequestListener,
  provider: "openai" | "anthropic" = "openai",
  path = "",
): Promise<string[]> {
  const server = createServer(answer).listen(0, "127.0.0.1");
  await once(server, "listening");
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`;
  try {
    return await listModels({ provider, baseUrl, apiKey: "k" }, 500);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

const json =
  (value: unknown, status = 200): RequestListener =>
  (_, response) =>
    void response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(value));

describe("the models of an endpoint", () => {
  it("are asked for beside the method, in whatever form the base URL is written", () => {
    for (const [provider, baseUrl, url] of [
      ["openai", "https://api.openai.com", "https://api.openai.com/v1/models"],
      ["openai", "https://open.bigmodel.cn/api/paas/v4/", "https://open.bigmodel.cn/api/paas/v4/models"],
      ["openai", "http://localhost:8000/v1/chat/completions", "http://localhost:8000/v1/models"],
      ["anthropic", "https://api.anthropic.com", "https://api.anthropic.com/v1/models"],
      ["anthropic", "https://x.example/anthropic/v1/messages", "https://x.example/anthropic/v1/models"],
    ] as const)
      expect(modelsUrl({ provider, baseUrl }).href).toBe(url);
  });

  it("are asked for with the key, as each wire wants it", async () => {
    const echo: RequestListener = ({ headers, url }, response) => {
      const id = `${url} ${headers.authorization ?? headers["x-api-key"]}`;
      response.end(JSON.stringify({ data: [{ id }] }));
    };
    expect(await listed(echo)).toEqual(["/v1/models Bearer k"]);
    expect(await listed(echo, "anthropic")).toEqual(["/v1/models k"]);
  });

  it("are names in their order, whatever else the answer holds", async () => {
    expect(await listed(json({ data: [{ id: "b" }, null, { id: 1 }, { id: "a" }, { id: "b" }, {}] }))).toEqual([
      "b",
      "a",
    ]);
    expect(await listed(json([{ id: "a" }]))).toEqual(["a"]);
  });

  it("are none where an endpoint does not tell, or not in time", async () => {
    for (const answer of [json({}), json(null), json({ data: "x" }), json({ data: [{ id: "a" }] }, 401)])
      expect(await listed(answer)).toEqual([]);
    expect(await listed((_, response) => void response.end("<html>"))).toEqual([]);
    expect(await listed((_, response) => void response.destroy())).toEqual([]);
    expect(await listed(() => undefined)).toEqual([]);
  });
});
