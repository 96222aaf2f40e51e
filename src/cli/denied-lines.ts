import type { Denial } from "./summary.js";

/** A line for each thing that was refused, however often it was. */
export function deniedLines(denials: readonly Denial[]): string[] {
  const times = new Map<string, number>();
  for (const { tool, reason } of denials) {
    const line = `denied: ${tool}: ${reason}`;
    times.set(line, (times.get(line) ?? 0) + 1);
  }
  return [...times].map(([line, count]) => (count === 1 ? line : `${line} (${count} times)`));
}
