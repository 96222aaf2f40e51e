import type { Fact } from "../core/event.js";
import { plainText, text } from "../core/message.js";
import type { Model, Reply } from "../core/model.js";
import { type Step, stepsIn } from "./plan-format.js";
import { type Known, plannerSystem, repairWish } from "./plan-prompts.js";

/** Steps, or why there are none; `facts` are what asking cost. */
export type Planned = { facts: Fact[] } & ({ steps: Step[] } | { why: string });

type Asking = { model: Model; known: Known; wish: string; signal: AbortSignal };

/** Asks for steps, without tools; what is no plan is sent back once. Throws when the model cannot answer. */
export async function askForSteps({ model, known, wish, signal }: Asking): Promise<Planned> {
  const facts: Fact[] = [];
  const ask = async (words: string) => {
    const messages = [{ role: "user" as const, parts: [text(words)] }];
    const reply = await whole(model.stream({ system: plannerSystem(known), messages, tools: [] }, signal));
    facts.push({ type: "spent", usage: reply.usage, model: reply.model, on: "plan" });
    const answer = plainText(reply.parts);
    if (reply.stop === "length") return { answer, faults: ["the output limit cut it off: plan in fewer words"] };
    return { answer, ...stepsIn(answer) };
  };
  const first = await ask(wish);
  if ("steps" in first) return { facts, steps: first.steps };
  signal.throwIfAborted();
  const second = await ask(repairWish(wish, first.answer, first.faults));
  if ("steps" in second) return { facts, steps: second.steps };
  return { facts, why: `${model.id} gave no plan that can be used, twice: ${second.faults.slice(0, 5).join("; ")}` };
}

async function whole(stream: AsyncGenerator<unknown, Reply>): Promise<Reply> {
  let step = await stream.next();
  while (!step.done) step = await stream.next();
  return step.value;
}
