import type { Log } from "../core/log.js";
import type { Plugin } from "../core/plugin.js";
import type { Tool } from "../core/tool.js";
import type { ElicitAnswer, Elicited } from "../mcp/types.js";
import type { Redactor } from "../platform/secrets.js";
import type { Answer, Asking, Question } from "../plugins/question.js";
import type { BashOptions } from "../tools/bash.js";
import type { Policy } from "./agent.js";
import type { Models } from "./models.js";

/** Which session to go on with; a new one when neither is given. `fork`: in a new session that begins with its events. */
export type Resume = { newest?: boolean; id?: string; fork?: boolean };

/** What a front end brings: a way to ask the person, where words to that person go, and mechanisms of its own. */
export type Front = {
  ask(question: Question, asking: Asking): Promise<Answer>;
  notice(line: string): void;
  /** A server wants a form filled in; it is declined where nobody can. */
  elicit?(asked: Elicited, signal: AbortSignal): Promise<ElicitAnswer>;
  plugins?(ground: Ground): Promise<Plugin[]>;
  /** Names of tools that its plugins may bring: they can be chosen too. */
  adds?: readonly string[];
  /** Beside those that are chosen by name. */
  tools?: readonly Tool[];
  /** Keeps what was answered with "always"; the user's settings when absent. */
  remember?: Policy["remember"];
  /** Nobody comes back to the session: what runs in the background is waited for so many milliseconds at its end (sub-agents longer). */
  patience?: number;
};

/** What a mechanism of a front end stands on. */
export type Ground = {
  id: string;
  log: Log;
  /** The workspace, links resolved. */
  cwd: string;
  models: Models;
  redact: Redactor;
  /** How the tools' commands run. */
  commands: BashOptions;
  /** Ends what goes on in the background; the model is told of each. */
  endBeside(): Promise<void>;
};
