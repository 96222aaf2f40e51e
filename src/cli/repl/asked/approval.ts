import { isKeyRelease } from "@earendil-works/pi-tui";
import type { Json } from "../../../core/message.js";
import type { Answer, Question } from "../../../plugins/question.js";
import type { Locale } from "../locale.js";
import type { KeyPane } from "../port.js";
import { type LineField, lineField } from "../prompt/field.js";
import { isKey, typedBy } from "../prompt/keys.js";
import { cut, wrapWhole } from "../screen/wrap.js";
import type { Theme } from "../theme.js";
import { bodyLines } from "./approval-body.js";
import { type Act, actsFor, answerTo, changeIn, changeOf, INTERRUPTED, WORDS } from "./approval-words.js";
import { type Strays, strays } from "./strays.js";

export type Approving = {
  question: Question;
  theme: Theme;
  locale: Locale;
  /** How many questions come behind this one. */
  waiting(): number;
  /** How high it may be. */
  rows(): number;
  /** Called once. */
  answer(answer: Answer): void;
  changed(): void;
  /** In milliseconds, from any beginning. */
  now(): number;
  /** Calls back after so many milliseconds; without it a key is an answer at once. */
  later?(work: () => void, ms: number): void;
  /** Ends the turn that asks. */
  interrupt?(): void;
  /** The person's own editor, for a change that is long. */
  edit?(words: string): Promise<string | undefined>;
};

/** How long a yes by a letter waits for a second letter, which makes both words and no answer, in milliseconds. */
const ALONE = 200;
/** From this height on the answers stand one below the other. */
const ROOMY = 16;

type State = {
  /** The first line of the body that is shown. */
  top: number;
  /** Its end was shown: only then a yes is taken. */
  seen: boolean;
  /** Which answer Enter takes; none at first. */
  chosen: number;
  field: { act: "why" | "edit"; line: LineField } | undefined;
  /** Arguments that the person gave instead. */
  input: Json | undefined;
  hint: string | undefined;
  strays: Strays;
  /** A yes that counts unless more is typed. */
  held: Act | undefined;
  over: boolean;
  /** Of the last frame. */
  columns: number;
};

/**
 * Asks whether a call may run: the whole of it can be scrolled through, and yes counts only once its end was seen.
 * Esc is a no, Ctrl-C interrupts.
 */
export function approvalPane(given: Approving): KeyPane {
  const state: State = {
    top: 0,
    seen: false,
    chosen: -1,
    field: undefined,
    input: undefined,
    hint: undefined,
    strays: strays(given.now),
    held: undefined,
    over: false,
    columns: 0,
  };
  const body = remembered(given, state);
  const pane = { given, state, body };
  return {
    render(columns) {
      state.columns = columns;
      state.strays.shown();
      const { lines, foot, room } = layout(pane, columns);
      if (state.top + room >= lines.length) state.seen = true;
      return [...lines.slice(state.top, state.top + room), ...foot];
    },
    key(data) {
      if (isKeyRelease(data) || state.over) return;
      if (isKey(data, "ctrl+c")) return interrupted(pane);
      if (state.columns === 0) return;
      if (state.field) typeInto(pane, state.field, data);
      else if (!scrolled(pane, data)) answered(pane, data);
      if (!state.over) given.changed();
    },
  };
}

type Shown = { given: Approving; state: State; body(columns: number): string[] };

// laying out a long text takes a while: once for each width
function remembered(given: Approving, state: State): (columns: number) => string[] {
  let last: { columns: number; input: Json | undefined; lines: string[] } | undefined;
  return (columns) => {
    if (last?.columns !== columns || last.input !== state.input) {
      const asked = { question: given.question, changed: state.input };
      last = { columns, input: state.input, lines: bodyLines(asked, given, columns) };
    }
    return last.lines;
  };
}

type Layout = { lines: string[]; foot: string[]; room: number };

function layout({ given, state, body }: Shown, columns: number): Layout {
  const { theme, locale } = given;
  const words = WORDS[locale];
  const lines = body(columns);
  const rows = Math.max(2, given.rows());
  const answers = answersOf({ given, state, body }, columns, rows >= ROOMY);
  const hint = state.hint ?? (state.field ? words.typing : words.keys);
  const wait = given.waiting() > 0 ? [theme.warn(cut(words.waiting(given.waiting()), columns))] : [];
  const last = [...answers, ...wait, (state.hint === undefined ? theme.dim : theme.warn)(cut(hint, columns))];
  const whole = lines.length + last.length <= rows;
  const most = whole ? lines.length : Math.max(1, rows - last.length - 1);
  state.top = Math.max(0, Math.min(state.top, lines.length - most));
  if (whole) return { lines, foot: last, room: lines.length };
  const below = lines.length - state.top - most;
  const status = theme.warn(cut(words.below(below, state.top), columns));
  return { lines, foot: [status, ...last].slice(0, rows - most), room: most };
}

function answersOf({ given, state }: Shown, columns: number, roomy: boolean): string[] {
  const { theme, locale } = given;
  const words = WORDS[locale];
  if (state.field) {
    const { act, line } = state.field;
    const label = wrapWhole(act === "why" ? words.tell : words.change, columns).map(theme.bold);
    return [...label, `${theme.accent(">")} ${line.draw(columns - 2)}`];
  }
  const acts = actsFor(given.question, state.input !== undefined);
  if (roomy) {
    return acts.map((act, n) => {
      const text = cut(`${n === state.chosen ? ">" : " "} ${act}  ${words.acts[act]}`, columns);
      return n === state.chosen ? theme.chosen(text) : text;
    });
  }
  return packed(
    acts.map((act, n) => (n === state.chosen ? `>${act} ${words.short[act]}<` : `${act} ${words.short[act]}`)),
    columns,
  );
}

