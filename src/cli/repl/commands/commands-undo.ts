import { resolve } from "node:path";
import { UsageError } from "../../../app/usage-error.js";
import { last } from "../../../core/fold.js";
import { visible } from "../../../platform/text.js";
import { shownPath } from "../../../platform/walk.js";
import type { Place } from "../../../store/checkpoints.js";
import { forebears } from "../../../store/fork.js";
import { type Changed, changedBy, textBefore, textNow } from "../../../store/run-changes.js";
import { promptsOf, type Reversal, redo, undo } from "../../../store/undo.js";
import { fenced } from "../../session-markdown.js";
import { diffOf, listOf } from "../../undo-list.js";
import { type Became, clashesOf, stepsOf } from "../../undo-told.js";
import type { Desk } from "../desk.js";
import type { Locale } from "../locale.js";
import type { SlashCommand } from "../slash.js";
import { listAfter, listBefore } from "./todo-back.js";

/** Characters of all diffs that are shown at once. */
const SHOWN = 60_000;

type Words = {
  became: Record<Became, string>;
  undone(count: number): string;
  redone(count: number): string;
  same: string;
  refused: string;
  elsewhere(sessions: string): string;
  yes: string;
  no: string;
  nothing: string;
  nothingIn(path: string): string;
  more(count: number): string;
};

const WORDS: Record<Locale, Words> = {
  en: {
    became: { kept: "kept (not empty)", removed: "removed", back: "brought back", restored: "restored" },
    undone: (count) => `${count === 1 ? "1 path" : `${count} paths`} undone. /redo takes it back.`,
    redone: (count) => `${count === 1 ? "1 path" : `${count} paths`} redone.`,
    same: "Everything is as it was before already.",
    refused: "Nothing was changed: these paths are not as the work left them (- what it left, + what is there now).",
    elsewhere: (sessions) => `This takes back what another session wrote (${sessions}). Go on?`,
    yes: "yes, take it back",
    no: "no, leave it",
    nothing: "This session changed nothing that is still different from before.",
    nothingIn: (path) => `This session changed nothing in ${path} that is still different from before.`,
    more: (count) => `${count} more ${count === 1 ? "file is" : "files are"} left out: /diff PATH shows one.`,
  },
  zh: {
    became: { kept: "保留（非空）", removed: "已删除", back: "已找回", restored: "已恢复" },
    undone: (count) => `已撤销 ${count} 个路径。/redo 可以恢复。`,
    redone: (count) => `已重做 ${count} 个路径。`,
    same: "一切已与之前相同。",
    refused: "没有做任何更改：这些路径已不是工作结束时的样子（- 当时，+ 现在）。",
    elsewhere: (sessions) => `这会撤销另一个会话（${sessions}）写入的内容。继续吗？`,
    yes: "是，撤销",
    no: "否，保留",
    nothing: "此会话没有留下与之前不同的更改。",
    nothingIn: (path) => `此会话在 ${path} 中没有留下与之前不同的更改。`,
    more: (count) => `另有 ${count} 个文件未显示：/diff PATH 可以查看其中一个。`,
  },
};

/** `/undo`, `/redo` and `/diff`: what was written, and taking it back. */
export const undoCommands: readonly SlashCommand[] = [
  {
    name: "undo",
    usage: "[N|list]",
    about: { en: "take back what the last N prompts wrote", zh: "撤销最近 N 条提示词写入的内容" },
    complete: () => [{ value: "list", label: "list" }],
    run: takeBack,
  },
  {
    name: "redo",
    usage: "",
    about: { en: "take the newest undo back", zh: "恢复最近一次撤销" },
    run: async (desk) => tell(desk, await redo(placeOf(desk)), { how: "redone", list: listAfter }),
  },
  {
    name: "diff",
    usage: "[PATH]",
    about: { en: "what this session changed", zh: "此会话的更改" },
    always: true,
    complete: (desk) =>
      changedIn(desk).map(({ path }) => {
        const shown = shownPath(placeOf(desk).root, path);
        return { value: shown, label: visible(shown) };
      }),
    run: diff,
  },
];

function placeOf({ config: { home }, opened }: Desk): Place {
  return { home, root: opened.ground.cwd };
}

async function takeBack(desk: Desk, words: string): Promise<void> {
  const place = placeOf(desk);
  if (words === "list") return desk.ui.say({ type: "text", text: (await listOf(place)).trimEnd() });
  const count = numberOf(words);
  if (!(await isMeant(desk, count))) return;
  const own = promptsOf(place)
    .slice(0, count)
    .filter(({ session }) => session === desk.opened.id);
  const first = Math.min(...own.map(({ prompt }) => prompt));
  await tell(desk, await undo(place, count), { how: "undone", list: (events) => listBefore(events, first) });
}

