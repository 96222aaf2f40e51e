import { type LineField, lineField } from "../prompt/field.js";
import { isKey } from "../prompt/keys.js";
import { unstyled } from "../screen/wrap.js";
import type { Theme } from "../theme.js";
import type { Place, Scroll } from "./viewer-scroll.js";

/** Milliseconds that a search may take before what was typed meanwhile is seen. */
const SLICE = 8;

export type Sought = {
  query: string;
  typing: boolean;
  found: "yes" | "no" | "seeking";
  /** The query with its caret, as far as it fits. */
  draw(columns: number): string;
};

/** What is looked for, and how far that is. */
export type Seeker = {
  sought(): Readonly<Sought>;
  /** Asks for new words. */
  begin(): void;
  type(data: string): void;
  seek(step: 1 | -1): void;
  /** What was found last is no longer where the next search begins. */
  forget(): void;
  /** Ends a search that goes on. */
  stop(): void;
};

type Seeking = { view: Scroll; place(): Place; columns(): number; show(place: Place): void; changed(): void };

/** Searches in slices, so that a key is never kept waiting. */
export function seeker({ view, place, columns, show, changed }: Seeking): Seeker {
  let field: LineField = lineField();
  const draw = (columns: number) => field.draw(columns);
  const sought: Sought = { query: "", typing: false, found: "yes", draw };
  let match: Place | undefined;
  let pause: NodeJS.Immediate | undefined;
  const goOn = (step: 1 | -1, at: Place, from: number) => {
    const end = performance.now() + SLICE;
    const until = () => performance.now() > end;
    const found = view.find(at, { step, matches: matcher(sought.query), columns: columns(), from, until });
    sought.found = found.type === "found" ? "yes" : found.type === "none" ? "no" : "seeking";
    if (found.type === "found") {
      match = found.place;
      show(match);
    }
    if (found.type !== "paused") return;
    pause = setImmediate(() => {
      goOn(step, at, found.from);
      changed();
    });
  };
  const seek = (step: 1 | -1) => goOn(step, match ?? place(), 0);
  return {
    sought: () => sought,
    begin() {
      field = lineField();
      Object.assign(sought, { typing: true, query: "", found: "yes" });
    },
    type(data) {
      if (isKey(data, "escape", "ctrl+c")) Object.assign(sought, { typing: false, query: "" });
      else if (isKey(data, "enter")) {
        sought.typing = false;
        if (sought.query !== "") seek(1);
      } else if (field.key(data)) sought.query = field.text;
    },
    seek,
    forget() {
      match = undefined;
    },
    stop: () => clearImmediate(pause),
  };
}

/** Whether a text holds what is looked for; capitals count only where they are asked for. */
function matcher(query: string): (text: string) => boolean {
  if (query === "") return () => false;
  const pattern = patternOf(query, "");
  return (text) => pattern.test(text);
}

/** A line with what is looked for standing out; its own styles give way. */
export function marked(line: string, query: string, theme: Theme): string {
  if (query === "") return line;
  const plain = unstyled(line);
  const shown = plain.replace(patternOf(query, "g"), (found) => theme.chosen(found));
  return shown === plain ? line : shown;
}

function patternOf(query: string, flags: "" | "g"): RegExp {
  const fold = query === query.toLowerCase() ? "i" : "";
  return new RegExp(query.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&"), `${flags}${fold}`);
}
