import { type Json, plainText } from "../core/message.js";
import { visible } from "../platform/text.js";
import { argumentsLine, diffOf } from "./progress.js";
import { counted, wordsOf } from "./session-text.js";
import { type CallTold, outcomeOf, type Story, type Told } from "./story.js";
import { escaped } from "./svg.js";
import { timeOf } from "./when.js";

/** A session as Markdown: prompts and results stand in fences, answers as the model wrote them, without raw HTML. */
export function markdownOf({ id, title, cwd, parent, turns, usage, cost, told }: Story): string {
  const facts = [
    ...(title === undefined ? [] : [`name: ${inline(title)}`]),
    `folder: ${inline(cwd)}`,
    ...(parent ? [`a copy of ${inline(parent.id)}, up to its event ${parent.seq}`] : []),
    `${counted(turns.length, "turn")}, tokens: ${usage.input} input, ${usage.cacheRead + usage.cacheWrite} cache, ${usage.output} output`,
    ...(cost === null || turns.length === 0 ? [] : [`cost: $${cost.toFixed(4)}`]),
  ];
  const head = `# Session ${id}\n\n${facts.map((fact) => `- ${fact}`).join("\n")}`;
  return `${[head, ...told.map(toldMarkdown)].join("\n\n")}\n`;
}

function toldMarkdown(told: Told): string {
  switch (told.type) {
    case "call":
      return callMarkdown(told);
    case "prompt":
      return `## ${told.from === "user" ? "You" : escaped(visible(told.from))}, ${timeOf(told.at)}\n\n${fenced(wordsOf(told.parts), "text")}`;
    case "answer":
      return withoutHtml(visible(told.text.trim()));
    case "thinking":
      return folded("Thinking", fenced(told.text, "text"));
    default:
      return fenced(told.text, "text");
  }
}

function callMarkdown(told: CallTold): string {
  const { call, result } = told;
  const diff = diffOf(result?.details);
  const blocks = [
    fenced(inputOf(call.input), "json"),
    ...(result ? [fenced(plainText(result.parts), "text")] : []),
    ...(diff === undefined ? [] : [fenced(diff, "diff")]),
  ];
  const line = `<code>${escaped(visible(call.name))}(${escaped(argumentsLine(call.input))})</code> ${outcomeOf(told)}`;
  return folded(line, blocks.join("\n\n"));
}

/** A call's arguments to read. */
export function inputOf(input: Json): string {
  return JSON.stringify(input, null, 2);
}

function folded(summary: string, content: string): string {
  return `<details><summary>${summary}</summary>\n\n${content}\n\n</details>`;
}

/** A text in a fence, longer than any that it holds. */
export function fenced(text: string, kind: string): string {
  const shown = visible(text).trimEnd();
  const longest = Math.max(2, ...[...shown.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = "`".repeat(longest + 1);
  return `${fence}${kind}\n${shown}\n${fence}`;
}

function inline(text: string): string {
  return `<code>${escaped(visible(text))}</code>`;
}

// what looks like a tag outside of code is text, and a picture is a link that nobody fetches unasked; a fence left open is closed
function withoutHtml(answer: string): string {
  let fence: string | undefined;
  const lines = answer.split("\n").map((line) => {
    const mark = /^ {0,3}(`{3,}(?=[^`]*$)|~{3,})/.exec(line)?.[1];
    if (fence !== undefined) {
      if (mark?.startsWith(fence) && line.trim() === mark) fence = undefined;
      return line;
    }
    fence = mark;
    return mark === undefined
      ? line.replace(CODE_OR_TAG, (found) => (found === "<" || found === "!" ? `\\${found}` : found))
      : line;
  });
  return [...lines, ...(fence === undefined ? [] : [fence])].join("\n");
}

const CODE_OR_TAG = /\\[\s\S]|(?<!`)(`+)(?!`).*?(?<!`)\1(?!`)|<(?=[a-z/!?])|!(?=\[)/gi;
