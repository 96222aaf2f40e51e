// Asks a person about what needs leave, and shows what would be written or run.
import { createInterface } from "node:readline/promises";
import { createAgent } from "nanocoder-pro";

const person = createInterface({ input: process.stdin, output: process.stdout });
const agent = await createAgent({
  model: process.env.NANOCODER_MODEL ?? "gpt-5",
  permissionMode: "strict",
  rules: { allow: ["bash(npm test)"], deny: ["read_file(.env*)"] },
  async ask({ tool, subjects, why, preview }, { signal }) {
    console.log(`${tool}: ${subjects.join(", ")}\n${preview?.text ?? ""}`);
    const said = await person.question(`${why}. Is that all right? (y/n) `, { signal });
    return said.trim() === "y"
      ? { verdict: "allow", why: "a person said yes" }
      : { verdict: "deny", why: "a person said no" };
  },
});
console.log(await agent.chat(process.argv[2] ?? "Write a haiku about this project to haiku.txt."));
await agent.close();
person.close();
