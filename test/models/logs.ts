import fc from "fast-check";
import type { Event, Fact } from "../../src/core/event.js";
import { NO_USAGE } from "../../src/core/event.js";
import type { Call, Json, ReplyPart, UserPart } from "../../src/core/message.js";

/** The two hosts that a log may be told to; each knows its own signatures only. */
export const HOSTS = { one: "sig_scripted_", two: "sig_elsewhere_" } as const;

const PNG = "iVBORw0KGgo=";
const odd = fc.constantFrom(
  "",
  " ",
  "\n\t",
  "\ud800",
  "a\udc00b",
  "\0",
  "\\ud800\\",
  "\u2028",
  "ends \n",
  "<think>",
  "语",
);
const words = fc.oneof(fc.string({ unit: "binary", maxLength: 12 }), odd);
const huge = fc.constantFrom("a".repeat(450_000), "语\0".repeat(230_000), "\n\ud800".repeat(250_000));

// a mark that must be found again in the request, unless the log itself takes it back
const signed = fc.tuple(words, fc.nat({ max: 999_999_999 }), words).map(([a, n, b]) => `${a}§${n}§${b}`);
const said = fc.oneof(
  { weight: 500, arbitrary: signed },
  { weight: 300, arbitrary: words },
  { weight: 1, arbitrary: huge },
);
const textPart = said.map((text) => ({ type: "text" as const, text }));
const image = fc.record({
  type: fc.constant("image" as const),
  mime: fc.constantFrom("image/png", "image/png", "image/jpeg", "image/svg+xml", "text/plain", "\ud800", ""),
  data: fc.constantFrom(PNG, PNG, PNG, "", "not base64!", "\ud800"),
});
const userParts: fc.Arbitrary<UserPart[]> = fc.array(
  fc.oneof({ weight: 3, arbitrary: textPart }, { weight: 1, arbitrary: image }),
  { maxLength: 3 },
);

const host = fc.constantFrom("one", "two", "three") as fc.Arbitrary<keyof typeof HOSTS>;
const opaque: fc.Arbitrary<Json> = fc.oneof(
  host.map((at) => ({ wire: "anthropic", host: at, signature: `${HOSTS[at]}${at}` })),
  host.map((at) => ({ wire: "anthropic", host: at, data: `${HOSTS[at]}${at}` })),
  host.map((at) => ({ wire: "openai", host: at, field: "reasoning_content" })),
  fc.jsonValue().map((value) => JSON.parse(JSON.stringify(value)) as Json),
);
const thinking = fc.record({ type: fc.constant("thinking" as const), text: words, opaque });
const ids = fc.oneof(
  fc.constantFrom("a", "b", "call_0", "call_1", "", "b c", "b_c", "ü", "\ud800", "\0"),
  fc.constantFrom("x".repeat(41), "x".repeat(65), "x".repeat(5000)),
  fc.uuid(),
);
const input = fc.oneof(
  fc.dictionary(words, fc.oneof({ weight: 400, arbitrary: words }, { weight: 1, arbitrary: huge }), { maxKeys: 3 }),
  fc.constantFrom<Json>(null, [1], "text", { deep: [{ "\ud800": "\udc00\0" }] }, { __proto__: 1 }),
) as fc.Arbitrary<Json>;
const call: fc.Arbitrary<Call> = fc
  .record({ id: ids, name: words, input, malformed: fc.option(words, { nil: undefined }) })
  .map(({ malformed, ...made }) => ({ type: "call", ...made, ...(malformed === undefined ? {} : { malformed }) }));
const replyParts: fc.Arbitrary<ReplyPart[]> = fc.array(
  fc.oneof({ weight: 3, arbitrary: textPart }, thinking, { weight: 3, arbitrary: call }),
  { maxLength: 5 },
);

const prompt = userParts.map((parts): Fact[] => [{ type: "prompt", parts, from: "user" }]);
const turn = fc
  .record({
    parts: replyParts,
    results: fc.array(userParts, { maxLength: 4 }),
    failed: fc.boolean(),
    early: fc.boolean(),
  })
  .map(({ parts, results, failed, early }): Fact[] => {
    const calls = parts.filter((part) => part.type === "call");
    const reply: Fact = { type: "reply", parts, stop: calls.length > 0 ? "calls" : "end", model: "m", usage: NO_USAGE };
    const began = calls.map((made): Fact => {
      return { type: "started", callId: made.id, name: made.name, ...(early ? { call: made } : {}) };
    });
    const came = calls.slice(0, results.length).map((made, at): Fact => {
      const details = failed ? { file: "/tmp/whole" } : {};
      return { type: "result", callId: made.id, parts: results[at] ?? [], failed, details };
    });
    return early ? [...began, ...came, reply] : [reply, ...began, ...came];
  });
