import { join } from "node:path";
import type { Flags } from "../../../app/input.js";
import { savedSession } from "../../../app/saved-session.js";
import { UsageError } from "../../../app/usage-error.js";
import { state } from "../../../core/fold.js";
import { visible } from "../../../platform/text.js";
import { TITLED } from "../../../store/session-head.js";
import { type ListedSession, listSessions } from "../../../store/session-list.js";
import { cutTo } from "../../columns.js";
import { counted, tableOf } from "../../session-text.js";
import { ago } from "../ago.js";
import type { Desk } from "../desk.js";
import type { Locale } from "../locale.js";
import type { SlashCommand } from "../slash.js";

/** Sessions that a list shows, those that a choice offers, columns of a title, and characters of a name. */
const MOST = { listed: 50, offered: 2000, title: 60, name: 200 };

type Words = {
  saved(path: string, id: string): string;
  unsaved: string;
  named(title: string): string;
  none(where: string): string;
  older: string;
  which: string;
  turns(count: number): string;
  already(id: string): string;
  fresh(id: string, before: string): string;
  copied(id: string, before: string): string;
  resumed(id: string): string;
};

const WORDS: Record<Locale, Words> = {
  en: {
    saved: (path, id) =>
      `This session is saved as it goes, in ${path}. Go on with it later: /resume ${id}, or nanocoder --resume ${id}`,
    unsaved: "This session is not saved: its file could not be written. It ends when nanocoder does.",
    named: (title) => `This session is called "${title}".`,
    none: (where) => `There is no other session of ${where}.`,
    older: "Older ones are left out: nanocoder sessions --limit shows more.",
    which: "Which session?",
    turns: (count) => counted(count, "turn"),
    already: (id) => `The session ${id} is at work already.`,
    fresh: (id, before) => `A new session, ${id}. The one before goes on with /resume ${before}`,
    copied: (id, before) => `A copy, ${id}. What it was made from goes on with /resume ${before}`,
    resumed: (id) => `This is the session ${id}.`,
  },
  zh: {
    saved: (path, id) => `会话随时自动保存在 ${path}。以后继续：/resume ${id} 或 nanocoder --resume ${id}`,
    unsaved: "此会话没有保存：无法写入文件。nanocoder 退出后会话就结束了。",
    named: (title) => `此会话命名为“${title}”。`,
    none: (where) => `${where} 没有其他会话。`,
    older: "更早的未列出：nanocoder sessions --limit 可以显示更多。",
    which: "继续哪个会话？",
    turns: (count) => `${count} 轮`,
    already: (id) => `会话 ${id} 正在使用。`,
    fresh: (id, before) => `新会话 ${id}。之前的会话：/resume ${before}`,
    copied: (id, before) => `副本 ${id}。原会话：/resume ${before}`,
    resumed: (id) => `当前会话：${id}。`,
  },
};

/** `/save`, `/sessions`, `/resume`, `/reset` and `/fork`: which session is at work. */
export const sessionCommands: readonly SlashCommand[] = [
  {
    name: "save",
    usage: "[TITLE]",
    about: { en: "where this session is saved; gives it a name", zh: "会话保存在哪里；可命名" },
    always: true,
    run: save,
  },
  {
    name: "sessions",
    usage: "[all]",
    about: { en: "saved sessions of this folder, or of all", zh: "此文件夹（或全部）的会话" },
    always: true,
    complete: () => [{ value: "all", label: "all" }],
    run: list,
  },
  {
    name: "resume",
    usage: "[ID] [--fork]",
    about: { en: "go on in another session, or in a copy of it", zh: "继续另一个会话，或其副本" },
    complete: (desk) => others(desk).map(({ id, title }) => ({ value: id, label: id, about: shortTitle(title) })),
    run: resume,
  },
  {
    name: "reset",
    also: ["clear", "new"],
    usage: "",
    about: { en: "begin a new session here (also /clear, /new)", zh: "开始新会话（也可用 /clear、/new）" },
    run: reset,
  },
  {
    name: "fork",
    usage: "",
    about: { en: "go on in a copy of this session", zh: "在此会话的副本中继续" },
    run: (desk) => copy(desk, desk.opened.id),
  },
];

