import { visible } from "../platform/text.js";
import { escaped } from "./svg.js";

/** An answer as HTML: fences, code, bold and headings are shown as what they are, and all else as it was written. */
export function proseHtml(answer: string): string {
  const blocks: { code: boolean; lines: string[] }[] = [];
  let fence: string | undefined;
  for (const line of visible(answer.trim()).split("\n")) {
    const mark = /^ {0,3}(`{3,}|~{3,})/.exec(line)?.[1];
    if (fence === undefined && mark !== undefined) {
      fence = mark;
      blocks.push({ code: true, lines: [] });
    } else if (fence !== undefined && mark?.startsWith(fence) && line.trim() === mark) {
      fence = undefined;
      blocks.push({ code: false, lines: [] });
    } else {
      if (blocks.length === 0) blocks.push({ code: false, lines: [] });
      blocks.at(-1)?.lines.push(line);
    }
  }
  return blocks.map(({ code, lines }) => blockHtml(code ? "code" : "prose", lines.join("\n"))).join("");
}

function blockHtml(kind: "code" | "prose", words: string): string {
  if (kind === "code") return `<pre class="code">${escaped(words)}</pre>`;
  const trimmed = words.replace(/^\n+|\n+$/g, "");
  return trimmed === "" ? "" : `<div class="prose">${inlineHtml(escaped(trimmed))}</div>`;
}

const INLINE = /(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)|\*\*(\S(?:[^*\n]*\S)?)\*\*|^#{1,6} (.+)$/gm;

// of text that is escaped already: none of these marks is touched by that
function inlineHtml(text: string): string {
  return text.replace(INLINE, (...[, , code, bold, heading]: (string | undefined)[]) =>
    code === undefined ? `<b>${bold ?? heading}</b>` : `<code>${code}</code>`,
  );
}
