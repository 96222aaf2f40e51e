import type { Delta, Event } from "./event.js";
import type { Model } from "./model.js";

/**
 * What plugins and tools see of a running session.
 *
 * @example
 * const turns = ({ events }: Session) => events.filter(({ type }) => type === "reply").length;
 */
export interface Session {
  /** All that happened, oldest first. */
  readonly events: readonly Event[];
  /** Who is asked now. */
  readonly model: Model;
  /** The workspace: an absolute path. */
  readonly cwd: string;
  /** Fires when the run must end; work that outlives it is a defect. */
  readonly signal: AbortSignal;
  /** Shows something that is not stored. */
  emit(delta: Delta): void;
}
