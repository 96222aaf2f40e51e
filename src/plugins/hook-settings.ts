/**
 * The moments at which hooks run.
 *
 * @example
 * const event: HookEvent = "PreToolUse";
 */
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

/**
 * A command to run at a moment: it reads JSON on stdin, and answers by its exit code and JSON on stdout.
 *
 * @prop type - There is one kind.
 * @prop command - A command line, run in the workspace.
 * @prop timeout - In seconds; 60 when absent.
 * @example
 * const lint: HookCommand = { command: "npm run --silent lint", timeout: 20 };
 */
export type HookCommand = { type?: "command"; command: string; timeout?: number };
/**
 * Commands for what a regular expression names.
 *
 * @prop matcher - Held against the whole name of the tool (or the source, or the reason); all match when absent.
 * @prop hooks - Run at once.
 * @example
 * const afterEdits: HookMatcher = { matcher: "write_file|edit_file", hooks: [{ command: "make fmt" }] };
 */
export type HookMatcher = { matcher?: string; hooks: readonly HookCommand[] };
/**
 * What runs at which moment, as under `hooks` in settings.json.
 *
 * @example
 * const hooks: HookSettings = { Stop: [{ hooks: [{ command: "npm test" }] }] };
 */
export type HookSettings = { readonly [event in HookEvent]?: readonly HookMatcher[] };
