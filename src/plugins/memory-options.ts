import type { Model } from "../core/model.js";
import type { Redactor } from "../platform/secrets.js";
import type { MemoryPlace } from "../store/memory-place.js";

export type MemoryOptions = {
  place: MemoryPlace;
  /** Whether memories are given to the model beside a prompt, and taken from the user's words when a run ends. */
  inject: boolean;
  extract: boolean;
  redact: Redactor;
  notice(line: string): void;
  /** A cheap model that is asked at the end of a run what to remember; without one the user's own words are looked at only. */
  extractor?: Model | undefined;
  /** Prompts of a session before which that model is not asked: a single question rarely holds what lasts. 1 when absent. */
  prompts?: number;
};

/** The state keys of memories that the conversation holds: `memory:<id>`. */
export const HELD = "memory:";
