import type { Config } from "../app/config.js";
import type { Front } from "../app/front.js";
import { SCHEDULING } from "../app/optional-parts.js";

/** A front end of a run without a session to wait in: it has the tool of schedules where `--tools` names it. */
export function withSchedules(front: Front, { home, tools }: Config): Front {
  const named = { ...front, adds: [SCHEDULING] };
  if (!tools?.includes(SCHEDULING)) return named;
  return {
    ...named,
    async plugins(ground) {
      const { schedulesHere } = await import("./schedules-here.js");
      return [...((await front.plugins?.(ground)) ?? []), schedulesHere(home, ground.cwd, front.notice)];
    },
  };
}
