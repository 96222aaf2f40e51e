import type { Session } from "../core/session.js";
import { isolates } from "./verify-command.js";
import type { VerifyOptions } from "./verify-options.js";

/**
 * Why a command of the project may not be run here by itself; undefined when it may: where a command of the
 * model would run in the sandbox without asking anybody.
 */
export async function leave(command: string, session: Session, options: VerifyOptions): Promise<string | undefined> {
  if (!(await isolates(options))) return "commands are not isolated here";
  const { verdict, why } = await options.judge(command, session);
  return verdict === "allow" ? undefined : why;
}

/** The same of a command that the settings name: it may run wherever nothing forbids it. */
export async function leaveOfOwn(
  command: string,
  session: Session,
  { judge }: VerifyOptions,
): Promise<string | undefined> {
  const { verdict, why } = await judge(command, session);
  return verdict === "deny" ? why : undefined;
}
