import { interpret } from "./interpret.js";
import type { Run } from "./run.js";
import type { Analysis, Where } from "./types.js";

/**
 * What a command line would do in bash, without running it. Whatever cannot be told never makes the verdict
 * weaker than `needs leave`; this never throws.
 *
 * @example
 * analyse("git log | head", where).verdict; // "read-only"
 */
export function analyse(line: string, where: Where): Analysis {
  try {
    return { folder: where.cwd, ...conclude(line, interpret(line, where)) };
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    // the stack ended: nested beyond what any command needs
    const why = "it is nested too deep to be checked";
    return {
      line,
      folder: where.cwd,
      verdict: "needs leave",
      why,
      parts: [{ command: line, proved: false }],
      reads: [],
      writes: [],
      network: [],
      unknown: [why],
      repository: false,
      unchecked: true,
    };
  }
}

function conclude(line: string, { found }: Run): Omit<Analysis, "folder"> {
  if (found.connects && found.listens) found.floor.add("it hands a shell to the network");
  const { parts } = found;
  const [reads, writes, network, unknown] = [found.reads, found.writes, found.network, found.unknown].map((set) => [
    ...set,
  ]);
  const { repository, unchecked } = found;
  const facts = {
    line,
    repository,
    unchecked,
    parts,
    reads: reads ?? [],
    writes: writes ?? [],
    network: network ?? [],
    unknown: unknown ?? [],
  };
  const [refused] = found.floor;
  if (refused !== undefined) return { verdict: "catastrophic", why: refused, ...facts };
  const why = reasons(facts);
  return why === undefined
    ? { verdict: "read-only", why: "it only reads", ...facts }
    : { verdict: "needs leave", why, ...facts };
}

function reasons({ writes, network, unknown }: Pick<Analysis, "writes" | "network" | "unknown">): string | undefined {
  const all = [
    ...unknown.slice(0, 2),
    ...(writes.length > 0 ? [`it writes to ${few(writes)}`] : []),
    ...(network.length > 0 ? [`it reaches out to ${few(network)}`] : []),
  ];
  return all.length === 0 ? undefined : all.join("; ");
}

function few(names: readonly string[]): string {
  return names.slice(0, 3).join(", ") + (names.length > 3 ? ` and ${names.length - 3} more` : "");
}
