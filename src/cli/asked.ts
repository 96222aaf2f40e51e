import type { Flags } from "../app/input.js";
import type { GoalOptions } from "./goal-args.js";
import type { McpOptions, McpWhat } from "./mcp-args.js";
import type { ScheduleOptions, ScheduleWhat } from "./schedule-args.js";
import type { SkillOptions, SkillWhat } from "./skills-args.js";

export const FORMATS = ["text", "json", "stream-json"] as const;
export type Format = (typeof FORMATS)[number];

export const COMMANDS = [
  "goal",
  "plan",
  "doctor",
  "demo",
  "completion",
  "undo",
  "sessions",
  "memory",
  "skills",
  "mcp",
  "schedule",
  "permissions",
  "trust",
  "help",
] as const;

export const SESSION_COMMANDS = ["list", "show", "export", "fork", "unfold", "rm"] as const;
export type SessionWhat = (typeof SESSION_COMMANDS)[number];

export const MEMORY_COMMANDS = ["list", "add", "search", "forget"] as const;
export type MemoryWhat = (typeof MEMORY_COMMANDS)[number];

export type RunFlags = Flags & {
  print?: string;
  continue?: boolean;
  resume?: string | true;
  fork?: boolean;
  outputFormat: Format;
  /** `text` when absent. */
  inputFormat?: "text" | "stream-json";
  includePartial?: boolean;
};

export type PlanFlags = RunFlags & { yes?: boolean };
export type UndoFlags = Flags & { list?: boolean; redo?: boolean };

export type McpFlags = Flags & McpOptions;
export type ScheduleFlags = Flags & ScheduleOptions;
export type SkillFlags = Flags & SkillOptions;
export type PermissionFlags = Flags & { jsonl?: boolean };
export type TrustFlags = Flags & { yes?: boolean; revoke?: boolean };

export type SessionFlags = Flags & {
  all?: boolean;
  limit?: string;
  json?: boolean;
  format?: "md" | "html";
  output?: string;
  yes?: boolean;
};

export type MemoryFlags = Flags & {
  scope?: "project" | "global";
  importance?: string;
  limit?: string;
  json?: boolean;
  all?: boolean;
  yes?: boolean;
};

export type Asked =
  | { type: "run"; flags: RunFlags; prompt: string | undefined }
  | { type: "plan"; flags: PlanFlags; request: string }
  | { type: "goal"; flags: RunFlags & GoalOptions; words: readonly string[] }
  | { type: "doctor"; flags: Flags }
  | { type: "undo"; flags: UndoFlags; count: string | undefined }
  | { type: "sessions"; what: SessionWhat; flags: SessionFlags; id: string | undefined }
  | { type: "memory"; what: MemoryWhat; flags: MemoryFlags; words: string }
  | { type: "skills"; what: SkillWhat; flags: SkillFlags; words: readonly string[] }
  | { type: "mcp"; what: McpWhat; flags: McpFlags; words: readonly string[] }
  | { type: "schedule"; what: ScheduleWhat; flags: ScheduleFlags; words: readonly string[] }
  | { type: "permissions"; what: "test" | "list"; flags: PermissionFlags; command: string | undefined }
  | { type: "trust"; flags: TrustFlags }
  | { type: "demo" }
  | { type: "completion"; shell: string }
  | { type: "told" };
