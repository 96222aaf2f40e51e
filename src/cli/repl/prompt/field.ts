import { CURSOR_MARKER } from "@earendil-works/pi-tui";
import { type Cell, cellsOf, fitting, joined, laidOpen, widthOf } from "../screen/cells.js";
import { type Draft, fromOutside } from "./draft.js";
import { editing } from "./editing.js";
import { actionOf, typedBy } from "./keys.js";
import { pastedText } from "./paste.js";

/** One line that is typed, with the keys of the prompt. */
export type LineField = {
  readonly text: string;
  set(text: string): void;
  /** False: the key changes nothing here. */
  key(data: string): boolean;
  /** As much of it around the caret as fits, with the caret marked. */
  draw(columns: number): string;
};

type Begun = { text?: string; hidden?: boolean; lines?: boolean };

/** A line to type in. What is `hidden` is drawn as dots; with `lines` a paste keeps its newlines, which are drawn as ⏎. */
export function lineField({ text = "", hidden = false, lines = false }: Begun = {}): LineField {
  const edit = editing();
  const draftOf = (words: string) => ({ text: fromOutside(words), at: words.length, plain: false });
  edit.show(draftOf(text));
  const typed = (data: string) => {
    const more = typedBy(data);
    if (more !== undefined) edit.insert(fromOutside(more));
  };
  return {
    get text() {
      return edit.draft.text;
    },
    set: (words) => edit.become(draftOf(words)),
    key(data) {
      const before = edit.draft;
      const pasted = pastedText(data);
      const action = actionOf(data);
      if (pasted !== undefined) edit.insert(fromOutside(lines ? tidied(pasted) : onOneLine(pasted)), "pasted");
      else if (action !== undefined) edit.act(action === "endOfInput" ? "erasePast" : action);
      else typed(data);
      return edit.draft !== before;
    },
    draw: (columns) => drawn(edit.draft, hidden, columns),
  };
}

function onOneLine(text: string): string {
  return tidied(text).replaceAll("\n", " ");
}

function tidied(text: string): string {
  return text.replaceAll("\t", " ").replace(/(?!\n)\p{Cc}/gu, "");
}

// only what can be near enough to be seen is looked at: a paste may be a megabyte
function drawn({ text, at }: Draft, hidden: boolean, columns: number): string {
  const most = columns * 16;
  const shown = (part: string): Cell[] => {
    const cells = cellsOf(hidden ? part : laidOpen(part.replaceAll("\n", "⏎")));
    return hidden ? cells.map(() => ({ char: "•", width: 1 })) : cells;
  };
  const before = shown(text.slice(Math.max(0, at - most), at));
  const behind = shown(text.slice(at, at + most));
  const room = Math.max(1, columns - 1);
  const far =
    widthOf(behind) + widthOf(before) <= room ? room : Math.max(room - widthOf(behind), Math.ceil((room * 2) / 3));
  const left = fitting(before.toReversed(), far).toReversed();
  return `${joined(left)}${CURSOR_MARKER}${joined(fitting(behind, columns - widthOf(left)))}`;
}
