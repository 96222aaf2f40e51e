/** The most of everything: characters, pieces, rounds. */
export const MOST = {
  goal: 4000,
  describe: 4000,
  check: 4000,
  criteria: 50,
  glob: 1000,
  globs: 200,
  judge: 200,
  count: 1_000_000,
  iterations: 1000,
  stable: 100,
};

/** How long a check may take, and a whole goal; in milliseconds. A timer cannot wait longer than 24 days. */
export const CHECK_TIME = { least: 1000, most: 3_600_000, unsaid: 300_000 };
export const GOAL_TIME = { least: 1000, most: 24 * 86_400_000 };

const HOUR = 3_600_000;
const UNITS = { h: HOUR, m: 60_000, s: 1000, ms: 1 };

/** Milliseconds of `90s`, `5m`, `1h` or a number of seconds; undefined for anything else. */
export function milliseconds(text: string): number | undefined {
  const found = /^(\d{1,12}(?:\.\d{1,6})?)\s?(ms|s|m|h)?$/.exec(text.trim());
  if (!found) return undefined;
  return Math.round(Number(found[1]) * UNITS[(found[2] ?? "s") as keyof typeof UNITS]);
}

/** The shortest text that `milliseconds` reads as this number. */
export function timeText(ms: number): string {
  const [unit, size] = Object.entries(UNITS).find(([, each]) => ms % each === 0) ?? ["ms", 1];
  return `${ms / size}${unit}`;
}

/** Why a time cannot be; undefined when it can. */
export function timeFault(ms: number | undefined, range: { least: number; most: number }): string | undefined {
  if (ms === undefined) return "wants a time such as 90s, 5m or 1h";
  if (ms >= range.least && ms <= range.most) return undefined;
  return `may be ${timeText(range.least)} to ${timeText(range.most)}, not ${timeText(ms)}`;
}

/** Why a text cannot be; undefined when it can. */
export function textFault(text: string, most: number): string | undefined {
  if (text.trim() === "") return "is empty";
  if (text.includes("\0")) return "holds a NUL character: take it out";
  if (text.length <= most) return undefined;
  return `has ${count(text.length)} characters, ${count(most)} is the most: make it shorter`;
}

/** Why a number cannot be; undefined when it can. */
export function countFault(value: unknown, most: number): string | undefined {
  const fits = typeof value === "number" && Number.isInteger(value) && value >= 1 && value <= most;
  return fits ? undefined : `wants a whole number of 1 to ${count(most)}`;
}

/** Why an amount of money cannot be; undefined when it can. */
export function costFault(value: unknown): string | undefined {
  const fits = typeof value === "number" && Number.isFinite(value) && value > 0;
  return fits ? undefined : "wants an amount in USD above 0, such as 2.50";
}

/** A glob as it is kept: without `./` at its beginning; a folder's (`tests/`) means all below it. */
export function plainGlob(glob: string): string {
  const plain = glob.trim().replace(/^(\.\/+)+|^\.$/, "");
  return plain === "" || plain.endsWith("/") ? `${plain}**` : plain;
}

/** Why a glob cannot be: it must stay inside of the workspace. Undefined when it can. */
export function globFault(glob: string): string | undefined {
  const fault = textFault(glob, MOST.glob);
  if (fault) return fault;
  if (/[\n\r]/.test(glob)) return "holds a line break: one glob an item";
  const first = glob.trim();
  if (first.startsWith("!")) return 'begins with "!": only what is named can be said, not what is left out';
  const leads = /^(?:[/\\~]|[A-Za-z]:[/\\])|[{(,|]\//.test(first);
  if (!leads && !first.split(/[/\\{}(),|]/).includes("..")) return undefined;
  return "leaves the workspace: name files from its folder on, such as test/**";
}

/** A number as people read it: 4,000. */
export function count(value: number): string {
  return value.toLocaleString("en-US");
}
