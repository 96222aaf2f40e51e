import type { Clock } from "../../src/plugins/schedules.js";

/** A clock that goes only as it is told. */
export function falseClock(start: string): Clock & { advance(ms: number): void } {
  let now = Date.parse(start);
  const waiting = new Set<{ at: number; act(): void }>();
  return {
    now: () => now,
    after(ms, act) {
      const one = { at: now + ms, act };
      waiting.add(one);
      return () => waiting.delete(one);
    },
    advance(ms) {
      now += ms;
      for (const one of [...waiting]) if (one.at <= now && waiting.delete(one)) one.act();
    },
  };
}
