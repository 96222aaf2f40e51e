import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { build } from "esbuild";
import { describe, expect, it } from "vitest";
import { plainText } from "../../src/core/message.js";
import { openai } from "../../src/models/openai.js";
import { modelServer } from "../../src/models/scripted/server.js";
import { answering, ask, chunk, failure, sse, take } from "./answering.js";

const ok = sse(chunk({ content: "ok" }, "stop"), "[DONE]");
const KEY = "sk-very-secret";

/** A plain TCP server. */
async function listening(serve: (socket: Socket) => void) {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    serve(socket);
  }).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    port,
    async [Symbol.asyncDispose]() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

describe("connections", () => {
  it("are kept from one request to the next, also after an error", async () => {
    await using server = await answering((seen, response, n) => {
      if (n === 1) response.writeHead(400, { "content-type": "application/json" }).end('{"error":{"message":"no"}}');
      else ok(seen, response);
    });
    const model = openai({ baseUrl: server.url, model: "m" });
    await take(model);
    await failure(model);
    await take(model);
    expect(server.requests.map(({ socket }) => socket)).toEqual([0, 0, 0]);
  });

  it("do not keep a process alive", async () => {
    await using server = await modelServer(["ok"]);
    const folder = mkdtempSync(join(tmpdir(), "nanocoder-wire-"));
    try {
      const main = join(folder, "main.ts");
      const wire = join(import.meta.dirname, "../../src/models/openai.ts");
      writeFileSync(
        main,
        `import { openai } from ${JSON.stringify(wire)};
        const model = openai({ baseUrl: process.argv[2], apiKey: "k", model: "m" });
        const request = { system: "", messages: [{ role: "user", parts: [{ type: "text", text: "hi" }] }], tools: [] };
        const stream = model.stream(request, new AbortController().signal);
        while (!(await stream.next()).done);
        const read = performance.now();
        process.on("exit", () => console.log(Math.round(performance.now() - read)));`,
      );
      const outfile = join(folder, "main.mjs");
      await build({ entryPoints: [main], outfile, bundle: true, platform: "node", format: "esm", logLevel: "error" });
      const { stdout } = await promisify(execFile)(process.execPath, [outfile, server.url], { timeout: 20_000 });
      expect(Number(stdout)).toBeLessThan(500);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it("are made anew when a kept one was closed, and only once", async () => {
    let closing = false;
    await using server = await answering((seen, response) => {
      if (closing) response.destroy();
      else ok(seen, response);
    });
    const model = openai({ baseUrl: server.url, model: "m" });
    await take(model);
    closing = true;
    expect((await failure(model)).message).toContain("closed before an answer");
    expect(server.requests).toHaveLength(3);
  });

  it("are none of the kept ones after one was closed: the others are as old", async () => {
    const waiting: (() => void)[] = [];
    await using server = await answering((seen, response, n) => {
      if (n > 1 && seen.socket < 2) return response.destroy();
      if (n > 1) return ok(seen, response);
      waiting.push(() => ok(seen, response));
      if (n === 1) for (const answer of waiting) answer();
    });
    const model = openai({ baseUrl: server.url, model: "m" });
    await Promise.all([take(model), take(model)]);
    expect(plainText((await take(model)).reply.parts)).toBe("ok");
    expect(server.requests.map(({ socket }) => socket)).toEqual([0, 1, expect.any(Number), 2]);
  });

  it("may be slow for long, if they are never silent for long", async () => {
    await using server = await answering((_, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      let left = 8;
      const timer = setInterval(() => {
        left -= 1;
        response.write(`data: ${JSON.stringify(chunk({ content: "a" }, left === 0 ? "stop" : null))}\n\n`);
        if (left > 0) return;
        clearInterval(timer);
        response.end();
      }, 40);
    });
    const model = openai({ baseUrl: server.url, model: "m", timeouts: { idle: 200 } });
    expect(plainText((await take(model)).reply.parts)).toBe("aaaaaaaa");
  });

  it("are not given up while the reader takes its time", async () => {
    await using server = await answering((_, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write(`data: ${JSON.stringify(chunk({ content: "a" }))}\n\n`);
      rest = () => response.end(`data: ${JSON.stringify(chunk({ content: "b" }, "stop"))}\n\n`);
    });
    let rest = () => {};
    const model = openai({ baseUrl: server.url, model: "m", timeouts: { idle: 60 } });
    const stream = model.stream(ask(), new AbortController().signal);
    await stream.next();
    await new Promise((resolve) => setTimeout(resolve, 150));
    rest();
    expect(await stream.next()).toMatchObject({ value: { text: "b" } });
    expect((await stream.next()).done).toBe(true);
  });

  it("end at once when the reader leaves or interrupts", async () => {
    let closed: Promise<unknown> = Promise.resolve();
    await using server = await answering((_, response) => {
      closed = new Promise((resolve) => response.once("close", resolve));
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write(`data: ${JSON.stringify(chunk({ content: "a" }))}\n\n`);
    });
    const model = openai({ baseUrl: server.url, model: "m" });
    const left = model.stream(ask(), new AbortController().signal);
    await left.next();
    await left.return({
      parts: [],
      stop: "cut",
      model: "",
      usage: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 },
    });
    await closed;
    const stop = new AbortController();
    const stream = model.stream(ask(), stop.signal);
    await stream.next();
    stop.abort(new Error("SIGINT"));
    await expect(stream.next()).rejects.toThrow("Interrupted: SIGINT");
    await closed;
    const before = AbortSignal.abort("too late");
    await expect(model.stream(ask(), before).next()).rejects.toThrow("too late");
    expect(server.requests).toHaveLength(2);
  });
});

describe("failures", () => {
  it("show no key, not even half of one where the text is cut", async () => {
    const long = `${"x".repeat(490)} ${KEY} and more`;
    await using server = await answering((_, response, n) => {
      const type = { "content-type": "application/json" };
      if (n === 0) response.writeHead(401, type).end(JSON.stringify({ error: { message: long } }));
      else if (n === 1) sse({ error: { message: long } })(undefined, response);
      else response.writeHead(200, { "content-type": "text/html" }).end(`<p>${KEY}</p>`);
    });
    const model = openai({ baseUrl: server.url, model: "m", apiKey: KEY, keyFrom: "MY_KEY" });
    const told = [await failure(model), await failure(model), await failure(model)].map(({ message }) => message);
    expect(told[0]).toContain("refused the key (401): check MY_KEY");
    for (const message of told) expect(message).not.toContain("sk-");
  });

  it.each([
    [402, "is used up (402)", false],
    [407, "wants a login", false],
    [308, "to https://elsewhere/v1: set the base URL", false],
    [422, "refused the request (422)", false],
  ])("say what %i means", async (status, words, transient) => {
    await using server = await answering((_, response) => {
      response.writeHead(status, { location: "https://elsewhere/v1" }).end("");
    });
    const error = await failure(openai({ baseUrl: server.url, model: "m" }));
    expect(error).toMatchObject({ status, transient, message: expect.stringContaining(words) });
  });

  it("say that a key cannot be sent", async () => {
    const error = await failure(openai({ baseUrl: "http://127.0.0.1:9", model: "m", apiKey: "sk-line\nbreak" }));
    expect(error).toMatchObject({ transient: false, message: expect.stringContaining("line break") });
    expect(error.message).not.toContain("sk-line");
  });

  it.each(["nowhere", "ftp://x", "localhost:11434"])("say that %s is no base URL", (baseUrl) => {
    expect(() => openai({ baseUrl, model: "m" })).toThrow(`The base URL "${baseUrl}" is no address`);
  });

  it("tell a server without TLS from one that is away", async () => {
    await using server = await answering(ok);
    const error = await failure(openai({ baseUrl: server.url.replace("http:", "https:"), model: "m" }));
    expect(error).toMatchObject({ transient: false, message: expect.stringContaining("does not speak TLS") });
  });

  it("bound the wait for a connection", async () => {
    // takes the connection and says nothing: the TLS handshake hangs
    await using server = await listening(() => {});
    const timeouts = { connect: 80 };
    const error = await failure(openai({ baseUrl: `https://127.0.0.1:${server.port}`, model: "m", timeouts }));
    expect(error).toMatchObject({ transient: true, message: expect.stringContaining("no connection for 0.1 s") });
  });
});

describe("proxies", () => {
  it("are asked for http addresses by the whole URL, with their own login", async () => {
    await using proxy = await answering(ok);
    const model = openai({
      baseUrl: "http://models.example:8080/v1",
      model: "m",
      apiKey: KEY,
      proxy: `http://me:p%40ss@127.0.0.1:${proxy.port}`,
    });
    expect(plainText((await take(model)).reply.parts)).toBe("ok");
    expect(proxy.requests[0]).toMatchObject({
      url: "http://models.example:8080/v1/chat/completions",
      headers: {
        host: "models.example:8080",
        authorization: `Bearer ${KEY}`,
        "proxy-authorization": `Basic ${Buffer.from("me:p@ss").toString("base64")}`,
      },
    });
  });

  it("are tunnelled through for https addresses, and never see the key", async () => {
    let seen = "";
    await using proxy = await listening((socket) => {
      socket.once("data", (data) => {
        seen += data.toString();
        socket.end("HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n");
      });
    });
    const model = openai({
      baseUrl: "https://models.example",
      model: "m",
      apiKey: KEY,
      proxy: `127.0.0.1:${proxy.port}`,
    });
    expect(await failure(model)).toMatchObject({ status: 407, transient: false });
    expect(seen).toMatch(/^CONNECT models\.example:443 HTTP\/1\.1/);
    expect(seen).not.toContain(KEY);
  });

  it("are named when they are away, without their password", async () => {
    const model = openai({ baseUrl: "https://models.example", model: "m", proxy: "http://me:hunter22@127.0.0.1:1" });
    const error = await failure(model);
    expect(error.message).toMatch(
      /through the proxy 127\.0\.0\.1:1: the connection was refused; .* is the base URL right\?$/,
    );
    expect(error.message).not.toContain("hunter22");
  });

  it("of another kind are refused in words", async () => {
    const error = await failure(
      openai({ baseUrl: "https://models.example", model: "m", proxy: "socks5://127.0.0.1:1" }),
    );
    expect(error.message).toBe("The proxy (socks5:) cannot be used: give an http:// or https:// address.");
  });
});
