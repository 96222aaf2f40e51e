/** Most words that one brace expansion may become; beyond it the text stays as it is. */
const MOST = 256;

/** The words that `{a,b}` and `{1..3}` in a text become, as bash does it before anything else. */
export function expandBraces(text: string): string[] {
  const words = expand(text);
  return words.length > MOST ? [text] : words;
}

function expand(text: string): string[] {
  const group = firstGroup(text);
  if (group === undefined) return [text];
  const { before, choices, after } = group;
  const tails = expand(after);
  const heads = choices.flatMap((choice) => expand(choice));
  if (heads.length * tails.length > MOST) return [text];
  return heads.flatMap((head) => tails.map((tail) => before + head + tail));
}

type Group = { before: string; choices: string[]; after: string };

function firstGroup(text: string): Group | undefined {
  for (let from = text.indexOf("{"); from >= 0; from = text.indexOf("{", from + 1)) {
    const found = groupAt(text, from);
    if (found) return { before: text.slice(0, from), ...found };
  }
  return undefined;
}

function groupAt(text: string, from: number): Omit<Group, "before"> | undefined {
  const end = closing(text, from);
  if (end === undefined) return undefined;
  const inner = text.slice(from + 1, end);
  const choices = split(inner);
  const all = choices.length > 1 ? choices : sequence(inner);
  return all && { choices: all, after: text.slice(end + 1) };
}

function closing(text: string, from: number): number | undefined {
  let depth = 0;
  for (const { index, 0: sign } of text.slice(from).matchAll(/\\[\s\S]|[{}]/g)) {
    if (sign === "{") depth += 1;
    if (sign === "}") depth -= 1;
    if (depth === 0) return from + index;
  }
  return undefined;
}

// at the commas that are in no inner group
function split(inner: string): string[] {
  const choices = [""];
  let depth = 0;
  for (const [piece] of inner.matchAll(/\\[\s\S]|[{},]|[^\\{},]+|\\$/g)) {
    if (piece === "{") depth += 1;
    if (piece === "}") depth -= 1;
    if (piece === "," && depth === 0) choices.push("");
    else choices.push((choices.pop() ?? "") + piece);
  }
  return choices;
}

function sequence(text: string): string[] | undefined {
  const numbers = /^(-?\d+)\.\.(-?\d+)(?:\.\.(-?\d+))?$/.exec(text);
  const letters = /^([A-Za-z])\.\.([A-Za-z])$/.exec(text);
  if (!numbers && !letters) return undefined;
  const [first = 0, last = 0] = numbers
    ? [Number(numbers[1]), Number(numbers[2])]
    : [letters?.[1]?.codePointAt(0), letters?.[2]?.codePointAt(0)];
  const step = Math.max(1, Math.abs(Number(numbers?.[3] ?? 1)));
  const size = Math.floor(Math.abs(last - first) / step) + 1;
  if (size > MOST) return undefined;
  const signed = first <= last ? step : -step;
  const values = Array.from({ length: size }, (_, n) => first + n * signed);
  return values.map((value) => (numbers ? String(value) : String.fromCodePoint(value)));
}
