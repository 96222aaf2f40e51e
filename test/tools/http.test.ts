import { createServer, type RequestListener } from "node:http";
import { describe, expect, it } from "vitest";
import { isPrivate } from "../../src/tools/address.js";
import { http } from "../../src/tools/http.js";
import { bench } from "./tools.js";

async function serving(listener: RequestListener, run: (url: string, tool: ReturnType<typeof http>) => Promise<void>) {
  const server = createServer(listener).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const address = server.address();
  const port = typeof address === "object" && address ? address.port : 0;
  try {
    await run(`http://127.0.0.1:${port}`, http({ allowPrivate: [`127.0.0.1:${port}`] }));
  } finally {
    server.close();
    server.closeAllConnections();
  }
}

describe("http", () => {
  it("sends method, headers, query and body, and pretty-prints JSON", async () => {
    await serving(
      async (request, response) => {
        let body = "";
        for await (const piece of request) body += piece;
        const { method, url, headers } = request;
        response
          .writeHead(201, { "content-type": "application/json" })
          .end(JSON.stringify({ method, url, x: headers["x-a"], body }));
      },
      async (url, tool) => {
        const { text } = await bench().call(tool, {
          url: `${url}/p?a=1`,
          method: "POST",
          headers: { "X-A": "b" },
          query: { q: "ü" },
          body: "hello",
        });
        expect(text).toBe(
          `[HTTP 201] application/json\n${JSON.stringify({ method: "POST", url: "/p?a=1&q=%C3%BC", x: "b", body: "hello" }, null, 2)}`,
        );
      },
    );
  });

  it("bounds what is shown, and names what is no text", async () => {
    await serving(
      (request, response) => {
        if (request.url === "/bin") return response.end(Buffer.from([0, 1]));
        response.writeHead(200, { "content-type": "text/plain" }).end("x".repeat(6_000_000));
      },
      async (url, tool) => {
        expect((await bench().call(tool, { url: `${url}/big` })).text).toMatch(
          /^\[HTTP 200\] text\/plain\nx{10000}\n\[\d+ characters more, and more than 5 MB\]$/,
        );
        expect((await bench().call(tool, { url: `${url}/bin` })).text).toContain("(2 bytes, not text)");
      },
    );
  });

  it("checks each hop of a redirect", async () => {
    await serving(
      (request, response) => {
        const to: Record<string, string> = {
          "/a": "/b",
          "/meta": "http://169.254.169.254/latest",
          "/file": "file:///etc/passwd",
          "/loop": "/loop",
        };
        const location = to[request.url ?? ""];
        if (location === undefined) return response.end("arrived");
        response.writeHead(302, { location }).end();
      },
      async (url, tool) => {
        expect((await bench().call(tool, { url: `${url}/a` })).text).toContain("arrived");
        await expect(bench().call(tool, { url: `${url}/meta` })).rejects.toThrow("not a public server");
        await expect(bench().call(tool, { url: `${url}/file` })).rejects.toThrow("Only http and https");
        await expect(bench().call(tool, { url: `${url}/loop` })).rejects.toThrow("more than 5 times");
      },
    );
  });

  it.each([
    "http://127.0.0.1/",
    "http://localhost/",
    "http://localhost./",
    "http://[::1]/",
    "http://[::ffff:169.254.169.254]/",
    "http://169.254.169.254/",
    "http://2852039166/",
    "http://0xa9fea9fe/",
    "http://0251.0376.0251.0376/",
    "http://100.100.100.200/",
    "http://10.0.0.1/",
    "http://192.168.1.1/",
    "http://0.0.0.0/",
  ])("refuses %s", async (url) => {
    await expect(bench().call(http({}), { url })).rejects.toThrow("not a public server");
  });

  it.each([
    ["ftp://x/", "Only http and https"],
    ["https://user:pass@x/", "password"],
    ["not a url", "blanks"],
    ["nothing", "is not a URL"],
    ["http://a\u0000b/", "control characters"],
  ])("refuses %s", async (url, why) => {
    await expect(bench().call(http({}), { url })).rejects.toThrow(why);
  });

  it("knows private addresses from public ones", () => {
    for (const address of ["8.8.8.8", "1.1.1.1", "2606:4700::1111", "172.32.0.1", "100.128.0.1"])
      expect(isPrivate(address)).toBe(false);
    for (const address of [
      "172.16.0.1",
      "::ffff:10.0.0.1",
      "::ffff:a00:1",
      "fe80::1%eth0",
      "fd00::1",
      "::",
      "64:ff9b::a00:1",
    ])
      expect(isPrivate(address)).toBe(true);
  });
});
