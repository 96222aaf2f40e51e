import type { Event, Fact } from "../core/event.js";
import { state } from "../core/fold.js";
import { type Json, plainText } from "../core/message.js";

type Kept = { id: string; command: string; file: string; status: string; how: string; told: boolean };

/** What a session that is gone on with has to be told of its background commands: those that ended with it, and ends that were not told any more. */
export function lostJobs(events: readonly Event[]): { facts: Fact[]; line: string } | undefined {
  const mail = events.flatMap((event) =>
    event.type === "prompt" && event.from === "job" ? [plainText(event.parts)] : [],
  );
  const isTold = ({ id, status, told }: Kept) => told || mail.some((words) => words.includes(`${id} ${status}:`));
  const untold = read(events).filter((each) => each.status !== "lost" && !isTold(each));
  const lost = untold.filter(({ status }) => status === "running");
  const ended = untold.filter(({ status }) => status !== "running");
  if (untold.length === 0) return undefined;
  const lines = [
    ...lost.map(({ id, command, file }) => `${id} ended with the session before (output: ${file}): ${command}`),
    ...ended.map(({ id, command, how, file }) => `${id} ended, ${how} (output: ${file}): ${command}`),
  ];
  const note = `Background commands of this session run no more:\n${lines.join("\n")}\nStart again what is still needed.`;
  const facts = untold.map(({ id, command, file }): Fact => {
    return { type: "state", key: `job:${id}`, value: { command, file, status: "lost" } };
  });
  return {
    facts: [...facts, { type: "note", by: "job", text: note }],
    line: `Background commands run no more: ${untold.map(({ id, command }) => `${id} (${command})`).join(", ")}`,
  };
}

function read(events: readonly Event[]): Kept[] {
  const keys = events.flatMap((event) => (event.type === "state" && event.key.startsWith("job:") ? [event.key] : []));
  return [...new Set(keys)].flatMap((key) => {
    const kept = keptIn(key.slice("job:".length), state(events, key));
    return kept ? [kept] : [];
  });
}

function keptIn(id: string, value: Json | undefined): Kept | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  const { command, file, status, how, told } = value;
  const words = { command: String(command), file: String(file), status: String(status), how: String(how) };
  return { id, ...words, told: told === true };
}