const seq = fc.nat({ max: 25 });
const other: fc.Arbitrary<Fact[]> = fc.oneof(
  said.map((text): Fact[] => [{ type: "note", text, by: "plugin" }]),
  fc
    .tuple(said, seq, fc.array(seq, { maxLength: 3 }))
    .map(([summary, upto, keeps]): Fact[] => [{ type: "compacted", summary, upto, keeps }]),
  fc.tuple(ids, said).map(([callId, words]): Fact[] => [{ type: "trimmed", texts: { [callId]: words } }]),
  fc
    .option(seq, { nil: undefined })
    .map((voids): Fact[] => [
      { type: "retried", reason: "cut", attempt: 1, ...(voids === undefined ? {} : { voids }) },
    ]),
  fc.jsonValue().map((value): Fact[] => [{ type: "state", key: "k", value: JSON.parse(JSON.stringify(value)) }]),
  fc.constant<Fact[]>([{ type: "ended", outcome: "failed" }]),
);
const session = fc
  .array(fc.oneof({ weight: 3, arbitrary: prompt }, { weight: 6, arbitrary: turn }, { weight: 2, arbitrary: other }), {
    maxLength: 7,
  })
  .map((turns): Event[] => {
    const start: Fact = { type: "session", version: 1, id: "s", cwd: "/", system: "" };
    return [start, ...turns.flat()].map((fact, at) => ({ ...fact, seq: at, at }));
  });

type Harm = { how: "drop" | "double" | "swap" | "cut" | "renumber"; at: number; to: number };
const harm: fc.Arbitrary<Harm> = fc.record({
  how: fc.constantFrom("drop", "drop", "double", "swap", "swap", "cut", "renumber"),
  at: fc.nat({ max: 40 }),
  to: fc.nat({ max: 40 }),
});

function harmed(events: readonly Event[], { how, at, to }: Harm): Event[] {
  const [from, into] = [at % Math.max(events.length, 1), to % Math.max(events.length, 1)];
  const [one, two] = [events[from], events[into]];
  if (one === undefined || two === undefined) return [...events];
  if (how === "cut") return events.slice(0, Math.max(from, into) + 1);
  if (how === "drop") return events.toSpliced(from, 1);
  if (how === "double") return events.toSpliced(into, 0, one);
  if (how === "swap") return events.with(from, two).with(into, one);
  return events.map((event, place) => ({ ...event, seq: place }));
}

/** Any log: a session as it may have been, with records dropped, doubled, in another order, or cut off. */
export const anyLog: fc.Arbitrary<Event[]> = fc
  .tuple(session, fc.array(harm, { maxLength: 6 }))
  .map(([events, harms]) => harms.reduce(harmed, events));

/** The marks of what the log does not take back: what a request for it has to hold. */
export function marksOf(events: readonly Event[]): string[] {
  const voided = new Set(events.map((event) => (event.type === "retried" ? event.voids : undefined)));
  const summary = events.findLast((event) => event.type === "compacted" && !voided.has(event.seq));
  const kept = (event: Event) => summary?.type === "compacted" && summary.keeps?.includes(event.seq);
  const live = events.filter(
    (event) =>
      event.seq > (summary?.type === "compacted" ? summary.upto : -1) ||
      ((event.type === "prompt" || event.type === "note") && kept(event)),
  );
  const told = live.filter((event) => !voided.has(event.seq));
  const words = told.flatMap((event) => {
    if (event.type === "prompt") return event.parts;
    if (event.type === "note") return [{ type: "text" as const, text: event.text }];
    return event.type === "reply" ? event.parts.filter((part) => part.type === "text") : [];
  });
  const opening = summary?.type === "compacted" ? summary.summary : "";
  const texts = events.flatMap((event) => (event.type === "trimmed" && !voided.has(event.seq) ? [event.texts] : []));
  const all = [
    ...words,
    ...resultsOf({ live, told, trimmed: Object.assign({}, ...texts) }),
    { type: "text" as const, text: opening },
  ];
  return all.flatMap((part) => (part.type === "text" ? (part.text.match(/§\d+§/g) ?? []) : []));
}

type Lived = Record<"live" | "told", readonly Event[]> & { trimmed: Record<string, string> };

// the first result of each call that a reply made, or what is told in its place
function resultsOf({ live, told, trimmed }: Lived): UserPart[] {
  const replies = told.flatMap((event) => (event.type === "reply" ? event.parts : []));
  const ids = new Set(replies.map((part) => part.type === "call" && part.id));
  const results = live.filter((event) => event.type === "result" && ids.delete(event.callId));
  return results.flatMap((event) => {
    if (event.type !== "result") return [];
    const short = trimmed[event.callId];
    return short === undefined ? event.parts : [{ type: "text" as const, text: short }];
  });
}