function numberOf(words: string): number {
  if (words === "") return 1;
  if (/^[1-9]\d{0,5}$/.test(words)) return Number(words);
  throw new UsageError(`/undo wants a whole number of at least 1, or list: not "${words}".`);
}

// what another session wrote is not taken back unasked
async function isMeant(desk: Desk, count: number): Promise<boolean> {
  const { ui, locale, opened } = desk;
  const { elsewhere, yes, no } = WORDS[locale];
  const sessions = promptsOf(placeOf(desk))
    .slice(0, count)
    .map(({ session }) => session);
  const others = [...new Set(sessions.filter((session) => session !== opened.id))];
  if (others.length === 0) return true;
  const items = [
    { value: false, label: no },
    { value: true, label: yes },
  ];
  return (await ui.choose({ title: elsewhere(others.join(", ")), items, firm: true })) ?? false;
}

type Telling = { how: "undone" | "redone"; list: typeof listAfter };

async function tell(desk: Desk, reversal: Reversal, { how, list }: Telling): Promise<void> {
  const { ui, locale, opened } = desk;
  const words = WORDS[locale];
  const place = placeOf(desk);
  if (reversal.type === "refused") {
    const clashes = await clashesOf(place, reversal.conflicts);
    ui.say({ type: "error", text: words.refused });
    for (const { path, why, diff: shown } of clashes)
      ui.say({ type: "markdown", text: `${fenced(`${path} ${why}.`, "text")}\n\n${fenced(shown, "diff")}` });
    return;
  }
  const steps = stepsOf(place, reversal);
  const notes = reversal.notes.map(visible);
  const done = steps.length === 0 ? words.same : words[how](steps.length);
  const lines = steps.map(({ became, path }) => `${words.became[became]} ${path}`);
  ui.say({ type: "text", text: [...lines, ...notes, done].join("\n") });
  if (steps.length === 0) return;
  const paths = steps.map(({ became, path }) => `- ${path}: ${WORDS.en.became[became]}`);
  const what = how === "undone" ? "took back what was written to these paths" : "took an undo back, of these paths";
  const { log } = opened.agent;
  const back = list(log.events);
  const text = `The user ${what}. Look at them again before you rely on them:\n${paths.join("\n")}${back.words}`;
  log.append({ type: "note", by: "undo", text });
  for (const fact of back.facts) log.append(fact);
}

// a copy goes on from what the sessions it comes from wrote
function changedIn(desk: Desk): Changed[] {
  const place = placeOf(desk);
  const { events } = desk.opened.agent.log;
  const calls = new Set(events.flatMap((event) => (event.type === "started" ? [event.callId] : [])));
  const parent = last(events, "session")?.parent?.id;
  const sessions = [desk.opened.id, ...(parent === undefined ? [] : forebears(place.home, parent))];
  // the state before is the oldest one
  const all = sessions.flatMap((session) => changedBy({ session, calls, edited: [] }, place));
  return [...new Map(all.map((changed) => [changed.path, changed])).values()];
}

async function diff(desk: Desk, words: string): Promise<void> {
  const { ui, locale } = desk;
  const place = placeOf(desk);
  const asked = resolve(place.root, words);
  const within = (path: string) => path === asked || path.startsWith(asked === "/" ? "/" : `${asked}/`);
  const changes = changedIn(desk).filter(({ path }) => within(path));
  const said = WORDS[locale];
  if (changes.length === 0)
    return ui.say({ type: "note", text: words === "" ? said.nothing : said.nothingIn(visible(words)) });
  let [left, shown] = [SHOWN, 0];
  for (const change of changes) {
    const text = await diffText(change, place);
    if (shown > 0 && text.length > left) break;
    ui.say({ type: "markdown", text: fenced(text, "diff") });
    left -= text.length;
    shown += 1;
  }
  if (shown < changes.length) ui.say({ type: "note", text: said.more(changes.length - shown) });
}

function diffText(change: Changed, place: Place): Promise<string> {
  const before = textBefore(change, place);
  const now = change.gone ? "" : textNow(change.path);
  const name = visible(shownPath(place.root, change.path));
  return diffOf(name, before === null ? "" : before, now).then((text) =>
    text.startsWith("(") ? `${name} ${text}` : text || name,
  );
}
