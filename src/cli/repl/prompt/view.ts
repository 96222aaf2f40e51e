import type { Draft } from "./draft.js";
import type { Editing } from "./editing.js";
import { type Layout, layouter, placeAt } from "./layout.js";

/** What of the draft is seen, and the motions that need to know it. */
export type View = {
  /** The draft laid out, the first row that is shown, and how many are. */
  at(columns: number): { layout: Layout; top: number; height: number };
  /** Up (-1) or down by one row; false: there is none, the caret stays. */
  step(by: 1 | -1): boolean;
  page(by: 1 | -1): void;
  /** The caret went elsewhere: the next step goes from its own column. */
  forget(): void;
};

export function viewOf(edit: Editing, { rows, label }: { rows(): number; label(id: number): string }): View {
  const layOut: (draft: Draft, columns: number) => Layout = layouter(label);
  let columns = 80;
  let top = 0;
  let goal: number | undefined;
  const height = () => Math.max(3, Math.floor(rows() * 0.4));
  const goTo = (layout: Layout, to: number) => {
    const column = goal ?? layout.column;
    const row = layout.rows[to];
    if (row) edit.go(placeAt(row, column));
    goal = column;
  };
  return {
    at(width) {
      columns = Math.max(4, width);
      const layout = layOut(edit.draft, columns);
      const most = Math.max(0, layout.rows.length - height());
      top = Math.min(most, Math.max(layout.row - height() + 1, Math.min(top, layout.row)));
      return { layout, top, height: height() };
    },
    step(by) {
      const layout = layOut(edit.draft, columns);
      const to = layout.row + by;
      const exists = to >= 0 && to < layout.rows.length;
      if (exists) goTo(layout, to);
      return exists;
    },
    page(by) {
      const layout = layOut(edit.draft, columns);
      goTo(layout, Math.max(0, Math.min(layout.rows.length - 1, layout.row + by * height())));
    },
    forget() {
      goal = undefined;
    },
  };
}
