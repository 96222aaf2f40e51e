import { duration } from "../platform/text.js";
import { holds } from "./progress.js";
import { type GoalResult, KEPT, type Standing, standings, voidedRounds } from "./report.js";
import type { Contract, Round } from "./types.js";
import { clean, endingOf, endOf, isSentence, oneLine, outputEnd } from "./words.js";

/** The report for people: Markdown in which whatever was printed stays text. */
export function reportMarkdown(result: GoalResult): string {
  const { contract, rounds, end, changedScripts } = result;
  const voided = voidedRounds(rounds);
  return [
    `# Goal ${end.outcome === "met" ? "met" : "not met"}: ${words(contract.goal)}`,
    facts(result).join("\n"),
    "## Criteria",
    ...standings(result).flatMap(criterionTold),
    ...(rounds.length === 0 ? [] : ["## Rounds", table(contract, rounds)]),
    ...(voided.length === 0 ? [] : ["## Rounds that do not count", voided.map(voidedLine).join("\n")]),
    ...(changedScripts.length === 0
      ? []
      : ["## Scripts of checks that the work changed", changedScripts.map((path) => `- ${code(path)}`).join("\n")]),
  ]
    .join("\n\n")
    .concat("\n");
}

function facts({ contract, rounds, end, cost, usage, startedAt, endedAt, diffStat, session }: GoalResult): string[] {
  const { input, output, cacheRead, cacheWrite } = usage;
  const lines = {
    Outcome: `${end.outcome} (${words(end.why)})`,
    Iterations: `${rounds.length} of at most ${contract.limits.iterations}`,
    Time: `${time(startedAt)} to ${time(endedAt)}, ${duration(Math.max(0, endedAt - startedAt))}`,
    Cost: cost === undefined ? "unknown" : `$${cost.toFixed(4)}`,
    Tokens: `${input} in, ${cacheRead} read from and ${cacheWrite} written to the cache, ${output} out`,
    Changes: diffStat ? `${diffStat.files} files, +${diffStat.insertions} -${diffStat.deletions}` : "unknown",
    Session: code(session),
  };
  return Object.entries(lines).map(([name, value]) => `- ${name}: ${value}`);
}

function time(at: number): string {
  return new Date(at).toISOString().replace(/\.\d+Z$/, "Z");
}

function criterionTold({ criterion, met, reason, before, verdict }: Standing, at: number): string[] {
  const { describe, check } = criterion;
  const run = verdict?.run;
  const output = run ? outputEnd(run, KEPT.output) : "";
  const evidence = clean(verdict?.evidence ?? "");
  return [
    `### [${met ? "x" : " "}] ${at + 1}. ${words(describe)}`,
    [
      `- ${met ? "Met" : "Not met"}, by ${check === undefined ? "the judge" : "its check"}: ${words(reason)}`,
      ...(check === undefined ? [] : [`- Check: ${code(check)}`]),
      ...(run ? [`- Exit code: ${run.code ?? `none, it ${words(endingOf(run))}`}; duration: ${duration(run.ms)}`] : []),
      ...(check === undefined ? [] : [`- Before the work: ${before}`]),
    ].join("\n"),
    ...(evidence === "" ? [] : ["Evidence:", fenced(endOf(evidence, KEPT.output))]),
    ...(run && output === "" ? ["It printed nothing."] : []),
    ...(output === "" ? [] : ["The end of what it printed:", fenced(output)]),
  ];
}

function table({ criteria }: Contract, rounds: readonly Round[]): string {
  const rows = rounds.map((round) => {
    const open = criteria.flatMap((criterion, at) => (holds(criterion, round.verdicts[at]) ? [] : [at + 1]));
    const isVoid = (round.voided ?? []).length > 0;
    const found = isVoid
      ? ["-", "-"]
      : [`${criteria.length - open.length} of ${criteria.length}`, open.join(", ") || "none"];
    return `| ${[round.n, ...found, isVoid ? "no" : "yes"].join(" | ")} |`;
  });
  return ["| Round | Met | Open | Counts |", "| --- | --- | --- | --- |", ...rows].join("\n");
}

function voidedLine({ n, paths }: { n: number; paths: string[] }): string {
  const files = paths.filter((path) => !isSentence(path)).map(code);
  const changed = files.length === 0 ? [] : [`changed ${files.join(", ")}, which is protected; that was undone`];
  return `- Round ${n}: ${[...changed, ...paths.filter(isSentence).map(words)].join(". ")}`;
}

/** A text as words of Markdown, in one line. */
function words(text: string): string {
  return oneLine(text, 4 * KEPT.line).replace(
    /[\\`*<>[\]|~&]|(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/gu,
    (sign) => `\\${sign}`,
  );
}

function code(text: string): string {
  const line = oneLine(text, 4 * KEPT.line);
  const fence = "`".repeat(longestRun(line) + 1);
  return line.includes("`") ? `${fence} ${line} ${fence}` : `${fence}${line}${fence}`;
}

function fenced(text: string): string {
  const fence = "`".repeat(Math.max(3, longestRun(text) + 1));
  return `${fence}text\n${text}\n${fence}`;
}

function longestRun(text: string): number {
  return Math.max(0, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
}
