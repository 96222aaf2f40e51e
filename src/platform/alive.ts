import { readFileSync } from "node:fs";

/** Tells a process from a later one with the same number: its start time in clock ticks, where /proc says it. */
export function processStart(pid: number): string | undefined {
  return statusOf(pid)?.start;
}

/** Whether the process that had this number and start time still lives; one that ended and waits for its parent does not. */
export function isAlive(pid: number, start: string | undefined): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
  const now = statusOf(pid);
  if (now === undefined) return true;
  return now.state !== "Z" && now.state !== "X" && (start === undefined || now.start === start);
}

function statusOf(pid: number): { state: string | undefined; start: string | undefined } | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    // after the name, which may hold blanks and brackets: the state is field 3, the start time field 22
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return { state: fields[0], start: fields[19] };
  } catch {
    return undefined;
  }
}
