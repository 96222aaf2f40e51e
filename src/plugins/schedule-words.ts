import { duration } from "../platform/text.js";
import type { Schedule, When } from "../store/schedule-file.js";

/** What the model is told when one fires. */
export function mailWords({
  id,
  when,
  pending = 0,
  missed,
  expires = Number.POSITIVE_INFINITY,
  prompt,
}: Schedule): string {
  const of = [
    `${id}, ${whenWords(when)}`,
    ...(missed ? [`it was due ${momentWords(pending, when)}, when nothing ran`] : []),
    ...(pending >= expires ? ["for the last time: it has expired"] : []),
  ];
  return `[Scheduled: ${of.join("; ")}. Nobody is there: what needs leave is refused.]\n${prompt}`;
}

/** When one comes, as it was wished. */
export function whenWords(when: When): string {
  if (when.type === "every") return `every ${duration(when.ms)}`;
  if (when.type === "at") return `once at ${momentWords(when.at, when)}`;
  return `cron ${when.line} (${when.zone})`;
}

/** One in a line, for lists. */
export function scheduleLine({ id, when, due, pending, durable, prompt }: Schedule): string {
  const next = pending === undefined ? `next ${momentWords(due, when)}` : "waits to be delivered";
  const words = prompt.replace(/\s+/g, " ");
  const short = words.length > 80 ? `${words.slice(0, 79).toWellFormed()}…` : words;
  return `${id}  ${whenWords(when)}; ${next}; ${durable ? "durable" : "this session"}: ${short}`;
}

function momentWords(at: number, when: When): string {
  const zone = when.type === "every" ? undefined : when.zone;
  const words = new Intl.DateTimeFormat("sv-SE", { dateStyle: "short", timeStyle: "short", timeZone: zone });
  return `${words.format(at)}${zone === undefined ? "" : ` ${zone}`}`;
}
