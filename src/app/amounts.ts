import { UsageError } from "./usage-error.js";

/** A whole number of at least 1. `name` is the flag or variable that a UsageError names. */
export function count(name: string, value: string | undefined): number | undefined {
  if (value === undefined || value === "") return undefined;
  if (/^[1-9]\d{0,11}$/.test(value)) return Number(value);
  throw new UsageError(`${name} wants a whole number of at least 1, not "${value}".`);
}

/** A number that is not below 0. */
export function number(name: string, value: string | undefined): number | undefined {
  if (value === undefined || value === "") return undefined;
  if (/^\d+(\.\d+)?$/.test(value)) return Number(value);
  throw new UsageError(`${name} wants a number, not "${value}".`);
}

/** An amount above 0. */
export function dollars(name: string, value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  if (/^\d*\.?\d+$/.test(value) && Number(value) > 0) return Number(value);
  throw new UsageError(`${name} wants an amount in USD above 0, such as 0.50, not "${value}".`);
}

const UNITS: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** Milliseconds, of a text such as 90s. */
export function duration(name: string, value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  const found = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(value);
  const ms = found ? Number(found[1]) * (UNITS[found[2] ?? "s"] ?? 1000) : 0;
  // a timer cannot wait longer than 2^31 ms, about 24 days
  if (ms > 0 && ms < 2 ** 31) return ms;
  throw new UsageError(`${name} wants a duration such as 90s, 5m or 1h, not "${value}".`);
}
