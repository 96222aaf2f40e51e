/** Failures in a row after which a model rests, and how long in milliseconds: doubled each time up to `longest`. */
const REST = { after: 3, first: 30_000, longest: 600_000 };

/** How one request to a model ended; what is said second does not count. */
export type Trial = {
  answered(): void;
  failed(failure: Failure): void;
  /** It told nothing of the model: it was interrupted, or was bad by itself. */
  left(): void;
};

/** What is known of a model now; milliseconds are left of its rest. */
export type Standing = { state: "working" | "failing" | "probed" } | { state: "resting"; left: number };

/** `heavy` failures need no second and third; `rest` is how long the provider wants to be left alone, in milliseconds. */
export type Failure = { heavy: boolean; rest?: number };

/**
 * Keeps a model that fails from being asked: after three failures in a row it rests, half a minute at first.
 * Then one request may probe it: an answer ends the rest, a failure begins one twice as long.
 */
export class Breaker {
  readonly #now: () => number;
  #failures = 0;
  #rests = 0;
  #until = 0;
  #probed = false;
  #failedAt = Number.NEGATIVE_INFINITY;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** It rests, or is being probed by another request. */
  get rests(): boolean {
    return this.#rests > 0 && (this.#probed || this.#now() < this.#until);
  }

  /** How it stands: `failing` has failed since it answered last, `probed` is asked once to see whether it does again. */
  get standing(): Standing {
    if (this.#probed) return { state: "probed" };
    if (this.rests) return { state: "resting", left: this.#until - this.#now() };
    return { state: this.#failures > 0 ? "failing" : "working" };
  }

  /** When it failed last, by the clock given. */
  get failedAt(): number {
    return this.#failedAt;
  }

  /** A request leaves for the model. */
  begin(): Trial {
    const probe = this.#rests > 0 && !this.rests;
    if (probe) this.#probed = true;
    let open = true;
    const end = (more: () => void) => () => {
      if (!open) return;
      open = false;
      if (probe) this.#probed = false;
      more();
    };
    return {
      answered: end(() => this.#mend()),
      failed: (failure) => end(() => this.#fail(failure, probe))(),
      left: end(() => undefined),
    };
  }

  #mend(): void {
    this.#failures = 0;
    this.#rests = 0;
    this.#until = 0;
  }

  // who is asked while it rests, because all do, does not rest the longer for it
  #fail({ heavy, rest = 0 }: Failure, probe: boolean): void {
    const now = this.#now();
    this.#failures += 1;
    this.#failedAt = now;
    if (this.#rests > 0 && !probe) return;
    if (!probe && !heavy && rest === 0 && this.#failures < REST.after) return;
    this.#rests += 1;
    this.#until = now + Math.max(rest, Math.min(REST.first * 2 ** (this.#rests - 1), REST.longest));
  }
}
