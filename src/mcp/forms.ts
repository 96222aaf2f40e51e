import { unlessAborted } from "../platform/waiting.js";
import type { ElicitAnswer, Elicited, Ground } from "./types.js";

/** Forms of one server that wait for the person at once; what is over that is declined. */
const MOST = 5;

/** The forms that a server asks for over one connection. When no call of ours is left to need them they are taken away, and nothing is sent. */
export class Forms {
  readonly #elicit: Ground["elicit"];
  readonly #open = new Set<AbortController>();
  #calls = 0;

  constructor(elicit: Ground["elicit"]) {
    this.#elicit = elicit;
  }

  /** Makes a call. */
  async during<T>(call: () => Promise<T>): Promise<T> {
    this.#calls += 1;
    try {
      return await call();
    } finally {
      this.#calls -= 1;
      if (this.#calls === 0) for (const form of this.#open) form.abort();
    }
  }

  /** Has a form filled in; cancelled when `signal` fires, too. */
  async fill(asked: Elicited, signal: AbortSignal): Promise<ElicitAnswer> {
    if (this.#open.size >= MOST) return { action: "decline" };
    const form = new AbortController();
    const gone = AbortSignal.any([form.signal, signal]);
    this.#open.add(form);
    try {
      return await unlessAborted<ElicitAnswer>(gone, { action: "cancel" }, () => this.#elicit(asked, gone));
    } finally {
      this.#open.delete(form);
    }
  }
}
