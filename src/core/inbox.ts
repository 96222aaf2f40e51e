import type { UserPart } from "./message.js";

/**
 * Something that starts or steers work: a user's words, a timer, a finished background job, a teammate.
 *
 * @prop parts - What the model will read.
 * @prop from - Who says it: `user`, or a name of your own.
 * @example
 * const mail: Mail = { parts: [text("Leave the tests as they are.")], from: "user" };
 * agent.inbox.post(mail);
 */
export type Mail = { parts: readonly UserPart[]; from: string };

/**
 * Where prompts wait for the loop, which takes all of them at its next step.
 *
 * @example
 * const inbox = new Inbox();
 * inbox.post({ parts: [text("The build has ended.")], from: "ci" });
 */
export class Inbox {
  #mail: Mail[] = [];

  /** How many have not been taken. */
  get waiting(): number {
    return this.#mail.length;
  }

  /** Puts one behind the others. */
  post(mail: Mail): void {
    this.#mail.push(mail);
  }

  /** Takes all, oldest first. */
  take(): Mail[] {
    const taken = this.#mail;
    this.#mail = [];
    return taken;
  }
}
