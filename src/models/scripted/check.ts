import type { Json } from "../../core/message.js";

/** A request that the provider would refuse. `param` names the place. */
export class Refused extends Error {
  constructor(
    message: string,
    readonly param: string | null = null,
    readonly status: number = 400,
  ) {
    super(message);
  }
}

export type Fields = { [key: string]: Json };

export function refuse(place: string, why: string): never {
  throw new Refused(`Invalid '${place}': ${why}`, place);
}

export function isFields(value: Json | undefined): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function fields(value: Json | undefined, place: string): Fields {
  return isFields(value) ? value : refuse(place, "expected an object");
}

export function list(value: Json | undefined, place: string): Json[] {
  return Array.isArray(value) ? value : refuse(place, "expected an array");
}

export function words(value: Json | undefined, place: string): string {
  return typeof value === "string" ? value : refuse(place, "expected a string");
}

export function filled(value: Json | undefined, place: string): string {
  const text = words(value, place);
  return text.trim() === "" ? refuse(place, "must not be empty") : text;
}

/** Base64 without line breaks, of at most so many characters. */
export function base64(value: Json | undefined, most: number, place: string): void {
  const data = filled(value, place);
  if (data.length > most) refuse(place, `image exceeds the maximum: ${data.length} bytes > ${most} bytes`);
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(data)) refuse(place, "invalid base64 data");
}

export function onlyKeys(value: Fields, known: readonly string[], place: string): void {
  const extra = Object.keys(value).find((key) => !known.includes(key));
  if (extra !== undefined) refuse(place === "" ? extra : `${place}.${extra}`, "extra fields are not permitted");
}

export function positive(value: Json | undefined, place: string): void {
  if (value === undefined) return;
  if (typeof value !== "number" || !Number.isInteger(value) || value < 1) refuse(place, "expected a positive integer");
}

export function between(value: Json | undefined, [low, high]: readonly [number, number], place: string): void {
  if (value === undefined) return;
  if (typeof value !== "number" || value < low || value > high)
    refuse(place, `expected a number from ${low} to ${high}`);
}

/** Half a character is no JSON text that a provider takes. */
export function wholeCharacters(value: Json, place: string): void {
  if (typeof value === "string") {
    if (!value.isWellFormed()) refuse(place, "contains an invalid Unicode surrogate");
  } else if (Array.isArray(value)) {
    for (const [at, item] of value.entries()) wholeCharacters(item, `${place}[${at}]`);
  } else if (isFields(value)) {
    for (const [key, item] of Object.entries(value)) wholeCharacters(item, place === "" ? key : `${place}.${key}`);
  }
}
