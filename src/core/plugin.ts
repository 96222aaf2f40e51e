import type { Event, Fact } from "./event.js";
import type { Session } from "./session.js";
import type { Tool } from "./tool.js";

type OneOrMore = Fact | readonly Fact[] | undefined;
/**
 * What a plugin has to say at a moment: nothing, a fact, or several.
 *
 * @example
 * const beforeStop = (): Facts => ({ type: "note", text: "Run the tests once more.", by: "careful" });
 */
export type Facts = OneOrMore | Promise<OneOrMore>;

/**
 * One mechanism, hung on the loop. At each moment every plugin is asked at once about the same log and its
 * facts are recorded in list order. A plugin that throws ends the run.
 *
 * @example
 * const careful: Plugin = {
 *   name: "careful",
 *   system: () => "Say how you checked your work.",
 *   beforeStop({ events }) {
 *     const told = events.some((event) => event.type === "note" && event.by === "careful");
 *     return told ? undefined : { type: "note", text: "Run the tests once more.", by: "careful" };
 *   },
 * };
 */
export interface Plugin {
  /** Who its facts are by. */
  readonly name: string;
  /** Asked before each request. */
  tools?(session: Session): Tool[];
  /** A paragraph of the system prompt, read once when the session is made. */
  system?(): string | Promise<string>;
  /** Before the model is asked; an `ended` fact ends the run. */
  beforeStep?(session: Session): Facts;
  /** It could not answer; any fact but `ended` means: ask again. */
  afterFailure?(session: Session, error: unknown): Facts;
  /** It wants to stop; a `prompt`, a `note` or a `retried` sends it back to work. */
  beforeStop?(session: Session): Facts;
  /** Gives a tool in place of another: the first plugin of the list is the outermost. */
  wrapTool?(tool: Tool): Tool;
  /** Hears of each fact once it is recorded. */
  onEvent?(event: Event): void;
  /** Ends what the plugin started. Bounded in time. */
  close?(): Promise<void>;
}
