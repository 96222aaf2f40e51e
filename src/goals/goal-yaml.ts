import { CHECK_TIME, costFault, countFault, GOAL_TIME, globFault, MOST, plainGlob, textFault } from "./bounds.js";
import { criterionOf } from "./criteria.js";
import { noParts, type Parts } from "./parts.js";
import type { Criterion } from "./types.js";
import { eachKey, isNothing, itemsOf, kindOf, type Reader, type Spot, tell } from "./yaml-nodes.js";
import { openYaml } from "./yaml-text.js";
import { flagOf, numberOf, textOf, timeOf } from "./yaml-values.js";

/** Reads the text of a goal.yaml (or of JSON, which is YAML); mistakes are in `faults`, each with its place. */
export async function partsOfYaml(text: string): Promise<Parts> {
  const parts = noParts();
  const start = { line: 1, column: 1 };
  parts.at = { goal: start, criteria: start };
  const reader = await openYaml(text, parts.faults);
  if (!reader) return parts;
  const root: Spot = { name: "the file", node: reader.document.contents, at: start };
  if (isNothing(reader, root.node)) {
    tell(reader, start, "The file is empty: it wants a goal: and criteria:.");
  } else if (reader.is.map(root.node)) {
    eachKey(reader, root, keysOf(reader, parts));
  } else {
    tell(reader, start, `The file wants keys such as goal: and criteria:, not ${kindOf(reader, root.node)}.`);
  }
  return parts;
}

function keysOf(reader: Reader, parts: Parts): Record<string, (spot: Spot) => void> {
  const { at = { goal: { line: 1, column: 1 }, criteria: { line: 1, column: 1 } } } = parts;
  const into = (spot: Spot, globs: string[]) => globs.push(...globsOf(reader, spot));
  return {
    goal: (spot) => {
      at.goal = spot.at;
      const goal = textOf(reader, spot, { what: "a text that says what should be done", fault: goalFault });
      if (goal !== undefined) parts.goal = goal;
    },
    criteria: (spot) => {
      at.criteria = spot.at;
      parts.criteria = criteriaIn(reader, spot);
    },
    protect: (spot) => into(spot, parts.protect),
    include: (spot) => into(spot, parts.include),
    limits: (spot) => limitsIn(reader, spot, parts),
    stable: (spot) => {
      const stable = numberOf(reader, spot, (value) => countFault(value, MOST.stable));
      if (stable !== undefined) parts.stable = stable;
    },
    clean: (spot) => {
      const clean = flagOf(reader, spot);
      if (clean !== undefined) parts.clean = clean;
    },
    judge: (spot) => {
      const judge = textOf(reader, spot, { what: "the name of a model", fault: (text) => textFault(text, MOST.judge) });
      if (judge !== undefined) parts.judge = judge;
    },
  };
}

function goalFault(goal: string): string | undefined {
  return textFault(goal, MOST.goal);
}

function criteriaIn(reader: Reader, spot: Spot): Criterion[] {
  const items = itemsOf(reader, spot);
  if (items.length > MOST.criteria) {
    tell(reader, spot.at, `There are ${items.length} criteria, ${MOST.criteria} is the most.`);
    return [];
  }
  return items.flatMap((item) => {
    const read = reader.is.map(item.node) ? criterionIn(reader, item) : criterionText(reader, item);
    return read ? [read] : [];
  });
}

const CRITERION = 'a text, or "describe:" with "check:"';

function criterionText(reader: Reader, spot: Spot): Criterion | undefined {
  const text = textOf(reader, spot, { what: CRITERION, fault: whyNoCriterion });
  const read = text === undefined ? undefined : criterionOf(text);
  return typeof read === "string" ? undefined : read;
}

function whyNoCriterion(text: string): string | undefined {
  const read = criterionOf(text);
  return typeof read === "string" ? read : undefined;
}

function criterionIn(reader: Reader, spot: Spot): Criterion | undefined {
  const before = reader.faults.length;
  const read: Partial<Criterion> = {};
  const named = (name: string) => `${name} of ${spot.name.replace('"criteria"', "the criteria")}`;
  let timed = spot.at;
  const text = (key: "describe" | "check", what: string) => (value: Spot) => {
    const found = textOf(reader, value, { what, fault: (each) => textFault(each, MOST[key]) });
    if (found !== undefined) read[key] = found;
  };
  eachKey(reader, spot, {
    describe: text("describe", "a text that says what must be true"),
    check: text("check", 'a command line (leave "check" out to have it judged)'),
    timeout: (value) => {
      timed = value.at;
      const timeout = timeOf(reader, value, CHECK_TIME);
      if (timeout !== undefined) read.timeout = timeout;
    },
  });
  if (reader.faults.length > before) return undefined;
  const { describe = read.check, ...rest } = read;
  if (describe === undefined) return tell(reader, spot.at, `${named('"describe"')} is missing: say what must be true.`);
  if (rest.timeout !== undefined && rest.check === undefined)
    return tell(reader, timed, `${named('"timeout"')} is the time of a check, and there is no "check".`);
  return { describe, ...rest };
}

function globsOf(reader: Reader, spot: Spot): string[] {
  const read = itemsOf(reader, spot).map((item) =>
    textOf(reader, item, { what: "a glob in quotes", fault: globFault }),
  );
  return read.flatMap((glob) => (glob === undefined ? [] : plainGlob(glob)));
}

function limitsIn(reader: Reader, spot: Spot, { limits }: Parts): void {
  const set = (key: "iterations" | "maxTurns" | "maxCost", fault: (value: unknown) => string | undefined) => {
    return (value: Spot) => {
      const number = numberOf(reader, value, fault);
      if (limits[key] !== undefined)
        tell(reader, value.at, '"iterations" and "max_iterations" are the same: keep one.');
      else if (number !== undefined) limits[key] = number;
    };
  };
  const iterations = set("iterations", (value) => countFault(value, MOST.iterations));
  const keys = {
    iterations,
    max_iterations: iterations,
    max_turns: set("maxTurns", (value) => countFault(value, MOST.count)),
    max_cost: set("maxCost", costFault),
    timeout: (value: Spot) => {
      const timeout = timeOf(reader, value, GOAL_TIME);
      if (timeout !== undefined) limits.timeout = timeout;
    },
  };
  if (reader.is.map(spot.node)) eachKey(reader, spot, keys);
  else if (!isNothing(reader, spot.node))
    tell(reader, spot.at, `"limits" wants keys such as "iterations: 10", not ${kindOf(reader, spot.node)}.`);
}
