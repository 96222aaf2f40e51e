/** A sort of background work, for words and bounds. */
export type JobKind = {
  /** As in "background command". */
  name: string;
  /** How many of it may go on at once. */
  atOnce: number;
  /** Milliseconds that one is waited for where nobody comes back to the session; absent: what the front end says. */
  patience?: number;
};
