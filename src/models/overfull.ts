import type { Message } from "../core/message.js";
import { text } from "../core/message.js";
import { type Bounded, type Bounds, MOST } from "./bounds.js";
import { presentable, withoutImages } from "./presentable.js";
import { once } from "./render.js";

/** Characters that are left of a text where the request is too large. */
const SHRUNK = 2000;

type Weighed = { message: Message; bytes: number; images: readonly number[] };
type Change = (message: Message) => Message;
type Tools = { weigh: (message: Message) => Weighed; shrink: Change; most: number };

/**
 * Makes conversations fit. What does not is replaced by words that say so: any text and image that is too
 * large by itself, the oldest images, the largest old results, what else is old, the newest turn; at the
 * last, the oldest messages are left out. What the user wrote stays whole as long as anything else can give.
 */
export function shrinking(bounds: Bounds): Bounded {
  const weigh = once((message: Message) => weighed(message, bounds));
  const fitting = once((message: Message) =>
    presentable(message, { image: bounds.image, text: message.role === "user" ? Number.POSITIVE_INFINITY : MOST.text }),
  );
  const shrink = once((message: Message) => presentable(message, { image: 0, text: SHRUNK }));
  const bare = once((message: Message) => withoutImages(message, Number.POSITIVE_INFINITY));
  return async (messages, taken) => {
    const all = messages.map((message) => weigh(fitting(message)));
    const spare = dropped(all, bounds.images);
    const seen = spare === 0 ? all : withoutOldest(all, spare, bare).map(weigh);
    return within(seen, { weigh, shrink, most: (bounds.most ?? MOST.request) - taken }).map(({ message }) => message);
  };
}

function weighed(message: Message, { bytes }: Bounds): Weighed {
  if (message.role === "assistant") return { message, bytes: bytes(message), images: [] };
  const images = message.parts.flatMap((part) => (part.type === "image" ? [part.data.length] : []));
  return { message, bytes: bytes(message), images };
}

// a quarter more than needed, so that the next requests begin like this one
function dropped(all: readonly Weighed[], most: number): number {
  let [first, sum] = [0, 0];
  const sizes: number[] = [];
  for (const size of all.flatMap(({ images }) => images)) {
    sum += size;
    sizes.push(size);
    if (sum <= MOST.images && sizes.length - first <= most) continue;
    while (first < sizes.length - 1 && (sum > MOST.images * 0.75 || sizes.length - first > most * 0.75)) {
      sum -= sizes[first] ?? 0;
      first += 1;
    }
  }
  return first;
}

function withoutOldest(all: readonly Weighed[], spare: number, bare: Change): Message[] {
  let left = spare;
  return all.map(({ message, images }) => {
    const here = Math.min(left, images.length);
    left -= here;
    if (here === 0) return message;
    return here === images.length ? bare(message) : withoutImages(message, here);
  });
}

function within(all: readonly Weighed[], tools: Tools): readonly Weighed[] {
  const { weigh, shrink, most } = tools;
  let sum = all.reduce((total, { bytes }) => total + bytes, 0);
  const out = [...all];
  for (const [at, before] of sum <= most ? [] : byWorth(all)) {
    const small = weigh(shrink(before.message));
    if (small.bytes >= before.bytes) continue;
    sum += small.bytes - before.bytes;
    out[at] = small;
    if (sum <= most) break;
  }
  return sum <= most ? out : newest(out, tools);
}

// the user's words last; results before other words, old before new, large before small
function byWorth(all: readonly Weighed[]): [number, Weighed][] {
  const turn = all.findLastIndex(({ message }) => message.role === "assistant");
  const ranks = { tool: 0, assistant: 1, user: 4 };
  const rank = (at: number, { message }: Weighed) => ranks[message.role] + (at < turn ? 0 : 2);
  return [...all.entries()].sort(([a, one], [b, two]) => rank(a, one) - rank(b, two) || two.bytes - one.bytes);
}

// what is cut off ends before a turn: a result never loses its call
function newest(all: readonly Weighed[], { weigh, most }: Tools): Weighed[] {
  let from = all.length;
  for (let left = most; from > 0 && left >= 0; from -= 1) left -= all[from - 1]?.bytes ?? 0;
  from += 1;
  while (all[from]?.message.role === "tool") from += 1;
  const said = text(`[${from} older messages left out: the request would be too large]`);
  const first = all[from]?.message;
  if (first?.role !== "user") return [weigh({ role: "user", parts: [said] }), ...all.slice(from)];
  return [weigh({ role: "user", parts: [said, ...first.parts] }), ...all.slice(from + 1)];
}
