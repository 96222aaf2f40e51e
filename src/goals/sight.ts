import { textTokens } from "../models/tokens.js";
import { headTail, quoted } from "../platform/text.js";
import type { Place } from "./evidence.js";
import { resultsIn } from "./transcript.js";
import type { CheckRun, Contract } from "./types.js";
import { clean, endingOf, outputEnd } from "./words.js";

/** What a judge is shown of the work. */
export type Work = {
  contract: Contract;
  /** By criterion; absent where there is no check. */
  runs: readonly (CheckRun | undefined)[];
  diff?: string | undefined;
  /** Scripts that checks run and the worker changed, by path. */
  changedScripts: readonly string[];
  /** As `transcriptFor` makes it. */
  transcript: string;
};

/** The words of a request, and what in them can be evidence. */
export type Sight = { words: string; places: Place[] };

/** Characters of each that are shown at most. */
const SHOWN = { transcript: 24_000, diff: 20_000, output: 2000 };

/** What a judge is shown, within so many tokens as far as goal and criteria leave room for anything else. */
export function sightOf(work: Work, asked: readonly number[], tokens: number): Sight {
  for (let scale = 1; ; scale /= 2) {
    const sight = sightAt(work, asked, scale);
    if (scale < 1 / 256 || textTokens(sight.words) <= tokens) return sight;
  }
}

function sightAt(work: Work, asked: readonly number[], scale: number): Sight {
  const { goal, criteria } = work.contract;
  const said = newestLines(clean(work.transcript), SHOWN.transcript * scale);
  const diff = diffShown(clean(work.diff ?? ""), SHOWN.diff * scale);
  const checks = checksShown(work, SHOWN.output * scale);
  const numbers = asked.map((at) => at + 1).join(", ");
  const words = [
    section("The goal", clean(goal)),
    section("The criteria", criteria.map(criterionLine).join("\n")),
    ...checks.words,
    ...(work.changedScripts.length === 0
      ? []
      : [section("Scripts of checks that the worker changed", clean(work.changedScripts.join("\n")))]),
    work.diff === undefined ? "The diff of the work is not known." : section("The diff of the work", diff.words),
    section("The newest part of the transcript", said),
    `Judge the criteria ${numbers}, each by its number and once. Answer with the JSON object only.`,
  ].join("\n\n");
  const results = resultsIn(said).flatMap(({ text, call }): Place[] =>
    call === undefined ? [] : [{ text, asked: call }],
  );
  return { words, places: [...diff.places, ...checks.places, ...results] };
}

function section(title: string, data: string): string {
  return data.trim() === "" ? `${title}: nothing.` : `${title}:\n${quoted(data)}`;
}

function criterionLine({ describe, check }: Contract["criteria"][number], at: number): string {
  const proof = check === undefined ? "" : `\n   check: ${clean(check)}`;
  return `${at + 1}. ${clean(describe)}${proof}`;
}

function checksShown({ contract, runs }: Work, most: number): { words: string[]; places: Place[] } {
  const places: Place[] = [];
  const words = contract.criteria.flatMap((_, at) => {
    const run = runs[at];
    if (!run) return [];
    const output = outputEnd(run, most);
    places.push({ text: output });
    const ending = run.ended === "unable" ? "could not be run" : endingOf(run);
    return [section(`The check of criterion ${at + 1}, run for you, ${ending}; the end of what it printed`, output)];
  });
  return { words, places };
}

// evidence must not lean on the signs at the beginning of its lines, nor on where a cut is
function diffShown(diff: string, most: number): { words: string; places: Place[] } {
  const { head, tail, cut } = headTail(diff, { head: Math.floor(most / 2), tail: Math.floor(most / 2) });
  const words = cut === 0 ? diff : `${head}\n[${cut} characters are left out]\n${tail}`;
  const places = [head, tail].flatMap((text) => [{ text }, { text: text.replace(/^[+\- ]/gm, "") }]);
  return { words, places };
}

// a line whose beginning is cut could pass for another kind
function newestLines(text: string, most: number): string {
  if (text.length <= most) return text;
  const { tail } = headTail(text, { head: 0, tail: Math.floor(most) });
  if (text.at(-tail.length - 1) === "\n") return tail;
  const line = tail.indexOf("\n");
  return line < 0 ? "" : tail.slice(line + 1);
}
