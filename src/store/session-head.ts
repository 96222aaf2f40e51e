import { closeSync, fstatSync, openSync, readSync } from "node:fs";

/** Bytes of a file's beginning: what nearly always holds the first prompt, what holds the folder, what is tried once more; one piece of a count. */
const MOST = { head: 8192, line: 16_384, far: 262_144, piece: 1_048_576 };
/** Characters of a prompt that are looked at for a title. */
const TITLE = 300;

/** What the beginning of a session's file tells; `turns` is absent when counting had to stop at the deadline. */
export type Head = { cwd?: string; title: string; turns?: number; parent?: { id: string; seq: number } };

/** Reads a head. `until` is when counting the model's answers must stop, by `performance.now()`. */
export function headOf(path: string, until: number): Head {
  const file = openSync(path, "r");
  try {
    const { size } = fstatSync(file);
    const near = piece(file, 0, MOST.head);
    const turns = size <= MOST.head ? repliesIn(near) : countReplies(file, size, until);
    const opening = near.toString("utf8");
    const prompt = promptIn(opening) ?? (size > MOST.head ? promptIn(piece(file, 0, MOST.far).toString("utf8")) : "");
    return { ...placeIn(opening), title: titleOf(prompt ?? ""), ...(turns === undefined ? {} : { turns }) };
  } finally {
    closeSync(file);
  }
}

/** Whether a session, found in a workspace's own place, is that workspace's: what lost the line that says so is, unless it holds nothing. */
export function isOf(workspace: string, { cwd, title, turns }: Head): boolean {
  return cwd === undefined ? title !== "" || turns !== 0 : cwd === workspace;
}

/** The folder that a session's file says it belongs to. */
export function workspaceOf(path: string): string | undefined {
  const file = openSync(path, "r");
  try {
    return placeIn(piece(file, 0, MOST.line).toString("utf8")).cwd;
  } finally {
    closeSync(file);
  }
}

const PLACE = /"cwd":("(?:[^"\\]|\\.)*")(?:,"parent":\{"id":"([\w.-]+)","seq":(\d+)\})?/;

// the folder stands near the start of the first line, after nothing of unbounded length
function placeIn(opening: string): Pick<Head, "cwd" | "parent"> {
  const [, cwd, id, seq] = PLACE.exec(opening) ?? [];
  const folder = cwd === undefined ? undefined : unquoted(cwd.slice(1, -1), 1);
  return {
    ...(folder ? { cwd: folder } : {}),
    ...(id === undefined ? {} : { parent: { id, seq: Number(seq) } }),
  };
}

const PROMPT = /^\{"type":"prompt","parts":\[\{"type":"text","text":"((?:[^"\\]|\\.){0,300})/mu;

function promptIn(opening: string): string | undefined {
  const raw = PROMPT.exec(opening)?.[1];
  return raw === undefined ? undefined : unquoted(raw);
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

function countReplies(file: number, fileSize: number, until: number): number | undefined {
  const buffer = Buffer.allocUnsafe(Math.min(fileSize + 1, MOST.piece));
  let [count, at] = [0, 0];
  while (performance.now() < until) {
    const size = readSync(file, buffer, 0, buffer.length, at);
    count += repliesIn(buffer.subarray(0, size));
    if (size < buffer.length) return count;
    // what may stand across two pieces is looked at again, one byte too short to be counted twice
    at += size - REPLY.length + 1;
  }
  return undefined;
}

function piece(file: number, at: number, length: number): Buffer {
  const buffer = Buffer.allocUnsafe(length);
  return buffer.subarray(0, readSync(file, buffer, 0, length, at));
}
