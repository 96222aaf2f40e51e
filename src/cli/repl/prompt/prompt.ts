import type { Locale } from "../locale.js";
import type { Hands, KeyPane } from "../port.js";
import type { Theme } from "../theme.js";
import type { Completer } from "./completing.js";
import type { History } from "./history.js";

/** What the prompt of a session is given. */
export type PromptParts = {
  theme: Theme;
  locale: Locale;
  /** The folder that pasted paths are relative to. */
  cwd: string;
  /** Rows of the screen. */
  rows(): number;
  /** It looks different, though no key was pressed. */
  changed(): void;
  /** The permission mode: `default`, `plan`, `auto` and so on. */
  mode(): string;
  history: History;
  complete: Completer;
  hands: Pick<Hands, "submit" | "interrupt" | "leave" | "nextMode" | "unfold">;
  /** Ctrl-G: opens the draft in the person's editor; undefined leaves it as it is. */
  edit(words: string): Promise<string | undefined>;
  /** Ctrl-L: draws the screen anew. */
  redraw(): void;
};

/** The prompt as its owner sees it. */
export type PromptBox = KeyPane & {
  /** What would be sent. */
  text(): string;
  /** The same with the paths of images in their places, so that `put` takes them up again. */
  again(): string;
  /** Words in the place of what stands there, which undo brings back; `plain`: they are no command, whatever they begin with. */
  put(words: string, plain?: boolean): void;
  clear(): void;
};
