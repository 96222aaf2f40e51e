import type { Session } from "../core/session.js";
import { isolates } from "./verify-command.js";
import type { VerifyOptions } from "./verify-options.js";

/**
 * Why a command of the project may not be run here by itself; undefined when it may: where a command of the
 * model would run in the sandbox without asking anybody.
 */
export async function leave(command: string, session: Session, options: VerifyOptions): Promise<string | undefined> {
  const { permit } = options;
  const isolated = await isolates(options);
  if (!(isolated || permit)) return NOT_ISOLATED;
  const { verdict, why } = await options.judge(command, session);
  if (isolated && verdict === "allow") return undefined;
  const reason = isolated || verdict === "deny" ? why : NOT_ISOLATED;
  return verdict !== "deny" && (await permit?.(command, reason)) ? undefined : reason;
}

const NOT_ISOLATED = "commands are not isolated here";

/** The same of a command that the settings name: it may run wherever nothing forbids it. */
export async function leaveOfOwn(
  command: string,
  session: Session,
  { judge }: VerifyOptions,
): Promise<string | undefined> {
  const { verdict, why } = await judge(command, session);
  return verdict === "deny" ? why : undefined;
}
