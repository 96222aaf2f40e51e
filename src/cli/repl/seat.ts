import { wholeLog } from "../../app/whole-log.js";
import type { Event } from "../../core/event.js";
import type { Desk } from "./desk.js";
import type { Hands, Status, Submitted, Ui } from "./port.js";
import type { Completable } from "./prompt/complete.js";
import type { SlashCommand } from "./slash.js";
import { statusOf } from "./status.js";
import { Talk } from "./talk.js";

const NOTHING_YET: Status = {
  ...{ model: "", mode: "default", window: 0, jobs: 0, queued: [] },
  ...{ tokens: undefined, cost: undefined, branch: undefined },
};

/** Where the person sits: from its making what they do has somewhere to go, also before a session is open. */
export class Seat implements Hands {
  readonly #ready: () => void;
  readonly #leaving: (code: number) => void;
  /** The exit code, once the person leaves. */
  readonly left: Promise<number>;
  #session: { desk: Desk; talk: Talk; ui: Ui; status(): Status; commands(): readonly SlashCommand[] } | undefined;

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
    const talk = new Talk(desk, commands);
    this.#session = { desk, talk, ui: desk.ui, commands, status: statusOf(desk, () => talk.waiting) };
  }

  submit(words: string, more?: Submitted): void {
    const { talk, desk } = this.#session ?? {};
    void talk?.take(words, more).then(() => desk?.busy || this.#ready());
  }

  interrupt(): boolean {
    return this.#session?.desk.interrupt() ?? false;
  }

  leave(code = 0): void {
    this.#leaving(code);
  }

  nextMode(): void {
    this.#session?.desk.nextMode();
  }

  unfold(): void {
    const { ui, desk } = this.#session ?? {};
    if (ui && desk) void ui.transcript(wholeLog(desk.opened.agent.log));
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
