import { createInterface } from "node:readline/promises";

/** Whether somebody sits at both ends. */
export function canBeAsked(): boolean {
  return process.stdin.isTTY && process.stdout.isTTY;
}

/** Asks for a yes; false where nobody can be asked. */
export async function agreed(question: string): Promise<boolean> {
  if (!canBeAsked()) return false;
  const lines = createInterface({ input: process.stdin, output: process.stdout });
  const answer = await lines.question(`${question} [y/N] `);
  lines.close();
  return /^y(es)?$/i.test(answer.trim());
}
