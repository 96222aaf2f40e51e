import { sentence } from "../core/run-tools.js";
import type { Catalogue, Connection, Ground, ServerSpec } from "./types.js";

/** How a server stands; `why` is a sentence's end. */
export type Standing =
  | { state: "not started" | "connecting" | "ready" }
  | { state: "again" | "failed" | "login"; why: string };

/** For connecting, in milliseconds: the first start of a package may have to fetch it. */
const CONNECT = 60_000;
/** Between attempts, in milliseconds. */
const BACKOFF = [1000, 2000, 4000];
/** A connection that stood this long begins to count anew, in milliseconds. */
const STOOD = 10_000;
/** A call makes a server that failed try again, but not more often than this, in milliseconds. */
const REST = 5000;
/** Of what a server said on stderr the newest is kept, in characters. */
const SAID = 8000;

type Parts = {
  spec: ServerSpec;
  ground: Ground;
  /** What it offers or how it stands is another now. */
  changed(): void;
};

/** One server, from its first connection to the end of the session: connects in the background, and again when it was lost. */
export class Server {
  readonly spec: ServerSpec;
  standing: Standing = { state: "not started" };
  /** What it offered when it was last asked; kept while it is away. */
  catalogue: Catalogue | undefined;
  /** The newest of what it said on stderr. */
  stderr = "";
  readonly #parts: Parts;
  #connection: Connection | undefined;
  #settled: Promise<void> = Promise.resolve();
  #abort = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  #failures = 0;
  #since = 0;
  #closed = false;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.spec = parts.spec;
  }

  /** Begins to connect, unless it does or is. */
  start(): void {
    if (this.#closed || this.standing.state === "connecting" || this.standing.state === "ready") return;
    clearTimeout(this.#timer);
    this.#stand({ state: "connecting" });
    this.#settled = this.#attempt();
  }

  /** Waits until it is ready or will not be. Rejects when the signal fires. */
  async settled(signal: AbortSignal): Promise<Standing> {
    if (this.standing.state === "not started" || this.standing.state === "again") this.start();
    await orAborted(this.#settled, signal);
    return this.standing;
  }

  /** Does something with the connection. Rejects with a sentence where there is none in time. */
  async use<T>(signal: AbortSignal, work: (connection: Connection) => Promise<T>): Promise<T> {
    if (this.standing.state === "failed" && Date.now() - this.#since > REST) this.start();
    await this.settled(signal);
    const connection = this.#connection;
    if (connection !== undefined) return work(connection);
    throw new Error(`the server "${this.spec.name}" is not connected: ${this.told()}`);
  }

  /** How it stands, in words. */
  told(): string {
    const { standing } = this;
    if (standing.state === "login") return `${standing.why}: nanocoder mcp login ${this.spec.name}`;
    if (!("why" in standing)) return standing.state;
    const said = [...new Set(this.stderr.trim().split("\n"))].slice(-3).join("\n").slice(-500);
    return said === "" ? standing.why : `${standing.why}. It said:\n${said}`;
  }

  /** Lets go of the connection and makes another, however often that failed. */
  async reconnect(signal: AbortSignal): Promise<Standing> {
    this.#failures = 0;
    await this.#drop();
    this.#stand({ state: "not started" });
    return this.settled(signal);
  }

  /** Ends the connection, and the server's process. Bounded in time. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#drop();
  }

  async #drop(): Promise<void> {
    clearTimeout(this.#timer);
    this.#abort.abort("the session ended");
    const connection = this.#connection;
    this.#connection = undefined;
    await Promise.all([connection?.close().catch(() => undefined), this.#settled]);
    this.#abort = new AbortController();
  }

  async #attempt(): Promise<void> {
    const { ground } = this.#parts;
    const { signal } = this.#abort;
    let connection: Connection | undefined;
    try {
      // the protocol's library is loaded for the first server only
      const { connect } = await import("./connect.js");
      const told = {
        changed: () => void this.#refresh(),
        lost: (why: string) => this.#lost(why),
        stderr: (text: string) => {
          this.stderr = (this.stderr + text).slice(-SAID);
        },
      };
      connection = await connect(this.spec, { ground, told }, { signal, timeout: CONNECT });
      this.catalogue = await connection.catalogue();
      signal.throwIfAborted();
      this.#connection = connection;
      this.#since = Date.now();
      this.#stand({ state: "ready" });
    } catch (error) {
      await connection?.close().catch(() => undefined);
      if (!signal.aborted) this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    const why = sentence(error);
    this.#since = Date.now();
    // by its name: what is loaded lazily has a class of its own
    if (error instanceof Error && error.name === "LoginNeeded") this.#stand({ state: "login", why });
    else if (/could not be started/.test(why)) this.#stand({ state: "failed", why });
    else this.#again(why);
  }

  #lost(why: string): void {
    if (this.#connection === undefined || this.#closed) return;
    this.#connection = undefined;
    if (Date.now() - this.#since > STOOD) this.#failures = 0;
    this.#again(why);
  }

  #again(why: string): void {
    const wait = BACKOFF[this.#failures];
    this.#failures += 1;
    if (wait === undefined) {
      this.#failures = 0;
      this.#stand({ state: "failed", why });
      return;
    }
    this.#stand({ state: "again", why });
    this.#timer = setTimeout(() => this.start(), wait);
    this.#timer.unref();
  }

  async #refresh(): Promise<void> {
    try {
      const catalogue = await this.#connection?.catalogue();
      if (catalogue === undefined) return;
      this.catalogue = catalogue;
      this.#parts.changed();
    } catch {
      // what it offered before stays; a connection that broke says so itself
    }
  }

  #stand(standing: Standing): void {
    this.standing = standing;
    if (!this.#closed) this.#parts.changed();
  }
}

async function orAborted(work: Promise<void>, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  let leave = () => {};
  const aborted = new Promise<never>((_, reject) => {
    leave = () => reject(new Error("interrupted"));
    signal.addEventListener("abort", leave, { once: true });
  });
  await Promise.race([work, aborted]).finally(() => signal.removeEventListener("abort", leave));
}
