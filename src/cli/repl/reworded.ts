/** A sentence as other parts say it, and the same in another language; `$1` is what its first group holds. */
export type Rewording = readonly [RegExp, string];

/** A whole text in other words; undefined where no pattern fits all of it. */
export function reworded(text: string, table: readonly Rewording[]): string | undefined {
  for (const [pattern, words] of table) {
    const found = pattern.exec(text);
    if (found === null) continue;
    return words.replace(/\$(\d)/g, (_, group: string) => found[Number(group)] ?? "");
  }
  return undefined;
}
