import { usage } from "../../core/fold.js";
import { costOf } from "../../models/catalog.js";
import { gitBranch } from "../../platform/git.js";
import { requestSize } from "../../plugins/context-size.js";
import type { Desk } from "./desk.js";
import type { Status } from "./port.js";

/** How long a reading of the folder's branch holds, in milliseconds. */
const FRESH = 2000;

/** What stands below the prompt. Read anew only when something happened: it is asked for with each frame. */
export function statusOf(desk: Desk): () => Status {
  let read: { events: number; of: unknown; figures: Pick<Status, "tokens" | "cost"> } | undefined;
  let branch: { at: number; name: string | undefined } | undefined;
  return () => {
    const { agent, background } = desk.opened;
    const { events } = agent.log;
    if (read?.events !== events.length || read.of !== agent.log)
      read = { events: events.length, of: agent.log, figures: figuresOf(desk) };
    if (branch === undefined || Date.now() - branch.at > FRESH)
      branch = { at: Date.now(), name: gitBranch(desk.config.cwd) };
    const { id: model, window } = agent.model;
    const jobs = background.running();
    return { model, mode: desk.mode, window, ...read.figures, branch: branch.name, jobs, queued: desk.waiting };
  };
}

function figuresOf({ opened }: Desk): Pick<Status, "tokens" | "cost"> {
  const { events } = opened.agent.log;
  const asked = Object.values(usage(events)).some((count) => count > 0);
  return { tokens: asked ? Math.round(requestSize(events)) : undefined, cost: asked ? costOf(events) : undefined };
}
