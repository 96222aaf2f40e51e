import { type JSONRPCMessage, ReadBuffer, serializeMessage, type Transport } from "@modelcontextprotocol/client";
import { sentence } from "../core/run-tools.js";
import { type ServerProcess, startServer } from "../platform/server-process.js";
import type { Way } from "./types.js";

type Local = Extract<Way, { type: "stdio" }> & { cwd: string; stderr(text: string): void };

/** A line that a server may send, in bytes: what is longer ends the connection. */
const LONGEST = 32 << 20;
/** Lines that are no messages, in a row, until a server is taken for something else. */
const GARBAGE = 200;
/** Why it is gone when we closed it. */
export const CLOSED = "it was closed";

/** A server's process as a transport: a message a line. It dies with us, with all that it started. */
export class Stdio implements Transport {
  onclose?: () => void;
  onerror?: (error: Error) => void;
  onmessage?: (message: JSONRPCMessage) => void;
  /** Why it is gone, once it is. */
  why = "";
  readonly #local: Local;
  readonly #buffer = new ReadBuffer({ maxBufferSize: LONGEST });
  #process: ServerProcess | undefined;
  #garbage = 0;
  #closed = false;

  constructor(local: Local) {
    this.#local = local;
  }

  async start(): Promise<void> {
    const { command, args, env, cwd, stderr } = this.#local;
    this.#process = startServer({
      ...{ command, args, env, cwd },
      onOutput: (bytes) => this.#take(bytes),
      onError: (bytes) => stderr(bytes.toString("utf8")),
      onEnd: (why) => this.#end(why),
    });
  }

  async send(message: JSONRPCMessage): Promise<void> {
    if (this.#process === undefined || this.#closed) throw new Error(this.why || "it is not running");
    await this.#process.write(serializeMessage(message));
  }

  async close(): Promise<void> {
    this.#end(CLOSED);
    await this.#process?.end();
  }

  #take(bytes: Buffer): void {
    try {
      this.#buffer.append(bytes);
    } catch (error) {
      this.#fail(sentence(error));
      return;
    }
    while (!this.#closed) {
      const message = this.#next();
      if (message === null) return;
      if (message !== undefined) this.onmessage?.(message);
    }
  }

  // undefined: a line that is none of the protocol, such as a log line
  #next(): JSONRPCMessage | null | undefined {
    try {
      const message = this.#buffer.readMessage();
      if (message !== null) this.#garbage = 0;
      return message;
    } catch (error) {
      this.#garbage += 1;
      this.onerror?.(error instanceof Error ? error : new Error(String(error)));
      if (this.#garbage > GARBAGE) this.#fail("it does not speak the protocol on its stdout");
      return undefined;
    }
  }

  #fail(why: string): void {
    this.#end(why);
    void this.#process?.end();
  }

  #end(why: string): void {
    if (this.#closed) return;
    this.#closed = true;
    this.why = why;
    this.#buffer.clear();
    this.onclose?.();
  }
}
