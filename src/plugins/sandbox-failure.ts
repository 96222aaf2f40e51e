import { plainText, text } from "../core/message.js";
import type { Result } from "../core/tool.js";
import { isFields } from "../platform/fields.js";

const SIGNS: readonly [RegExp, string][] = [
  [/Read-only file system|EROFS/, "it wanted to write where nothing may be written"],
  [
    /Could not resolve host|Temporary failure in name resolution|Network is unreachable|ENETUNREACH|EAI_AGAIN|ENOTFOUND|getaddrinfo|Name or service not known|No address associated with hostname|network is unreachable/i,
    "it wanted the network",
  ],
];

/** What a command that failed wanted and the sandbox kept from it; undefined when that was not the reason. */
export function stoppedBySandbox({ parts, details }: Result): string | undefined {
  const sandboxed = typeof details === "object" && details !== null && "sandboxed" in details;
  if (!sandboxed) return undefined;
  const said = plainText(parts);
  return SIGNS.find(([sign]) => sign.test(said))?.[1];
}

/** The result of a command that stays inside, with what it wanted and why it does not run outside. */
export function keptInside(result: Result, wanted: string, { why, said }: { why: string; said: string }): Result {
  const rule = "commands run without network, and write only in the workspace and temporary folders";
  const note = text(`\n[${wanted}: ${rule}. Not run outside${said === "" ? "" : `: ${said}`}]`);
  const details = isFields(result.details) ? result.details : {};
  return { ...result, parts: [...result.parts, note], details: { ...details, denied: true, why } };
}
