import type { Front } from "../../app/assemble.js";
import type { Config } from "../../app/config.js";
import { SCHEDULING } from "../../app/optional-parts.js";
import type { Event } from "../../core/event.js";
import { visible } from "../../platform/text.js";
import { scheduling } from "../../plugins/schedule-tool.js";
import { type Clock, Schedules } from "../../plugins/schedules.js";
import { formUnattended, unattended } from "../../plugins/unattended.js";
import { schedulePath } from "../../store/schedule-file.js";
import type { Locale } from "./locale.js";

type Words = { refused(tool: string, why: string): string; undelivered?(id: string): string };

const WORDS: Record<Locale, Words> = {
  en: { refused: (tool, why) => `Refused in a scheduled turn: ${tool}: ${why}` },
  zh: {
    refused: (tool, why) => `定时任务中已拒绝：${tool}：${why}`,
    undelivered: (id) => `定时任务 ${id} 未能送达，稍后会重试。`,
  },
};

type Around = { config: Config; locale: Locale; clock?: Clock | undefined };

/** A front end whose session has schedules: while it works on one, what would be asked is refused and told. */
export function scheduledFront(front: Front, { config, locale, clock }: Around) {
  let made: Schedules | undefined;
  let events: readonly Event[] = [];
  const scheduled: Front = {
    ...front,
    adds: [SCHEDULING],
    async plugins(ground) {
      events = ground.log.events;
      const { cwd: folder, log } = ground;
      const path = schedulePath(config.home, folder);
      const { undelivered } = WORDS[locale];
      const optional = { ...(clock && { clock }), ...(undelivered && { undelivered }) };
      made = new Schedules({ folder, path, log, notice: front.notice, ...optional });
      const offered = config.tools?.includes(SCHEDULING) ?? true;
      return [...((await front.plugins?.(ground)) ?? []), scheduling(made, offered)];
    },
    async ask(question, asking) {
      if (!unattended(events, question.from)) return front.ask(question, asking);
      front.notice(WORDS[locale].refused(visible(question.tool), visible(question.why)));
      return { verdict: "deny", why: `${question.why} (this turn is scheduled: nobody is there to ask)` };
    },
    elicit: async (form, signal) =>
      formUnattended(events) || !front.elicit ? { action: "decline" } : front.elicit(form, signal),
  };
  return {
    front: scheduled,
    schedules: () => {
      if (!made) throw new Error("The session is not open yet.");
      return made;
    },
  };
}
