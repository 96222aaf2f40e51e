import type { Past } from "./browsing.js";
import type { Draft } from "./draft.js";
import type { Editing } from "./editing.js";
import { typedBy } from "./keys.js";
import { newer, older, type Searching, searchFor } from "./searching.js";

/** Ctrl-R: while it is open, keys change what is searched, and the draft is what was found. */
export type SearchMode = {
  readonly state: Searching | undefined;
  open(): void;
  /** Takes a key. What it gives is an action that ended the search and is still to be done. */
  key(data: string, action: string | undefined): string | undefined;
  type(text: string): void;
};

type Parts = { edit: Editing; all(): readonly Past[]; again(past: Past): Draft };

export function searchMode({ edit, all, again }: Parts): SearchMode {
  let open: { state: Searching; before: Draft } | undefined;
  const found = (state: Searching) => {
    if (open === undefined) return;
    open = { ...open, state };
    const past = state.hits[state.at];
    edit.show(past ? again(past) : open.before);
  };
  // what was found becomes the draft, and undo brings back the one before it
  const leave = (takes: boolean) => {
    const { draft } = edit;
    edit.show(open?.before ?? draft);
    open = undefined;
    if (takes) edit.become(draft);
  };
  const moves: Record<string, (state: Searching) => Searching> = {
    search: older,
    up: older,
    down: newer,
    erase: ({ query }) => searchFor([...query].slice(0, -1).join(""), all()),
  };
  const type = (text: string) => found(searchFor((open?.state.query ?? "") + text, all()));
  return {
    get state() {
      return open?.state;
    },
    open() {
      open = { state: searchFor("", []), before: edit.draft };
    },
    type,
    key(data, action) {
      const typed = action === undefined ? typedBy(data) : undefined;
      if (typed !== undefined) type(typed);
      const move = moves[action ?? ""];
      if (open && move) found(move(open.state));
      if (move || action === undefined) return undefined;
      const ends = ["enter", "tab", "escape", "escapeTwice", "cancel"].includes(action);
      leave(!["escape", "escapeTwice", "cancel"].includes(action));
      return ends ? undefined : action;
    },
  };
}
