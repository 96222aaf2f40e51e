import { type JSONRPCMessage, ReadBuffer, serializeMessage, type Transport } from "@modelcontextprotocol/client";
import { sentence } from "../core/run-tools.js";
import { type ServerProcess, startServer } from "../platform/server-process.js";
import { LONGEST } from "./bounded.js";
import type { Way } from "./types.js";

type Local = Extract<Way, { type: "stdio" }> & { cwd: string; stderr(text: string): void };

/** Between a broken pipe and the end of the process, in milliseconds. */
const MOMENT = 500;
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
    try {
      await this.#process.write(serializeMessage(message));
    } catch (error) {
      // a pipe breaks a moment before it is known why
      await Promise.race([this.#process.gone, new Promise((resolve) => setTimeout(resolve, MOMENT))]);
      // one that lives on and reads no more is as good as gone
      this.#fail(this.why || `it takes no input any more: ${sentence(error)}`);
      throw new Error(this.why);
    }
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

  // undefined: JSON that is no message; lines that are no JSON are passed over
  #next(): JSONRPCMessage | null | undefined {
    try {
      return this.#buffer.readMessage();
    } catch (error) {
      this.onerror?.(error instanceof Error ? error : new Error(String(error)));
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
