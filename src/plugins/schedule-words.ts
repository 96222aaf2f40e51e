import { clip } from "../platform/text.js";
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

// when one comes, as it was wished
function whenWords(when: When, { every, once }: Pick<LineWords, "every" | "once"> = ENGLISH): string {
  if (when.type === "every") return `${every} ${intervalWords(when.ms)}`;
  if (when.type === "at") return `${once} ${momentWords(when.at, when)}`;
  return `cron ${when.line} (${when.zone})`;
}

/** The words of a line, for a person who reads another language. */
export type LineWords = Record<
  "every" | "once" | "next" | "until" | "waits" | "durable" | "session" | "between" | "colon",
  string
>;

const ENGLISH: LineWords = {
  every: "every",
  once: "once at",
  next: "next",
  until: "until",
  waits: "waits to be delivered",
  durable: "durable",
  session: "this session",
  between: "; ",
  colon: ": ",
};

/** One in a line, for lists. */
export function scheduleLine({ id, when, due, pending, expires, durable, prompt }: Schedule, said = ENGLISH): string {
  const next = pending === undefined ? `${said.next} ${momentWords(due, when)}` : said.waits;
  const until = expires === undefined ? [] : [`${said.until} ${momentWords(expires, when)}`];
  const short = clip(prompt.replace(/\s+/g, " "), 80);
  const parts = [whenWords(when, said), next, ...until, durable ? said.durable : said.session];
  return `${id}  ${parts.join(said.between)}${said.colon}${short}`;
}

// as it can be said to add one
function intervalWords(ms: number): string {
  const minutes = Math.round(ms / 60_000);
  if (minutes % (24 * 60) === 0) return `${minutes / 24 / 60}d`;
  return minutes % 60 === 0 ? `${minutes / 60}h` : `${minutes}m`;
}

function momentWords(at: number, when: When): string {
  const zone = when.type === "every" ? undefined : when.zone;
  const words = new Intl.DateTimeFormat("sv-SE", { dateStyle: "short", timeStyle: "short", timeZone: zone });
  return `${words.format(at)}${zone === undefined ? "" : ` ${zone}`}`;
}
