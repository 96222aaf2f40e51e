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
