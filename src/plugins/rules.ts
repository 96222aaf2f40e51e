import type { Effect } from "../core/tool.js";

/**
 * A rule as it stands in settings or on the command line, with what it must and must not match.
 *
 * @example
 * const rule: RuleText = { rule: "bash(npm test *)", match: ["npm test -- -u"], notMatch: ["npm publish"] };
 */
export type RuleText =
  | string
  | {
      /** `tool` or `tool(pattern)`. */
      rule: string;
      /** What it must match, or it is refused. */
      match?: readonly string[];
      /** What it must not match. */
      notMatch?: readonly string[];
    };
export type RuleSource = {
  from: string;
  allow?: readonly RuleText[];
  ask?: readonly RuleText[];
  deny?: readonly RuleText[];
};
export type Verb = "allow" | "ask" | "deny";
export type Rule = { text: string; from: string; tool: string; pattern?: string; matches(subject: string): boolean };
export type Rules = Readonly<Record<Verb, readonly Rule[]>>;

/** What a call is, for rules: the tool, and what its patterns are held against. */
export type Subject = { tool: string; effect: Effect };

/** Tools whose patterns are held against paths; a refusal of one counts for every tool that does the same. */
const PATHS: Readonly<Record<string, "read" | "write">> = {
  read_file: "read",
  glob: "read",
  grep: "read",
  write_file: "write",
  edit_file: "write",
};

/**
 * Reads rules from all sources. Throws a sentence that names the rule that is malformed or fails its examples.
 * `match` is how globs of paths are held against paths.
 */
export function readRules(sources: readonly RuleSource[], where: { root: string; home: string }, glob: Globs): Rules {
  const all = (verb: Verb) =>
    sources.flatMap((source) => (source[verb] ?? []).map((text) => readRule(text, { source, where, glob })));
  return { allow: all("allow"), ask: all("ask"), deny: all("deny") };
}

/** Compiles a glob for paths: `base` globs match a name in any folder. */
export type Globs = (pattern: string, base: boolean) => (path: string) => boolean;
type Reading = { source: RuleSource; where: { root: string; home: string }; glob: Globs };

function readRule(given: RuleText, reading: Reading): Rule {
  const text = typeof given === "string" ? given : given.rule;
  const found = /^\s*([A-Za-z_*][\w*-]*)\s*(?:\(([\s\S]*)\))?\s*$/.exec(text);
  const from = reading.source.from;
  if (!found?.[1])
    throw new Error(`${from}: the rule "${text}" must read tool or tool(pattern), such as bash(npm test *).`);
  const [, tool, pattern] = found;
  const matches = pattern === undefined || pattern === "*" ? () => true : matcher(tool, pattern, reading);
  const rule: Rule = { text, from, tool, matches, ...(pattern === undefined ? {} : { pattern }) };
  if (typeof given !== "string") check(rule, given, reading);
  return rule;
}

function check(rule: Rule, { match = [], notMatch = [] }: Exclude<RuleText, string>, { where }: Reading): void {
  const subject = (example: string) => (PATHS[rule.tool] ? absolute(example, where) : example);
  const missed = match.find((example) => !rule.matches(subject(example)));
  if (missed !== undefined)
    throw new Error(`${rule.from}: the rule ${rule.text} should match "${missed}" and does not.`);
  const caught = notMatch.find((example) => rule.matches(subject(example)));
  if (caught !== undefined)
    throw new Error(`${rule.from}: the rule ${rule.text} should not match "${caught}" and does.`);
}

function matcher(tool: string, pattern: string, { where, glob }: Reading): (subject: string) => boolean {
  if (PATHS[tool]) return pathMatcher(pattern, where, glob);
  if (pattern.startsWith("domain:")) return (subject) => isUnder(hostOf(subject), pattern.slice(7).toLowerCase());
  const prefix = /^([\s\S]*):\*$/.exec(pattern)?.[1];
  if (prefix !== undefined) return (subject) => subject === prefix || subject.startsWith(`${prefix} `);
  return wildcard(pattern);
}

