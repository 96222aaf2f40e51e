import { isFields } from "../platform/fields.js";
import { clean, oneLine } from "./words.js";

/** What a judge says of one criterion; `at` is its index. */
export type Saying = { at: number; met: boolean; reason: string; evidence: string; impossible: boolean };

/** The sayings of an answer, or what is wrong with it. */
export type Heard = { sayings: Saying[] } | { fault: string };

/** Characters of a reason and of a quote that are kept. */
const KEPT = { reason: 1000, evidence: 2000 };

/** Reads a judge's answer: strictly, but for fences and prose around its one JSON object. */
export function hear(answer: string, asked: readonly number[]): Heard {
  const found = objectIn(answer);
  if (found === undefined) return { fault: 'It does not hold exactly one JSON object with "verdicts".' };
  const { verdicts } = found;
  if (!Array.isArray(verdicts)) return { fault: '"verdicts" is not a list.' };
  const sayings: Saying[] = [];
  for (const each of verdicts) {
    const saying = sayingOf(each);
    if (typeof saying === "string") return { fault: saying };
    if (!asked.includes(saying.at)) return { fault: `Criterion ${saying.at + 1} was not asked for.` };
    if (sayings.some(({ at }) => at === saying.at)) return { fault: `Criterion ${saying.at + 1} is judged twice.` };
    sayings.push(saying);
  }
  const missing = asked.filter((at) => !sayings.some((saying) => saying.at === at));
  if (missing.length > 0) return { fault: `No verdict on ${missing.map((at) => at + 1).join(", ")}.` };
  return { sayings };
}

function sayingOf(value: unknown): Saying | string {
  if (!isFields(value)) return "A verdict is not an object.";
  const { n, met, reason, evidence = "", impossible = false } = value;
  if (typeof n !== "number" || !Number.isSafeInteger(n)) return 'A verdict\'s "n" is not the number of a criterion.';
  if (typeof met !== "boolean") return `"met" of ${n} is not true or false.`;
  if (typeof impossible !== "boolean") return `"impossible" of ${n} is not true or false.`;
  if (typeof reason !== "string" || reason.trim() === "") return `"reason" of ${n} is missing.`;
  if (typeof evidence !== "string") return `"evidence" of ${n} is not a text.`;
  if (met && impossible) return `${n} cannot be both met and impossible.`;
  return {
    at: n - 1,
    met,
    reason: oneLine(reason, KEPT.reason),
    evidence: clean(evidence).slice(0, KEPT.evidence).toWellFormed(),
    impossible,
  };
}

/**
 * The one object of verdicts in an answer. Where there could be two, as when what the worker wrote is repeated, or where
 * brackets do not pair, there is none.
 */
function objectIn(answer: string): { [key: string]: unknown } | undefined {
  const whole = parsed(answer.replace(/^\ufeff/, "").trim());
  if (whole) return whole;
  const found: string[] = [];
  for (let from = answer.indexOf("{"); from >= 0; ) {
    const end = closing(answer, from);
    if (end === undefined) return undefined;
    const region = answer.slice(from, end);
    if (region.includes('"verdicts"')) found.push(region);
    from = answer.indexOf("{", end);
  }
  return found.length === 1 ? parsed(found[0] ?? "") : undefined;
}

// behind the bracket that closes the one at `from`; strings do not go over lines
function closing(text: string, from: number): number | undefined {
  const token = /"(?:[^"\\\n]|\\.)*"|[{}]/g;
  token.lastIndex = from;
  let depth = 0;
  for (let found = token.exec(text); found; found = token.exec(text)) {
    if (found[0] === "{") depth += 1;
    if (found[0] === "}") depth -= 1;
    if (depth === 0) return token.lastIndex;
  }
  return undefined;
}

function parsed(json: string): { [key: string]: unknown } | undefined {
  try {
    const value: unknown = JSON.parse(json);
    return isFields(value) && "verdicts" in value ? value : undefined;
  } catch {
    return undefined;
  }
}
