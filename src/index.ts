export type {
  AgentOptions,
  BuiltinName,
  LogOptions,
  MemoryOptions,
  ModelOptions,
  SandboxOptions,
  SandboxUse,
} from "./app/agent-options.js";
export type { ChatAgent, ChatOptions } from "./app/create-agent.js";
export { createAgent } from "./app/create-agent.js";
export type { GatewaySettings } from "./app/gateway-settings.js";
export type { GoalReport, RunGoalOptions } from "./app/run-goal.js";
export { runGoal } from "./app/run-goal.js";
export type { ServerSettings } from "./app/server-settings.js";
export type { Delta, Event, EventOf, Fact, Outcome, Stop, Usage } from "./core/event.js";
export { last, messages, state, usage } from "./core/fold.js";
export type { Mail } from "./core/inbox.js";
export { Inbox } from "./core/inbox.js";
export type { Log } from "./core/log.js";
export { memoryLog } from "./core/log.js";
export type { Agent } from "./core/loop.js";
export { run } from "./core/loop.js";
export type {
  AssistantMessage,
  Call,
  Image,
  Json,
  Message,
  ReplyPart,
  Text,
  Thinking,
  ToolMessage,
  UserMessage,
  UserPart,
} from "./core/message.js";
export { plainText, text } from "./core/message.js";
export type { JsonSchema, Model, ModelFailure, Reply, Request, ToolSpec } from "./core/model.js";
export { ModelError } from "./core/model.js";
export type { Facts, Plugin } from "./core/plugin.js";
export type { Session } from "./core/session.js";
export type { Effect, Foresight, Preview, Result, Schema, Tool, ToolContext, ToolFact } from "./core/tool.js";
export type { GoalEnd, GoalOutcome } from "./goals/progress.js";
export type { Criterion, GoalLimits } from "./goals/types.js";
export { anthropic } from "./models/anthropic.js";
export type { Endpoint, Timeouts } from "./models/endpoint.js";
export type { Role, Roles, Tier } from "./models/gateway/tiers.js";
export { openai } from "./models/openai.js";
export type { RetryOptions } from "./models/retrying.js";
export { retrying } from "./models/retrying.js";
export type { Redactor } from "./platform/secrets.js";
export type { HookCommand, HookEvent, HookMatcher, HookSettings } from "./plugins/hook-settings.js";
export type { Mode } from "./plugins/permission.js";
export type { Answer, Asking, Question } from "./plugins/question.js";
export type { RuleText } from "./plugins/rules.js";
export type { VerifySettings } from "./plugins/verify-options.js";
export type { LogFile } from "./store/log-file.js";
export { openLog } from "./store/log-file.js";
export type { StandardSchema, ToolDefinition } from "./tools/define-tool.js";
export { defineTool } from "./tools/define-tool.js";
