import { fstatSync } from "node:fs";
import { UsageError } from "../app/usage-error.js";

/** How long a pipe may take to bring its first byte, in milliseconds. */
const FIRST_BYTE = 300;
/** The most that is read, in bytes. */
const MOST = 64 * 1024 * 1024;

/**
 * The prompt of a one-shot run. `-` waits for stdin. Otherwise what a pipe or file brings is appended, fenced,
 * when its first byte is there in time. What waits for a silent stdin says so.
 */
export async function readPrompt(asked: string, notice: (line: string) => void): Promise<string> {
  if (asked === "-") return required(await awaited(notice));
  if (asked.trim() === "") throw new UsageError("The prompt is empty: nanocoder -p PROMPT wants some words.");
  if (!isPiped()) return asked;
  const first = await firstByte();
  if (first === "silent") {
    notice(`stdin was left unread: it brought nothing within ${FIRST_BYTE} ms.`);
    return asked;
  }
  const more = first === "ended" ? "" : await readAll(process.stdin);
  return more.trim() === "" ? asked : `${asked}\n\n${fenced(more)}`;
}

async function awaited(notice: (line: string) => void): Promise<string> {
  const timer = setTimeout(() => notice("The prompt is awaited on stdin. Ctrl-D ends it."), FIRST_BYTE);
  try {
    return await readAll(process.stdin, () => clearTimeout(timer));
  } finally {
    clearTimeout(timer);
  }
}

function required(prompt: string): string {
  if (prompt.trim() === "")
    throw new UsageError(
      'The prompt on stdin is empty. Give one with nanocoder -p "what to do", or start a session at a terminal.',
    );
  return prompt;
}

function isPiped(): boolean {
  try {
    const stat = fstatSync(0);
    return stat.isFIFO() || stat.isFile() || stat.isSocket();
  } catch {
    return false;
  }
}

function firstByte(): Promise<"ready" | "ended" | "silent"> {
  const { stdin } = process;
  return new Promise((resolve) => {
    const settle = (how: "ready" | "ended" | "silent") => {
      clearTimeout(timer);
      stdin.off("readable", onReadable).off("end", onEnd).off("error", onEnd);
      if (how === "silent") stdin.destroy();
      resolve(how);
    };
    const onReadable = () => settle(stdin.readableLength > 0 ? "ready" : "ended");
    const onEnd = () => settle("ended");
    const timer = setTimeout(() => settle("silent"), FIRST_BYTE);
    stdin.on("readable", onReadable).on("end", onEnd).on("error", onEnd);
  });
}

async function readAll(stream: NodeJS.ReadStream, came = () => {}): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream) {
    came();
    chunks.push(Buffer.from(chunk));
    size += chunk.length;
    if (size > MOST)
      throw new UsageError("stdin brings more than 64 MiB: put it in a file and name that in the prompt.");
  }
  return Buffer.concat(chunks).toString("utf8");
}

// a fence longer than any inside
function fenced(content: string): string {
  const longest = Math.max(2, ...(content.match(/`{3,}/g) ?? []).map((run) => run.length));
  const fence = "`".repeat(longest + 1);
  return `${fence}\n${content.replace(/\n$/, "")}\n${fence}`;
}
