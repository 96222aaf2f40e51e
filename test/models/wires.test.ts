import { createServer, type RequestListener } from "node:http";
import { describe, expect, it } from "vitest";
import { callsIn, type Message, plainText, text } from "../../src/core/message.js";
import { type Model, ModelError, type Reply } from "../../src/core/model.js";
import { anthropic, messagesUrl } from "../../src/models/anthropic.js";
import type { Endpoint } from "../../src/models/endpoint.js";
import { completionsUrl, openai } from "../../src/models/openai.js";
import type { Script, Turn } from "../../src/models/scripted/script.js";
import { modelServer } from "../../src/models/scripted/server.js";
import { ask, take, user } from "./answering.js";

const WIRES = { openai, anthropic };
type Wire = keyof typeof WIRES;
async function against(
  wire: Wire,
  script: Script,
  run: (model: Model, server: Awaited<ReturnType<typeof modelServer>>) => Promise<void>,
  more: Partial<Endpoint> = {},
) {
  await using server = await modelServer(script);
  await run(WIRES[wire]({ baseUrl: server.url, apiKey: "secret-key", model: "scripted", ...more }), server);
  expect(server.refusals).toEqual([]);
}

/** A server that answers as a test says, for what no script can say. */
async function raw(listener: RequestListener, run: (url: string) => Promise<void>) {
  const server = createServer(listener).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const address = server.address();
  try {
    await run(`http://127.0.0.1:${typeof address === "object" && address ? address.port : 0}`);
  } finally {
    server.close();
    server.closeAllConnections();
  }
}

const failure = (model: Model, signal?: AbortSignal): Promise<ModelError> =>
  take(model, ask(), signal).then(
    () => Promise.reject(new Error("it answered")),
    (error) => error,
  );

