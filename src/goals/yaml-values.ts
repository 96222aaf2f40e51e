import { count, milliseconds, timeFault } from "./bounds.js";
import { isNothing, kindOf, type Reader, type Spot, tell } from "./yaml-nodes.js";

// unquoted, some reader of YAML takes these for a value that is no text
const TRAP = /^(?:y|yes|n|no|on|off|true|false|null|~)$/i;

/** A text, without blanks around it; undefined after telling what is wrong. */
export function textOf(
  reader: Reader,
  spot: Spot,
  { what, fault }: { what: string; fault: (text: string) => string | undefined },
): string | undefined {
  const { node } = spot;
  if (isNothing(reader, node)) return wanted(reader, spot, what);
  if (!reader.is.scalar(node)) {
    const quote = reader.is.seq(node) && node.flow ? ': a text that begins with "[" must be in quotes' : "";
    return tell(reader, spot.at, `${told(spot)} wants ${what}, not ${kindOf(reader, node)}${quote}.`);
  }
  const { source = String(node.value), type } = node;
  if (typeof node.value !== "string" || (type === "PLAIN" && TRAP.test(source)))
    return tell(
      reader,
      spot.at,
      `${told(spot)} wants ${what}: put ${source.slice(0, 60)} in quotes ("${source.slice(0, 60)}").`,
    );
  const text = node.value.trim();
  const why = fault(text);
  return why === undefined ? text : tell(reader, spot.at, `${told(spot)} ${why}.`);
}

/** A number that fits; undefined after telling what is wrong. */
export function numberOf(
  reader: Reader,
  spot: Spot,
  fault: (value: unknown) => string | undefined,
): number | undefined {
  const value = reader.is.scalar(spot.node) ? spot.node.value : undefined;
  const why = fault(value);
  if (why === undefined && typeof value === "number") return value;
  return tell(reader, spot.at, `${told(spot)} ${why}, not ${shown(reader, spot)}.`);
}

/** True or false; undefined after telling what is wrong. */
export function flagOf(reader: Reader, spot: Spot): boolean | undefined {
  const value = reader.is.scalar(spot.node) ? spot.node.value : undefined;
  if (typeof value === "boolean") return value;
  return tell(reader, spot.at, `${told(spot)} wants true or false, not ${shown(reader, spot)}.`);
}

/** Milliseconds of a time such as 90s, or of a number of seconds; undefined after telling what is wrong. */
export function timeOf(reader: Reader, spot: Spot, range: { least: number; most: number }): number | undefined {
  const value = reader.is.scalar(spot.node) ? spot.node.value : undefined;
  const ms = typeof value === "string" || typeof value === "number" ? milliseconds(String(value)) : undefined;
  const why = timeFault(ms, range);
  if (why === undefined) return ms;
  return tell(reader, spot.at, `${told(spot)} ${why}${ms === undefined ? `, not ${shown(reader, spot)}` : ""}.`);
}

function wanted(reader: Reader, spot: Spot, what: string): undefined {
  return tell(reader, spot.at, `${told(spot)} is empty: it wants ${what}.`);
}

// at the beginning of a sentence
function told({ name }: Spot): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}

function shown(reader: Reader, { node }: Spot): string {
  if (!reader.is.scalar(node) || node.value === null || isNothing(reader, node)) return kindOf(reader, node);
  return typeof node.value === "number" ? count(node.value) : `"${String(node.value).slice(0, 60)}"`;
}
