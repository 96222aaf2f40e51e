/** What a session is written as into a file of this name; undefined: the name says neither. */
export function formatOf(path: string): "md" | "html" | undefined {
  if (/\.html?$/i.test(path)) return "html";
  return /\.(md|markdown)$/i.test(path) ? "md" : undefined;
}
