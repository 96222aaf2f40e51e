/** Between frames, in milliseconds: of what changes now and then, and of what streams. Keys wait for neither. */
const [SELDOM, STREAM] = [16, 60];
/** Changes that follow each other within this time are a stream. */
const FOLLOWS = 100;
/** The longest that a slow terminal or a costly frame is waited for. */
const SLOWEST = 1000;

/** Draws not more often than eyes can see, and never for more than a quarter of the time. */
export class Pace {
  readonly #draw: () => void;
  #timer: NodeJS.Timeout | undefined;
  #drawn = Number.NEGATIVE_INFINITY;
  #took = 0;

  constructor(draw: () => void) {
    this.#draw = draw;
  }

  /** With the next frame. */
  soon(): void {
    this.#timer ??= setTimeout(() => this.now(), this.#wait());
  }

  /** In this moment. */
  now(): void {
    this.stop();
    const before = performance.now();
    this.#draw();
    this.#drawn = performance.now();
    this.#took = this.#drawn - before;
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #wait(): number {
    const since = performance.now() - this.#drawn;
    const between = since < FOLLOWS ? STREAM : SELDOM;
    return Math.max(0, Math.min(SLOWEST, Math.max(between, 3 * this.#took)) - since);
  }
}
