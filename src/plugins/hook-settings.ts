/** The moments at which hooks run. */
export type HookEvent =
  | "PreToolUse"
  | "PostToolUse"
  | "UserPromptSubmit"
  | "Stop"
  | "SubagentStop"
  | "SessionStart"
  | "SessionEnd"
  | "PreCompact"
  | "Notification";

/** A command to run at a moment; `timeout` in seconds. */
export type HookCommand = { type?: "command"; command: string; timeout?: number };
export type HookMatcher = { matcher?: string; hooks: readonly HookCommand[] };
export type HookSettings = { readonly [event in HookEvent]?: readonly HookMatcher[] };
