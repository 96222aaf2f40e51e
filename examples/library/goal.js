// Works until a command proves it: the check is run here, not by the agent.
import { runGoal } from "nanocoder-pro";

const report = await runGoal({
  model: process.env.NANOCODER_MODEL ?? "gpt-5",
  goal: process.argv[2] ?? "make the tests pass",
  criteria: [{ describe: "the check passes", check: process.argv[3] ?? "npm test" }],
  limits: { iterations: 5 },
  see: (item) => {
    if (item.type === "text") process.stderr.write(item.text);
    if (item.type === "reply") process.stderr.write("\n");
  },
});
console.log(report.summary());
process.exitCode = report.met ? 0 : 1;
