import { rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { type Config, readConfig, thisMachine } from "../app/config.js";
import { savedSession } from "../app/saved-session.js";
import { UsageError } from "../app/usage-error.js";
import { redactor } from "../platform/secrets.js";
import { nearest, visible } from "../platform/text.js";
import { undoneCompaction } from "../plugins/context-undo.js";
import { forkSession } from "../store/fork.js";
import { takeLock } from "../store/lock.js";
import { damaged, openLog, readLog } from "../store/log-file.js";
import { listChildren, listSessions } from "../store/session-list.js";
import { childFolder, type SavedSession } from "../store/sessions.js";
import { agreed } from "./agreed.js";
import { type Asked, SESSION_COMMANDS, type SessionFlags } from "./asked.js";
import { formatOf } from "./export-format.js";
import { write } from "./output.js";
import { htmlOf } from "./session-html.js";
import { markdownOf } from "./session-markdown.js";
import { jsonLine, tableOf, textOf } from "./session-text.js";
import { type Story, storyOf } from "./story.js";
import { writeNew } from "./write-new.js";

/** Sessions that a list shows. */
const SHOWN = 50;

type Wish = Extract<Asked, { type: "sessions" }>;
type Request = { config: Config; flags: SessionFlags; id: string };

/** Lists, shows, exports, copies or removes saved sessions. */
export async function sessionsCommand({ what, flags, id }: Wish): Promise<number> {
  const config = await readConfig(flags, thisMachine());
  if (what === "list") {
    if (id !== undefined) throw new UsageError(noCommand(id));
    return list(config, flags);
  }
  return { show, export: exported, fork, unfold, rm }[what]({ config, flags, id: id ?? "last" });
}

function noCommand(word: string): string {
  const [near] = nearest(word, SESSION_COMMANDS);
  const hint = near ?? `one of ${SESSION_COMMANDS.join(", ")}`;
  return `sessions: there is no command "${word}". Did you mean ${hint}? To read a session: nanocoder sessions show ID.`;
}

async function list({ home, cwd }: Config, { all, limit, json }: SessionFlags): Promise<number> {
  const { sessions, more } = listSessions(home, { ...(all ? {} : { cwd }), limit: numberOf(limit) });
  if (json) {
    await print(sessions.map(jsonLine).join(""));
    return 0;
  }
  if (sessions.length === 0) {
    const where = all ? join(home, "sessions") : `${cwd}; --all shows those of other folders`;
    await print(visible(`There is no session of ${where}.\n`));
    return 0;
  }
  await print(
    tableOf(sessions, { folders: all ?? false, columns: process.stdout.isTTY ? process.stdout.columns : undefined }),
  );
  if (more) await note(`Older sessions are left out: --limit ${sessions.length * 2} shows more.`);
  return 0;
}

function numberOf(limit: string | undefined): number {
  if (limit === undefined) return SHOWN;
  if (/^[1-9]\d{0,8}$/.test(limit)) return Number(limit);
  throw new UsageError(`--limit wants a whole number of at least 1, not "${limit}".`);
}

async function show({ config, id }: Request): Promise<number> {
  const saved = savedSession(config, id);
  await print(textOf(await readStory(saved)));
  const children = listChildren(saved);
  const table = children.length === 0 ? "" : tableOf(children, { folders: false, columns: undefined });
  if (table !== "") await print(`\nSub-agents (nanocoder sessions show ID):\n${table}`);
  return 0;
}

async function exported({ config, flags: { format, output }, id }: Request): Promise<number> {
  const made = format ?? (output === undefined ? "md" : formatOf(output));
  if (made === undefined)
    throw new UsageError(
      `sessions export writes Markdown or HTML: give a name that ends in .md or .html, not "${output}", or say --format.`,
    );
  const story = await readStory(savedSession(config, id));
  const text = made === "html" ? htmlOf(story) : markdownOf(story);
  if (output === undefined) await print(text);
  else if (!writeNew(resolve(config.cwd, output), text))
    throw new UsageError(thereAlready(resolve(config.cwd, output)));
  return 0;
}

function thereAlready(path: string): string {
  return `${path} is there already and is not overwritten. Name another file, or remove it first.`;
}

async function fork({ config, id }: Request): Promise<number> {
  const saved = savedSession(config, id);
  const forked = forkSession(saved);
  if (forked.skipped > 0) await note(damaged(forked.skipped, saved.path));
  await print(`${forked.id}\n`);
  return 0;
}

async function unfold({ config, id }: Request): Promise<number> {
  const saved = savedSession(config, id);
  const log = openLog(saved.path, redactor(config.keys));
  try {
    const undone = undoneCompaction(log.events);
    if (undone === undefined) throw new UsageError(`${saved.id} has no compaction to take back.`);
    log.append(undone);
  } finally {
    log.close();
  }
  await print(`The newest compaction of ${saved.id} is taken back. It will be compacted again when it does not fit.\n`);
  return 0;
}

async function rm({ config, flags, id }: Request): Promise<number> {
  const saved = savedSession(config, id);
  if (!flags.yes && !process.stdin.isTTY)
    throw new UsageError(`sessions rm asks before it removes ${saved.id}, and here nobody can answer: add --yes.`);
  if (!(flags.yes || (await agreed(`Remove the session ${saved.id} for good?`)))) {
    await print("Nothing was removed.\n");
    return 1;
  }
  const release = takeLock(`${saved.path}.lock`, "Close it first: nothing was removed.");
  try {
    rmSync(join(config.home, "outputs", saved.id), { recursive: true, force: true });
    rmSync(childFolder(saved.path), { recursive: true, force: true });
    rmSync(saved.path);
  } finally {
    release();
  }
  await print(`removed ${saved.id}\n`);
  return 0;
}

async function readStory({ id, path }: SavedSession): Promise<Story> {
  const { events, skipped } = readLog(path);
  if (skipped > 0) await note(damaged(skipped, path));
  return storyOf(id, events);
}

function print(text: string): Promise<void> {
  return write(process.stdout, text, () => undefined);
}

function note(line: string): Promise<void> {
  return write(process.stderr, `nanocoder: ${visible(line)}\n`, () => undefined);
}
