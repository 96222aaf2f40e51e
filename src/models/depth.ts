import type { Json } from "../core/message.js";

/** Objects and lists within each other that arguments may have: no tool wants as many, and what reads a log goes into each. */
const DEEPEST = 100;

/** Whether a value is nested more deeply than any reader of a log must follow. */
export function isTooDeep(value: Json, left = DEEPEST): boolean {
  if (typeof value !== "object" || value === null) return false;
  return left === 0 || Object.values(value).some((each) => isTooDeep(each, left - 1));
}
