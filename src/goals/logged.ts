import type { Json } from "../core/message.js";
import { isFields } from "../platform/fields.js";
import { CHECK_TIME, costFault, countFault, GOAL_TIME, globFault, MOST, textFault, timeFault } from "./bounds.js";
import type { Contract, Criterion, GoalLimits } from "./types.js";

/** A contract as a log holds it: a copy, as plain JSON. */
export function contractJson(contract: Contract): Json {
  return JSON.parse(JSON.stringify(contract));
}

/** The contract that a log holds; undefined when that is none, or one that could not have been agreed. Never throws. */
export function contractFrom(json: unknown): Contract | undefined {
  if (!isFields(json)) return undefined;
  const { goal, stable, clean, judge, file } = json;
  const criteria = listOf(json.criteria, criterionFrom, MOST.criteria);
  const protect = listOf(json.protect, globFrom, MOST.globs);
  const include = listOf(json.include, globFrom, MOST.globs);
  const limits = limitsFrom(json.limits);
  if (!isText(goal, MOST.goal) || !criteria || criteria.length === 0 || !protect || !include || !limits)
    return undefined;
  if (!isCount(stable, MOST.stable) || typeof clean !== "boolean") return undefined;
  if (!isAbsentOr(judge, (value) => isText(value, MOST.judge)) || !isAbsentOr(file, isPath)) return undefined;
  const rest = { ...(isText(judge, MOST.judge) && { judge }), ...(isPath(file) && { file }) };
  return { goal, criteria, protect, limits, stable, clean, include, ...rest };
}

function criterionFrom(json: unknown): Criterion | undefined {
  if (!isFields(json)) return undefined;
  const { describe, check, timeout } = json;
  if (!isText(describe, MOST.describe)) return undefined;
  if (check === undefined) return timeout === undefined ? { describe } : undefined;
  if (!isText(check, MOST.check)) return undefined;
  if (timeout === undefined) return { describe, check };
  return isTime(timeout, CHECK_TIME) ? { describe, check, timeout } : undefined;
}

function limitsFrom(json: unknown): GoalLimits | undefined {
  if (!isFields(json)) return undefined;
  const { iterations, maxTurns, maxCost, timeout } = json;
  const isMost = (value: unknown): value is number => isCount(value, MOST.count);
  const isLong = (value: unknown): value is number => isTime(value, GOAL_TIME);
  if (!isCount(iterations, MOST.iterations) || !isAbsentOr(maxTurns, isMost)) return undefined;
  if (!isAbsentOr(maxCost, isCost) || !isAbsentOr(timeout, isLong)) return undefined;
  const turns = isMost(maxTurns) && { maxTurns };
  return { iterations, ...turns, ...(isCost(maxCost) && { maxCost }), ...(isLong(timeout) && { timeout }) };
}

function listOf<T>(json: unknown, read: (item: unknown) => T | undefined, most: number): T[] | undefined {
  if (!Array.isArray(json) || json.length > most) return undefined;
  const items = json.flatMap((item) => read(item) ?? []);
  return items.length === json.length ? items : undefined;
}

function globFrom(json: unknown): string | undefined {
  return typeof json === "string" && globFault(json) === undefined ? json : undefined;
}

function isAbsentOr(value: unknown, fits: (value: unknown) => boolean): boolean {
  return value === undefined || fits(value);
}

function isText(value: unknown, most: number): value is string {
  return typeof value === "string" && textFault(value, most) === undefined;
}

function isPath(value: unknown): value is string {
  return isText(value, 10_000);
}

function isCount(value: unknown, most: number): value is number {
  return countFault(value, most) === undefined;
}

function isCost(value: unknown): value is number {
  return costFault(value) === undefined;
}

function isTime(value: unknown, range: { least: number; most: number }): value is number {
  return typeof value === "number" && Number.isFinite(value) && timeFault(value, range) === undefined;
}
