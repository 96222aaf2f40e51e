import { statSync } from "node:fs";
import { basename } from "node:path";
import { isKeyRelease } from "@earendil-works/pi-tui";
import { type Browsing, browsing } from "./browsing.js";
import { type Completing, completing } from "./completing.js";
import { changed, type Draft, EMPTY, fromOutside, unfolded } from "./draft.js";
import { type Editing, editing } from "./editing.js";
import { type Folds, folds } from "./folds.js";
import { actionOf, typedBy } from "./keys.js";
import { imagesNamed, isLong, pastedText } from "./paste.js";
import type { PromptBox, PromptParts } from "./prompt.js";
import { GUTTER, promptFrame } from "./prompt-frame.js";
import { type SearchMode, searchMode } from "./search-mode.js";
import { type Sending, sending } from "./sending.js";
import { type Hint, type Twice, twice } from "./twice.js";
import { type View, viewOf } from "./view.js";

/** The prompt of the session: keys change a draft, Enter sends it. */
export function promptBox(parts: PromptParts): PromptBox {
  return new Box(parts);
}

class Box implements PromptBox {
  readonly #parts: PromptParts;
  readonly #edit: Editing = editing();
  readonly #folds: Folds;
  readonly #view: View;
  readonly #browse: Browsing;
  readonly #list: Completing;
  readonly #sending: Sending;
  readonly #search: SearchMode;
  readonly #twice: Twice;
  readonly #owned: Record<string, () => void>;
  #half = "";

  constructor(parts: PromptParts) {
    this.#parts = parts;
    this.#folds = folds(parts.locale);
    this.#view = viewOf(this.#edit, { rows: parts.rows, label: (id) => this.#folds.label(id) });
    this.#twice = twice(parts.changed);
    this.#list = completing(parts.complete, parts.changed);
    this.#sending = sending(this.#folds, isFile);
    const { again } = this.#sending;
    this.#browse = browsing(() => parts.history.near(), again);
    this.#search = searchMode({ edit: this.#edit, all: () => parts.history.all(), again });
    this.#owned = this.#actions();
  }

  text(): string {
    return unfolded(this.#edit.draft.text, (id) => this.#folds.words(id));
  }

  again(): string {
    return this.#sending.send(this.#edit.draft).past.words;
  }

  put(words: string, plain = false): void {
    this.#become(this.#sending.draft({ words: words.replace(/\r\n?/g, "\n"), plain }));
  }

  clear(): void {
    this.#become(EMPTY);
  }

  render(columns: number): readonly string[] {
    const { theme, locale, mode } = this.#parts;
    const { offer, at: chosen } = this.#list;
    const seen = this.#view.at(columns - GUTTER);
    const looks = { theme, locale, columns, draft: this.#edit.draft, ...seen, mode: mode(), offer, chosen };
    return promptFrame({ ...looks, search: this.#search.state, hint: this.#twice.hint });
  }

  key(data: string): void {
    const pasted = pastedText(data);
    if (pasted !== undefined) this.#paste(pasted);
    else if (!isKeyRelease(data)) this.#press(data);
  }

  #press(data: string): void {
    const read = actionOf(data);
    const action = this.#search.state ? this.#search.key(data, read) : read;
    if (this.#search.state || (action === undefined && read !== undefined)) return;
    const { hint: pressed } = this.#twice;
    this.#twice.forget();
    if (action === undefined) this.#type(data);
    else if (action === "cancel") this.#cancel(pressed);
    else if (action === "escape") this.#escape(pressed);
    else if (!this.#listKey(action)) this.#act(action);
  }

  #act(action: string): void {
    const own = this.#owned[action];
    if (own) own();
    else this.#change(action);
  }

  #actions(): Record<string, () => void> {
    const { hands, redraw } = this.#parts;
    return {
      enter: () => this.#enter(),
      newline: () => this.#insert("\n"),
      tab: () => this.#tab(),
      up: () => this.#vertical(-1),
      down: () => this.#vertical(1),
      pageUp: () => this.#page(-1),
      pageDown: () => this.#page(1),
      escapeTwice: () => {
        this.#escape(undefined);
        this.#escape(this.#twice.hint);
      },
      endOfInput: () => (this.#edit.draft.text === "" ? hands.leave() : this.#change("erasePast")),
      edit: () => void this.#elsewhere(),
      search: () => {
        this.#list.close();
        this.#search.open();
      },
      nextMode: () => hands.nextMode(),
      unfold: () => hands.unfold(),
      redraw: () => redraw(),
    };
  }

  // a character beyond the first plane comes in two halves
  #type(data: string): void {
    const whole = this.#half + data;
    const isHalf = /[\ud800-\udbff]$/.test(whole);
    this.#half = isHalf ? whole : "";
    if (isHalf) return;
    const typed = typedBy(whole);
    if (typed !== undefined) this.#insert(fromOutside(typed));
  }

  #insert(text: string, how: "typed" | "pasted" = "typed"): void {
    this.#edit.insert(text, how);
    this.#settle();
  }

  #become(draft: Draft): void {
    this.#edit.become(draft);
    this.#settle();
  }

  #change(action: string): void {
    const { text } = this.#edit.draft;
    this.#edit.act(action);
    if (this.#edit.draft.text !== text) this.#settle();
    else this.#moved();
  }

  #moved(): void {
    this.#view.forget();
    this.#list.close();
  }

