import type { Log } from "../core/log.js";
import type { JsonSchema, Model } from "../core/model.js";
import type { Plugin } from "../core/plugin.js";
import type { Tool } from "../core/tool.js";
import type { HookSettings } from "../plugins/hook-settings.js";
import type { Mode } from "../plugins/permission.js";
import type { Answer, Asking, Question } from "../plugins/question.js";
import type { RuleText } from "../plugins/rules.js";
import type { VerifySettings } from "../plugins/verify-options.js";
import type { GatewaySettings } from "./gateway-settings.js";
import type { ServerSettings } from "./server-settings.js";

/** The tools that come with the library. Those of memory are there where memory is on, and `load_skill` where there are skills. */
export const BUILTINS = [
  "read_file",
  "write_file",
  "edit_file",
  "bash",
  "job",
  "glob",
  "grep",
  "http",
  "compact",
  "todo_write",
  "agent",
  "load_skill",
  "remember",
  "recall",
  "forget",
] as const;

/**
 * The name of a tool that comes with the library.
 *
 * @example
 * const builtins: BuiltinName[] = ["read_file", "glob", "grep"];
 */
export type BuiltinName = (typeof BUILTINS)[number];

type Nothing<K extends string> = { readonly [key in K]?: undefined };

/**
 * Who answers, exactly one of three: an object, a name and where to find it, or several that stand in for each other.
 *
 * @example
 * const local: ModelOptions = { model: "qwen3", provider: "openai", baseUrl: "http://localhost:11434/v1" };
 */
export type ModelOptions =
  | ({ /** Who answers: `openai(…)`, `anthropic(…)`, or any `Model`. */ model: Model } & Nothing<
      "provider" | "baseUrl" | "apiKey" | "temperature" | "window" | "gateway"
    >)
  | ({
      /** The name of a model; key and address are those of the environment where they are not given. */
      model: string;
      /** As the name and the keys say when absent. */
      provider?: "openai" | "anthropic";
      /** With or without `/v1`; the provider's own, or that of the environment, when absent. */
      baseUrl?: string;
      /** That of the environment when absent. */
      apiKey?: string;
      /** The provider's own when absent. */
      temperature?: number;
      /** In tokens; as the catalogue says when absent. */
      window?: number;
    } & Nothing<"gateway">)
  | ({
      /** Several models that stand in for each other, as in settings.json. */
      gateway: GatewaySettings;
      /** The one that works, by its name; by role when absent. */
      model?: string;
    } & Nothing<"provider" | "baseUrl" | "apiKey" | "temperature" | "window">);

/**
 * Where the conversation is kept: in a log of yours, among the sessions of the command line, or nowhere.
 *
 * @example
 * const goOn: LogOptions = { session: { resume: "last" } };
 */
export type LogOptions =
  | ({
      /** Where facts go, and what a session goes on from: a `Log`, or the path of a file that is made when absent. Memory when absent. */
      log?: Log | string;
    } & Nothing<"session">)
  | ({
      /** In the sessions' folder of `home`, where the command line finds it too. */
      session: {
        /** An id, its beginning, or `last`; a new session when absent. */
        readonly resume?: string;
        /** Goes on in a copy. */
        readonly fork?: boolean;
      };
    } & Nothing<"log">);

/**
 * How an agent is made. What is not said is safe: no settings file is read; nobody is asked, and what would ask is refused;
 * nothing is kept outside of the workspace but in a temporary folder; no hook, no check and no command of a project starts by itself.
 *
 * @example
 * const options: AgentOptions = {
 *   model: "gpt-5",
 *   permissionMode: "default",
 *   rules: { allow: ["bash(npm test *)"], deny: ["read_file(secrets/**)"] },
 *   maxTurns: 30,
 * };
 */
