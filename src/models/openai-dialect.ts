import type { Head, ThinkingBack } from "./openai-render.js";

/** What an endpoint was found to take. */
export type Dialect = {
  usage: boolean;
  temperature: boolean;
  limit: "max_tokens" | "max_completion_tokens";
  /** The other name of the limit was refused. */
  limitTried: boolean;
  thinking: ThinkingBack;
};

/** What is likely before anything was asked. */
export function dialectOf(url: URL, model: string): Dialect {
  const newer = url.hostname === "api.openai.com" || /^(o\d|gpt-5)/.test(model.split("/").at(-1) ?? "");
  const limit = newer ? "max_completion_tokens" : "max_tokens";
  return { usage: true, temperature: true, limit, limitTried: false, thinking: "calls" };
}

export type Complaint = { status: number; complaint: string };

/** The dialect without what an endpoint complains of; undefined when there is nothing to give up. Each thing is given up once. */
export function adapted(dialect: Dialect, sent: Head, { status, complaint }: Complaint): Dialect | undefined {
  if (status !== 400 && status !== 422) return undefined;
  if (sent.stream_options && complaint.includes("stream_options")) return { ...dialect, usage: false };
  if (typeof sent.temperature === "number" && complaint.includes("temperature"))
    return { ...dialect, temperature: false };
  return otherLimit(dialect, sent, complaint) ?? otherThinking(dialect, complaint);
}

function otherLimit(dialect: Dialect, sent: Head, complaint: string): Dialect | undefined {
  if (dialect.limitTried || sent[dialect.limit] === undefined) return undefined;
  const other = dialect.limit === "max_tokens" ? "max_completion_tokens" : "max_tokens";
  const unknown = /unsupported|not supported|unrecognized|unknown|unexpected|extra|not (permitted|allowed)/i;
  const refused = unknown.test(complaint) && complaint.includes(dialect.limit);
  const wanted = dialect.limit === "max_tokens" && complaint.includes(other);
  return refused || wanted ? { ...dialect, limit: other, limitTried: true } : undefined;
}

// DeepSeek and kin miss it in turns that another model wrote; others do not know the field
function otherThinking(dialect: Dialect, complaint: string): Dialect | undefined {
  if (dialect.thinking !== "calls" || !complaint.includes("reasoning_content")) return undefined;
  const missed = /must|missing|required/i.test(complaint);
  return { ...dialect, thinking: missed ? "all" : "none" };
}
