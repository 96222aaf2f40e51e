import { wholeLog } from "../../app/whole-log.js";
import type { Event } from "../../core/event.js";
import { sentence } from "../../core/run-tools.js";
import type { Desk } from "./desk.js";
import type { Hands, Status, Submitted } from "./port.js";
import type { Completable } from "./prompt/complete.js";
import type { SlashCommand } from "./slash.js";
import { statusOf } from "./status.js";
import { take } from "./talk.js";

const NOTHING_YET: Status = {
  ...{ model: "", mode: "default", window: 0, jobs: [], queued: [] },
  ...{ tokens: undefined, cost: undefined, branch: undefined },
};

type Session = { desk: Desk; status(): Status; commands(): readonly SlashCommand[] };

/** Where the person sits: from its making what they do has somewhere to go, also before a session is open. */
export class Seat implements Hands {
  readonly #ready: () => void;
  readonly #leaving: (code: number) => void;
  /** The exit code, once the person leaves. */
  readonly left: Promise<number>;
  #session: Session | undefined;
  /** What was sent before a session was open: it comes behind the first words. */
  readonly #early: (() => void)[] = [];

  /** `ready` is called when nothing goes on any more: the next words are wanted. */
  constructor(ready: () => void = () => undefined) {
    this.#ready = ready;
    let leaving: (code: number) => void = () => undefined;
    this.left = new Promise((resolve) => {
      leaving = resolve;
    });
    this.#leaving = leaving;
  }

  /** A session is open: from now on all goes to it. */
  take(desk: Desk, commands: () => readonly SlashCommand[]): void {
    this.#session = { desk, commands, status: statusOf(desk) };
    desk.attend(() => this.#ready());
  }

  submit(words: string, more?: Submitted): void {
    const { desk, commands } = this.#session ?? {};
    if (!desk || !commands) {
      this.#early.push(() => this.submit(words, more));
      return;
    }
    void take({ words, more }, desk, commands()).then(() => desk.busy || this.#ready());
    for (const again of this.#early.splice(0)) again();
  }

  interrupt(): boolean {
    return this.#session?.desk.interrupt() ?? false;
  }

  leave(code = 0): void {
    this.#leaving(code);
  }

  /** Takes the session's secrets out of a text, also a key that came after its start. */
  redact(text: string): string {
    return this.#session?.desk.opened.ground.redact.text(text) ?? text;
  }

  nextMode(): void {
    void this.#attempt(async ({ desk }) => desk.nextMode());
  }

  unfold(): void {
    void this.#attempt(async ({ desk }) => desk.ui.transcript(wholeLog(desk.opened.agent.log)));
  }

  // a key that fails, as with a full disk, is told and ends nothing
  async #attempt(work: (session: Session) => Promise<void>): Promise<void> {
    const session = this.#session;
    if (session) await work(session).catch((error) => session.desk.ui.say({ type: "error", text: sentence(error) }));
  }

  status(): Status {
    return this.#session?.status() ?? NOTHING_YET;
  }

  events(): readonly Event[] {
    return this.#session?.desk.opened.agent.log.events ?? [];
  }

  /** The commands there are, as the prompt completes them. */
  commands(): readonly Completable[] {
    const { commands, desk } = this.#session ?? {};
    if (!commands || !desk) return [];
    return commands().map(({ name, about, complete }) => ({
      name,
      about: about[desk.locale],
      ...(complete && { complete: (words: string) => complete.call(undefined, desk, words) }),
    }));
  }
}
