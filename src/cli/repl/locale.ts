/** The languages that the interactive session speaks. Each file that shows words has a table of them by locale. */
export type Locale = "en" | "zh";

/** The person's language, as the environment tells it: LC_ALL, LC_MESSAGES, LANG, in this order. */
export function localeOf(env: Record<string, string | undefined>): Locale {
  const said = [env.LC_ALL, env.LC_MESSAGES, env.LANG].find((each) => each !== undefined && each !== "");
  return said?.toLowerCase().startsWith("zh") ? "zh" : "en";
}