function save({ ui, locale, opened: { agent, id } }: Desk, title: string): void {
  const words = WORDS[locale];
  const path = "path" in agent.log && typeof agent.log.path === "string" ? agent.log.path : undefined;
  if (title.length > MOST.name)
    throw new UsageError(`/save: a name has at most ${MOST.name} characters, and this has ${title.length}.`);
  const name = title.replace(/\s+/g, " ");
  if (name !== "" && state(agent.log.events, TITLED) !== name)
    agent.log.append({ type: "state", key: TITLED, value: name });
  const named = name === "" ? "" : `${words.named(visible(name))} `;
  ui.say({ type: "note", text: `${named}${path === undefined ? words.unsaved : words.saved(visible(path), id)}` });
}

function list({ ui, locale, config: { home, cwd }, opened }: Desk, words: string): void {
  if (words !== "" && words !== "all")
    throw new UsageError(`/sessions takes nothing or all, not "${words}". To go on in one: /resume ID.`);
  const all = words === "all";
  const found = listSessions(home, { ...(all ? {} : { cwd }), limit: MOST.listed });
  const sessions = found.sessions.filter((each) => isWorth(each) || each.id === opened.id);
  const said = WORDS[locale];
  if (sessions.length === 0) {
    ui.say({ type: "note", text: said.none(visible(all ? join(home, "sessions") : cwd)) });
    return;
  }
  const short = sessions.map((each) => ({ ...each, title: shortTitle(each.title) }));
  const lines = tableOf(short, { folders: all, columns: undefined }).trimEnd().split("\n");
  const marked = lines.map((line) => `${line.startsWith(opened.id) ? "*" : " "} ${line}`);
  ui.say({ type: "text", text: [...marked, ...(found.more ? [said.older] : [])].join("\n") });
}

async function resume(desk: Desk, words: string): Promise<void> {
  const given = words.split(/\s+/).filter((word) => word !== "");
  const [id, more] = given.filter((word) => word !== "--fork");
  if (more !== undefined) throw new UsageError(`/resume takes one ID, and --fork for a copy: not "${more}".`);
  if (id?.startsWith("-")) throw new UsageError(`/resume: there is no ${id}. Did you mean --fork?`);
  const chosen = id === undefined ? await pick(desk) : savedSession(desk.config, id).id;
  if (chosen === undefined) return;
  if (given.includes("--fork")) return copy(desk, chosen);
  const said = WORDS[desk.locale];
  if (chosen === desk.opened.id) return desk.ui.say({ type: "note", text: said.already(chosen) });
  await desk.open({ id: chosen });
  desk.ui.say({ type: "note", text: said.resumed(chosen) });
}

async function pick(desk: Desk): Promise<string | undefined> {
  const { ui, locale, config } = desk;
  const words = WORDS[locale];
  const now = Date.now();
  const items = others(desk).map(({ id, title, at, turns }) => ({
    value: id,
    label: shortTitle(title),
    about: [ago(at, now, locale), ...(turns === undefined ? [] : [words.turns(turns)])].join(", "),
  }));
  if (items.length > 0) return ui.choose({ title: words.which, items });
  ui.say({ type: "note", text: words.none(visible(config.cwd)) });
  return undefined;
}

async function reset(desk: Desk): Promise<void> {
  const before = desk.opened.id;
  await desk.open({}, { ...modelOf(desk), permissionMode: desk.mode });
  desk.ui.say({ type: "note", text: WORDS[desk.locale].fresh(desk.opened.id, before) });
}

async function copy(desk: Desk, id: string): Promise<void> {
  const own = id === desk.opened.id ? { ...modelOf(desk), permissionMode: desk.mode } : {};
  await desk.open({ id, fork: true }, own);
  desk.ui.say({ type: "note", text: WORDS[desk.locale].copied(desk.opened.id, id) });
}

// who works now works on, also where it was chosen in this session
function modelOf({ config: { choice, gateway } }: Desk): Pick<Flags, "model" | "provider"> {
  if (gateway?.work.by === "name") return { model: gateway.work.name };
  if (gateway?.work.by === "role" || choice === undefined) return {};
  return { model: choice.model, provider: choice.provider };
}

function others({ config: { home, cwd }, opened }: Desk): ListedSession[] {
  const { sessions } = listSessions(home, { cwd, limit: MOST.offered });
  return sessions.filter((each) => each.id !== opened.id && isWorth(each));
}

// one in which nothing was asked is not worth going on with
function isWorth({ title, turns }: ListedSession): boolean {
  return title !== "" || turns !== 0;
}

function shortTitle(title: string): string {
  return cutTo(visible(title), MOST.title);
}
