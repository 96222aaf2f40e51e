import type { Result, ToolContext } from "../core/tool.js";
import type { ShellRun } from "../platform/exec.js";

/** A command that runs beside the conversation; without a `timeout`, in milliseconds, until it ends. */
export type JobRun = Pick<ShellRun, "command" | "cwd" | "env" | "sandbox"> & { timeout?: number };

/** Starts one and answers at once; throws when it cannot be started. */
export type StartJob = (job: JobRun, context: ToolContext) => Promise<Result>;
