import { createInterface, type Interface } from "node:readline";
import type { Delta, Event } from "../../core/event.js";
import { plainText } from "../../core/message.js";
import { visible } from "../../platform/text.js";
import type { Answer, Asking, Question } from "../../plugins/question.js";
import { progress } from "../progress.js";
import { bodyLines } from "./asked/approval-body.js";
import { INTERRUPTED } from "./asked/approval-words.js";
import { LINE_WORDS } from "./line-words.js";
import type { Locale } from "./locale.js";
import type { Choice, Field, FrontEnd, Hands, Said } from "./port.js";
import { oneLine } from "./screen/cells.js";
import { unstyled } from "./screen/wrap.js";
import { themeOf } from "./theme.js";

type Streams = { input: NodeJS.ReadableStream; output: NodeJS.WritableStream & { columns?: number } };
type Parts = Streams & { locale: Locale; hands: Hands };

/** Prompts of a session gone on with that are told again. */
const RECOUNTED = 3;
/** A yes that comes sooner after its question was typed before it, in milliseconds. */
const QUIET = 300;
/** Items of a choice shown at a time. */
const SHOWN = 20;

const YES: Record<string, Answer["for"]> = { y: "once", s: "session", a: "always" };

const PROMPT = "> ";
const PLAIN = themeOf({ colours: false });

type Items<T> = Choice<T>["items"];

/** A session in plain lines, for a terminal that can do no more. */
export class LineUi implements FrontEnd {
  readonly #lines: Interface;
  readonly #parts: Parts;
  readonly #human: ReturnType<typeof progress>;
  /** Who gets the next line; nobody: it is sent. */
  #reader: ((line: string | undefined) => void) | undefined;
  #questions: Promise<unknown> = Promise.resolve();
  #draft: string[] = [];
  #wrote = "";
  #pressed = false;
  /** A turn goes on. */
  #runs = false;
  #closed = false;

