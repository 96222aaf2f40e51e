import { type KeyId, matchesKey } from "@earendil-works/pi-tui";
import type { Event } from "../../../core/event.js";
import type { KeyPane } from "../port.js";
import { cut } from "../screen/wrap.js";
import type { Look } from "./folded.js";
import { viewEntries } from "./viewer-entries.js";
import { footerOf } from "./viewer-footer.js";
import { type Place, scroll } from "./viewer-scroll.js";
import { marked, seeker } from "./viewer-search.js";

/**
 * `rows` is how many lines the screen has; `close` is called when the person has seen enough, `changed` when there is
 * something else to see though no key was hit.
 */
export type ViewerParts = { events: readonly Event[]; look: Look; rows(): number; close(): void; changed(): void };

type Move = "up" | "down" | "pageUp" | "pageDown" | "home" | "end";
type Wish = Move | "nextCall" | "lastCall" | "next" | "previous" | "search" | "close";

const KEYS: readonly [KeyId, Wish][] = [
  ["up", "up"],
  ["k", "up"],
  ["down", "down"],
  ["j", "down"],
  ["enter", "down"],
  ["pageUp", "pageUp"],
  ["b", "pageUp"],
  ["pageDown", "pageDown"],
  ["space", "pageDown"],
  ["home", "home"],
  ["g", "home"],
  ["end", "end"],
  ["shift+g", "end"],
  ["tab", "nextCall"],
  ["shift+tab", "lastCall"],
  ["p", "lastCall"],
  ["n", "next"],
  ["shift+n", "previous"],
  ["/", "search"],
  ["escape", "close"],
  ["q", "close"],
  ["ctrl+o", "close"],
  ["ctrl+c", "close"],
];

/** All of a session on the whole screen, nothing folded, its end first. Only what is seen is rendered. */
export function viewer({ events, look, rows, close, changed }: ViewerParts): KeyPane {
  const entries = viewEntries(events, look);
  const view = scroll(entries);
  let columns = 80;
  let top: Place | "end" = "end";
  const height = () => Math.max(1, rows() - 1);
  const size = () => ({ columns, height: height() });
  const place = () => (top === "end" ? view.end(size()) : top);
  const show = (at: Place) => {
    top = view.bounded(at, size());
  };
  const search = seeker({ view, place, show, changed, columns: () => columns });

  const move = (by: number) => {
    search.forget();
    top = view.moved(place(), by, size());
  };
  const jump = (step: 1 | -1) => {
    search.forget();
    const found = view.entry(place(), { step, type: "call" });
    if (found) show(found);
  };
  const page = () => Math.max(1, height() - 1);
  const next = (step: 1 | -1) => (search.sought().query === "" ? jump(step) : search.seek(step));
  const acts: Record<Wish, () => void> = {
    up: () => move(-1),
    down: () => move(1),
    pageUp: () => move(-page()),
    pageDown: () => move(page()),
    home: () => move(Number.NEGATIVE_INFINITY),
    end: () => move(Number.POSITIVE_INFINITY),
    nextCall: () => jump(1),
    lastCall: () => jump(-1),
    next: () => next(1),
    previous: () => next(-1),
    search: search.begin,
    close,
  };
  return {
    key(data) {
      search.stop();
      if (search.sought().typing) return search.type(data);
      const wish = wishOf(data);
      if (wish) acts[wish]();
    },
    render(wide) {
      columns = wide;
      const at = place();
      const sought = search.sought();
      const lines = view.lines(at, size()).map((line) => marked(line, sought.query, look.theme));
      const empty = Array.from({ length: Math.max(0, height() - lines.length) }, () => "");
      const position = { at: at.entry, of: entries.length, share: view.share(at, size()) };
      return [...lines, ...empty, cut(footerOf(position, sought, look), wide)];
    },
  };
}

function wishOf(data: string): Wish | undefined {
  if (data === "G") return "end";
  if (data === "N") return "previous";
  return KEYS.find(([key]) => matchesKey(data, key))?.[1];
}
