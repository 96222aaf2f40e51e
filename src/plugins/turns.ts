/** A queue in which one thing happens at a time, in order. */
export type Turns = {
  /** How many wait for their turn. */
  readonly waiting: number;
  take<T>(work: () => Promise<T>): Promise<T>;
};

export function turns(): Turns {
  let waiting = 0;
  let last: Promise<unknown> = Promise.resolve();
  return {
    get waiting() {
      return waiting;
    },
    take(work) {
      waiting += 1;
      const turn = last.then(() => {
        waiting -= 1;
        return work();
      });
      last = turn.catch(() => undefined);
      return turn;
    },
  };
}

/** What the work gives, or at the latest when the signal fires, what stands for it then. */
export function unlessAborted<T>(signal: AbortSignal, instead: T, work: () => Promise<T>): Promise<T> {
  if (signal.aborted) return Promise.resolve(instead);
  return new Promise((resolve, reject) => {
    const leave = () => resolve(instead);
    signal.addEventListener("abort", leave, { once: true });
    work()
      .then(resolve, reject)
      .finally(() => signal.removeEventListener("abort", leave));
  });
}