// as many on a line as fit
function packed(items: readonly string[], columns: number): string[] {
  const lines: string[] = [];
  for (const item of items) {
    const joined = lines.length === 0 ? item : `${lines.at(-1)} · ${item}`;
    if (lines.length > 0 && cut(joined, columns) === joined) lines[lines.length - 1] = joined;
    else lines.push(cut(item, columns));
  }
  return lines;
}

function finish({ given, state }: Shown, answer: Answer): void {
  state.over = true;
  given.answer(answer);
}

function interrupted(pane: Shown): void {
  finish(pane, INTERRUPTED);
  pane.given.interrupt?.();
}

function scrolled({ state, body, given }: Shown, data: string): boolean {
  const { lines, room } = layout({ given, state, body }, state.columns);
  const below = lines.length - state.top - room;
  const to = scrollTo(data, { top: state.top, room, below, chosen: state.chosen });
  if (to === undefined) return false;
  state.top = Math.max(0, Math.min(to, lines.length - room));
  state.hint = undefined;
  return true;
}

type View = { top: number; room: number; below: number; chosen: number };

// the answers stand below the text: an arrow goes through it first
function scrollTo(data: string, { top, room, below, chosen }: View): number | undefined {
  if (isKey(data, "pageDown", "ctrl+f")) return top + Math.max(1, room - 1);
  if (isKey(data, "pageUp", "ctrl+b")) return top - Math.max(1, room - 1);
  if (isKey(data, "home")) return 0;
  if (isKey(data, "end")) return top + below;
  if (isKey(data, "down", "ctrl+n") && below > 0 && chosen < 0) return top + 1;
  if (isKey(data, "up", "ctrl+p") && top > 0 && chosen < 0) return top - 1;
  return undefined;
}

function answered(pane: Shown, data: string): void {
  const { given, state } = pane;
  const acts = actsFor(given.question, state.input !== undefined);
  if (strayed(pane) || spelled(pane, data)) return;
  state.hint = undefined;
  if (isKey(data, "down", "ctrl+n")) state.chosen = Math.min(state.chosen + 1, acts.length - 1);
  else if (isKey(data, "up", "ctrl+p")) state.chosen = Math.max(state.chosen - 1, -1);
  else if (isKey(data, "escape")) finish(pane, answerTo("n"));
  else if (isKey(data, "enter")) take(pane, acts[state.chosen]);
  else letter(pane, data, meant(data, acts));
}

// who writes words looks elsewhere: only a letter that stands alone lets something run
function letter(pane: Shown, data: string, act: Act | undefined): void {
  const { given, state } = pane;
  if (act === undefined && typedBy(data) !== undefined) state.strays.more();
  const waits = state.seen && (act === "y" || act === "s" || act === "a");
  if (!waits || given.later === undefined) {
    take(pane, act);
    return;
  }
  state.held = act;
  given.later(() => {
    if (state.over || state.held === undefined) return;
    const { held } = state;
    state.held = undefined;
    take(pane, held);
  }, ALONE);
}

// the key behind a yes: Enter confirms it, a letter takes it back
function spelled(pane: Shown, data: string): boolean {
  const { given, state } = pane;
  const { held } = state;
  state.held = undefined;
  if (held === undefined) return false;
  if (isKey(data, "enter")) take(pane, held);
  else if (typedBy(data) === undefined) return false;
  else {
    state.strays.more();
    state.hint = WORDS[given.locale].stray;
  }
  return true;
}

// a key of somebody who was typing when the question came up
function strayed({ given, state }: Shown): boolean {
  if (!state.strays.strayed()) return false;
  state.hint = WORDS[given.locale].stray;
  return true;
}

// also in capitals, and as an input method writes them at full width
function meant(data: string, acts: readonly Act[]): Act | undefined {
  const key = typedBy(data)?.normalize("NFKC").toLowerCase();
  return acts.find((act) => act === key);
}

function take(pane: Shown, act: Act | undefined): void {
  const { given, state } = pane;
  const words = WORDS[given.locale];
  if (act === undefined) state.hint = words.none;
  else if (act === "n") finish(pane, answerTo("n"));
  else if (act === "t") state.field = { act: "why", line: lineField() };
  else if (!state.seen) state.hint = words.unseen;
  else if (act === "e") state.field = { act: "edit", line: lineField({ text: changeOf(given.question, state.input) }) };
  else finish(pane, answerTo(act, state.input));
}

function typeInto(pane: Shown, { act, line }: NonNullable<State["field"]>, data: string): void {
  const { given, state } = pane;
  state.hint = undefined;
  if (isKey(data, "escape")) state.field = undefined;
  else if (isKey(data, "ctrl+g")) void editOutside(pane, line);
  else if (!isKey(data, "enter")) line.key(data);
  else if (act === "why") finish(pane, answerTo("n", undefined, line.text.trim()));
  else changed(pane, changeIn(given.question, line.text));
}

// what was typed is shown whole before it can run
function changed({ given, state }: Shown, change: { input: Json } | undefined): void {
  if (change === undefined) {
    state.hint = WORDS[given.locale].fault;
    return;
  }
  Object.assign(state, { input: change.input, field: undefined, top: 0, seen: false, chosen: -1 });
}

async function editOutside({ given, state }: Shown, line: LineField): Promise<void> {
  const words = await given.edit?.(line.text);
  if (words === undefined || state.over) return;
  line.set(words.replace(/\n$/, ""));
  given.changed();
}