describe.each(["openai", "anthropic"] as const)("the %s wire", (wire) => {
  const full: Turn = {
    thinking: "let me see",
    text: "你好 🌍!",
    calls: [
      { name: "f", input: { a: "ü\n" } },
      { name: "f", input: {} },
    ],
    usage: { input: 10, output: 5, cacheRead: 7 },
  };

  it.each([undefined, 1, 7])("reads thinking, text, calls and usage (%s bytes a write)", async (chunk) => {
    await against(wire, [{ ...full, ...(chunk === undefined ? {} : { chunk }) }], async (model) => {
      const { deltas, reply } = await take(model);
      expect(reply.parts.map((part) => part.type)).toEqual(["thinking", "text", "call", "call"]);
      expect(plainText(reply.parts)).toBe("你好 🌍!");
      expect(callsIn(reply.parts).map((call) => call.input)).toEqual([{ a: "ü\n" }, {}]);
      expect(reply).toMatchObject({ stop: "calls", usage: { input: 10, output: 5, cacheRead: 7 } });
      const spoken = (type: string) =>
        deltas.map((delta) => (delta.type === type && "text" in delta ? delta.text : "")).join("");
      expect(spoken("text")).toBe("你好 🌍!");
      expect(spoken("thinking")).toBe("let me see");
      expect(deltas.flatMap((delta) => (delta.type === "call" ? [delta.call] : []))).toEqual(callsIn(reply.parts));
    });
  });

  it("announces a call as soon as its arguments are complete, while the stream is open", async () => {
    await against(wire, [{ calls: [{ name: "f", input: { a: 1 } }], hold: 60_000 }], async (model) => {
      const stop = new AbortController();
      const stream = model.stream(ask(), stop.signal);
      expect(await stream.next()).toMatchObject({ done: false, value: { type: "call", call: { input: { a: 1 } } } });
      stop.abort("enough");
      await expect(stream.next()).rejects.toThrow("enough");
    });
  });

  it("sends a whole conversation back so that the strict server takes it", async () => {
    await against(wire, [full, "done"], async (model, server) => {
      const { reply } = await take(model);
      const results = callsIn(reply.parts).map(
        (call): Message => ({ role: "tool", callId: call.id, parts: [text("")], failed: true }),
      );
      await take(
        model,
        ask([user("hi"), { role: "assistant", parts: reply.parts }, ...results, user("go on"), user("please")]),
      );
      expect(server.requests[1]?.messages.map((message) => message.role)).toEqual(
        ["user", "assistant", "tool", "tool", "user", "user"].slice(0, wire === "openai" ? 6 : 5),
      );
      expect(server.requests[1]?.results).toEqual(["(no output)", "(no output)"]);
      expect(server.requests[1]?.raw).toContain(
        wire === "openai" ? '"reasoning_content":"let me see"' : '"signature":"sig_scripted_0"',
      );
    });
  });

  it("carries thinking back to its own provider only", async () => {
    const foreign: Message = {
      role: "assistant",
      parts: [
        {
          type: "thinking",
          text: "private",
          opaque: { wire, host: "elsewhere", signature: "s", field: "reasoning_content" },
        },
        { type: "call", id: "a", name: "f", input: {} },
      ],
    };
    await against(wire, ["ok"], async (model, server) => {
      await take(model, ask([user("hi"), foreign, { role: "tool", callId: "a", parts: [text("x")], failed: false }]));
      expect(server.requests[0]?.raw).not.toContain("private");
    });
  });

  it("begins each request with the one before it, and ends it in the messages", async () => {
    await against(wire, ["a", "b"], async (model, server) => {
      const messages = [user("one")];
      await take(model, ask(messages));
      await take(model, ask([...messages, { role: "assistant", parts: [text("a")] }, user("two")]));
      const [first, second] = server.requests.map((request) =>
        request.raw.replaceAll(',"cache_control":{"type":"ephemeral"}', ""),
      );
      expect(second?.startsWith(first?.slice(0, -2) ?? "?")).toBe(true);
    });
  });

  it("survives what a log can hold: odd ids, half characters, NULs, empty texts, images", async () => {
    const png = { type: "image", mime: "image/png", data: "iVBORw0KGgo=" } as const;
    const odd = `call:${"x".repeat(70)}`;
    const messages: Message[] = [
      { role: "assistant", parts: [text("I begin")] },
      { role: "user", parts: [text("a\ud800b\0c"), text(""), png] },
      {
        role: "assistant",
        parts: [
          text("  \n"),
          { type: "call", id: odd, name: "f", input: {} },
          { type: "call", id: "b c", name: "f", input: {}, malformed: "{" },
        ],
      },
      { role: "tool", callId: odd, parts: [text("\udc00"), png], failed: false },
      { role: "tool", callId: "b c", parts: [], failed: true },
      { role: "assistant", parts: [] },
      user(""),
    ];
    await against(wire, ["ok"], async (model, server) => {
      await take(model, ask(messages));
      expect(server.requests).toHaveLength(1);
    });
  });

  it("tells malformed arguments from none", async () => {
    const calls = [
      { name: "f", raw: '{"a":' },
      { name: "f", raw: "" },
      { name: "f", raw: "[1]" },
    ];
    await against(wire, [{ calls }], async (model) => {
      const { reply } = await take(model);
      expect(callsIn(reply.parts).map(({ input, malformed }) => ({ input, malformed }))).toEqual([
        { input: {}, malformed: '{"a":' },
        { input: {}, malformed: undefined },
        { input: {}, malformed: "[1]" },
      ]);
    });
  });

  it("takes arguments of 100 levels, and none of more, also where they come in a fence", async () => {
    const nested = (levels: number) => `${'{"a":'.repeat(levels)}1${"}".repeat(levels)}`;
    const deep = [nested(101), nested(8000), `\`\`\`json\n${nested(101)}\n\`\`\``];
    const calls = [nested(100), ...deep].map((raw) => ({ name: "f", raw }));
    await against(wire, [{ calls }], async (model) => {
      const { reply } = await take(model);
      expect(callsIn(reply.parts).map(({ malformed }) => malformed)).toEqual([undefined, ...deep]);
    });
  });

  it.each(["text", "calls", "headers", 150] as const)(
    "throws when the stream breaks (%s), and never returns half an answer",
    async (cut) => {
      await against(wire, [{ ...full, cut }], async (model) => {
        const error = await failure(model);
        expect(error).toBeInstanceOf(ModelError);
        expect(error).toMatchObject({ transient: true });
      });
    },
  );

  it.each([
    [401, false, "refused the key"],
    [404, false, "does not know this model"],
    [413, false, "too large"],
    [400, false, "refused the request"],
    [408, true, "refused the request"],
    [409, true, "refused the request"],
    [429, true, "slow down"],
    [500, true, "failed"],
    [529, true, "too much to do"],
  ])("maps HTTP %i (transient: %s)", async (status, transient, words) => {
    await against(
      wire,
      [{ error: { status, message: `no, secret-key ${"x".repeat(2000)}`, headers: { "retry-after": "3" } } }],
      async (model) => {
        const error = await failure(model);
        expect(error).toMatchObject({ status, transient, retryAfter: 3000 });
        expect(error.message).toContain(words);
        expect(error.message).not.toContain("secret-key");
        expect(error.message.length).toBeLessThan(800);
      },
    );
  });

  it("tells a used-up quota from a rate limit", async () => {
    await against(
      wire,
      [{ error: { status: 429, type: "insufficient_quota", message: "You exceeded your current quota" } }],
      async (model) => {
        expect(await failure(model)).toMatchObject({ status: 429, transient: false });
      },
    );
  });

  it("reads Retry-After as a date and in milliseconds", async () => {
    const soon = new Date(Date.now() + 5000).toUTCString();
    const script = [
      { error: { status: 503, headers: { "retry-after": soon } } },
      { error: { status: 503, headers: { "retry-after-ms": "250", "retry-after": "9" } } },
    ];
    await against(wire, script, async (model) => {
      const first = await failure(model);
      expect(first.retryAfter).toBeGreaterThan(2000);
      expect(first.retryAfter).toBeLessThanOrEqual(5000);
      expect((await failure(model)).retryAfter).toBe(250);
    });
  });

  it("throws an error that comes inside a stream", async () => {
    await against(
      wire,
      [{ text: "a", errorInStream: { type: "overloaded_error", message: "Overloaded" } }],
      async (model) => {
        expect(await failure(model)).toMatchObject({ transient: true, message: expect.stringContaining("Overloaded") });
      },
    );
  });

  it("gives up on silence: before the answer, and in the middle of it", async () => {
    const timeouts = { firstByte: 80, idle: 80 };
    await against(
      wire,
      [{ silent: true }, { silent: "headers" }, { text: "a", hold: 60_000 }],
      async (model) => {
        expect((await failure(model)).message).toContain("no answer for 0.1 s");
        expect((await failure(model)).message).toContain("nothing more came for 0.1 s");
        expect((await failure(model)).message).toContain("nothing more came for 0.1 s");
      },
      { timeouts },
    );
  });

  it("asks for no more output than is wanted, and sends no empty list of tools", async () => {
    await against(wire, ["ok"], async (model, server) => {
      await take(model, ask([user("hi")], { tools: [], maxOutput: 77 }));
      expect(server.requests[0]?.body).toMatchObject({ max_tokens: 77, stream: true });
      expect(server.requests[0]?.raw).not.toContain('"tools"');
    });
  });

  it("says what a refused connection means", async () => {
    const error = await failure(WIRES[wire]({ baseUrl: "http://127.0.0.1:1", model: "m" }));
    expect(error.message).toContain("is the server running");
    expect(error).toMatchObject({ transient: true });
  });

  it("asks again at once when a kept connection was closed in the meantime", async () => {
    let asked = 0;
    await raw(
      (request, response) => {
        asked += 1;
        request.resume();
        // the first answer leaves the connection open; the second request on it is dropped without a word
        if (asked === 2) return request.socket.destroy();
        response.writeHead(400, { "content-type": "application/json" }).end('{"error":{"message":"no"}}');
      },
      async (baseUrl) => {
        const model = WIRES[wire]({ baseUrl, model: "m" });
        expect(await failure(model)).toMatchObject({ status: 400 });
        await new Promise((resolve) => setImmediate(resolve));
        expect(await failure(model)).toMatchObject({ status: 400 });
        expect(asked).toBe(3);
      },
    );
  });
});

