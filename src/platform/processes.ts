import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";

/** The variable by which the children of our commands are known, however they detach themselves. */
export const MARK = "NANOCODER_JOB";

/** From the polite signal to the last one, in milliseconds. */
const PATIENCE = 500;

/** Process groups that are ours, and the beginning of the mark that their processes carry. */
export type Job = { groups: readonly number[]; mark: string };

/** Ends commands and all that came of them: their groups, descendants, and whatever carries their mark. Within 2 s. */
export async function endTree(job: Job): Promise<void> {
  const polite = membersOf(job);
  signal(job, polite, "SIGTERM");
  const deadline = performance.now() + PATIENCE;
  while (performance.now() < deadline && polite.some(isThere)) await pause(10);
  // again, for one that forked between the look and the signal
  for (let round = 0; round < 5; round += 1) {
    const members = membersOf(job);
    if (members.length === 0) return;
    signal(job, members, "SIGKILL");
    await pause(10);
  }
}

/** Whether a process of the group still runs. */
export function groupAlive(group: number): boolean {
  return isThere(-group);
}

// the processes that came of a job, as far as they can be found
function membersOf({ groups, mark }: Job): number[] {
  const all = processes(mark);
  const found = new Set(all.filter((each) => each.marked || groups.includes(each.group)).map((each) => each.pid));
  for (let size = -1; size !== found.size; ) {
    size = found.size;
    for (const each of all) if (found.has(each.parent)) found.add(each.pid);
  }
  found.delete(process.pid);
  return [...found];
}

type Process = { pid: number; parent: number; group: number; marked: boolean };

function processes(mark: string): Process[] {
  return process.platform === "linux" ? fromProc(mark) : fromPs(mark);
}

function fromProc(mark: string): Process[] {
  const wanted = `${MARK}=${mark}`;
  return readdirSync("/proc").flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    const stat = slurp(`/proc/${name}/stat`);
    // after the name in brackets: state, parent, group
    const [state, parent, group] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    if (state === undefined || state === "Z" || state === "X") return [];
    const marked = slurp(`/proc/${name}/environ`).includes(wanted);
    return [{ pid: Number(name), parent: Number(parent), group: Number(group), marked }];
  });
}

function slurp(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "";
  }
}

function fromPs(mark: string): Process[] {
  const table = execFileSync("ps", ["-Axwwo", "pid=,ppid=,pgid=,command=", "-E"], {
    encoding: "utf8",
    maxBuffer: 64 << 20,
  });
  return table.split("\n").flatMap((line) => {
    const [pid, parent, group] = line.trim().split(/\s+/, 3).map(Number);
    if (pid === undefined || parent === undefined || group === undefined) return [];
    return [{ pid, parent, group, marked: line.includes(`${MARK}=${mark}`) }];
  });
}

function signal({ groups }: Job, members: readonly number[], name: NodeJS.Signals): void {
  for (const target of [...groups.map((group) => -group), ...members]) send(target, name);
}

function send(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // it has ended in the meantime
  }
}

function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
