import { expect } from "vitest";
import type { Message } from "../../src/core/message.js";
import { callsIn } from "../../src/core/message.js";

/** Fails unless each call is followed at once by exactly one result, in call order, and no result is alone. */
export function expectValid(conversation: readonly Message[]): void {
  const waiting: string[] = [];
  const seen = new Set<string>();
  for (const message of conversation) {
    if (message.role === "tool") {
      expect(message.callId).toBe(waiting.shift());
      expect(message.parts.length).toBeGreaterThan(0);
      continue;
    }
    expect(waiting).toEqual([]);
    expect(message.parts.length).toBeGreaterThan(0);
    if (message.role !== "assistant") continue;
    for (const call of callsIn(message.parts)) {
      expect(seen.has(call.id)).toBe(false);
      seen.add(call.id);
      waiting.push(call.id);
    }
  }
  expect(waiting).toEqual([]);
}
