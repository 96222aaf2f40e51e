import type { Criterion, GoalLimits } from "./types.js";

/** Where something stands in a file, counted from 1. */
export type Place = { line: number; column: number };

/** A mistake in what was asked, in one sentence; `at` where it came from a file. */
export type Fault = { why: string; at?: Place };

/** What one source (a file, the flags, lines) says of a goal: checked piece by piece, not yet as a whole. */
export type Parts = {
  goal?: string;
  criteria: Criterion[];
  protect: string[];
  limits: Partial<GoalLimits>;
  stable?: number;
  clean?: boolean;
  include: string[];
  judge?: string;
  /** The file it stands in, and where its goal and criteria would be. */
  file?: string;
  at?: { goal: Place; criteria: Place };
  faults: Fault[];
};

/** Nothing said so far. */
export function noParts(): Parts {
  return { criteria: [], protect: [], limits: {}, include: [], faults: [] };
}
