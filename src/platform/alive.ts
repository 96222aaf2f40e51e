import { readFileSync } from "node:fs";

/** Tells a process from a later one with the same number: its start time in clock ticks, where /proc says it. */
export function processStart(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    // field 22, counted after the name, which may hold blanks and brackets
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
  } catch {
    return undefined;
  }
}

/** Whether the process that had this number and start time still lives. */
export function isAlive(pid: number, start: string | undefined): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
  const now = processStart(pid);
  return start === undefined || now === undefined || now === start;
}