// `npm test *` also stands for `npm test` alone
function wildcard(pattern: string): (subject: string) => boolean {
  const trailing = pattern.endsWith(" *");
  const body = trailing ? pattern.slice(0, -2) : pattern;
  const source = body
    .split("*")
    .map((part) => part.replace(/[.+?^${}()|[\]\\]/g, "\\$&"))
    .join("[\\s\\S]*");
  const expression = new RegExp(`^${source}${trailing ? "(?: [\\s\\S]*)?" : ""}$`);
  return (subject) => expression.test(subject);
}

function pathMatcher(
  pattern: string,
  where: { root: string; home: string },
  glob: Globs,
): (subject: string) => boolean {
  const anywhere = !pattern.includes("/");
  const full = anywhere ? pattern : absolute(pattern, where);
  const test = glob(full, anywhere);
  const below = glob(`${full}/**`, false);
  return (subject) => test(subject) || (!anywhere && below(subject));
}

function absolute(path: string, { root, home }: { root: string; home: string }): string {
  if (path.startsWith("~/")) return home + path.slice(1);
  return path.startsWith("/") ? path : `${root}/${path.replace(/^\.\//, "")}`;
}

function hostOf(address: string): string {
  return URL.canParse(address) ? new URL(address).hostname.toLowerCase() : address.toLowerCase();
}

function isUnder(host: string, domain: string): boolean {
  return host === domain || host.endsWith(`.${domain}`);
}

/** The first rule that forbids or asks about any part of a call. */
export function ruleAgainst(rules: readonly Rule[], { tool, effect }: Subject): Rule | undefined {
  return rules.find((rule) => {
    const family = PATHS[rule.tool];
    if (family !== undefined) {
      if (rule.pattern === undefined && rule.tool !== tool) return false;
      return pathsOf(effect, family).some((path) => rule.matches(path));
    }
    return named(rule, tool) && subjectsOf(effect).some((subject) => rule.matches(subject));
  });
}

/** The rules that together allow every part of a call that is not proved; undefined when one part is left. */
export function rulesFor(rules: readonly Rule[], { tool, effect }: Subject): readonly Rule[] | undefined {
  const mine = rules.filter((rule) => named(rule, tool));
  const parts = effect.foresight
    ? effect.foresight.parts.filter((part) => !part.proved).map((part) => part.command)
    : effect.subjects;
  const whole = effect.foresight && mine.find((rule) => rule.pattern === effect.foresight?.line);
  if (whole) return [whole];
  const found = parts.map((part) => mine.find((rule) => rule.matches(part)));
  return parts.length > 0 && found.every((rule) => rule !== undefined) ? found : undefined;
}

function named(rule: Rule, tool: string): boolean {
  return rule.tool === tool || (rule.tool.includes("*") && wildcard(rule.tool)(tool));
}

function subjectsOf({ subjects, foresight }: Effect): readonly string[] {
  return foresight ? [foresight.line, ...foresight.parts.map((part) => part.command)] : subjects;
}

function pathsOf(effect: Effect, family: "read" | "write"): readonly string[] {
  if (effect.foresight) return family === "read" ? effect.foresight.reads : effect.foresight.writes;
  return effect.kind === family ? effect.subjects : [];
}

/** What a person is shown of a call: the whole command line, else what it touches. */
export function shownSubjects({ subjects, foresight }: Effect): readonly string[] {
  return foresight ? [foresight.line] : subjects;
}

/** The rules that allow a call and nothing else, as they would be written; none where a pattern cannot say just that. */
export function narrowest({ tool, effect }: Subject): string[] {
  const subjects = shownSubjects(effect);
  const loose = PATHS[tool] ? /[*?[\]{}!…]/ : /[*…]/;
  return subjects.some((subject) => loose.test(subject)) ? [] : subjects.map((subject) => `${tool}(${subject})`);
}
