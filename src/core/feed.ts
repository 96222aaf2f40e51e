/**
 * Where concurrent work leaves what the generator will yield: many push, one takes.
 * `arrival` resolves at the next push or wake; a new promise each time, so nothing piles up on a long wait.
 */
export class Feed<T> {
  #items: T[] = [];
  #wake: (() => void) | undefined;

  push(item: T): void {
    this.#items.push(item);
    this.wake();
  }

  wake(): void {
    this.#wake?.();
    this.#wake = undefined;
  }

  take(): T[] {
    if (this.#items.length === 0) return [];
    const taken = this.#items;
    this.#items = [];
    return taken;
  }

  arrival(): Promise<void> {
    if (this.#items.length > 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
}

export type Attempt<R> = { type: "answered"; value: R } | { type: "failed"; error: unknown };

/**
 * Yields what a stream gives, as `see` returns it, and what arrives in the feed, each as it comes. The stream
 * is pulled only when the reader asks. What it throws is its end, as what it returns is.
 */
export async function* interleave<T, R>(
  stream: AsyncGenerator<T, R>,
  feed: Feed<T>,
  see: (item: T) => T,
): AsyncGenerator<T, Attempt<R>> {
  try {
    for (;;) {
      const turn = settle(stream.next(), feed);
      while (!turn.settled) {
        for (const item of feed.take()) yield item;
        if (!turn.settled) await feed.arrival();
      }
      for (const item of feed.take()) yield item;
      const step = turn.settled();
      if (step.done) return { type: "answered", value: step.value };
      yield see(step.value);
    }
  } catch (error) {
    return { type: "failed", error };
  } finally {
    // not awaited: a pending `next` ends only when the caller aborts, which it does after this
    stream.return(undefined as R).catch(() => undefined);
  }
}

/** Yields what arrives in the feed until the work is over; throws what the work throws. */
export async function* drain<T>(work: Promise<unknown>, feed: Feed<T>): AsyncGenerator<T, void> {
  const turn = settle(work, feed);
  while (!turn.settled) {
    yield* feed.take();
    if (!turn.settled) await feed.arrival();
  }
  yield* feed.take();
  turn.settled();
}

type Turn<T> = { settled: (() => T) | undefined };

function settle<T>(work: Promise<T>, feed: { wake(): void }): Turn<T> {
  const turn: Turn<T> = { settled: undefined };
  work.then(
    (value) => {
      turn.settled = () => value;
      feed.wake();
    },
    (error: unknown) => {
      turn.settled = () => {
        throw error;
      };
      feed.wake();
    },
  );
  return turn;
}
