import { styleText } from "node:util";
import { orderTitle } from "../agents/order-title.js";
import type { Delta, Event, EventOf } from "../core/event.js";
import { type Call, callsIn, type Json, plainText } from "../core/message.js";
import { clip, visible } from "../platform/text.js";
import { cutTo } from "./columns.js";

export type Progress = {
  see(item: Event | Delta): void;
  note(line: string): void;
  /** Lines that stand above the spinner from now on, asked for at each turn of it; only on a terminal. */
  board(lines: () => readonly string[]): void;
  end(): void;
};

type Sink = { write(text: string): unknown; isTTY?: boolean; columns?: number };

/** The human side of a one-shot run, on stderr: a dim line per call, a diff after an edit, a spinner on a terminal. */
export function progress(sink: Sink, colours: boolean): Progress {
  const paint = (style: "dim" | "red" | "green" | "cyan", line: string) =>
    colours ? styleText(style, line, { validateStream: false }) : line;
  const spinner = sink.isTTY ? spin(sink) : undefined;
  const calls = new Map<string, Call>();
  const say = (line: string) => {
    spinner?.clear();
    sink.write(`${line}\n`);
  };

  const see = (item: Event | Delta) => {
    for (const call of callsOf(item, calls)) announce(call);
    for (const line of linesOf(item)) say(paint(line.style, line.text));
  };
  const announce = (call: Call) => {
    if (calls.has(call.id)) return;
    calls.set(call.id, call);
    say(paint("dim", `> ${firstLine(call.name)}(${argumentsLine(call.input)})`));
  };
  return {
    see,
    note: (line) => say(paint("dim", visible(line))),
    board: (lines) => spinner?.board(lines),
    end: () => spinner?.end(),
  };
}

type Known = ReadonlyMap<string, Call>;

// what sub-agents call stands below the call they work for, and several may work at once
function callsWithin({ session, callId, item }: Extract<Delta, { type: "child" }>, known: Known): Call[] {
  const title = agentTitle(known.get(callId)?.input);
  const who = title === undefined ? "agent" : `agent ${title}`;
  return callsOf(item, known).map((call) => ({ ...call, id: `${session} ${call.id}`, name: `${who} > ${call.name}` }));
}

/** Who works on an order, as questions and lines name it; undefined: it is none. */
export function agentTitle(input: Json | undefined): string | undefined {
  if (typeof input !== "object" || input === null || Array.isArray(input)) return undefined;
  const { task = input.prompt, type = input.subagent_type } = input;
  return typeof task === "string" ? orderTitle({ task, type: typeof type === "string" ? type : undefined }) : undefined;
}

function callsOf(item: Event | Delta, known: Known): Call[] {
  if (item.type === "call") return [item.call];
  if (item.type === "child") return callsWithin(item, known);
  return item.type === "reply" ? callsIn(item.parts) : [];
}

function linesOf(item: Event | Delta): Line[] {
  if (item.type === "result") return resultLines(item);
  if (item.type === "status") return [{ style: "dim", text: `${item.by}: ${visible(item.text)}` }];
  if (item.type !== "retried") return [];
  return [{ style: "dim", text: `asking again (${item.attempt}): ${visible(item.reason)}` }];
}

/** A call's arguments on one line, hidden characters visible. */
export function argumentsLine(input: Json): string {
  if (typeof input !== "object" || input === null || Array.isArray(input)) return "";
  const shown = Object.entries(input).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  return clip(visible(shown.join(", ")), 160);
}

type Line = { style: "dim" | "red" | "green" | "cyan"; text: string };

function resultLines(event: EventOf<"result">): Line[] {
  if (event.failed) return [{ style: "red", text: `  ! ${firstLine(plainText(event.parts))}` }];
  const diff = diffOf(event.details);
  if (diff === undefined) return shownOf(event.details).map((line) => ({ style: "dim", text: `  ${line}` }));
  return visible(diff)
    .trimEnd()
    .split("\n")
    .map((line) => ({ style: diffStyle(line), text: line }));
}

/** The diff that a result brings for the screen. */
export function diffOf(details: Json | undefined): string | undefined {
  if (typeof details !== "object" || details === null || Array.isArray(details)) return undefined;
  return typeof details.diff === "string" && details.diff !== "" ? details.diff : undefined;
}

// what a call says of itself to a person, such as a list
function shownOf(details: Json | undefined): string[] {
  if (typeof details !== "object" || details === null || Array.isArray(details)) return [];
  return typeof details.shown === "string" && details.shown !== "" ? visible(details.shown).split("\n") : [];
}

function diffStyle(line: string): Line["style"] {
  if (line.startsWith("+")) return "green";
  if (line.startsWith("-")) return "red";
  return line.startsWith("@@") ? "cyan" : "dim";
}

/** The first line of a text, cut, hidden characters visible. */
export function firstLine(text: string): string {
  return clip(visible(text.trim().split("\n", 1)[0] ?? ""), 200);
}

const FRAMES = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];

type Spinner = { clear(): void; board(lines: () => readonly string[]): void; end(): void };

// what was drawn is wiped before anything else is written
function spin(sink: Sink): Spinner {
  const began = Date.now();
  let frame = 0;
  let board: () => readonly string[] = () => [];
  let drawn = 0;
  const clear = () => {
    sink.write(`\r\u001b[K${"\u001b[1A\u001b[K".repeat(Math.max(0, drawn - 1))}`);
    drawn = 0;
  };
  const draw = () => {
    frame = (frame + 1) % FRAMES.length;
    const lines = [...board(), `${FRAMES[frame]} working, ${Math.round((Date.now() - began) / 1000)} s`];
    clear();
    sink.write(lines.map((line) => cutTo(line, (sink.columns ?? 80) - 1)).join("\n"));
    drawn = lines.length;
  };
  const timer = setInterval(draw, 120);
  timer.unref();
  return {
    clear,
    board(lines) {
      board = lines;
    },
    end() {
      clearInterval(timer);
      clear();
    },
  };
}
