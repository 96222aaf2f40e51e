// what must not compile: each line with a mark is refused, and no other
import {
  type AgentOptions,
  createAgent,
  defineTool,
  type Effect,
  type Event,
  memoryLog,
  openai,
  type Plugin,
  run,
  runGoal,
} from "nanocoder-pro";
import { scriptedModel } from "nanocoder-pro/testing";

const model = scriptedModel(["x"]);
const agent = await createAgent({ model, cwd: ".", maxTurns: 3, permissionMode: "strict", builtins: ["read_file"] });
const options: AgentOptions = {
  model: "gpt-5",
  baseUrl: "http://127.0.0.1",
  session: { resume: "last" },
  memory: true,
};
await createAgent({ ...options, sandbox: { use: "always", network: true }, rules: { allow: ["bash(npm test)"] } });
await createAgent({ gateway: { models: [{ name: "a", tier: "cheap", baseUrl: "http://127.0.0.1" }] }, log: "a.jsonl" });

await createAgent({
  model,
  mcpServers: {
    files: { command: "npx", args: ["-y", "server"], env: { A: "b" }, timeout: 1000 },
    far: { type: "http", url: "https://mcp.example/mcp", headers: { authorization: "Bearer x" } },
  },
});

createAgent({ model, mcpServers: { files: { command: 3 } } }); // refused
createAgent({ model, mcpServers: { files: { comand: "npx" } } }); // refused
createAgent({ model, mcpServers: ["npx"] }); // refused
createAgent({}); // refused
createAgent({ model: 7 }); // refused
createAgent({ model, apiKey: "k" }); // refused
createAgent({ model, permissionMode: "yolo" }); // refused
createAgent({ model, log: memoryLog(), session: {} }); // refused
createAgent({ model, builtins: ["read-file"] }); // refused
createAgent({ model, maxTurn: 3 }); // refused
createAgent({ model, session: { resume: 3 } }); // refused
createAgent({ model, session: "last" }); // refused
createAgent({ model, gateway: { models: [] } }); // refused
createAgent({ gateway: { models: [{ name: "a", tier: "best", baseUrl: "" }] } }); // refused
createAgent({ model, tools: [{ name: "a" }] }); // refused
createAgent({ model, plugins: [{ beforeStop: () => undefined }] }); // refused
createAgent({ model, memory: { extracts: true } }); // refused
createAgent({ model, verify: { timeout: "60" } }); // refused
createAgent({ model: { id: "a", window: 1 } }); // refused
createAgent({ model, sandbox: true }); // refused
createAgent({ model, ask: async () => "yes" }); // refused
createAgent({ model, ask: async () => ({ verdict: "maybe", why: "" }) }); // refused
createAgent({ model, rules: { permit: ["bash"] } }); // refused
createAgent({ model, hooks: { BeforeTool: [] } }); // refused
agent.chat(7); // refused
agent.chat([{ type: "image", data: "" }]); // refused
agent.chat("x", { signal: 50 }); // refused
run(agent); // refused
openai({ baseUrl: "http://127.0.0.1" }); // refused
runGoal({ model, goal: "x" }); // refused
defineTool({ name: "a", description: "", input: { type: "object" }, run: () => 7 }); // refused
defineTool({ name: "a", description: "", input: { type: "object" } }); // refused
const plugin: Plugin = { name: "a", beforeStop: () => ({ type: "remark", text: "x" }) }; // refused
const say = (event: Event) => event.text; // refused
const answer: number = await agent.chat("x"); // refused
agent.log.events.push(); // refused
agent.inbox.post({ parts: "x", from: "user" }); // refused
agent.inbox.post({ parts: [] }); // refused
agent.log.append({ type: "ended", outcome: "over" }); // refused
for await (const item of run(agent, new AbortController().signal)) item.text; // refused
defineTool<{ a: number }>({ name: "a", description: "", input: { type: "object" }, run: ({ b }) => b }); // refused
const effect: Effect = { kind: "see", subjects: [] }; // refused
runGoal({ model, goal: "x", criteria: [{ check: "true" }] }); // refused

export { answer, effect, plugin, say };
