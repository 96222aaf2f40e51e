// A plugin of your own: it tells of each call, and does not let the work end before the tests have run.
import { createAgent } from "nanocoder-pro";

const tested = {
  name: "tested",
  system: () => "Before you stop, the tests must have run: npm test.",
  onEvent(event) {
    if (event.type === "started") console.error(`calls ${event.name}`);
  },
  beforeStop({ events }) {
    const calls = events.flatMap((event) =>
      event.type === "reply" ? event.parts.filter(({ type }) => type === "call") : [],
    );
    const hasRun = calls.some(({ name, input }) => name === "bash" && String(input.command).includes("npm test"));
    // counted in the log: a resumed session goes on where it was
    const sentBack = events.filter((event) => event.type === "note" && event.by === "tested").length;
    if (hasRun || sentBack >= 2) return undefined;
    return { type: "note", text: "The tests have not run: run npm test, and mend what fails.", by: "tested" };
  },
};
const agent = await createAgent({
  model: process.env.NANOCODER_MODEL ?? "gpt-5",
  rules: { allow: ["bash(npm test)"] },
  plugins: [tested],
});
console.log(await agent.chat(process.argv[2] ?? "Mend the failing test."));
await agent.close();
