import type { Draft } from "../store/memories.js";
import type { MemoryKind } from "../store/memory-file.js";

/** Characters of a sentence that may be a lasting wish, and how many of one run are kept. */
const LONG = 300;
const MOST = 5;

type Rule = { says: RegExp; kind: MemoryKind; importance: number };

// the first that fits decides
const RULES: readonly Rule[] = [
  {
    says: /\b(remember|keep in mind|note) (that|this|to)\b|[,;.]\s*(please )?remember( that| this| it)?[.!]*$|^(please )?remember\b|记住|请?记得/i,
    kind: "user",
    importance: 0.9,
  },
  {
    says: /\bfrom now on\b|\bin (the )?future\b|从现在(开始|起)|今后|以后(?!再(说|看|谈))/i,
    kind: "feedback",
    importance: 0.9,
  },
  {
    says: /\b(I|we)( (really|always|strongly|would|generally|usually))*( |'d )prefer\b|\bmy preference\b|^prefer\b|我(们)?(更|比较|都)?(喜欢|偏好|习惯|偏爱)|^偏好|的偏好/i,
    kind: "user",
    importance: 0.9,
  },
  {
    says: /^(in [^,]+, *)?(please |and |so |but )*(always|never)\b(?! mind)|\b(you|we|I) (should |must )?(always|never) (?!mind)|\bplease (always|never)\b|(^|请|要|必须|你|我们|应该|都)(总是|始终|一律)|永远不要|永远别|(绝|千万)不要/i,
    kind: "feedback",
    importance: 0.8,
  },
  {
    says: /\b(we|this (project|repo|repository|codebase|package)|our (project|team|code)) (always |only |all )?uses?\b|我们(这里|这边|都|项目|团队)*(使)?用|(本|这个|此|该)项目(都|只)?(使)?用/i,
    kind: "project",
    importance: 0.7,
  },
  { says: /\bplease (only )?use\b|请(统一|只|都)?(使)?用|不要/i, kind: "feedback", importance: 0.5 },
];

const ASKS =
  /[??]\s*$|(吗|呢)[。.!!]*$|^(do|does|did|can|could|would|will|why|what|how|when|where|who|which|is|are)\b|^(为什么|怎么|如何)/i;
const NOT =
  /\b(don't|do not|no need to|needn't) remember\b|(不用|不必|不要|别)(记|记住|记得)|\b(I|we|you) (don't|can't|cannot) remember\b/i;
const EVERYWHERE =
  /\b(in )?(all|every|each) (my |our )?(projects?|repos?|repositories|folders?)\b|\beverywhere\b|\bglobally\b|所有(的)?项目|任何项目|每个项目|全局|到处/i;

/** What the user's own words say once for all, sentence by sentence; what is quoted or fenced is not theirs. */
export function wishesIn(prompts: readonly string[]): Draft[] {
  const drafts = prompts.flatMap((prompt) => sentences(prompt)).flatMap((sentence) => wishIn(sentence));
  return drafts.slice(0, MOST);
}

function wishIn(sentence: string): Draft[] {
  if (sentence.length > LONG || ASKS.test(sentence) || NOT.test(sentence)) return [];
  const rule = RULES.find(({ says }) => says.test(sentence));
  if (rule === undefined) return [];
  const { kind, importance } = rule;
  return [{ text: sentence, scope: EVERYWHERE.test(sentence) ? "global" : "project", kind, importance, tags: [] }];
}

function sentences(prompt: string): string[] {
  const own = prompt
    .replace(/^ {0,3}(`{3,}|~{3,})[^\n]*\n[\s\S]*?(^ {0,3}\1[`~]*\s*$|$(?![\s\S]))/gm, "\n")
    .replace(/^ {0,3}>.*$/gm, "");
  return own
    .split(/\n+|(?<=[。!?!?;;])|(?<=[.!?])\s+/)
    .map((sentence) => sentence.replace(/^[\s*•-]+|\s+$/g, ""))
    .filter((sentence) => /[\p{L}]{2}/u.test(sentence));
}