  constructor(parts: Parts) {
    this.#parts = parts;
    // the terminal's own line editing: what a line editor writes is what this terminal cannot show
    this.#lines = createInterface({ input: parts.input, output: parts.output, prompt: PROMPT, terminal: false });
    this.#human = progress({ write: (text) => this.#ownLine(text) }, false);
    this.#lines.on("line", (line) => this.#take(line));
    this.#lines.on("close", () => {
      this.#reader?.(undefined);
      parts.hands.leave();
    });
  }

  ready(): void {
    if (this.#closed || this.#reader !== undefined || this.#wrote === PROMPT) return;
    this.#freshLine();
    this.#lines.prompt();
    this.#wrote = PROMPT;
  }

  see(item: Event | Delta): void {
    this.#runs = item.type !== "ended";
    if (item.type === "text") this.#write(visible(item.text));
    if (item.type === "prompt" && item.from !== "user") this.#line(`[${item.from}] ${visible(plainText(item.parts))}`);
    if (item.type === "ended" && item.outcome !== "done") this.#line(visible(item.reason ?? item.outcome));
    if (item.type !== "text" && item.type !== "thinking" && item.type !== "prompt") this.#human.see(item);
  }

  recount(events: readonly Event[]): void {
    const prompts = events.filter((event) => event.type === "prompt");
    if (prompts.length > RECOUNTED) this.#line(LINE_WORDS[this.#parts.locale].before(prompts.length - RECOUNTED));
    const from = prompts.at(-RECOUNTED)?.seq ?? 0;
    for (const event of events.slice(from)) {
      if (event.type === "prompt")
        this.#line(`${event.from === "user" ? ">" : `[${event.from}]`} ${visible(plainText(event.parts))}`);
      if (event.type === "reply" && plainText(event.parts) !== "") this.#line(visible(plainText(event.parts)));
    }
  }

  say({ text }: Said): void {
    this.#line(visible(text));
  }

  ask(question: Question, asking?: Asking): Promise<Answer> {
    return this.#alone(async () => {
      if (asking?.signal.aborted) return INTERRUPTED;
      const { locale, output } = this.#parts;
      const body = bodyLines({ question, changed: undefined }, { theme: PLAIN, locale }, output.columns || 80);
      this.#line(body.map(unstyled).join("\n"));
      const answer = await this.#leaving(asking?.signal, () => this.#answer(question.always));
      // one that works beside an idle session has asked: the next words are wanted again
      if (!this.#runs) this.ready();
      return answer;
    });
  }

  // a question that nobody waits for any more is not answered
  #leaving<T>(signal: AbortSignal | undefined, ask: () => Promise<T>): Promise<T> {
    const leave = () => this.#unanswered();
    signal?.addEventListener("abort", leave, { once: true });
    return ask().finally(() => signal?.removeEventListener("abort", leave));
  }

  async #answer(always: readonly string[] | undefined): Promise<Answer> {
    const words = LINE_WORDS[this.#parts.locale];
    const rules = always === undefined ? "" : words.always(always.join(", "));
    const asked = performance.now();
    const letter = (await this.#asked(words.ask(visible(rules))))?.trim().toLowerCase();
    if (letter === undefined) return INTERRUPTED;
    const yes = YES[letter];
    if (yes !== undefined && performance.now() - asked < QUIET) {
      this.#line(words.stray);
      return this.#answer(always);
    }
    if (yes !== undefined && (yes !== "always" || always !== undefined))
      return { verdict: "allow", why: "the user allowed it", for: yes };
    if (letter === "n") return { verdict: "deny", why: "the user said no" };
    if (letter === "t") return { verdict: "deny", why: `the user said no: ${(await this.#asked(words.why)) ?? ""}` };
    this.#line(words.again);
    return this.#answer(always);
  }

  choose<T>({ title, items, signal }: Choice<T>): Promise<T | undefined> {
    return this.#alone(async () => {
      if (signal?.aborted) return undefined;
      return this.#leaving(signal, () => this.#chosen(title, { shown: items.slice(0, SHOWN), items }));
    });
  }

  async #chosen<T>(title: string, { shown, items }: { shown: Items<T>; items: Items<T> }): Promise<T | undefined> {
    const words = LINE_WORDS[this.#parts.locale];
    const rows = shown.map(({ label, about }, n) => `${n + 1}  ${label}${about === undefined ? "" : `  ${about}`}`);
    this.#line([visible(title), ...rows.map(oneLine)].join("\n"));
    const answer = (await this.#asked(words.number))?.trim();
    if (!answer) return undefined;
    const numbered = /^\d+$/.test(answer) ? shown[Number(answer) - 1] : undefined;
    const found = numbered
      ? [numbered]
      : items.filter(({ label }) => label.toLowerCase().includes(answer.toLowerCase()));
    if (found.length === 1) return found[0]?.value;
    if (found.length === 0) this.#line(words.none);
    return this.#chosen(title, { shown: found.length === 0 ? shown : found.slice(0, SHOWN), items });
  }

  // without a terminal's help what is typed cannot be hidden: it is not asked for
  fill({ title, hidden, signal }: Field): Promise<string | undefined> {
    if (hidden) return Promise.resolve(undefined);
    return this.#alone(async () => {
      if (signal?.aborted) return undefined;
      return this.#leaving(signal, () => this.#asked(`${visible(title)}: `));
    });
  }

  busy(what: string): () => void {
    this.#line(`${visible(what)} …`);
    return () => undefined;
  }

  board(): void {
    // lines that change would be lines without end
  }

  refresh(): void {
    // neither do the lines of what runs in the background
  }

  put(words: string): void {
    this.#line(visible(words));
  }

  async edit(): Promise<string | undefined> {
    this.#line(LINE_WORDS[this.#parts.locale].noEditor);
    return undefined;
  }

  async transcript(events: readonly Event[]): Promise<void> {
    this.recount(events);
  }

  ring(): void {
    this.#write("\u0007");
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#freshLine();
    this.#lines.close();
  }

  async dismiss(): Promise<void> {
    this.#unanswered();
  }

  #unanswered(): void {
    const reader = this.#reader;
    this.#reader = undefined;
    reader?.(undefined);
  }

  /** Ctrl-C: ends what goes on, or the session when it comes twice. */
  interrupted(): boolean {
    const { hands } = this.#parts;
    this.#draft = [];
    if (hands.interrupt()) return true;
    if (this.#reader !== undefined) this.#unanswered();
    else if (this.#pressed) hands.leave();
    else this.#firstPress();
    return true;
  }

  #firstPress(): void {
    this.#pressed = true;
    this.#line(LINE_WORDS[this.#parts.locale].twice);
    this.ready();
  }

  #take(line: string): void {
    this.#pressed = false;
    // the end of the line that was typed is on the screen
    this.#wrote = "";
    const reader = this.#reader;
    this.#reader = undefined;
    if (reader) {
      reader(line);
      return;
    }
    this.#draft.push(line.replace(/\\$/, ""));
    if (!line.endsWith("\\")) this.#parts.hands.submit(this.#draft.splice(0).join("\n"));
    else this.ready();
  }

  #asked(question: string): Promise<string | undefined> {
    this.#write(question);
    return new Promise((resolve) => {
      this.#reader = resolve;
    });
  }

  // one question at a time
  #alone<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#questions.then(work);
    this.#questions = turn.catch(() => undefined);
    return turn;
  }

  #line(text: string): void {
    this.#freshLine();
    this.#write(`${text}\n`);
  }

  #ownLine(text: string): void {
    this.#freshLine();
    this.#write(text);
  }

  #freshLine(): void {
    if (this.#wrote !== "" && !this.#wrote.endsWith("\n")) this.#write("\n");
  }

  #write(text: string): void {
    if (text === "") return;
    this.#parts.output.write(text);
    this.#wrote = text;
  }
}
