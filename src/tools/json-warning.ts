import { extname } from "node:path";
import { sentence } from "../core/run-tools.js";

/** Says that a JSON file which parsed does so no longer; undefined when there is nothing to say. */
export function parsesNoLonger(path: string, before: string, after: string): string | undefined {
  if (!/^\.(?:json|ipynb)$/.test(extname(path).toLowerCase())) return undefined;
  const now = whyNot(after);
  if (now === undefined || whyNot(before) !== undefined) return undefined;
  return `Warning: ${path} no longer parses as JSON (${now}). Mend it next.`;
}

function whyNot(text: string): string | undefined {
  try {
    JSON.parse(text.replace(/^\ufeff/, ""));
    return undefined;
  } catch (error) {
    return sentence(error);
  }
}
