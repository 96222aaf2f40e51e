import type { Delta, Event } from "../core/event.js";
import type { Session } from "../core/session.js";
import { lookup } from "../models/catalog.js";
import { compactNow } from "../plugins/context-room.js";
import { requestSize, roomIn } from "../plugins/context-size.js";
import type { Opened } from "./assemble.js";

type Wish = { focus: string; signal: AbortSignal; see(item: Event | Delta): void };

/** Tokens of the next request before and after; `held`: a hook did not let it happen. */
export type Compacted = { before: number; after: number; held: boolean };

/** Compacts a session while no run is going on, as a run would between two steps. */
export async function compactOpened({ agent, ground, room }: Opened, wish: Wish): Promise<Compacted> {
  const { log, model } = agent;
  const before = requestSize(log.events);
  let held = false;
  const asked: typeof room.before = async (trigger) => {
    const goes = (await room.before?.(trigger)) !== false;
    held = !goes;
    return goes;
  };
  const session: Session = { events: log.events, model, cwd: ground.cwd, signal: wish.signal, emit: wish.see };
  const maxOutput = agent.maxOutput ?? lookup(model.id)?.maxOutput;
  const need = { ...room, before: asked, maxOutput, room: roomIn(session, maxOutput), focus: wish.focus };
  for (const fact of await compactNow(session, need)) wish.see(log.append(fact));
  return { before, after: requestSize(log.events), held };
}
