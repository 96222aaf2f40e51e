import { parseAllDocuments } from "yaml";

/** What is wrong with a text as YAML, at most three sentences; tags that are not known are no faults. */
export function yamlFaults(text: string): string[] {
  const errors = parseAllDocuments(text, { logLevel: "silent" }).flatMap((document) => document.errors);
  return errors.slice(0, 3).map(({ message }) => message);
}