describe("the openai wire alone", () => {
  const sse =
    (...lines: string[]): RequestListener =>
    (request, response) => {
      request.resume();
      response
        .writeHead(200, { "content-type": "text/event-stream" })
        .end(lines.map((line) => `data: ${line}\n\n`).join(""));
    };
  const delta = (fields: object, finish: string | null = null) =>
    JSON.stringify({ choices: [{ index: 0, delta: fields, finish_reason: finish }] });
  const reply = async (...lines: string[]) => {
    let got: Reply | undefined;
    await raw(sse(...lines), async (baseUrl) => {
      got = (await take(openai({ baseUrl, model: "m" }))).reply;
    });
    return got;
  };

  it.each([
    ["https://x", "https://x/v1/chat/completions"],
    ["https://x/v1/", "https://x/v1/chat/completions"],
    ["https://x/api/paas/v4", "https://x/api/paas/v4/chat/completions"],
    ["https://x/v1/chat/completions", "https://x/v1/chat/completions"],
  ])("%s is asked at %s", (base, url) => {
    expect(completionsUrl(base).href).toBe(url);
  });

  it("splits <think> off however it is cut", async () => {
    const pieces = [..."\n<think>a < b</think>\n\nThe <think> tag"].map((content) => delta({ content }));
    const got = await reply(...pieces, delta({}, "stop"));
    expect(got?.parts).toEqual([
      { type: "thinking", text: "a < b" },
      { type: "text", text: "The <think> tag" },
    ]);
  });

  it("copes with calls without id or index, one after the other, and with one object as arguments", async () => {
    const got = await reply(
      delta({ tool_calls: [{ function: { name: "f", arguments: '{"a":' } }] }),
      delta({ tool_calls: [{ function: { arguments: "1}" } }] }),
      delta({ tool_calls: [{ function: { name: "g", arguments: { b: 2 } } }] }),
      delta({}, "stop"),
    );
    expect(callsIn(got?.parts ?? [])).toEqual([
      { type: "call", id: "call_0", name: "f", input: { a: 1 } },
      { type: "call", id: "call_1", name: "g", input: { b: 2 } },
    ]);
    expect(got?.stop).toBe("calls");
  });

  it("takes a finish without [DONE], and [DONE] without a finish, but not neither", async () => {
    expect(plainText((await reply(delta({ content: "a" }, "stop")))?.parts ?? [])).toBe("a");
    expect(plainText((await reply(delta({ content: "a" }), "[DONE]"))?.parts ?? [])).toBe("a");
    await expect(reply(delta({ content: "a" }))).rejects.toThrow("cut off");
  });

  it("drops half a call that the output limit cut off", async () => {
    const got = await reply(
      delta({ content: "a", tool_calls: [{ index: 0, id: "x", function: { name: "f", arguments: '{"a' } }] }),
      delta({}, "length"),
    );
    expect(got).toMatchObject({ stop: "length", parts: [{ type: "text", text: "a" }] });
  });

  it("leaves out what an endpoint refuses, and remembers it", async () => {
    const bodies: string[] = [];
    await raw(
      (request, response) => {
        let body = "";
        request.on("data", (piece) => {
          body += piece;
        });
        request.on("end", () => {
          bodies.push(body);
          const bad = ["stream_options", "temperature"].find((field) => body.includes(field));
          if (bad) return response.writeHead(400).end(`{"error":{"message":"Unrecognized request argument: ${bad}"}}`);
          if (body.includes('"max_tokens"'))
            return response.writeHead(400).end('{"error":{"message":"use max_completion_tokens instead"}}');
          response
            .writeHead(200, { "content-type": "text/event-stream" })
            .end(`data: ${delta({ content: "ok" }, "stop")}\n\n`);
        });
      },
      async (baseUrl) => {
        const model = openai({ baseUrl, model: "m", temperature: 0, maxOutput: 9 });
        await take(model);
        await take(model);
        expect(bodies).toHaveLength(5);
      },
    );
  });

  it("takes an answer in one piece from an endpoint that does not stream", async () => {
    await raw(
      (request, response) => {
        request.resume();
        const message = { content: "whole", tool_calls: [{ id: "a", function: { name: "f", arguments: "{}" } }] };
        response.writeHead(200, { "content-type": "application/json" }).end(
          JSON.stringify({
            choices: [{ message, finish_reason: "tool_calls" }],
            usage: { prompt_tokens: 3, completion_tokens: 1 },
          }),
        );
      },
      async (baseUrl) => {
        const { reply: got } = await take(openai({ baseUrl, model: "m" }));
        expect(got).toMatchObject({ stop: "calls", usage: { input: 3 }, parts: [{ text: "whole" }, { id: "a" }] });
      },
    );
  });

  it.each(["text/html", "application/json", "text/plain"])("shows what %s with status 200 said", async (type) => {
    await raw(
      (request, response) => {
        request.resume();
        response
          .writeHead(200, { "content-type": type })
          .end(type.includes("json") ? '{"status":"fine"}' : "<html>fine</html>");
      },
      async (baseUrl) => {
        expect(await failure(openai({ baseUrl, model: "m" }))).toMatchObject({
          transient: false,
          message: expect.stringMatching(/fine.*Check the base URL/),
        });
      },
    );
  });

  it("follows no redirect, and says where it leads", async () => {
    await raw(
      (request, response) => {
        request.resume();
        response.writeHead(308, { location: "https://elsewhere/v1" }).end();
      },
      async (baseUrl) => {
        expect(await failure(openai({ baseUrl, model: "m" }))).toMatchObject({
          transient: false,
          message: expect.stringContaining("(308)"),
        });
      },
    );
  });
});

