import { execFileSync, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as secureServer } from "node:https";
import { type AddressInfo, connect, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { proxiedFetch } from "../../src/models/proxied-fetch.js";
import { modelServer } from "../../src/models/scripted/server.js";
import { nanocoder, openaiAt } from "../cli/nanocoder.js";
import { answering } from "../models/answering.js";
import { served as answerTo } from "./guarded.js";
import { served } from "./serving.js";

const call = (name: string) => ({ calls: [{ name, input: {} }] });

/** An MCP server that has one tool, as a listener. */
async function mcp(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = Buffer.concat(await request.toArray()).toString("utf8");
  if (request.method !== "POST") return void response.writeHead(405).end();
  answerTo(JSON.parse(body), (value) => {
    if (value === undefined) return response.writeHead(202).end();
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(value));
  });
}

async function listening<T extends Server>(server: T): Promise<AsyncDisposable & { port: number; server: T }> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const close = async () => {
    if ("closeAllConnections" in server && typeof server.closeAllConnections === "function")
      server.closeAllConnections();
    server.close();
  };
  return { server, port: (server.address() as AddressInfo).port, [Symbol.asyncDispose]: close };
}

/** Uses the one tool of the server at an address, in an environment. */
async function used(url: string, env: Record<string, string>) {
  await using server = await modelServer([call("mcp_tools"), call("mcp__far__secret"), "done"]);
  const where = served({ far: { type: "http", url, headers: { "x-mine": "yes" } } });
  const args = ["-p", "x", "--allow", "mcp__*"];
  const ended = await nanocoder(args, { place: where, env: { ...openaiAt(server.url), ...env } });
  return { ...ended, results: server.requests.map(({ results }) => results.join()) };
}

describe("servers over HTTP", () => {
  it("are asked through the proxy of the environment, which gets its own login", async () => {
    const seen: [string | undefined, IncomingMessage["headers"]][] = [];
    await using proxy = await listening(
      createServer((request, response) => {
        seen.push([request.url, request.headers]);
        void mcp(request, response);
      }),
    );
    const { results, stderr } = await used("http://mcp.example:8080/mcp?a=b", {
      HTTP_PROXY: `http://me:p%40ss@127.0.0.1:${proxy.port}`,
    });
    expect(results[2], stderr).toBe("the secret");
    expect(seen.length).toBeGreaterThan(3);
    for (const [url, headers] of seen) {
      expect(url).toBe("http://mcp.example:8080/mcp?a=b");
      expect(headers).toMatchObject({
        host: "mcp.example:8080",
        "x-mine": "yes",
        "proxy-authorization": `Basic ${Buffer.from("me:p@ss").toString("base64")}`,
      });
    }
  });

  const openssl = spawnSync("openssl", ["version"]).status === 0;
  it.runIf(openssl)(
    "are reached by a tunnel where they speak TLS: the proxy sees where to, and nothing else",
    async () => {
      const folder = mkdtempSync(join(tmpdir(), "certificate-"));
      const [key, cert] = [join(folder, "key"), join(folder, "cert")];
      const named = ["-subj", "/CN=mcp.example", "-addext", "subjectAltName=DNS:mcp.example"];
      const made = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-keyout", key, "-out", cert];
      execFileSync("openssl", [...made, ...named], { stdio: "ignore" });
      await using far = await listening(
        secureServer(
          { key: readFileSync(key), cert: readFileSync(cert) },
          (request, response) => void mcp(request, response),
        ),
      );
      let asked = "";
      const proxy = createServer((_, response) => response.writeHead(500).end());
      proxy.on("connect", ({ url, headers }, socket) => {
        asked += `${url} ${JSON.stringify(headers)}\n`;
        const tunnel = connect(far.port, "127.0.0.1", () => {
          socket.write("HTTP/1.1 200 OK\r\n\r\n");
          tunnel.pipe(socket).pipe(tunnel);
        });
        for (const end of [tunnel, socket]) end.on("error", () => undefined);
      });
      await using through = await listening(proxy);
      const { results, stderr } = await used("https://mcp.example/mcp", {
        HTTPS_PROXY: `127.0.0.1:${through.port}`,
        NODE_EXTRA_CA_CERTS: cert,
      });
      expect(results[2], stderr).toBe("the secret");
      expect(asked).toMatch(/^mcp\.example:443 /);
      expect(asked).not.toContain("x-mine");
    },
  );

  it("name a proxy that is away, without its password", async () => {
    const { stderr, code, results } = await used("http://mcp.example/mcp", {
      http_proxy: "http://me:hunter22@127.0.0.1:1",
    });
    expect(code).toBe(0);
    expect(results[1]).toContain("ECONNREFUSED 127.0.0.1:1");
    expect(stderr + results.join()).not.toContain("hunter22");
  });
});

describe("the fetch that knows proxies", () => {
  it("asks directly where there is none, and streams, sends forms, gives redirects and empty answers as they are", async () => {
    await using far = await answering(({ url }, response) => {
      if (url.endsWith("/stream")) {
        response.writeHead(200, { "content-type": "text/event-stream", "set-cookie": ["a=1", "b=2"] });
        response.write("one");
      } else if (url.endsWith("/moved")) response.writeHead(307, { location: "http://elsewhere.example/" }).end();
      else response.writeHead(url.endsWith("/empty") ? 204 : 200).end();
    });
    const fetch = proxiedFetch(({ hostname }) => (hostname === "127.0.0.1" ? undefined : far.url));
    expect((await fetch(`${far.url}/straight`)).status).toBe(200);
    expect(far.requests[0]?.url).toBe("/straight");
    const stop = new AbortController();
    const streaming = await fetch("http://far.example/stream", { signal: stop.signal });
    const reader = streaming.body?.getReader();
    expect(Buffer.from((await reader?.read())?.value ?? []).toString()).toBe("one");
    expect(streaming.headers.getSetCookie()).toEqual(["a=1", "b=2"]);
    stop.abort();
    await expect(reader?.read()).rejects.toThrow();
    const moved = await fetch("http://far.example/moved", { method: "POST", body: new URLSearchParams({ a: "b c" }) });
    expect([moved.status, moved.headers.get("location")]).toEqual([307, "http://elsewhere.example/"]);
    expect(far.requests.at(-1)).toMatchObject({
      body: "a=b+c",
      headers: { "content-type": expect.stringMatching(/x-www-form-urlencoded/) },
    });
    expect((await fetch("http://far.example/empty")).body).toBeNull();
    await expect(fetch("http://far.example/", { signal: AbortSignal.abort() })).rejects.toThrow(/abort/i);
  });

  it("fails as fetch does, with what was wrong", async () => {
    const fetch = proxiedFetch(() => "http://127.0.0.1:1");
    const failed = await fetch("http://far.example/").catch((error: unknown) => error);
    expect(failed).toBeInstanceOf(TypeError);
    expect(failed).toMatchObject({ message: "fetch failed", cause: { code: "ECONNREFUSED" } });
  });
});
