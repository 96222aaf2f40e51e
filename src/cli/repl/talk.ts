import { UsageError } from "../../app/usage-error.js";
import { plainText, type UserPart } from "../../core/message.js";
import { sentence } from "../../core/run-tools.js";
import { duration } from "../../platform/text.js";
import type { Desk } from "./desk.js";
import type { Locale } from "./locale.js";
import type { Submitted } from "./port.js";
import { prompted } from "./prompted.js";
import { rememberLine } from "./remember-line.js";
import { shellLine } from "./shell-line.js";
import { commandNamed, readSent, type Sent, type SlashCommand } from "./slash.js";

/** A turn that took this long calls the person when it ends, in milliseconds. */
const LONG = 15_000;

const WORDS: Record<Locale, { busy(name: string): string; done(time: string): string }> = {
  en: {
    busy: (name) => `${name} waits until this is over. Esc ends it.`,
    done: (time) => `nanocoder is done after ${time}`,
  },
  zh: {
    busy: (name) => `${name} 要等当前工作结束后才能使用。按 Esc 可以中断。`,
    done: (time) => `nanocoder 已完成,用时 ${time}`,
  },
};

// the words themselves: behind them may come what files hold that they name
function saidIn(parts: readonly UserPart[]): string {
  return parts.find((part) => part.type === "text")?.text ?? plainText(parts);
}

/** What the person sends, to where it belongs: commands, shell lines, memories, and prompts that start or steer a turn. */
export class Talk {
  readonly #desk: Desk;
  readonly #commands: () => readonly SlashCommand[];
  /** Prompts that came while a command was at work. */
  #later: (readonly UserPart[])[] = [];
  /** What was posted, newest last; the inbox knows how many of them wait. */
  #posted: (readonly UserPart[])[] = [];
  /** The prompt that was sent last, until its files are read. */
  #reading: Promise<unknown> = Promise.resolve();

  constructor(desk: Desk, commands: () => readonly SlashCommand[]) {
    this.#desk = desk;
    this.#commands = commands;
  }

  /** Words that wait for the next step of what is going on. */
  get waiting(): readonly string[] {
    const { waiting } = this.#desk.opened.agent.inbox;
    this.#posted = waiting === 0 ? [] : this.#posted.slice(-waiting);
    return [...this.#posted, ...this.#later].map(saidIn);
  }

  /** Takes what was sent; never throws: a mistake is said. */
  async take(words: string, more?: Submitted): Promise<void> {
    if (words.trim() === "" && !more?.images.length) return;
    const sent: Sent = more?.plain ? { type: "prompt", words } : readSent(words);
    try {
      if (sent.type === "prompt") await this.#prompt(await this.#read(sent.words, more));
      else if (sent.type === "command") await this.#command(sent.name, sent.words);
      else if (sent.type === "memory") await rememberLine(this.#desk, sent.words);
      else await this.#alone(`!${sent.line}`, () => shellLine(this.#desk, sent.line));
    } catch (error) {
      this.#desk.ui.say({ type: "error", text: sentence(error) });
    }
  }

  // what names files takes longer to read than what does not, and may not be overtaken by it
  async #read(words: string, more: Submitted | undefined): Promise<readonly UserPart[]> {
    const before = this.#reading;
    const parts = prompted(this.#desk, words, more);
    this.#reading = parts.catch(() => undefined);
    await before;
    return parts;
  }

  /** Starts a turn with these words, or steers the one that runs. */
  async #prompt(parts: readonly UserPart[]): Promise<void> {
    const desk = this.#desk;
    if (desk.busy && !desk.runs) this.#later.push(parts);
    else this.#post(parts);
    if (!desk.busy) await desk.during(() => this.#turns());
  }

  async #turns(): Promise<void> {
    const { ui, locale, opened, signal } = this.#desk;
    const { inbox } = opened.agent;
    const began = Date.now();
    try {
      do {
        for (const parts of this.#later.splice(0)) this.#post(parts);
        await this.#desk.run();
      } while (!signal.aborted && inbox.waiting + this.#later.length > 0);
    } finally {
      this.#giveBack();
    }
    const took = Date.now() - began;
    if (took >= LONG) ui.ring(WORDS[locale].done(duration(took)));
  }

  // words that nothing will take are the person's again
  #giveBack(): void {
    const { ui, opened } = this.#desk;
    const untaken = [...opened.agent.inbox.take().map(({ parts }) => parts), ...this.#later.splice(0)];
    if (untaken.length > 0) ui.put(untaken.map(saidIn).join("\n"));
  }

  #post(parts: readonly UserPart[]): void {
    this.#posted.push(parts);
    this.#desk.opened.agent.inbox.post({ parts, from: "user" });
  }

  async #command(name: string, words: string): Promise<void> {
    const command = commandNamed(name, this.#commands());
    if (typeof command === "string") throw new UsageError(command);
    if (command.usage === "" && words !== "") throw new UsageError(`/${command.name} takes no words.`);
    const work = async () => command.run(this.#desk, words);
    if (command.always) await work();
    else await this.#alone(`/${command.name}`, work);
  }

  async #alone(name: string, work: () => Promise<void>): Promise<void> {
    const { ui, locale, busy } = this.#desk;
    if (busy) {
      ui.say({ type: "error", text: WORDS[locale].busy(name) });
      return;
    }
    const ended = await this.#ended(work);
    if (ended === "interrupted") this.#giveBack();
    else if (this.#later.length > 0) await this.#desk.during(() => this.#turns());
  }

  // a mistake in one command keeps nothing from those words that came meanwhile
  async #ended(work: () => Promise<void>): Promise<"over" | "interrupted"> {
    let signal: AbortSignal | undefined;
    try {
      await this.#desk.during(async () => {
        signal = this.#desk.signal;
        await work();
      });
    } catch (error) {
      this.#desk.ui.say({ type: "error", text: sentence(error) });
    }
    return signal?.aborted ? "interrupted" : "over";
  }
}
