// A tool of your own, by plain JSON Schema. A schema of zod does as well: z.object({ sides: z.number().int() }).
import { createAgent, defineTool } from "nanocoder-pro";

const roll = defineTool({
  name: "roll",
  description: "Roll a die.",
  input: { type: "object", properties: { sides: { type: "integer", minimum: 2 } }, required: ["sides"] },
  run: ({ sides }) => `It shows ${1 + Math.floor(Math.random() * sides)}.`,
});
const agent = await createAgent({
  model: process.env.NANOCODER_MODEL ?? "gpt-5",
  tools: [roll],
  builtins: [],
  system: "You play dice.",
});
console.log(await agent.chat(process.argv[2] ?? "Roll a die with 20 sides."));
await agent.close();
