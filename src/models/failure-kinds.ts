import type { ModelFailure } from "../core/model.js";

/** Too long, in the words of each provider and server that is known to say so in its own. */
const OVERFLOW: readonly RegExp[] = [
  // codes: OpenAI and kin, llama.cpp, Anthropic, GLM
  /context_length_exceeded|exceed_context_size|context_window_exceeded|request_too_large|string_above_max_length/,
  // Anthropic, Ollama, GLM, Fireworks, llama-cpp-python: "prompt is too long: 210000 tokens > 200000 maximum"
  /\b(prompt|input|conversation|messages?|context) (is |are |was )?(too (long|large)|exceeds? max length)/,
  // OpenAI, DeepSeek, OpenRouter, vLLM, LiteLLM, Mistral, xAI, TGI
  /max(imum)? (supported )?(context|model|prompt|input|sequence|token) (length|size|window)/,
  /max_(model|seq|input|prompt)_?(len|length|tokens)\b/,
  // OpenAI's newer models, llama.cpp, LM Studio, MiniMax, Copilot, Ollama: "exceeds the (available) context window"
  /(exceed(s|ed|ing)?|larger than|longer than|greater than|overflows?|beyond)\b.{0,40}\bcontext (length|window|size|limit)/,
  /context (length|window|size|limit)( limit)? (of .{0,30} )?(has been |was |is |been )?(exceed|overflow|only|too small)/,
  /context the overflows|configured context size is/,
  // Bedrock, Gemini, Azure: "The input token count (N) exceeds the maximum number of tokens allowed (M)"
  /(input|prompt) tokens?( count)?.{0,30}exceeds?|exceeds? the (maximum number|limit) of .{0,20}tokens|too many (input |prompt |total )?tokens/,
  /token count.{0,40}exceeds?|tokens in request more than max tokens/,
  // Kimi, Qwen, Copilot
  /exceeded model token limit|range of input length|prompt token count of|input length .{0,30}exceeds?/,
  /reduce the length of (the |your )?(messages|prompt|input|context)|request (is )?too large|(payload|entity) too large/,
  /输入.{0,12}(过长|超过|超出|太长)|(超过|超出).{0,12}(上下文|最大长度|输入长度)|上下文.{0,12}(过长|超过|超出)/,
];

// how much may be said in a minute, or in one answer, is another matter
const THROTTLED =
  /rate.?limit|per (minute|hour|day|second)|\b[tr]p[mdh]\b|too many (concurrent )?requests|throttl|请求过于频繁/;
const OUTPUT_LIMIT =
  /\b(max_tokens|max_completion_tokens|max_output_tokens|maxoutputtokens|maximum output)\b.{0,60}(too large|must be|should be|exceed|less than|at most|invalid|supports? at most|greater|>)/;
/** Said of an output limit that would not fit together with the input: that one is an overflow. */
const TOGETHER = /your (request|prompt|messages?|input)|input (length|tokens) and|in the messages|of text input/;

const QUOTA =
  /insufficient_quota|billing|exceeded your current quota|credit balance|insufficient[ _](balance|credits?|funds)|out of credits|credits? (exhausted|depleted)|余额不足|欠费|arrearage|quota (is |has been )?(used up|exhausted)/;
const OVERLOAD = /overloaded|over capacity|engine is currently overloaded|at capacity|high demand|server is busy/;

/** What was refused, as far as status and words tell; 0 is the status of an error inside a stream. */
export function kindOf(status: number, words: string): ModelFailure["kind"] {
  const said = words.toLowerCase();
  if (status === 402 || ([0, 400, 403, 429].includes(status) && QUOTA.test(said))) return "quota";
  if (status === 413) return "overflow";
  if (status !== 401 && status !== 403 && status !== 404 && isOverflow(said)) return "overflow";
  if (status === 529 || status === 503 || OVERLOAD.test(said)) return "overload";
  return undefined;
}

function isOverflow(said: string): boolean {
  if (THROTTLED.test(said)) return false;
  if (OUTPUT_LIMIT.test(said) && !TOGETHER.test(said)) return false;
  return OVERFLOW.some((wording) => wording.test(said));
}

/** Whether an endpoint complains that there are tools in the request at all. */
export function refusesTools(words: string): boolean {
  return NO_TOOLS.test(words);
}

// Ollama, OpenRouter, vLLM, Groq, SGLang
const NO_TOOLS =
  /(does not|doesn't|do not|not) support (the )?(use of )?(`?tools?`?|tool.?(use|calls?|calling)|functions?|function.?call(s|ing)?)\b|endpoints found that support tool use|--enable-auto-tool-choice|(tools?|function.?call(s|ing)?|tool.?(use|calls?|calling))`? (is|are) (not supported|unsupported|not enabled|disabled)/i;
