import type { Asked } from "./endpoint.js";

/** Characters of a provider's own words that are shown. */
const SHOWN = 500;

/** A provider's words on one line, without secrets: those go before the text is cut, for half a key is a key too. */
export function shown(text: string, { secrets }: Asked): string {
  const safe = secrets.reduce((left, secret) => (secret.length > 5 ? left.replaceAll(secret, "[key]") : left), text);
  return safe.trim().replace(/\s+/g, " ").slice(0, SHOWN);
}
