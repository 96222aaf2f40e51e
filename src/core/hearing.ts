import type { Delta, Event } from "./event.js";
import { growing } from "./fold.js";
import { type Call, callsIn, type ReplyPart } from "./message.js";

/** A reply while it comes. */
export type Hearing = {
  /** Takes an item of the stream; a call comes back with an id that no earlier reply used. */
  hear(item: Event | Delta): Event | Delta;
  /** The part of the finished reply as it was heard. */
  known(part: ReplyPart): ReplyPart;
  announced(call: Call): boolean;
  /** What came before the stream broke: text and complete calls; thinking is lost with its token. */
  parts(): ReplyPart[];
};

/** Listens to one reply of a session. */
export function hearing(events: readonly Event[]): Hearing {
  const taken = usedIds(events);
  const calls = new Map<string, Call>();
  const parts: ReplyPart[] = [];

  const rename = (call: Call): Call => {
    const id = freshId(call.id, taken);
    taken.add(id);
    return id === call.id ? call : { ...call, id };
  };

  return {
    hear(item) {
      if (item.type === "text") append(parts, item.text);
      if (item.type !== "call" || !("call" in item)) return item;
      const call = rename(item.call);
      calls.set(item.call.id, call);
      parts.push(call);
      return { type: "call", call };
    },
    known: (part) => (part.type === "call" ? (calls.get(part.id) ?? rename(part)) : part),
    announced: (call) => parts.includes(call),
    parts: () => parts,
  };
}

function append(parts: ReplyPart[], more: string): void {
  const tail = parts.at(-1);
  if (tail?.type === "text") tail.text += more;
  else parts.push({ type: "text", text: more });
}

// some providers number the calls of each reply from zero; in the log an id means one call
const usedIds = growing(
  () => new Set<string>(),
  (ids, event) => {
    if (event.type === "started") ids.add(event.callId);
    else if (event.type === "reply") for (const { id } of callsIn(event.parts)) ids.add(id);
  },
);

function freshId(id: string, taken: ReadonlySet<string>): string {
  if (!taken.has(id)) return id;
  for (let n = 2; ; n += 1) if (!taken.has(`${id}_${n}`)) return `${id}_${n}`;
}
