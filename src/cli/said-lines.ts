import type { UserPart } from "../core/message.js";
import { type Said, saidIn } from "./said-line.js";

/** A message that is to be worked on. Its signal fires when an interrupt came before its end. */
export type Turn = { type: "turn"; parts: readonly UserPart[]; stop: AbortController };
/** A line that could not be read, by its number. */
export type Bad = { type: "bad"; line: number; why: string };

export type SaidLines = {
  /** The next message or mistake, in the order of the lines; undefined at the end. */
  next(): Promise<Turn | Bad | undefined>;
  /** A turn is over: an interrupt is for the one behind it. */
  over(turn: Turn): void;
  /** Reads no more, and forgets what waits. */
  end(): void;
};

/** The most that a line may hold, in bytes: what takes more is not read on. */
const MOST = 64 * 1024 * 1024;
const NEWLINE = 0x0a;

/**
 * Reads messages as they come, also while one is worked on: an interrupt is for the oldest that is not over. `answer`
 * is given what became of a control request, with the fault where it is one that there is not.
 */
export function saidLines(input: NodeJS.ReadStream, answer: (id: string, fault?: string) => void): SaidLines {
  const open: Turn[] = [];
  const waiting: (Turn | Bad)[] = [];
  let [ended, line] = [false, 0];
  let wake = () => {};
  const hear = (said: Said) => {
    if (said.type === "interrupt") open[0]?.stop.abort("interrupted");
    if (said.type === "prompt") {
      const turn: Turn = { type: "turn", parts: said.parts, stop: new AbortController() };
      open.push(turn);
      waiting.push(turn);
    }
    if (said.type === "bad") waiting.push({ type: "bad", line, why: said.why });
    if ("answer" in said && said.answer !== undefined) answer(said.answer, "why" in said ? said.why : undefined);
    wake();
  };
  const read = async () => {
    for await (const text of linesOf(input)) {
      line += 1;
      if (text === undefined) hear({ type: "bad", why: "it has more than 64 MiB: nothing behind it is read." });
      else if (text.trim() !== "") hear(saidIn(line === 1 ? text.replace(/^\ufeff/, "") : text));
    }
  };
  const end = () => {
    ended = true;
    wake();
  };
  // a stdin that breaks off has ended
  read().then(end, end);
  return {
    async next() {
      while (waiting.length === 0 && !ended) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      return waiting.shift();
    },
    over: (turn) => void open.splice(open.indexOf(turn), 1),
    end() {
      waiting.length = 0;
      input.destroy();
      end();
    },
  };
}

// undefined: the line is too long
async function* linesOf(input: NodeJS.ReadStream): AsyncGenerator<string | undefined> {
  let [pieces, size]: [Buffer[], number] = [[], 0];
  for await (const chunk of input) {
    let rest: Buffer = Buffer.from(chunk);
    for (let at = rest.indexOf(NEWLINE); at >= 0; at = rest.indexOf(NEWLINE)) {
      yield Buffer.concat([...pieces, rest.subarray(0, at)]).toString("utf8");
      [pieces, size, rest] = [[], 0, rest.subarray(at + 1)];
    }
    pieces.push(rest);
    size += rest.length;
    if (size > MOST) return yield undefined;
  }
  yield Buffer.concat(pieces).toString("utf8");
}
