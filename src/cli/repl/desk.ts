import { assemble, type Opened, type Resume } from "../../app/assemble.js";
import { type Config, readConfig, thisMachine } from "../../app/config.js";
import type { Flags } from "../../app/input.js";
import { resumed } from "../../app/resumed.js";
import { MODE } from "../../app/session-settings.js";
import { switchModel } from "../../app/switch-model.js";
import { UsageError } from "../../app/usage-error.js";
import type { Outcome } from "../../core/event.js";
import { state } from "../../core/fold.js";
import type { Mail } from "../../core/inbox.js";
import { type Agent, run } from "../../core/loop.js";
import { plainText, text, type UserPart } from "../../core/message.js";
import { sentence } from "../../core/run-tools.js";
import { duration } from "../../platform/text.js";
import { MODES, type Mode } from "../../plugins/permission.js";
import type { Clock, Schedules } from "../../plugins/schedules.js";
import { InUse } from "../../store/lock.js";
import type { RunFlags } from "../asked.js";
import { frontOf } from "./front.js";
import type { Locale } from "./locale.js";
import type { Ui } from "./port.js";
import { scheduledFront } from "./scheduled.js";

type Parts = { ui: Ui; locale: Locale; flags: RunFlags; clock?: Clock | undefined };
type Held = { config: Config; opened: Opened; schedules: Schedules };

/** Who mail of the person is from. */
const USER = "user";

/** A turn that took this long calls the person when it ends, in milliseconds. */
const LONG = 15_000;

const WORDS: Record<Locale, { done(time: string): string }> = {
  en: { done: (time) => `nanocoder is done after ${time}` },
  zh: { done: (time) => `nanocoder 已完成，用时 ${time}` },
};

/** The session at work, and what of it is going on: what the commands of a front end act on. */
export class Desk {
  readonly ui: Ui;
  readonly locale: Locale;
  readonly flags: RunFlags;
  readonly clock: Clock | undefined;
  #held: Held;
  #runs = false;
  /** What was posted, newest last; the inbox knows how many of them wait. */
  #posted: Mail[] = [];
  /** What is to be answered once nothing else goes on. */
  #later: (readonly UserPart[])[] = [];
  readonly #again = new WeakMap<readonly UserPart[], string>();
  /** The prompt that was sent last, until its files are read. */
  #reading: Promise<unknown> = Promise.resolve();
  #doing: AbortController | undefined;
  #done: Promise<unknown> = Promise.resolve();
  #rests: (() => void) | undefined;

  constructor({ ui, locale, flags, clock }: Parts, held: Held) {
    this.clock = clock;
    this.ui = ui;
    this.locale = locale;
    this.flags = flags;
    this.#held = held;
    this.#hear();
  }

  get config(): Config {
    return this.#held.config;
  }

  get opened(): Opened {
    return this.#held.opened;
  }

  get schedules(): Schedules {
    return this.#held.schedules;
  }

  /** Whether something is going on that a person may interrupt. */
  get busy(): boolean {
    return this.#doing !== undefined;
  }

