import type { Inbox, Mail } from "../core/inbox.js";
import type { Log } from "../core/log.js";
import type { Plugin } from "../core/plugin.js";
import type { Result, Tool, ToolContext } from "../core/tool.js";
import { runShell, type Scope } from "../platform/exec.js";
import type { StartJob } from "../tools/background.js";
import { boolean, optional, string, toolInput, whole } from "../tools/schema.js";
import type { JobShown, Work } from "./job.js";
import type { Jobs, Reading } from "./jobs.js";

export type BackgroundOptions = {
  log: Log;
  inbox: Inbox;
  /** The folder for the whole of each output. */
  outputs: string;
  redact(text: string): string;
  /** Nobody comes back to this session: at its end, what still runs is waited for so many milliseconds (or what its kind says; 0: none is), and then ended. */
  patience?: number | undefined;
  /** Whose commands they are. */
  scope: Scope;
  /** Says something to the person. */
  notice(line: string): void;
};

/** What goes on beside the conversation, and what of it is to be seen and done from outside. */
export type Background = {
  plugin: Plugin;
  /** Starts a command. */
  start: StartJob;
  /** Begins any work; throws when it cannot begin. */
  begin(work: Work, context: ToolContext): Promise<Result>;
  /** Reads what they say, and ends them. */
  tool: Tool<Reading>;
  /** Those that run, oldest first. */
  running(): readonly JobShown[];
  /** Ends one that runs, as the person wishes; false when none of that id does. */
  end(id: string): Promise<boolean>;
  /** Ends all that goes on; the model is told of each. */
  endAll(): Promise<void>;
  /** Where words to the model go instead of its inbox. */
  deliver(to: (mail: Mail) => void): void;
  /** Calls back when what `running` gives has changed. */
  watch(changed: () => void): void;
};

/** What is needed of it before the first command: the rest is loaded with that one. */
export function background(options: BackgroundOptions): Background {
  let jobs: Jobs | undefined;
  let post = (mail: Mail) => options.inbox.post(mail);
  let watcher: () => void = () => undefined;
  let closed = false;
  const open = async () => {
    const { Jobs } = await import("./jobs.js");
    // a file that is loaded lazily has running processes of its own: all commands are to be known in one place
    jobs ??= new Jobs({
      ...options,
      run: (run) => runShell({ ...run, scope: options.scope }),
      post: (mail) => post(mail),
      changed: () => watcher(),
    });
    if (closed) await jobs.close();
    return jobs;
  };
  return {
    plugin: {
      name: "background",
      beforeStop: (session) => jobs?.patient(session),
      async close() {
        closed = true;
        await jobs?.close();
      },
    },
    start: async (job, context) => (await open()).start(job, context),
    begin: async (work, context) => (await open()).begin(work, context),
    tool: {
      name: "job",
      description: "New output of what runs in the background; waits for its end or kills it.",
      input: toolInput({ id: string(), wait: optional(whole(1, "seconds, at most 600")), kill: optional(boolean()) }),
      effect: () => ({ kind: "none", subjects: [] }),
      run: async (input, { signal }) => (await open()).read(input, signal),
    },
    running: () => jobs?.running() ?? [],
    end: async (id) => (await jobs?.endByPerson(id)) ?? false,
    endAll: async () => jobs?.endAll(),
    deliver(to) {
      post = to;
    },
    watch(changed) {
      watcher = changed;
    },
  };
}
