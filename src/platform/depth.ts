/** Objects and lists within each other that arguments and schemas may have: no tool wants as many, and what reads them goes into each. */
const DEEPEST = 100;

/** Whether a value is nested more deeply than any reader of it must follow. */
export function isTooDeep(value: unknown, left = DEEPEST): boolean {
  if (typeof value !== "object" || value === null) return false;
  return left === 0 || Object.values(value).some((each) => isTooDeep(each, left - 1));
}
