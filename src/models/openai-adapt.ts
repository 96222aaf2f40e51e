import type { Dialect } from "./openai-dialect.js";
import type { Head } from "./openai-render.js";

export type Complaint = { status: number; complaint: string };

/** The dialect without what an endpoint complains of; undefined when there is nothing to give up. Each thing is given up once. */
export function adapted(dialect: Dialect, sent: Head, { status, complaint }: Complaint): Dialect | undefined {
  if (status !== 400 && status !== 422 && !(status === 500 && OTHER_ROLE.test(complaint))) return undefined;
  if (sent.stream_options && complaint.includes("stream_options")) return { ...dialect, usage: false };
  if (typeof sent.temperature === "number" && complaint.includes("temperature"))
    return { ...dialect, temperature: false };
  return otherLimit(dialect, sent, complaint) ?? otherThinking(dialect, complaint) ?? otherSystem(dialect, complaint);
}

function otherLimit(dialect: Dialect, sent: Head, complaint: string): Dialect | undefined {
  if (dialect.limitTried || sent[dialect.limit] === undefined) return undefined;
  const other = dialect.limit === "max_tokens" ? "max_completion_tokens" : "max_tokens";
  const unknown = /unsupported|not supported|unrecognized|unknown|unexpected|extra|not (permitted|allowed)/i;
  const refused = unknown.test(complaint) && complaint.includes(dialect.limit);
  const wanted = dialect.limit === "max_tokens" && complaint.includes(other) && !complaint.includes("too large");
  return refused || wanted ? { ...dialect, limit: other, limitTried: true } : undefined;
}

// DeepSeek and kin miss it in turns that another model wrote; others do not know the field
function otherThinking(dialect: Dialect, complaint: string): Dialect | undefined {
  if (dialect.thinking !== "calls" || !complaint.includes("reasoning_content")) return undefined;
  const missed = /must|missing|required/i.test(complaint);
  return { ...dialect, thinking: missed ? "all" : "none" };
}

// Gemma's and older Mistral's templates, which some servers fail on with 500, and OpenAI's first reasoning models
const OTHER_ROLE =
  /system (role|message|prompt)s? (is |are )?(not|un)|(role|message).{0,40}(not|n't|un)\w* ?(support|allow|permit|accept)\w*.{0,10}\b(system|developer)\b|\b(system|developer)\b.{0,30}(not|n't|un)\w* ?(support|allow|permit|accept|valid|recogni|known)|only user.{0,20} roles|roles must alternate|(unknown|invalid|unsupported|unrecognized).{0,20}\brole\b/i;

function otherSystem(dialect: Dialect, complaint: string): Dialect | undefined {
  if (dialect.system === "user" || !OTHER_ROLE.test(complaint)) return undefined;
  const developer = dialect.system === "system" && /use.{0,20}developer|developer.{0,20}instead/i.test(complaint);
  return { ...dialect, system: developer ? "developer" : "user" };
}
