import { closeSync, openSync, readSync } from "node:fs";

/** Bytes of a file's beginning: what nearly always holds the first prompt, what holds the folder, what is tried once more; what holds most folders; one piece of a count; a line with a name. */
const MOST = { near: 512, head: 8192, line: 16_384, far: 262_144, room: 131_072, name: 4096 };
/** Characters of a prompt that are looked at for a title. */
const TITLE = 300;

/** The state key of the name that a person gave to a session. */
export const TITLED = "title";

/**
 * What a session's file tells of it. `title` is the name it was given last, else its first prompt; `turns` is absent
 * when counting had to stop at the deadline, and so is a name that was given in what was not read.
 */
export type Head = { cwd?: string; title: string; turns?: number; parent?: { id: string; seq: number } };

/**
 * Reads a head. `until` is when counting the model's answers must stop, by `performance.now()`; `room`, of that size or
 * more, saves making one for each of ten thousand.
 */
export function headOf(path: string, until: number, room = headRoom()): Head {
  const file = openSync(path, "r");
  try {
    const near = room.subarray(0, readSync(file, room, 0, MOST.head, 0));
    const whole = near.length < MOST.head;
    const prompt = promptIn(near) ?? (whole ? "" : promptIn(piece(file, 0, MOST.far)));
    const place = placeIn(near);
    const count: Count = { file, turns: repliesIn(near), named: nameIn(near, { file, from: 0 }) };
    // from here on there is something else in `near`
    const counted = whole || countOn(count, room, until);
    const told = { ...place, title: titleOf(count.named ?? prompt ?? "") };
    return counted ? { ...told, turns: count.turns } : told;
  } finally {
    closeSync(file);
  }
}

/** Where the beginnings of files may be read into, one after the other. */
export function headRoom(): Buffer {
  return Buffer.allocUnsafe(MOST.room);
}

/** Whether a session, found in a workspace's own place, is that workspace's: what lost the line that says so is, unless it holds nothing. */
export function isOf(workspace: string, { cwd, title, turns }: Head): boolean {
  return cwd === undefined ? title !== "" || turns !== 0 : cwd === workspace;
}

/** The folder that a session's file says it belongs to. */
export function workspaceOf(path: string): string | undefined {
  const file = openSync(path, "r");
  try {
    return placeIn(piece(file, 0, MOST.line)).cwd;
  } finally {
    closeSync(file);
  }
}

const PLACE = /"cwd":("(?:[^"\\]|\\.)*")(?:,"parent":\{"id":"([\w.-]+)","seq":(\d+)\})?/;

// the folder stands near the start of the first line, after nothing of unbounded length
function placeIn(opening: Buffer): Pick<Head, "cwd" | "parent"> {
  const near = PLACE.exec(opening.toString("utf8", 0, MOST.near));
  // a `parent` may follow, and its id is a file's name
  const whole = near !== null && near.index + near[0].length < MOST.near / 2;
  const [, cwd, id, seq] = (whole ? near : PLACE.exec(opening.toString("utf8"))) ?? [];
  const folder = cwd === undefined ? undefined : unquoted(cwd.slice(1, -1), 1);
  return {
    ...(folder ? { cwd: folder } : {}),
    ...(id === undefined ? {} : { parent: { id, seq: Number(seq) } }),
  };
}

const PROMPT_LINE = Buffer.from('\n{"type":"prompt",');
const PROMPT = /^\n\{"type":"prompt","parts":\[\{"type":"text","text":"((?:[^"\\]|\\.){0,300})/u;

// only what may be a title is made into a text
function promptIn(opening: Buffer): string | undefined {
  for (let at = opening.indexOf(PROMPT_LINE); at >= 0; at = opening.indexOf(PROMPT_LINE, at + 1)) {
    const end = opening.indexOf(10, at + 1);
    const upto = Math.min(at + 7 * TITLE, end < 0 ? opening.length : end);
    const raw = PROMPT.exec(opening.toString("utf8", at, upto))?.[1];
    if (raw !== undefined) return unquoted(raw);
  }
  return undefined;
}

// a cut may have split the escape of a character; what is damaged is ""
function unquoted(raw: string, tries = 6): string {
  for (let end = raw.length; end > raw.length - tries; end -= 1) {
    try {
      return String(JSON.parse(`"${raw.slice(0, end)}"`));
    } catch {
      // one less
    }
  }
  return "";
}

function titleOf(prompt: string): string {
  return prompt.replace(/\s+/g, " ").trim().slice(0, TITLE);
}

const REPLY = Buffer.from('\n{"type":"reply",');

// a line holds no raw line feed, so this stands at the beginning of a fact and nowhere else
function repliesIn(bytes: Buffer): number {
  let count = 0;
  for (let at = bytes.indexOf(REPLY); at >= 0; at = bytes.indexOf(REPLY, at + REPLY.length)) count += 1;
  return count;
}

type Count = { file: number; turns: number; named: string | undefined };

// what lies beyond the head; false when there was no time for all of it
function countOn(count: Count, room: Buffer, until: number): boolean {
  const { file } = count;
  let at = MOST.head;
  while (performance.now() < until) {
    // what may stand across two pieces is looked at again, one byte too short to be counted twice
    at -= REPLY.length - 1;
    const size = readSync(file, room, 0, room.length, at);
    const bytes = room.subarray(0, size);
    count.turns += repliesIn(bytes);
    count.named = nameIn(bytes, { file, from: at }) ?? count.named;
    if (size < room.length) return true;
    at += size;
  }
  return false;
}

const BEFORE = Buffer.from('\n{"type":"state",');
// shorter than what is looked at again, so that it stands whole in a piece
const NAME = Buffer.from(`"key":"${TITLED}",`);
const NAME_LINE = new RegExp(`^\n\\{"type":"state","key":"${TITLED}","value":"((?:[^"\\\\]|\\\\.)+)"`);

// the newest of these bytes, which stand in the file from there on
function nameIn(bytes: Buffer, { file, from }: { file: number; from: number }): string | undefined {
  for (let at = bytes.lastIndexOf(NAME); at >= 0; at = at === 0 ? -1 : bytes.lastIndexOf(NAME, at - 1)) {
    const begins = at - BEFORE.length;
    if (begins >= 0 && !bytes.subarray(begins, at).equals(BEFORE)) continue;
    const raw = NAME_LINE.exec(piece(file, Math.max(0, from + begins), MOST.name).toString("utf8"))?.[1];
    if (raw !== undefined) return unquoted(raw, 1);
  }
  return undefined;
}

function piece(file: number, at: number, length: number): Buffer {
  const buffer = Buffer.allocUnsafe(length);
  return buffer.subarray(0, readSync(file, buffer, 0, length, at));
}