export type AgentOptions = ModelOptions &
  LogOptions & {
    /** Writes summaries and memories; the gateway's cheap model, else `model` for summaries, when absent. */
    cheapModel?: Model;
    /** The workspace; the process's folder when absent, and the session's own where it goes on. */
    cwd?: string;
    /** `default` when absent, or the stricter one that the session was left in: reads and edits inside the workspace, all else is asked. */
    permissionMode?: Mode;
    /** What is let through, asked about, refused: as in settings.json. None when absent. */
    rules?: {
      /** Let through unasked. */
      readonly allow?: readonly RuleText[];
      /** Asked about, whatever allows it. */
      readonly ask?: readonly RuleText[];
      /** Refused, whatever allows it. */
      readonly deny?: readonly RuleText[];
    };
    /** Answers what a person would be asked; when absent the answer is no. */
    ask?: (question: Question, asking: Asking) => Promise<Answer>;
    /** Keeps the rules of an answer that counts for `always`; it counts for this agent only when absent. */
    remember?: (rules: readonly string[]) => Promise<void>;
    /**
     * Whether commands are isolated: `never` (when absent), `default` (where the machine can; such commands need no leave), `always` (or
     * `createAgent` throws).
     */
    sandbox?: SandboxUse | SandboxOptions;
    /** Tools of your own, beside the built-in ones. */
    tools?: readonly Tool[];
    /** The built-in tools to have; all when absent. */
    builtins?: readonly BuiltinName[];
    /** Mechanisms of your own, behind the built-in ones. */
    plugins?: readonly Plugin[];
    /**
     * MCP servers, by name, as in settings.json: a command to start, or an address. They are connected in the background, their tools are called
     * `mcp__server__tool` and ask, and `close` ends them. None when absent.
     */
    mcpServers?: Readonly<Record<string, ServerSettings>>;
    /** Commands that run at moments of the work, as in settings.json. None when absent. */
    hooks?: HookSettings;
    /** Whether AGENTS.md and its like, of the user and of the project, are told to the model. False when absent. */
    instructions?: boolean;
    /** Whether lasting facts are kept in `home` and given again. False when absent. */
    memory?: boolean | MemoryOptions;
    /** Whether the files that a run changed are checked at its end. False when absent. */
    verify?: boolean | Partial<VerifySettings>;
    /** Whether what calls are about to change is kept in `home`, for `nanocoder undo`. Where `session` is, when absent. */
    checkpoints?: boolean;
    /** In place of the system prompt; the environment is still told. */
    system?: string;
    /** Added to the system prompt. */
    appendSystem?: string;
    /** Answers of the model per run; unlimited when absent. */
    maxTurns?: number;
    /** USD per run; unlimited when absent. A model whose price is not known ends the run with its first answer. */
    maxCost?: number;
    /** Tokens per answer; the model's own limit when absent. */
    maxOutput?: number;
    /** What the final answer must fit: `chat` gives JSON then, or throws after two repairs. */
    outputSchema?: JsonSchema;
    /** Where nanocoder keeps sessions, memories and checkpoints: `NANOCODER_HOME` or `~/.nanocoder` when absent. */
    home?: string;
    /** The environment of commands and hooks; the process's, without the keys of model providers, when absent. */
    env?: Readonly<Record<string, string>>;
    /** Keys of yours that must not be written into a session's file or a long result; those of the environment and of `apiKey` are known. */
    secrets?: readonly string[];
    /** Hears what a person should know: damaged lines of a file, a model whose price is not known. Nobody when absent. */
    notice?: (line: string) => void;
  };

/**
 * What the memory does by itself.
 *
 * @example
 * const memory: MemoryOptions = { extract: false };
 */
export type MemoryOptions = {
  /** Whether lasting facts are looked for when a run ends; true when absent. */
  readonly extract?: boolean;
  /** Whether those that fit are told with the first prompt; true when absent. */
  readonly inject?: boolean;
};

/**
 * Whether commands are isolated: never, where the machine can, or else not at all.
 *
 * @example
 * const use: SandboxUse = "always";
 */
export type SandboxUse = "always" | "default" | "never";

/**
 * How commands are isolated, and what they reach then.
 *
 * @example
 * const sandbox: SandboxOptions = { use: "always", network: true, write: ["../shared"] };
 */
export type SandboxOptions = {
  /** Whether they are. */
  readonly use: SandboxUse;
  /** False when absent. */
  readonly network?: boolean;
  /** Folders that commands may write beside the workspace. */
  readonly write?: readonly string[];
  /** Paths whose content commands do not see. */
  readonly hide?: readonly string[];
};
