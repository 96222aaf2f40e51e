type Field = { name: string; least: number; most: number; names: readonly string[] };

const MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const DAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

const FIELDS: readonly Field[] = [
  { name: "minute", least: 0, most: 59, names: [] },
  { name: "hour", least: 0, most: 23, names: [] },
  { name: "day of month", least: 1, most: 31, names: [] },
  { name: "month", least: 1, most: 12, names: MONTHS },
  { name: "day of week", least: 0, most: 7, names: DAYS },
];

/** Throws where a cron line does not say five fields that can be read: at which column, in which field, and what was expected. */
export function checkCron(line: string): void {
  const words = [...line.matchAll(/\S+/g)];
  if (words.length !== FIELDS.length)
    throw new Error(
      `The cron line "${line}" has ${words.length === 1 ? "1 field" : `${words.length} fields`}; expected 5: minute, hour, day of month, month, day of week.`,
    );
  for (const [n, field] of FIELDS.entries()) {
    const word = words[n];
    if (word) checkField(word[0], field, { line, at: word.index });
  }
}

type Where = { line: string; at: number };

function checkField(text: string, field: Field, { line, at }: Where): void {
  let column = at;
  for (const item of text.split(",")) {
    const fault = faultIn(item, field);
    if (fault !== undefined)
      throw new Error(`The cron line "${line}", column ${column + 1}, ${field.name}: "${item}" ${fault}.`);
    column += item.length + 1;
  }
}

function faultIn(item: string, field: Field): string | undefined {
  const { least, most, names } = field;
  const values = `${least}-${most}${names.length > 0 ? ` or ${names[0]}-${names.at(-1)}` : ""}`;
  const [, range = "", step] = /^([^/]*)(?:\/(.*))?$/s.exec(item) ?? [];
  const [from = "", to, ...more] = range.split("-");
  if (more.length > 0) return `is no range; expected FROM-TO with ${values}`;
  const low = from === "*" && to === undefined ? least : numberOf(from, field);
  const high = to === undefined ? low : numberOf(to, field, true);
  if (low === undefined || high === undefined) return `is not what stands here; expected *, or ${values}`;
  if (low > high) return `runs backwards; expected the smaller one first`;
  if (step === undefined) return undefined;
  if (!/^\d+$/.test(step) || Number(step) < 1 || Number(step) > most)
    return `has no step that can be taken; expected a whole number of 1-${most} after the /`;
  return from === "*" || to !== undefined
    ? undefined
    : "has a step without a range; expected * or FROM-TO before the /";
}

// a week may end with Sunday
function numberOf(word: string, { least, most, names }: Field, last = false): number | undefined {
  const named = names.indexOf(word.toLowerCase());
  if (named >= 0) return named === 0 && least === 0 && last ? most : named + least;
  const value = /^\d{1,2}$/.test(word) ? Number(word) : Number.NaN;
  return value >= least && value <= most ? value : undefined;
}
