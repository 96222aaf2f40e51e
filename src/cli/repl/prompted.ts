import { rulesOf } from "../../app/policy.js";
import { text, type UserPart } from "../../core/message.js";
import type { ToolContext } from "../../core/tool.js";
import { visible } from "../../platform/text.js";
import { ruleAgainst } from "../../plugins/rules.js";
import type { Desk } from "./desk.js";
import type { Submitted } from "./port.js";
import { promptParts } from "./prompt/prompt-parts.js";

/** What was sent as the model gets it: with the images and the files that it names, as far as the session's rules let them be read. */
export async function prompted(desk: Desk, words: string, more: Submitted | undefined): Promise<readonly UserPart[]> {
  const { images = [], typed = words } = more ?? {};
  if (images.length === 0 && !typed.includes("@")) return [text(words)];
  const rules = await rulesOf(desk.config);
  const refuses = (path: string) => {
    const rule = ruleAgainst(rules.deny, { tool: "read_file", effect: { kind: "read", subjects: [path] } });
    return rule && `The rule ${rule.text} of ${rule.from} forbids it.`;
  };
  const made = await promptParts(
    words,
    { images, typed },
    { context: contextOf(desk), home: desk.config.userHome, refuses },
  );
  for (const notice of made.notices) desk.ui.say({ type: "note", text: visible(notice) });
  return made.parts;
}

// what is read for a prompt is remembered as read by the session
function contextOf({ opened, ui }: Desk): ToolContext {
  const { agent, ground } = opened;
  return {
    ...{ events: agent.log.events, model: agent.model, cwd: ground.cwd, callId: "" },
    signal: new AbortController().signal,
    emit: (delta) => ui.see(delta),
    progress: () => undefined,
    record: (fact) => void (fact.type === "state" && agent.log.append(fact)),
  };
}