  // after the text became another
  #settle(): void {
    this.#browse.end();
    this.#view.forget();
    this.#look();
  }

  // what was pasted at the beginning is no command: behind a space nothing reads it as one
  #look(): void {
    const { text, at, plain } = this.#edit.draft;
    this.#list.look((plain ? " " : "") + text.slice(0, at));
  }

  #tab(): void {
    this.#look();
    if (this.#list.offer?.items.length === 1) this.#listKey("tab");
  }

  #page(by: 1 | -1): void {
    this.#list.close();
    this.#view.page(by);
  }

  #enter(): void {
    const { draft } = this.#edit;
    const { text, at } = draft;
    if (text.charAt(at - 1) === "\\") this.#become(changed(draft, { from: at - 1, to: at, insert: "\n" }));
    else if (text.trim() !== "") this.#submit(draft);
  }

  #submit(draft: Draft): void {
    const { words, more, past } = this.#sending.send(draft);
    this.#edit.reset();
    this.#settle();
    this.#parts.history.add(past);
    this.#parts.hands.submit(words, more);
  }

  #listKey(action: string): boolean {
    const { offer, at, moved } = this.#list;
    if (offer === undefined) return false;
    const goes = action === "up" || action === "down";
    if (goes) this.#list.move(action === "up" ? -1 : 1);
    const takes = action === "tab" || (action === "enter" && (offer.enter !== "send" || moved));
    const item = offer.items[at];
    if (!takes || item === undefined) return goes;
    const { draft } = this.#edit;
    const from = offer.from - (draft.plain ? 1 : 0);
    this.#become(changed(draft, { from, to: draft.at, insert: item.value, pasted: draft.plain }));
    if (action === "enter" && offer.enter === "run") this.#enter();
    return true;
  }

  #vertical(by: 1 | -1): void {
    this.#list.close();
    if (this.#view.step(by)) return;
    const { draft } = this.#edit;
    const browses = this.#browse.active || (by < 0 && draft.at === 0);
    const other = browses ? this.#browse.step(by < 0 ? 1 : -1, draft) : undefined;
    if (other) this.#edit.show(other);
    else this.#edit.go(by < 0 ? 0 : draft.text.length);
    this.#view.forget();
  }

  #paste(text: string): void {
    if (this.#search.state) this.#search.type(text.replaceAll("\n", " "));
    else if (text !== "") this.#pasteInto(text, this.#edit.draft.text);
  }

  #pasteInto(text: string, draft: string): void {
    let marks = "";
    for (const path of imagesNamed(text, this.#parts.cwd, isFile))
      marks += `${this.#folds.fold({ type: "image", path, name: basename(path) }, draft + marks)} `;
    const kept = isLong(text) ? this.#folds.fold({ type: "paste", text }, draft) : text;
    this.#insert(marks || kept, "pasted");
    this.#list.close();
  }

  // the draft goes first, then the turn, then the session
  #cancel(pressed: Hint | undefined): void {
    const { hands } = this.#parts;
    if (this.#edit.draft.text !== "") this.clear();
    else if (hands.interrupt()) return;
    else if (pressed === "leave") hands.leave();
    else this.#twice.first("leave");
  }

  // the list goes first, then the turn, then the draft
  #escape(pressed: Hint | undefined): void {
    if (this.#list.offer) this.#list.close();
    else if (this.#parts.hands.interrupt() || this.#edit.draft.text === "") return;
    else if (pressed === "clear") this.clear();
    else this.#twice.first("clear");
  }

  async #elsewhere(): Promise<void> {
    const { draft } = this.#edit;
    const before = this.#sending.send(draft).past.words;
    const words = (await this.#parts.edit(before))?.replace(/\n$/, "");
    if (words === undefined || words === before || this.#edit.draft !== draft) return;
    this.put(words);
    this.#parts.changed();
  }
}

function isFile(path: string): boolean {
  try {
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
