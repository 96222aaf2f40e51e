import type { Model } from "../core/model.js";

export type ContextOptions = {
  /** Writes the summaries; the session's own model when absent. */
  summariser?: Model | undefined;
  /** Tokens kept free for an answer; a quarter of the window at most, and when absent. */
  maxOutput?: number | undefined;
  /** Keeps a text and gives the path of its file; undefined when it could not. */
  save(name: string, text: string): string | undefined;
  /** The file with the whole of the session. */
  transcript?: string | undefined;
  /** Called before a compaction; false holds it back while there is room. */
  before?: ((trigger: "auto" | "manual") => Promise<boolean>) | undefined;
};

export type Need = ContextOptions & {
  /** Tokens that a request may have. */
  room: number;
};
