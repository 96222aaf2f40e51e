import { plainText } from "../../../core/message.js";
import type { Desk } from "../desk.js";

/** What a command that works on the session acts on, within `during`. */
export type Work = Pick<Desk, "ui" | "locale" | "config" | "opened" | "signal" | "mode" | "run" | "setMode">;

/** Has what was said too late for a run answered; after an interruption it goes back to the prompt. */
export async function answerLate(work: Work): Promise<void> {
  const { inbox } = work.opened.agent;
  while (!work.signal.aborted && inbox.waiting > 0) await work.run();
  const untaken = inbox.take().map(({ parts }) => plainText(parts));
  if (untaken.length > 0) work.ui.put(untaken.join("\n"));
}
