import type { Json } from "../core/message.js";

/** What checking the changed files found, a line each; what passed of one kind is one line. */
export function verifyLines(verification: Json): string[] {
  const { checks, status, repairs } = objectOf(verification);
  const all = Array.isArray(checks) ? checks.map(objectOf) : [];
  const isGood = ({ status, check }: Fields) => status === "passed" && String(check).startsWith("syntax of ");
  const good = all.filter(isGood);
  const [only] = good.length === 1 ? good : [];
  const lines = [
    ...(good.length > 0 ? [`verify: ${only ? only.check : `syntax of ${good.length} files`}: passed`] : []),
    ...all.filter((each) => !isGood(each)).map(lineOf),
  ];
  if (status !== "failed") return lines;
  return [
    ...lines,
    `verify: what fails was not mended (repairs asked for: ${repairs}). Look at it before you rely on this work.`,
  ];
}

type Fields = { [key: string]: Json | undefined };

function objectOf(json: Json): Fields {
  return typeof json === "object" && json !== null && !Array.isArray(json) ? json : {};
}

function lineOf({ check, status, why }: Fields): string {
  return `verify: ${check}: ${status}${why === undefined ? "" : ` (${why})`}`;
}
