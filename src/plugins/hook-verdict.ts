import { isDeepStrictEqual } from "node:util";
import { visible } from "../platform/text.js";
import type { HookAnswer } from "./hook-answer.js";
import type { Fields } from "./hook-input.js";
import type { HookEvent } from "./hook-settings.js";

/** A hook and its words. */
export type Word = { hook: string; why: string };

/** What all hooks of a moment said together. */
export type Said = {
  /** Refusals; of a guarding moment also what went wrong, for that refuses too. */
  denials: readonly Word[];
  /** It outweighs `leave`. */
  asks?: Word;
  leave?: Word;
  rewritten?: { hook: string; input: Fields };
  /** Why the run must end. */
  end?: Word;
  contexts: readonly Word[];
  /** Hooks that failed at a moment that does not guard. */
  failures: readonly Word[];
  /** The run was interrupted before all had answered. */
  aborted: boolean;
};

const GUARDS: readonly HookEvent[] = ["PreToolUse", "UserPromptSubmit"];
const CLOSED = "A hook that guards refuses when it fails: mend it, or take it out of settings.json";

/** Puts answers together: the strictest counts, and a guard that failed has refused. */
export function together(event: HookEvent, answers: readonly HookAnswer[]): Said {
  const guards = GUARDS.includes(event);
  const words = (why: (answer: HookAnswer) => string | undefined) => answers.flatMap((answer) => word(answer, why));
  const verdict = (wanted: string) => words(({ verdict, why }) => (verdict === wanted ? why : undefined));
  const failures = words(({ failure }) => failure);
  const closed = guards ? failures.map(({ hook, why }) => ({ hook, why: `it failed (${why}). ${CLOSED}` })) : [];
  const [asks] = verdict("ask");
  const [leave] = verdict("allow");
  const [end] = words((answer) => answer.end);
  const rewrites = answers.flatMap(({ hook, updated }) => (updated ? [{ hook, input: updated }] : []));
  const [rewritten] = rewrites;
  return {
    denials: [...verdict("deny"), ...closed, ...disagreement(rewrites)],
    ...(asks && { asks }),
    ...(leave && { leave }),
    ...(rewritten && { rewritten }),
    ...(end && { end }),
    contexts: words(({ context }) => context),
    failures: guards ? [] : failures,
    aborted: answers.some(({ aborted }) => aborted),
  };
}

function word(answer: HookAnswer, of: (answer: HookAnswer) => string | undefined): Word[] {
  const why = of(answer);
  return why === undefined ? [] : [{ hook: answer.hook, why: visible(why) }];
}

function disagreement(rewrites: readonly { hook: string; input: Fields }[]): Word[] {
  const [first, ...others] = rewrites;
  const other = others.find(({ input }) => !isDeepStrictEqual(input, first?.input));
  if (first === undefined || other === undefined) return [];
  const why = `it and ${other.hook} rewrote the input differently; let only one of them rewrite this tool's input`;
  return [{ hook: first.hook, why }];
}
