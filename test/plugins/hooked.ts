import { existsSync, mkdtempSync, readFileSync, realpathSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Delta, Event } from "../../src/core/event.js";
import { Inbox } from "../../src/core/inbox.js";
import { type Log, memoryLog } from "../../src/core/log.js";
import { run } from "../../src/core/loop.js";
import { type Json, plainText, text } from "../../src/core/message.js";
import type { Plugin } from "../../src/core/plugin.js";
import type { Tool, ToolContext } from "../../src/core/tool.js";
import { scriptedModel } from "../../src/models/scripted/model.js";
import type { Script } from "../../src/models/scripted/script.js";
import { isAlive } from "../../src/platform/alive.js";
import type { HookEvent, HookSettings } from "../../src/plugins/hook-settings.js";
import { hooks } from "../../src/plugins/hooks.js";
import { type Mode, permission } from "../../src/plugins/permission.js";
import type { Question } from "../../src/plugins/question.js";
import { readRules } from "../../src/plugins/rules.js";
import { editFile } from "../../src/tools/edit-file.js";
import { writeFile } from "../../src/tools/write-file.js";

export type Setting = {
  script: Script;
  settings?: HookSettings;
  mode?: Mode;
  deny?: string[];
  tools?: Tool[];
  redact?: (json: Json) => Json;
  log?: Log;
  signal?: AbortSignal;
};

/** A workspace, and an agent in it whose hooks are real commands. */
export function workshop() {
  const root = realpathSync(mkdtempSync(join(tmpdir(), "hooks-")));
  const at = (name: string) => join(root, name);
  return {
    root,
    at,
    read: (name: string) => (existsSync(at(name)) ? readFileSync(at(name), "utf8") : undefined),
    /** What `keep(name)` hooks were told. */
    told: (name: string): { [key: string]: Json }[] =>
      existsSync(at(name))
        ? readFileSync(at(name), "utf8")
            .trim()
            .split("\n")
            .map((line) => JSON.parse(line))
        : [],
    /** Does something as soon as there is a file. */
    once(name: string, act: () => void): void {
      const watch = setInterval(() => {
        if (!existsSync(at(name))) return;
        clearInterval(watch);
        act();
      }, 5);
    },
    /** Whether the process that wrote its number to a file still runs. */
    lives: (name: string) => isAlive(Number.parseInt(readFileSync(at(name), "utf8"), 10), undefined),
    agent: (setting: Setting) => agentIn(root, setting),
    work: (setting: Setting) => work(agentIn(root, setting), setting.signal),
  };
}

function agentIn(root: string, setting: Setting) {
  const { script, settings = {}, mode = "default", redact, deny = [] } = setting;
  const log = setting.log ?? memoryLog();
  if (log.events.length === 0) log.append({ type: "session", version: 1, id: "s1", cwd: root, system: "" });
  const model = scriptedModel(script);
  const env = { PATH: process.env.PATH ?? "" };
  const hooked = hooks({ settings, cwd: root, env, permissionMode: mode, ...(redact && { redact }) });
  const questions: Question[] = [];
  const contexts: ToolContext[] = [];
  const inner = permission({
    mode,
    root,
    home: "/nowhere",
    own: "/nowhere/.nanocoder",
    rules: readRules(
      [{ from: "settings.json", deny }],
      { root, home: "/nowhere" },
      (pattern) => (path) => path.endsWith(pattern),
    ),
    readable: [],
    writable: [],
    sandboxed: async () => false,
    ask: async (question) => {
      questions.push(question);
      return { verdict: "deny", why: "the person said no" };
    },
    remember: async () => undefined,
  });
  const tools = setting.tools ?? [writeFile(), editFile()];
  const plugins: Plugin[] = [hooked, watcher(contexts), inner];
  return { log, inbox: new Inbox(), model, tools, plugins, hooked, questions, contexts };
}

// stands where the permission plugin reads what hooks said
function watcher(contexts: ToolContext[]): Plugin {
  return {
    name: "watcher",
    wrapTool: (tool) => ({
      ...tool,
      run: (input, context) => {
        contexts.push(context);
        return tool.run(input, context);
      },
    }),
  };
}

export type Worker = ReturnType<typeof agentIn>;

export async function work(agent: Worker, signal = new AbortController().signal) {
  agent.inbox.post({ parts: [text("go")], from: "user" });
  const items: (Event | Delta)[] = [];
  for await (const item of run(agent, signal)) items.push(item);
  const { events } = agent.log;
  const results = events.flatMap((event) => (event.type === "result" ? [plainText(event.parts)] : []));
  const notices = items.flatMap((item) => (item.type === "status" ? [item.text] : []));
  const notes = events.flatMap((event) => (event.type === "note" ? [event.text] : []));
  const ended = events.at(-1);
  return { ...agent, events, results, notices, notes, ended };
}

export const on = (event: HookEvent, ...commands: string[]): HookSettings => ({
  [event]: [{ hooks: commands.map((command) => ({ type: "command" as const, command })) }],
});

/** A hook that answers. */
export const say = (json: Json) => `cat >/dev/null; printf %s '${JSON.stringify(json)}'`;
/** A hook that keeps what it is told, a line for each time. */
export const keep = (name: string) => `cat >> ${name}; echo >> ${name}`;
export const decide = (hookSpecificOutput: { [key: string]: Json }) => say({ hookSpecificOutput });
export const write = (path = "a.txt", content = "hello") => ({
  calls: [{ name: "write_file", input: { path, content } }],
});