describe("the anthropic wire alone", () => {
  it.each([
    ["https://x", "https://x/v1/messages"],
    ["https://x/v1", "https://x/v1/messages"],
    ["https://x/anthropic/", "https://x/anthropic/v1/messages"],
  ])("%s is asked at %s", (base, url) => {
    expect(messagesUrl(base).href).toBe(url);
  });

  it("marks system and the last two turns of the user for the cache", async () => {
    await against("anthropic", ["ok"], async (model, server) => {
      await take(
        model,
        ask([
          user("1"),
          { role: "assistant", parts: [text("a")] },
          user("2"),
          { role: "assistant", parts: [text("b")] },
          user("3"),
        ]),
      );
      const body = JSON.stringify(server.requests[0]?.body);
      expect(body.match(/cache_control/g)).toHaveLength(3);
      expect(body).toContain('"text":"3","cache_control"');
      expect(body).toContain('"text":"2","cache_control"');
      expect(body).not.toContain('"text":"1","cache_control"');
    });
  });

  it("sends a bearer token in place of a key", async () => {
    await against("anthropic", ["ok"], async (_, server) => {
      await take(anthropic({ baseUrl: server.url, authToken: "tok", model: "m" }));
      expect(server.requests[0]?.headers).toMatchObject({ authorization: "Bearer tok" });
      expect(server.requests[0]?.headers).not.toHaveProperty("x-api-key");
    });
  });
});
