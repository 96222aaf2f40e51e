import type { Event, Fact } from "../core/event.js";

/** The fact that takes a session's newest compaction back; undefined where there is none. */
export function undoneCompaction(events: readonly Event[]): Fact | undefined {
  const voided = new Set(events.map((event) => (event.type === "retried" ? event.voids : undefined)));
  const newest = events.findLast((event) => event.type === "compacted" && !voided.has(event.seq));
  return newest && { type: "retried", reason: "the compaction was taken back", attempt: 1, voids: newest.seq };
}
