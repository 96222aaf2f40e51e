import type { Event, Fact } from "../core/event.js";
import { state } from "../core/fold.js";
import { type Json, plainText } from "../core/message.js";
import { JOB } from "./asked.js";
import { shortened } from "./job-words.js";

const KEY = `${JOB}:`;

type Kept = { id: string; title: string; file: string; status: string; how: string; told: boolean };

/** What a session that is gone on with has to be told of its background jobs: those that ended with it, and ends that were not told any more. */
export function lostJobs(events: readonly Event[]): { facts: Fact[]; line: string } | undefined {
  const mail = events.flatMap((event) =>
    event.type === "prompt" && event.from === JOB ? [plainText(event.parts)] : [],
  );
  const isTold = ({ id, status, told }: Kept) => told || mail.some((words) => isEndOf(words, id, status));
  const untold = read(events).filter((each) => each.status !== "lost" && !isTold(each));
  const lost = untold.filter(({ status }) => status === "running");
  const ended = untold.filter(({ status }) => status !== "running");
  if (untold.length === 0) return undefined;
  const lines = [
    ...lost.map(({ id, title, file }) => `${id} ended with the session before (output: ${file}): ${title}`),
    ...ended.map(({ id, title, how, file }) => `${id} ended, ${how} (output: ${file}): ${title}`),
  ];
  // in a tag: the person is told by the line
  const note = `<background>\nBackground jobs of this session run no more:\n${lines.join("\n")}\nStart again what is still needed.\n</background>`;
  const facts = untold.map(({ id, title, file }): Fact => {
    return { type: "state", key: KEY + id, value: { title, file, status: "lost" } };
  });
  return {
    facts: [...facts, { type: "note", by: JOB, text: note }],
    line: `Background jobs run no more: ${untold.map(({ id, title }) => `${id} (${title})`).join(", ")}`,
  };
}

/** Those that run, a line each, as the log tells it. */
export function standingJobs(events: readonly Event[]): string[] {
  const running = read(events).filter(({ status }) => status === "running");
  return running.map(({ id, title, file }) => `${id} (${shortened(title)}): ${file}`);
}

// its first words are ours: what a command or a sub-agent said comes behind them
function isEndOf(words: string, id: string, status: string): boolean {
  const [, told] = /^\[Background [\w-]+ (\S+ \w+):/.exec(words) ?? [];
  return told === `${id} ${status}`;
}

function read(events: readonly Event[]): Kept[] {
  const keys = events.flatMap((event) => (event.type === "state" && event.key.startsWith(KEY) ? [event.key] : []));
  return [...new Set(keys)].flatMap((key) => {
    const kept = keptIn(key.slice(KEY.length), state(events, key));
    return kept ? [kept] : [];
  });
}

function keptIn(id: string, value: Json | undefined): Kept | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  // what older versions called it
  const { command = "", title = command, file, status, how, told } = value;
  const words = { title: String(title), file: String(file), status: String(status), how: String(how) };
  return { id, ...words, told: told === true };
}
