import { decodeKittyPrintable, type KeyId, matchesKey } from "@earendil-works/pi-tui";
import type { Event } from "../../core/event.js";
import type { Look } from "./folded.js";
import type { KeyPane } from "./port.js";
import { viewEntries } from "./viewer-entries.js";
import { footerOf } from "./viewer-footer.js";
import { type Place, scroll } from "./viewer-scroll.js";
import { marked, matcher } from "./viewer-search.js";
import { cut } from "./wrap.js";

/** `rows` is how many lines the screen has; `close` is called when the person has seen enough. */
export type ViewerParts = { events: readonly Event[]; look: Look; rows(): number; close(): void };

type Search = { query: string; typing: boolean; found: "yes" | "no" };
type Step = "up" | "down" | "pageUp" | "pageDown" | "home" | "end" | "nextCall" | "lastCall" | "next" | "previous";
type Wish = Step | "search" | "close";

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
export function viewer({ events, look, rows, close }: ViewerParts): KeyPane {
  const entries = viewEntries(events, look);
  const view = scroll(entries);
  const search: Search = { query: "", typing: false, found: "yes" };
  let columns = 80;
  const height = () => Math.max(1, rows() - 1);
  const size = () => ({ columns, height: height() });
  let top: Place | "end" = "end";
  let match: Place | undefined;

  const place = () => (top === "end" ? view.end(size()) : top);
  const seek = (step: 1 | -1) => {
    match = view.find(match ?? place(), { step, matches: matcher(search.query), columns });
    search.found = match ? "yes" : "no";
    if (match) top = view.bounded(match, size());
  };
  const jump = (step: 1 | -1) => {
    const found = view.entry(place(), { step, type: "call" });
    match = undefined;
    if (found) top = view.bounded(found, size());
  };
  const steps: Record<Step, () => void> = {
    up: () => move(-1),
    down: () => move(1),
    pageUp: () => move(-Math.max(1, height() - 1)),
    pageDown: () => move(Math.max(1, height() - 1)),
    home: () => move(Number.NEGATIVE_INFINITY),
    end: () => move(Number.POSITIVE_INFINITY),
    nextCall: () => jump(1),
    lastCall: () => jump(-1),
    next: () => (search.query === "" ? jump(1) : seek(1)),
    previous: () => (search.query === "" ? jump(-1) : seek(-1)),
  };
  const move = (by: number) => {
    match = undefined;
    top = view.moved(place(), by, size());
  };
  const type = (data: string) => {
    if (matchesKey(data, "escape") || matchesKey(data, "ctrl+c")) Object.assign(search, { typing: false, query: "" });
    else if (matchesKey(data, "backspace")) search.query = [...search.query].slice(0, -1).join("");
    else if (matchesKey(data, "enter")) {
      search.typing = false;
      if (search.query !== "") seek(1);
    } else search.query += wordsOf(data);
  };

  return {
    key(data) {
      if (search.typing) return type(data);
      const wish = wishOf(data);
      if (wish === "close") close();
      else if (wish === "search") Object.assign(search, { typing: true, query: "", found: "yes" });
      else if (wish) steps[wish]();
    },
    render(wide) {
      columns = wide;
      const at = place();
      const lines = view.lines(at, size()).map((line) => marked(line, search.query, look.theme));
      const empty = Array.from({ length: Math.max(0, height() - lines.length) }, () => "");
      const position = { at: at.entry, of: entries.length, share: view.share(at, size()) };
      return [...lines, ...empty, cut(footerOf(position, search, look), wide)];
    },
  };
}

function wishOf(data: string): Wish | undefined {
  if (data === "G") return "end";
  if (data === "N") return "previous";
  return KEYS.find(([key]) => matchesKey(data, key))?.[1];
}

// what was typed or pasted, without what is no text
function wordsOf(data: string): string {
  const pasted = data.replace(/\u001b\[20[01]~/g, "");
  return decodeKittyPrintable(data) ?? (/[\0-\x1f\x7f]/.test(pasted) ? "" : pasted);
}