  /** What was said to the model and it has not read yet. */
  get waiting(): readonly string[] {
    const { waiting } = this.opened.agent.inbox;
    this.#posted = waiting === 0 ? [] : this.#posted.slice(-waiting);
    const own = this.#posted.filter(({ from }) => from === USER).map(({ parts }) => parts);
    return [...own, ...this.#later].map(saidIn);
  }

  get mode(): Mode {
    const said = state(this.opened.agent.log.events, MODE);
    return MODES.find((mode) => mode === said) ?? this.config.mode;
  }

  /** Fires when what is going on is to end. */
  get signal(): AbortSignal {
    return this.#doing?.signal ?? AbortSignal.abort("nothing is going on");
  }

  /** What is read for words that were sent: it may take longer than what is read for the next ones, and is not overtaken. */
  async inOrder<T>(reading: Promise<T>): Promise<T> {
    const before = this.#reading;
    this.#reading = reading.catch(() => undefined);
    await before;
    return reading;
  }

  /**
   * Says something to the model. It steers the run that goes on; without one it is answered at the end of what is
   * done by `during`. `again` is how it is put back into the prompt when nobody has read it; its words when absent.
   */
  post(words: string | readonly UserPart[], again?: string): void {
    const parts = typeof words === "string" ? [text(words)] : words;
    if (again !== undefined) this.#again.set(parts, again);
    if (this.#runs) this.#deliver({ parts, from: USER });
    else this.#later.push(parts);
  }

  /** Does one thing at a time, and has what was posted meanwhile answered; what an interruption leaves of it is the person's again. */
  async during(work: () => Promise<void>): Promise<void> {
    if (this.#doing) throw new Error("Something is going on already.");
    this.#doing = new AbortController();
    const doing = work()
      .then(() => this.answer())
      .finally(() => {
        const { aborted } = this.signal;
        this.#giveBack();
        this.#doing = undefined;
        if (!aborted) this.#wake();
      });
    this.#done = doing.catch(() => undefined);
    await doing;
  }

  /** Ends what is going on; false when nothing was. */
  interrupt(): boolean {
    if (!this.#doing) return false;
    this.#doing.abort("interrupted by the user");
    return true;
  }

  /** Runs the session's agent, or a variant of it, until it stops or the signal fires, and shows all of it. Only within `during`. */
  async run(agent: Agent = this.opened.agent, signal = this.signal): Promise<Outcome> {
    this.#runs = true;
    try {
      const items = run(agent, signal);
      for (;;) {
        const { value, done } = await items.next();
        if (done) return value;
        this.ui.see(value);
      }
    } catch (error) {
      // no fact tells it: there was nowhere to put one
      const { seq = 0 } = agent.log.events.at(-1) ?? {};
      this.ui.see({ type: "ended", outcome: "failed", reason: sentence(error), seq, at: Date.now() });
      return "failed";
    } finally {
      this.#runs = false;
    }
  }

  /** Runs until nothing that was posted waits any more, or the signal fires. Only within `during`. */
  async answer(): Promise<void> {
    const began = performance.now();
    const { inbox } = this.opened.agent;
    while (!this.signal.aborted && inbox.waiting + this.#later.length > 0) {
      for (const parts of this.#later.splice(0)) this.#deliver({ parts, from: USER });
      await this.run();
    }
    const took = performance.now() - began;
    if (took >= LONG) this.ui.ring(WORDS[this.locale].done(duration(took)));
  }

  /** From now on what others write to an idle session sets it to work; `rests` is called when that is done. */
  attend(rests: () => void): void {
    this.#rests = rests;
    this.#wake();
  }

  #deliver(mail: Mail): void {
    this.#posted.push(mail);
    this.opened.agent.inbox.post(mail);
  }

  // an idle session is woken by what others write to it: its jobs in the background, its schedules
  #hear(): void {
    this.opened.background.deliver((mail) => {
      this.#deliver(mail);
      this.#wake();
    });
    this.opened.background.watch(() => this.ui.refresh());
    this.schedules.start(() => this.#wake()).catch((error) => this.#notice(sentence(error)));
  }

  #wake(): void {
    const rests = this.#rests;
    const { inbox } = this.opened.agent;
    if (!rests || this.busy) return;
    // what others wrote goes first
    const due = inbox.waiting === 0 ? this.schedules.take() : undefined;
    if (due) this.#deliver(due.mail);
    if (inbox.waiting === 0) return;
    void this.during(async () => undefined)
      .catch((error) => this.ui.say({ type: "error", text: sentence(error) }))
      .then(() => this.busy || rests());
  }

  // what others wrote waits for the next turn
  #giveBack(): void {
    const untaken = this.opened.agent.inbox.take();
    this.#posted = [];
    const own = [...untaken.filter(({ from }) => from === USER).map(({ parts }) => parts), ...this.#later.splice(0)];
    if (own.length > 0) this.ui.put(own.map((parts) => this.#again.get(parts) ?? saidIn(parts)).join("\n"));
    for (const mail of untaken) if (mail.from !== USER) this.#deliver(mail);
  }

  setMode(mode: Mode): void {
    if (mode !== this.mode) this.opened.agent.log.append({ type: "state", key: MODE, value: mode });
  }

  /** The next mode of those that may be changed by a key; `auto` only by name. */
  nextMode(): void {
    const turn: readonly Mode[] = ["default", "strict", "plan"];
    this.setMode(turn[(turn.indexOf(this.mode) + 1) % turn.length] ?? "default");
  }

  /** Another model for this session, from the next request on: the configured one where none is named; `provider` where its name does not tell. Throws a UsageError. */
  async useModel(wish: Pick<Flags, "model" | "provider">): Promise<void> {
    const { config, opened } = this.#held;
    const { choice: _, gateway: __, ...rest } = config;
    const { model: ___, ...flags } = this.flags;
    const { choice, gateway } = await readConfig({ ...flags, ...wish, cwd: config.cwd }, thisMachine());
    const changed: Config = { ...rest, ...(choice && { choice }), ...(gateway && { gateway }) };
    this.#held = { ...this.#held, config: changed, opened: await switchModel(opened, changed, this.#notice) };
  }

  /** Goes on in another session, a new one when none is named; this one is closed. `more` outweighs what that session says. Throws a UsageError. */
  async open(resume: Resume, more: Flags = {}): Promise<void> {
    const before = this.opened;
    this.#held = await openHeld({ ...this, flags: { ...this.flags, ...more, cwd: this.config.cwd } }, resume);
    await before.close();
    this.#posted = [];
    this.#hear();
    this.ui.recount(this.opened.agent.log.events);
  }

  /** Ends what is going on and lets go of the session. */
  async close(): Promise<void> {
    this.interrupt();
    await this.#done;
    await this.opened.close();
  }

  readonly #notice = (line: string) => this.ui.say({ type: "note", text: line });
}

/** Opens the first session: a new one, or the one to go on with. Throws a UsageError. */
export async function openDesk(parts: Parts, first: { config: Config; resume: Resume }): Promise<Desk> {
  const held = await hold(parts, first).catch((error: unknown) => {
    throw error instanceof InUse ? new UsageError(error.message) : error;
  });
  return new Desk(parts, held);
}

async function openHeld(parts: Parts, resume: Resume): Promise<Held> {
  const machine = thisMachine();
  const fresh = resume.id === undefined && !resume.newest;
  const { notice } = frontOf(parts);
  const begun = fresh
    ? { config: await readConfig(parts.flags, machine), resume }
    : await resumed({ flags: parts.flags, machine, resume, notice });
  return hold(parts, begun);
}

async function hold(parts: Parts, { config, resume }: { config: Config; resume: Resume }): Promise<Held> {
  const { front, schedules } = scheduledFront(frontOf(parts), { ...parts, config });
  const opened = await assemble(config, resume, front);
  return { config, opened, schedules: schedules() };
}

// the words themselves: behind them may come what files hold that they name
function saidIn(parts: readonly UserPart[]): string {
  return parts.find((part) => part.type === "text")?.text ?? plainText(parts);
}
