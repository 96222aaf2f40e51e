import type { Event } from "../core/event.js";

type Fields = Readonly<Record<string, unknown>>;

/** Whether what a line held is an event: what readers of a log take for granted is there. A kind that is not known passes. */
export function isEvent(value: unknown): value is Event {
  return isFields(value) && typeof value.type === "string" && areCounts(value.seq, value.at) && isFact(value);
}

function isFact(fact: Fields): boolean {
  const { parts, callId, key, usage, model, upto } = fact;
  switch (fact.type) {
    case "session":
      return areTexts(fact.id, fact.cwd, fact.system);
    case "prompt":
      return areTexts(fact.from) && are(parts, isUserPart);
    case "note":
      return areTexts(fact.text);
    case "reply":
      return areTexts(model, fact.stop) && isUsage(usage) && are(parts, isReplyPart);
    case "started":
      return areTexts(callId, fact.name) && (fact.call === undefined || are([fact.call], isReplyPart));
    case "judged":
      return areTexts(callId, fact.verdict, fact.why);
    case "result":
      return areTexts(callId) && are(parts, isUserPart);
    case "trimmed":
      return isFields(fact.texts) && areTexts(...Object.values(fact.texts));
    case "compacted":
      return areCounts(upto) && areTexts(fact.summary) && (fact.keeps === undefined || Array.isArray(fact.keeps));
    case "state":
      return areTexts(key) && fact.value !== undefined;
    case "spent":
      return areTexts(model) && isUsage(usage);
    default:
      return true;
  }
}

function isUserPart(part: Fields): boolean {
  return part.type === "image" ? areTexts(part.mime, part.data) : part.type === "text" && areTexts(part.text);
}

function isReplyPart(part: Fields): boolean {
  if (part.type === "call") return areTexts(part.id, part.name) && part.input !== undefined;
  return (part.type === "text" || part.type === "thinking") && areTexts(part.text);
}

function isUsage(value: unknown): boolean {
  return isFields(value) && areCounts(value.input, value.output, value.cacheRead, value.cacheWrite);
}

function are(value: unknown, test: (part: Fields) => boolean): boolean {
  return Array.isArray(value) && value.every((part) => isFields(part) && test(part));
}

function areTexts(...values: unknown[]): boolean {
  return values.every((value) => typeof value === "string");
}

function areCounts(...values: unknown[]): boolean {
  return values.every((value) => typeof value === "number" && value >= 0);
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null;
}
