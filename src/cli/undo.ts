import { readConfig, thisMachine } from "../app/config.js";
import { UsageError } from "../app/usage-error.js";
import { visible } from "../platform/text.js";
import type { Place } from "../store/checkpoints.js";
import type { Conflict } from "../store/plan.js";
import { redo, undo } from "../store/undo.js";
import type { UndoFlags } from "./asked.js";
import { write } from "./output.js";
import { listOf } from "./undo-list.js";
import { type Became, clashesOf, type Done, stepsOf } from "./undo-told.js";

/** Takes back what the newest prompts wrote in this folder. Exit code 1 when it refuses. */
export async function undoCommand(flags: UndoFlags, count: string | undefined): Promise<number> {
  const asked = numberOf(flags, count);
  const { home, cwd: root } = await readConfig(flags, thisMachine());
  const place = { home, root };
  if (flags.list) {
    await write(process.stdout, await listOf(place), () => undefined);
    return 0;
  }
  const reversal = await undisturbed(() => (flags.redo ? redo(place) : undo(place, asked)));
  if (reversal.type === "refused") {
    await write(process.stderr, await refusal(place, reversal.conflicts), () => undefined);
    return 1;
  }
  const { lines, last } = told(place, reversal, flags.redo ? "redone" : "undone");
  await write(process.stdout, `${[...lines, last].join("\n")}\n`, () => undefined);
  return 0;
}

function numberOf({ list, redo: again }: UndoFlags, count: string | undefined): number {
  if (list && again) throw new UsageError("undo: --list and --redo do not go together. Give one.");
  if (count !== undefined && (list || again)) throw new UsageError("undo: --list and --redo take no number.");
  if (count === undefined) return 1;
  if (/^[1-9]\d{0,5}$/.test(count)) return Number(count);
  throw new UsageError(`undo wants a whole number of at least 1, not "${count}". See nanocoder undo --list.`);
}

// moving files into place is not left half done
async function undisturbed<T>(work: () => Promise<T>): Promise<T> {
  const ignore = () => undefined;
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  for (const signal of signals) process.on(signal, ignore);
  try {
    return await work();
  } finally {
    for (const signal of signals) process.off(signal, ignore);
  }
}

const WORDS: Record<Became, string> = {
  kept: "kept (not empty)",
  removed: "removed",
  back: "brought back",
  restored: "restored",
};

function told(place: Place, done: Done, how: "undone" | "redone") {
  const steps = stepsOf(place, done);
  const lines = [...steps.map(({ became, path }) => `${WORDS[became]} ${path}`), ...done.notes.map(visible)];
  const next = how === "undone" ? " Take it back with nanocoder undo --redo." : "";
  const last = steps.length === 0 ? "Everything is as it was before already." : `${counted(steps)} ${how}.${next}`;
  return { lines, last };
}

function counted({ length }: { length: number }): string {
  return length === 1 ? "1 path" : `${length} paths`;
}

async function refusal(place: Place, conflicts: readonly Conflict[]): Promise<string> {
  const parts = (await clashesOf(place, conflicts)).map(({ path, why, diff }) => `\n${path} ${why}.\n${diff}`);
  const lead = "nanocoder: Nothing was changed: these paths are not as the work left them";
  return `${lead} (- what it left, + what is there now).\n${parts.join("")}`;
}
