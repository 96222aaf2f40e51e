import { sentence } from "../core/run-tools.js";
import { unlessAborted, within } from "../platform/waiting.js";
import { keepCatalogue, loadCatalogue } from "./kept.js";
import type { Catalogue, Connection, Ground, ServerSpec } from "./types.js";

/** How a server stands; `why` is a sentence's end. */
export type Standing =
  | { state: "not started" | "connecting" | "ready" }
  | { state: "again" | "failed" | "login"; why: string };

/** Waits, in milliseconds. */
const TIMES = {
  /** To connect: the first start of a package may have to fetch it. */
  connect: 60_000,
  /** Of a call, for its server to be connected. */
  call: 30_000,
  /** After which a call asks first whether the server still answers. */
  idle: 300_000,
  /** For it to show that it does. */
  pulse: 5000,
  /** Between two looks at a list that keeps changing. */
  list: 500,
};
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
  times?: Partial<typeof TIMES>;
};

/** One server, from its first connection to the end of the session: connects in the background, and again when it was lost. */
export class Server {
  readonly spec: ServerSpec;
  standing: Standing = { state: "not started" };
  /** The newest of what it said on stderr. */
  stderr = "";
  readonly #parts: Parts;
  readonly #times: typeof TIMES;
  #offers: { from: "nobody yet" | "the server" | "nothing"; catalogue?: Catalogue | undefined } = {
    from: "nobody yet",
  };
  #connection: Connection | undefined;
  #settled: Promise<void> = Promise.resolve();
  #ending: Promise<void> = Promise.resolve();
  #abort = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  #failures = 0;
  #since = 0;
  #heard = 0;
  #lists: "still" | "asking" | "ask again" = "still";
  #closed = false;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#times = { ...TIMES, ...parts.times };
    this.spec = parts.spec;
  }

  /** What it offered when it was last asked, in this session or one before; kept while it is away. Undefined: that is not known, or it is not there any more. */
  get catalogue(): Catalogue | undefined {
    if (this.#offers.from === "nobody yet" && this.#offers.catalogue === undefined) {
      const catalogue = loadCatalogue(this.spec, this.#parts.ground);
      this.#offers = catalogue === undefined ? { from: "nothing" } : { from: "nobody yet", catalogue };
    }
    return this.#offers.catalogue;
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
    const { state } = this.standing;
    const rested = state === "failed" && Date.now() - this.#since > REST;
    if (state === "not started" || state === "again" || rested) this.start();
    await unlessAborted(signal, undefined, () => this.#settled);
    if (signal.aborted) throw new Error("interrupted");
    return this.standing;
  }

  /** Does something with the connection. Rejects with a sentence where there is none in time. */
  async use<T>(signal: AbortSignal, work: (connection: Connection) => Promise<T>): Promise<T> {
    const connection = await this.#connected(signal);
    try {
      const result = await work(connection);
      this.#heard = Date.now();
      return result;
    } catch (error) {
      // by its name: what is loaded lazily has a class of its own
      const late = error instanceof Error && error.name === "Unanswered" && !signal.aborted;
      if (!late || (await this.#answers(connection, signal)) || signal.aborted) throw error;
      this.#lost(SILENT, connection);
      throw new Error(`${sentence(error)}: the server "${this.spec.name}" no longer answers, and is connected anew`);
    }
  }

  /** How it stands, in words. */
  told(): string {
    const { standing } = this;
    if (standing.state === "login") return `${standing.why}: nanocoder mcp login ${this.spec.name}`;
    if (!("why" in standing)) return standing.state;
    const said = lastWords(this.stderr);
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
    this.#keep();
    await this.#drop();
  }

  async #connected(signal: AbortSignal): Promise<Connection> {
    const over = this.settled(signal).catch(() => undefined);
    await within(this.#times.call, over);
    if (signal.aborted) throw new Error("interrupted");
    const connection = this.#connection;
    if (connection === undefined) {
      const told =
        this.standing.state === "connecting" ? `it did not answer in ${this.#times.call / 1000} s` : this.told();
      this.#giveUp();
      throw new Error(`the server "${this.spec.name}" is not connected: ${told}`);
    }
    if (Date.now() - this.#heard < this.#times.idle || (await this.#answers(connection, signal))) return connection;
    signal.throwIfAborted();
    this.#lost(SILENT, connection);
    return this.#connected(signal);
  }

  async #answers(connection: Connection, signal: AbortSignal): Promise<boolean> {
    const answers = await connection.answers({ signal, timeout: this.#times.pulse });
    if (answers) this.#heard = Date.now();
    return answers;
  }

  // what is only known from before is not offered when it cannot be had
  #giveUp(): void {
    if (this.#offers.from === "the server") return;
    this.#offers = { from: "nothing" };
    this.#parts.changed();
  }

  async #drop(): Promise<void> {
    clearTimeout(this.#timer);
    this.#abort.abort("the session ended");
    const connection = this.#connection;
    this.#connection = undefined;
    await Promise.all([connection?.close().catch(() => undefined), this.#settled, this.#ending]);
    this.#abort = new AbortController();
  }

  async #attempt(): Promise<void> {
    const { ground } = this.#parts;
    const { signal } = this.#abort;
    let connection: Connection | undefined;
    try {
      await this.#ending;
      // the protocol's library is loaded for the first server only
      const { connect } = await import("./connect.js");
      const told = {
        changed: () => void this.#refresh(),
        lost: (why: string) => this.#lost(why, connection),
        stderr: (text: string) => {
          this.stderr = (this.stderr + text).slice(-SAID);
        },
      };
      connection = await connect(this.spec, { ground, told }, { signal, timeout: this.#times.connect });
      this.#offers = { from: "the server", catalogue: await connection.catalogue(signal) };
      signal.throwIfAborted();
      this.#connection = connection;
      this.#since = Date.now();
      this.#heard = Date.now();
      this.#keep();
      this.#stand({ state: "ready" });
    } catch (error) {
      await connection?.close().catch(() => undefined);
      if (!signal.aborted) this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    const why = sentence(error);
    this.#since = Date.now();
    this.#giveUp();
    if (error instanceof Error && error.name === "LoginNeeded") this.#stand({ state: "login", why });
    else if (/could not be started/.test(why)) this.#stand({ state: "failed", why });
    else this.#again(why);
  }

  #lost(why: string, connection: Connection | undefined): void {
    if (connection === undefined || this.#connection !== connection || this.#closed) return;
    this.#connection = undefined;
    // it may still stand: what is started next must not find it there
    this.#ending = connection.close().catch(() => undefined);
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

  // one look at a time, however often it says that it changed
  async #refresh(): Promise<void> {
    if (this.#lists !== "still") {
      this.#lists = "ask again";
      return;
    }
    do {
      this.#lists = "asking";
      await this.#look();
      await new Promise((resolve) => setTimeout(resolve, this.#times.list).unref());
    } while (this.#lists !== "asking");
    this.#lists = "still";
  }

  async #look(): Promise<void> {
    try {
      const catalogue = await this.#connection?.catalogue(this.#abort.signal);
      if (catalogue === undefined) return;
      this.#offers = { from: "the server", catalogue };
      this.#parts.changed();
    } catch {
      // what it offered before stays; a connection that broke says so itself
    }
  }

  #keep(): void {
    const { from, catalogue } = this.#offers;
    if (from === "the server" && catalogue) keepCatalogue(this.spec, catalogue, this.#parts.ground);
  }

  #stand(standing: Standing): void {
    this.standing = standing;
    if (!this.#closed) this.#parts.changed();
  }
}

const SILENT = "it no longer answers";

// a line that names an error tells more than what a runtime prints behind it
function lastWords(stderr: string): string {
  const lines = [...new Set(stderr.trim().split("\n"))];
  const fault = lines.findLast((line) => /^\s*[\w.]*(?:error|exception|fatal|panic)\b.*:/i.test(line));
  return (fault === undefined ? lines.slice(-3).join("\n") : fault.trim()).slice(-500);
}
