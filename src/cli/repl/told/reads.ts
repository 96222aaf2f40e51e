import type { Json } from "../../../core/message.js";
import { visible } from "../../../platform/text.js";
import type { Locale } from "../locale.js";
import { cut } from "../screen/wrap.js";
import type { Look } from "./folded.js";
import { argumentOf, type Seen } from "./tool-line.js";

const WORDS: Record<Locale, (count: number) => string> = {
  en: (count) => `${count} reads`,
  zh: (count) => `${count} 次读取`,
};

/** Several calls that only read, one behind the other. */
export type Reads = { type: "reads"; all: readonly Seen[] };

type Entry = { type: string } | { type: "call"; seen: Seen };

/** Entries in their order, of which calls that only read and came through are taken together where more than one stands in a row. */
export function grouped<E extends Entry>(entries: readonly E[]): (E | Reads)[] {
  const found: (E | Reads)[] = [];
  for (let at = 0; at < entries.length; ) {
    const reads = readsFrom(entries, at);
    const entry = entries[at];
    if (entry === undefined) break;
    found.push(reads.length > 1 ? { type: "reads", all: reads } : entry);
    at += Math.max(1, reads.length);
  }
  return found;
}

function readsFrom(entries: readonly Entry[], from: number): Seen[] {
  const reads: Seen[] = [];
  for (let at = from; ; at += 1) {
    const entry = entries[at];
    if (entry === undefined || !("seen" in entry) || !isRead(entry.seen)) return reads;
    reads.push(entry.seen);
  }
}

/** Whether a call changed nothing and came through: what failed or was refused is told by itself. */
export function isRead({ result, denied }: Seen): boolean {
  return result !== undefined && !result.failed && !denied && saysReads(result.details);
}

function saysReads(details: Json | undefined): boolean {
  return typeof details === "object" && details !== null && !Array.isArray(details) && details.reads === true;
}

/** How many there were, and what was read, by tool. */
export function readsLine({ all }: Reads, { theme, locale }: Look, columns: number): string {
  const byTool = new Map<string, Set<string>>();
  for (const { call } of all) {
    const told = byTool.get(call.name) ?? new Set();
    byTool.set(call.name, told.add(argumentOf(call, true)));
  }
  const names = [...byTool].map(([name, told]) => `${visible(name)} ${[...told].join(", ")}`);
  const head = `${theme.good("✓")} ${theme.bold(WORDS[locale](all.length))}`;
  return cut(`${head} ${names.join(" · ")}`, columns);
}
