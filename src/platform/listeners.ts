import { readdirSync, readFileSync, readlinkSync } from "node:fs";

/** A port that some process of this user listens on; `pid` and `program` where they can be told. */
export type Listener = { port: number; socket: string; pid?: number; program?: string };

/** The ports that processes of this user listen on now. Nothing where there is no /proc. */
export function listeners(): Listener[] {
  const me = String(process.geteuid?.() ?? "");
  return ["/proc/net/tcp", "/proc/net/tcp6"].flatMap((table) =>
    slurp(table)
      .split("\n")
      .slice(1)
      .flatMap((line) => {
        // local address, state (0A: it listens), user, inode
        const fields = line.trim().split(/\s+/);
        const port = Number.parseInt(fields[1]?.split(":")[1] ?? "", 16);
        return fields[3] === "0A" && fields[7] === me && fields[9] ? [{ port, socket: fields[9] }] : [];
      }),
  );
}

/** Those that were not there before, with the processes that hold them; this process's own do not count. */
export function newListeners(before: readonly Listener[]): Listener[] {
  const known = new Set(before.map(({ socket }) => socket));
  const fresh = listeners().filter(({ socket }) => !known.has(socket));
  if (fresh.length === 0) return [];
  const holders = holdersOf(new Set(fresh.map(({ socket }) => socket)));
  return fresh.flatMap((each) => {
    const pid = holders.get(each.socket);
    if (pid === undefined) return [each];
    return pid === process.pid ? [] : [{ ...each, pid, program: programOf(pid) }];
  });
}

function holdersOf(sockets: ReadonlySet<string>): Map<string, number> {
  const found = new Map<string, number>();
  for (const name of names("/proc").filter((each) => /^\d+$/.test(each))) {
    for (const fd of names(`/proc/${name}/fd`)) {
      const socket = /^socket:\[(\d+)\]$/.exec(target(`/proc/${name}/fd/${fd}`))?.[1];
      if (socket !== undefined && sockets.has(socket) && !found.has(socket)) found.set(socket, Number(name));
    }
  }
  return found;
}

function programOf(pid: number): string {
  return slurp(`/proc/${pid}/cmdline`).replaceAll("\0", " ").trim().slice(0, 200);
}

function slurp(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

function names(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function target(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return "";
  }
}

/** What the machine calls its running since it was started; undefined where it does not say. */
export function bootId(): string | undefined {
  return slurp("/proc/sys/kernel/random/boot_id").trim() || undefined;
}
