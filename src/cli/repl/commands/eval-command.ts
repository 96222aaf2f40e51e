import { join } from "node:path";
import { UsageError } from "../../../app/usage-error.js";
import type { Event } from "../../../core/event.js";
import { plainText } from "../../../core/message.js";
import type { Session } from "../../../core/session.js";
import { statOf } from "../../../platform/files.js";
import { visible } from "../../../platform/text.js";
import type { Found, VerifyOptions } from "../../../plugins/verify-options.js";
import type { Changed } from "../../../store/run-changes.js";
import { startCommit, workDiff } from "../../../store/work-diff.js";
import { firstLine } from "../../progress.js";
import type { Desk } from "../desk.js";
import type { Locale } from "../locale.js";

/** Runs that are looked at for changes, the newest first; lines of an output that are shown. */
const MOST = { runs: 20, lines: 40 };

type Words = {
  checking(files: number): string;
  of(prompt: string): string;
  none: string;
  clean: string;
  nothing(files: number): string;
  status: Record<Found["status"], string>;
  fine: string;
  fix: string;
  ask(command: string, why: string): string;
  run: string;
  leave: string;
};

const WORDS: Record<Locale, Words> = {
  en: {
    checking: (files) => (files === 1 ? "checking 1 changed file" : `checking ${files} changed files`),
    of: (prompt) => `changed by: ${prompt}`,
    none: "No prompt of this session changed a file that is still changed. /eval all looks at all that git calls changed.",
    clean: "git calls nothing changed here.",
    nothing: (files) =>
      `There is nothing to check ${files === 1 ? "the changed file" : `the ${files} changed files`} by.`,
    status: { passed: "passed", failed: "failed", "not checked": "not checked" },
    fine: "Nothing fails: there is nothing to mend.",
    fix: "/eval fix has the model mend it.",
    ask: (command, why) => `Run ${command}? By itself it is not run: ${why}.`,
    run: "run it",
    leave: "do not run it",
  },
  zh: {
    checking: (files) => `正在检查 ${files} 个改动的文件`,
    of: (prompt) => `改动来自：${prompt}`,
    none: "此会话没有仍然存在的文件改动。/eval all 检查 git 认为改动过的全部文件。",
    clean: "git 认为这里没有改动。",
    nothing: (files) => `没有可以用来检查这 ${files} 个改动文件的方法。`,
    status: { passed: "通过", failed: "失败", "not checked": "未检查" },
    fine: "没有失败，不需要修复。",
    fix: "用 /eval fix 让模型修复。",
    ask: (command, why) => `运行 ${command} 吗？它不会自动运行：${why}。`,
    run: "运行",
    leave: "不运行",
  },
};

const MARKS: Record<Found["status"], string> = { passed: "[x]", failed: "[!]", "not checked": "[?]" };

/**
 * `/eval [all] [fix]`: checks what the last prompt that changed files changed, or all that git calls changed, and with
 * `fix` sends what fails to the model. Throws a UsageError.
 */
export async function evalCommand(desk: Desk, words: string): Promise<void> {
  const asked = words.split(/\s+/).filter((word) => word !== "");
  const unknown = asked.find((word) => word !== "all" && word !== "fix");
  if (unknown !== undefined) throw new UsageError(`/eval: it takes all and fix, not "${unknown}".`);
  if (desk.mode === "plan") throw new UsageError("/eval: in mode plan nothing is run. Leave it first (Shift+Tab).");
  const found = await checked(desk, asked.includes("all") ? "all" : "newest");
  if (!found || desk.signal.aborted) return;
  const { ui, locale } = desk;
  ui.say({ type: "text", text: found.flatMap((each) => linesOf(each, locale)).join("\n") });
  const failures = (await verifyRun()).failureWords(found);
  const { fine, fix } = WORDS[locale];
  if (!asked.includes("fix")) return failures === undefined ? undefined : ui.say({ type: "note", text: fix });
  if (failures === undefined) return ui.say({ type: "note", text: fine });
  desk.post(failures);
}

// what checks is loaded when there is something to check
const verifyRun = () => import("../../../plugins/verify-run.js");

async function checked(desk: Desk, which: "newest" | "all"): Promise<Found[] | undefined> {
  const { ui, locale, opened, signal } = desk;
  const { log, model } = opened.agent;
  const words = WORDS[locale];
  const { cwd } = opened.ground;
  // no run is seen: there is none that would end
  const session: Session = { events: log.events, model, cwd, signal, emit: () => undefined };
  const { changes, prompt } = which === "all" ? await ofGit(desk) : await ofNewest(session, opened.verify);
  const say = (text: string) => ui.say({ type: "note", text });
  if (changes.length === 0) return void say(which === "all" ? words.clean : words.none);
  if (prompt !== undefined) say(words.of(prompt));
  const ready = ui.busy(words.checking(changes.length));
  const { checkedNow } = await verifyRun();
  const found = await checkedNow(changes, session, { ...opened.verify, permit: permitOf(desk) }).finally(ready);
  if (found.length === 0) return void say(words.nothing(changes.length));
  return found;
}

// a person is there: what may not be run by itself may be run by their word
function permitOf({ ui, locale }: Desk): NonNullable<VerifyOptions["permit"]> {
  return async (command, why) => {
    const { ask, run, leave } = WORDS[locale];
    const items = [
      { value: "run", label: run },
      { value: "leave", label: leave },
    ];
    return (await ui.choose({ title: visible(ask(command, why)), items, firm: true })) === "run";
  };
}

type Looked = { changes: Changed[]; prompt?: string };

async function ofNewest(session: Session, options: VerifyOptions): Promise<Looked> {
  const { changesIn } = await verifyRun();
  for (const run of runsOf(session.events).slice(0, MOST.runs)) {
    const changes = changesIn(run, session, options);
    const prompt = run.find((event) => event.type === "prompt");
    if (changes.length > 0)
      return { changes, ...(prompt?.type === "prompt" && { prompt: firstLine(plainText(prompt.parts)) }) };
  }
  return { changes: [] };
}

// those with results, newest first
function runsOf(events: readonly Event[]): Event[][] {
  const runs: Event[][] = [[]];
  for (const event of events) {
    runs.at(-1)?.push(event);
    if (event.type === "ended") runs.push([]);
  }
  return runs.filter((run) => run.some(({ type }) => type === "result")).reverse();
}

async function ofGit({ opened }: Desk): Promise<Looked> {
  const { cwd: root, commands } = opened.ground;
  const since = await startCommit(root, commands.env);
  const diff = since === undefined ? undefined : await workDiff({ root, env: commands.env, since, most: 0 });
  if (!diff) throw new UsageError("/eval all: git tells no changes here. /eval looks at what the last prompt changed.");
  const changes = diff.files.map((file) => {
    const path = join(root, file);
    return { path, before: undefined, gone: statOf(path) === undefined };
  });
  return { changes };
}

function linesOf({ check, status, why, exit_code: code, output = "" }: Found, locale: Locale): string[] {
  const about = [
    ...(status === "failed" && code !== undefined ? [`exit ${code}`] : []),
    ...(why === undefined ? [] : [why]),
  ];
  const line = `${MARKS[status]} ${check}: ${WORDS[locale].status[status]}${about.length > 0 ? ` (${about.join(", ")})` : ""}`;
  const tail = status === "failed" ? output.trimEnd().split("\n").slice(-MOST.lines) : [];
  return [line, ...tail.filter((each) => each !== "").map((each) => `      ${each}`)].map(visible);
}
