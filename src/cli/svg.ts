import { duration } from "../platform/text.js";
import { argumentsLine } from "./progress.js";
import { type CallTold, outcomeOf, type TurnUse } from "./story.js";

/** Text for HTML, SVG and the values of their attributes. */
export function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
}

/** The width of both pictures, room for names at the left of a timeline, the height of one of its rows. */
const SIZE = { width: 900, names: 130, row: 18, plot: 140 };

type Bar = { told: CallTold; from: number; to: number; lane: number };

/** When each call ran and how long, one row for those that do not overlap, grouped by tool. "" when there are none. */
export function callTimeline(calls: readonly CallTold[], clock: (at: number) => number): string {
  if (calls.length === 0) return "";
  const groups = grouped(calls, clock);
  const end = groups.flatMap(({ bars }) => bars).reduce((latest, { to }) => Math.max(latest, to), 1);
  const x = (at: number) => SIZE.names + (at / end) * (SIZE.width - SIZE.names - 4);
  let row = 0;
  const rows = groups.map(({ name, bars, lanes }) => {
    const top = row * SIZE.row;
    row += lanes;
    const label = `<text x="0" y="${top + 13}">${escaped(name.slice(0, 17))}</text>`;
    return label + bars.map((bar) => barOf(bar, x, top + bar.lane * SIZE.row)).join("");
  });
  const height = row * SIZE.row;
  const ticks = [0, 0.25, 0.5, 0.75, 1].map((part) => tick(x(part * end), height, duration(part * end)));
  return picture(height + 18, "When each call ran", ticks.join("") + rows.join(""));
}

function grouped(calls: readonly CallTold[], clock: (at: number) => number) {
  const byName = new Map<string, CallTold[]>();
  for (const told of calls) {
    const group = byName.get(told.call.name);
    if (group) group.push(told);
    else byName.set(told.call.name, [told]);
  }
  return [...byName].map(([name, group]) => {
    const ends: number[] = [];
    const spans = group.map((told) => ({ told, from: clock(told.at), to: clock(told.at) + (told.ms ?? 0) }));
    const bars = spans
      .sort((a, b) => a.from - b.from)
      .map((span): Bar => {
        const free = ends.findIndex((end) => end <= span.from);
        const lane = free < 0 ? ends.length : free;
        ends[lane] = span.to;
        return { ...span, lane };
      });
    return { name, bars, lanes: Math.max(1, ends.length) };
  });
}

function barOf({ told, from, to }: Bar, x: (at: number) => number, top: number): string {
  const { call, result } = told;
  const kind = result === undefined ? "open" : result.failed ? "failed" : "done";
  const width = Math.max(2, x(to) - x(from));
  const words = `${call.name}(${argumentsLine(call.input)}): ${outcomeOf(told)}, begun after ${duration(from)}`;
  const place = `x="${round(x(from))}" y="${top + 3}" width="${round(width)}" height="${SIZE.row - 6}"`;
  return `<rect class="${kind}" ${place}><title>${escaped(words)}</title></rect>`;
}

function tick(x: number, height: number, words: string): string {
  const anchor = x > SIZE.width - 40 ? "end" : "middle";
  return `<line x1="${round(x)}" y1="0" x2="${round(x)}" y2="${height}"/><text class="tick" x="${round(x)}" y="${height + 13}" text-anchor="${anchor}">${words}</text>`;
}

/** Tokens of each turn: input, cache and output on top of each other. "" when there are none. */
export function tokenPlot(turns: readonly TurnUse[]): string {
  return plot("Tokens of each turn", turns, {
    parts: ({ usage }) => [
      { kind: "cache", value: usage.cacheRead + usage.cacheWrite },
      { kind: "input", value: usage.input },
      { kind: "output", value: usage.output },
    ],
    unit: (value) => Math.round(value).toLocaleString("en"),
  });
}

/** What each turn cost; one whose price is not known has no column. "" when there are none. */
export function costPlot(turns: readonly TurnUse[]): string {
  return plot("Cost of each turn", turns, {
    parts: ({ cost = 0 }) => [{ kind: "cost", value: cost }],
    unit: (value) => `$${value.toFixed(4)}`,
  });
}

type Part = { kind: string; value: number };
type Reading = { parts(turn: TurnUse): Part[]; unit(value: number): string };

function plot(label: string, turns: readonly TurnUse[], { parts, unit }: Reading): string {
  const told = turns.map(parts);
  const most = told.reduce((most, each) => Math.max(most, sum(each)), 0);
  if (most === 0) return "";
  const step = (SIZE.width - SIZE.names) / turns.length;
  const columns = turns.map((turn, at) => {
    const bars = barsOf(told[at] ?? [], { x: SIZE.names + at * step, step, most });
    return `<g><title>${escaped(wordsOf(turn, at + 1))}</title>${bars}</g>`;
  });
  const scale = [0, 0.5, 1].map((part) => {
    const y = round(10 + (1 - part) * SIZE.plot);
    return `<line x1="${SIZE.names}" y1="${y}" x2="${SIZE.width}" y2="${y}"/><text class="tick" x="${SIZE.names - 6}" y="${y + 4}" text-anchor="end">${unit(most * part)}</text>`;
  });
  return picture(SIZE.plot + 14, label, scale.join("") + columns.join(""));
}

function sum(parts: readonly Part[]): number {
  return parts.reduce((all, { value }) => all + value, 0);
}

function wordsOf({ usage, model, cost }: TurnUse, number: number): string {
  const cache = usage.cacheRead + usage.cacheWrite;
  const price = cost === undefined ? "" : `, $${cost.toFixed(4)}`;
  return `turn ${number}: ${usage.input} input, ${cache} cache, ${usage.output} output${price} (${model})`;
}

function barsOf(parts: readonly Part[], { x, step, most }: { x: number; step: number; most: number }): string {
  const width = Math.max(0.5, Math.min(step * 0.8, 40));
  let y = 10 + SIZE.plot;
  const bars = parts.map(({ kind, value }) => {
    const height = (value / most) * SIZE.plot;
    y -= height;
    return `<rect class="${kind}" x="${round(x)}" y="${round(y)}" width="${round(width)}" height="${round(height)}"/>`;
  });
  return bars.join("");
}

function picture(height: number, label: string, content: string): string {
  return `<div class="plot"><svg viewBox="0 0 ${SIZE.width} ${height}" role="img" aria-label="${label}">${content}</svg></div>`;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
