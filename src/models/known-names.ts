/** By the host of a maker's own endpoint: what it is known to have, strongest first. */
const NAMES: readonly (readonly [RegExp, readonly string[]])[] = [
  [
    /(^|\.)anthropic\.com$/,
    [
      "claude-opus-5-5",
      "claude-sonnet-5-5",
      "claude-haiku-5-5",
      "claude-opus-4-5",
      "claude-sonnet-4-5",
      "claude-haiku-4-5",
    ],
  ],
  [/(^|\.)openai\.com$/, ["gpt-5.4", "gpt-5.2", "gpt-5", "gpt-5-mini", "gpt-5-nano", "gpt-4.1", "o3", "o4-mini"]],
  [/(^|\.)deepseek\.com$/, ["deepseek-flash", "deepseek-chat", "deepseek-reasoner"]],
];

/** Names of models that an endpoint is known to have, without asking it; none where others may stand behind it. */
export function knownNames({ baseUrl }: { baseUrl: string }): readonly string[] {
  const { hostname } = new URL(baseUrl);
  return NAMES.find(([host]) => host.test(hostname))?.[1] ?? [];
}
