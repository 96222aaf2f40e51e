import { readFileSync } from "node:fs";
import { plainText } from "../core/message.js";
import { unifiedDiff } from "../platform/diff.js";
import { visible } from "../platform/text.js";
import { objectsOf, type Place } from "../store/checkpoints.js";
import { readLog } from "../store/log-file.js";
import type { Objects } from "../store/objects.js";
import { type Change, changed, type PathState } from "../store/path-state.js";
import { sessionPath } from "../store/sessions.js";
import { type PromptWork, promptsOf } from "../store/undo.js";
import { timeOf } from "./when.js";

/** Prompts shown, characters of each, and milliseconds for counting lines: beyond it none are shown. */
const MOST = { prompts: 20, words: 60, count: 2000 };

/** The newest prompts that wrote something, with what they wrote, as lines. */
export async function listOf(place: Place): Promise<string> {
  const prompts = promptsOf(place).slice(0, MOST.prompts);
  if (prompts.length === 0) return `No prompt wrote anything in ${visible(place.root)} that can be undone.\n`;
  const until = performance.now() + MOST.count;
  const words = wordsIn(place);
  const lines: string[] = [];
  for (const [at, work] of prompts.entries()) {
    const changes = net(work);
    const size = performance.now() < until ? await lineCount(place, changes) : "";
    const files = `${changes.length} ${changes.length === 1 ? "path" : "paths"}`;
    const gap = work.calls.some(({ partial, open }) => partial !== undefined || open)
      ? "  (not all of it is known)"
      : "";
    const number = String(at + 1).padStart(2);
    lines.push(`${number}  ${timeOf(work.at)}  ${files.padEnd(9)} ${size.padEnd(11)} ${words(work)}${gap}`.trimEnd());
  }
  return `${lines.join("\n")}\n`;
}

/** The text of a kept state; undefined when it is binary, was not copied, or is gone. */
export function contentOf(state: PathState, objects: Objects): string | undefined {
  if (state.kind === "absent" || state.kind === "folder") return "";
  if (state.kind === "link") return `link to ${state.to}\n`;
  return state.kind === "file" ? attempt(() => asText(objects.read(state.hash))) : undefined;
}

/** The text that stands at a path now. */
export function currentContent(path: string, now: PathState): string | undefined {
  if (now.kind === "absent" || now.kind === "folder") return "";
  return now.kind === "link" ? `link to ${now.to}\n` : attempt(() => asText(readFileSync(path)));
}

/** Two texts as a unified diff, or why there is none. */
export async function diffOf(name: string, before: string | undefined, after: string | undefined): Promise<string> {
  if (before === undefined || after === undefined) return "(binary, too large, or not kept: it cannot be shown)\n";
  if (before === after) return "";
  const { text, added, removed } = await unifiedDiff(name, before, after);
  return text === "" ? `(+${added} -${removed} lines: too many to show)\n` : visible(text);
}

// the first state before and the last one after
function net({ calls }: PromptWork): Change[] {
  const byPath = new Map<string, Change>();
  for (const { path, before, after } of calls.flatMap(({ paths }) => paths)) {
    const first = byPath.get(path)?.before ?? before;
    byPath.set(path, after === undefined ? { path, before: first } : { path, before: first, after });
  }
  return [...byPath.values()].filter(({ before, after }) => after === undefined || changed(before, after));
}

async function lineCount(place: Place, changes: readonly Change[]): Promise<string> {
  const objects = objectsOf(place);
  const sum = { added: 0, removed: 0 };
  for (const { path, before, after } of changes) {
    const [old, now] = [contentOf(before, objects), after && contentOf(after, objects)];
    if (old === undefined || now === undefined) continue;
    const { added, removed } = await unifiedDiff(path, old, now);
    sum.added += added;
    sum.removed += removed;
  }
  return `+${sum.added} -${sum.removed}`;
}

// each session's file is read once
function wordsIn({ home, root }: Place): (work: PromptWork) => string {
  const logs = new Map<string, ReturnType<typeof readLog>["events"]>();
  return ({ session, prompt }) => {
    const events = logs.get(session) ?? attempt(() => readLog(sessionPath(home, root, session)).events) ?? [];
    logs.set(session, events);
    const found = events.find(({ seq }) => seq === prompt);
    const said = found?.type === "prompt" ? plainText(found.parts).trim() : "";
    return visible(said.split("\n")[0] ?? "").slice(0, MOST.words);
  };
}

function asText(content: Buffer): string | undefined {
  return content.includes(0) ? undefined : content.toString("utf8");
}

function attempt<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch {
    return undefined;
  }
}
