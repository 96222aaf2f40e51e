import type { UserPart } from "../core/message.js";
import { plainText } from "../core/message.js";
import { visible } from "../platform/text.js";
import type { ListedSession } from "../store/session-list.js";
import { cutTo } from "./columns.js";
import { argumentsLine, firstLine } from "./progress.js";
import { type CallTold, outcomeOf, type Story, type Told } from "./story.js";
import { timeOf } from "./when.js";

type Screen = { folders: boolean; columns: number | undefined };

/** Sessions as lines of a table, each cut to the columns of a terminal where there is one. */
export function tableOf(sessions: readonly ListedSession[], { folders, columns }: Screen): string {
  const wide = Math.max(...sessions.map(({ id }) => id.length));
  const lines = sessions.map(({ id, at, turns, cwd = "", title }) => {
    const answers = turns === undefined ? "" : counted(turns, "turn");
    const place = folders ? `  ${visible(cwd)}` : "";
    return `${id.padEnd(wide)}  ${timeOf(at)}  ${answers.padStart(9)}${place}  ${visible(title)}`.trimEnd();
  });
  return lines.map((line) => `${columns === undefined ? line : cutTo(line, columns)}\n`).join("");
}

/** One session as a line of JSON; `turns` is null where they were not counted in time. */
export function jsonLine({ id, path, at, cwd, title, turns, parent }: ListedSession): string {
  const told = { id, updated_at: new Date(at).toISOString(), cwd: cwd ?? null, num_turns: turns ?? null, title, path };
  return `${JSON.stringify({ ...told, ...(parent && { parent }) })}\n`;
}

/** A session as text for a screen. */
export function textOf(story: Story): string {
  const { id, title, cwd, parent, turns, told } = story;
  const name = title === undefined ? "" : ` "${visible(title)}"`;
  const delegated = told.find(({ type }) => type === "prompt");
  const what = delegated?.type === "prompt" && delegated.from === "agent" ? "a sub-agent of" : "a copy of";
  const origin = parent ? `, ${what} ${parent.id} up to ${parent.seq}` : "";
  const lead = `Session ${id}${name} of ${visible(cwd)}, ${counted(turns.length, "turn")}${origin}, ${useOf(story)}`;
  return `${[lead, ...told.filter(({ type }) => type !== "thinking").map(toldText)].join("\n")}\n`;
}

/** All tokens of a session, and what they cost where that is known. */
export function useOf({ usage, cost, turns }: Story): string {
  const price = cost === null || turns.length === 0 ? "" : `, $${cost.toFixed(4)}`;
  return `${usage.input} input, ${usage.cacheRead + usage.cacheWrite} cache, ${usage.output} output tokens${price}`;
}

/** The words of a prompt, with a mark for each picture. */
export function wordsOf(parts: readonly UserPart[]): string {
  return parts.map((part) => (part.type === "text" ? part.text : `[picture: ${part.mime}]`)).join("\n");
}

/** A number of things. */
export function counted(count: number, thing: string): string {
  return `${count} ${thing}${count === 1 ? "" : "s"}`;
}

function toldText(told: Told): string {
  if (told.type === "call") return callText(told);
  if (told.type === "prompt") return `\n${speaker(told.from)}> ${visible(wordsOf(told.parts).trim())}\n`;
  const words = visible(told.text.trim());
  return told.type === "answer" ? `nanocoder> ${words}` : `[${words}]`;
}

function speaker(from: string): string {
  return from === "user" ? "you" : visible(from);
}

function callText(told: CallTold): string {
  const { call, result } = told;
  const why = result?.failed ? `: ${firstLine(plainText(result.parts))}` : "";
  return `> ${visible(call.name)}(${argumentsLine(call.input)})  ${outcomeOf(told)}${why}`;
}
