// What 50,000 streamed chunks cost a wire, in CPU milliseconds of the reading process alone: the server runs in another.
import { fork } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import { anthropic, openai } from "../dist/index.js";

const COUNT = 50_000;

if (process.argv[2] === "serve") serve(process.argv[3]);

/** CPU milliseconds, after a warm-up of the same length. */
export async function chunkCost(wire) {
  const child = fork(import.meta.filename, ["serve", wire]);
  const [port] = await once(child, "message");
  const make = { openai, anthropic }[wire];
  const model = make({ baseUrl: `http://127.0.0.1:${port}`, apiKey: "k", model: "m" });
  await read(model);
  const before = process.cpuUsage();
  const length = await read(model);
  const { user, system } = process.cpuUsage(before);
  child.kill();
  if (length !== COUNT * 5) throw new Error(`${length} characters came`);
  return (user + system) / 1000;
}

async function read(model) {
  const request = { system: "", messages: [{ role: "user", parts: [{ type: "text", text: "hi" }] }], tools: [] };
  let length = 0;
  for await (const delta of model.stream(request, new AbortController().signal)) length += delta.text.length;
  return length;
}

function serve(wire) {
  const event = (data) => `${wire === "anthropic" ? `event: ${data.type}\n` : ""}data: ${JSON.stringify(data)}\n\n`;
  const openaiChunk = (delta, finish = null) =>
    event({
      id: "c",
      object: "chat.completion.chunk",
      created: 1,
      model: "m",
      choices: [{ index: 0, delta, finish_reason: finish }],
    });
  const [head, one, tail] =
    wire === "openai"
      ? ["", openaiChunk({ content: "words" }), `${openaiChunk({}, "stop")}data: [DONE]\n\n`]
      : [
          event({ type: "message_start", message: { model: "m", usage: { input_tokens: 1 } } }) +
            event({ type: "content_block_start", index: 0, content_block: { type: "text", text: "" } }),
          event({ type: "content_block_delta", index: 0, delta: { type: "text_delta", text: "words" } }),
          event({ type: "content_block_stop", index: 0 }) +
            event({ type: "message_delta", delta: { stop_reason: "end_turn" }, usage: { output_tokens: 1 } }) +
            event({ type: "message_stop" }),
        ];
  const body = Buffer.from(head + one.repeat(COUNT) + tail);
  const server = createServer((request, response) => {
    request.resume();
    response.writeHead(200, { "content-type": "text/event-stream" });
    // as it comes from a network: pieces of a few kilobytes
    for (let at = 0; at < body.length; at += 16_384) response.write(body.subarray(at, at + 16_384));
    response.end();
  });
  server.listen(0, "127.0.0.1", () => process.send(server.address().port));
}
