// Says one thing and prints the answer. Nobody is asked: what would need leave is refused.
import { createAgent } from "nanocoder-pro";

const agent = await createAgent({ model: process.env.NANOCODER_MODEL ?? "gpt-5" });
console.log(await agent.chat(process.argv[2] ?? "What does this project do?"));
await agent.close();
