import { Markdown, type MarkdownTheme, visibleWidth } from "@earendil-works/pi-tui";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { markdown, markdownStream } from "../../../src/cli/repl/markdown.js";
import { themeOf } from "../../../src/cli/repl/theme.js";
import { unstyled } from "../../../src/cli/repl/wrap.js";

const theme = themeOf({ colours: true });
const shown = (text: string, columns = 60) => markdown(text, theme).render(columns).map(unstyled);

/** Lines of which every kind of block can come. */
const LINES = [
  "",
  "",
  "a word or two",
  "**bold** and `code` and 中文的句子，很长很长的句子。",
  "# heading",
  "### third `x`",
  "- item",
  "- another **item**",
  "  more of it",
  "  - nested",
  "* star",
  "1. one",
  "1. two",
  "10. ten",
  "   under a number",
  "> quoted",
  "> - in a quote",
  "```",
  "```ts",
  "````md",
  "````",
  "~~~",
  "  ```",
  "const a = 1;",
  "\tindented by a tab",
  "    indented code",
  "| a | b |",
  "|---|:-:|",
  "| 1 | 2 |",
  "===",
  "---",
  "***",
  "<div>",
  "</div>",
  "<!-- a",
  "b -->",
  "[ref]: http://example.com/x",
  "see [this][ref] and [that](http://example.com/y) ![pic](http://example.com/z)",
  "\u001b[31mred\u202e",
  "a lone \r return",
];
const document = fc
  .array(fc.tuple(fc.constantFrom(...LINES), fc.constantFrom("\n", "\n", "\n", "\r\n")), { maxLength: 30 })
  .map((lines) => lines.map((line) => line.join("")).join(""));

function pieces(text: string, cuts: readonly number[]): string[] {
  const at = [...new Set(cuts.map((cut) => cut % (text.length + 1)))].sort((a, b) => a - b);
  return [0, ...at].map((from, n) => text.slice(from, at[n] ?? text.length));
}

describe("Markdown that streams", () => {
  it("is printed as it would be at once, and nothing printed changes, however it is cut", () => {
    fc.assert(
      fc.property(
        document,
        fc.array(fc.nat(2000), { maxLength: 40 }),
        fc.integer({ min: 10, max: 120 }),
        (text, cuts, columns) => {
          const whole = markdown(text, theme).render(columns);
          const stream = markdownStream(theme);
          const printed: string[] = [];
          for (const piece of pieces(text, cuts)) {
            for (const pane of stream.feed(piece)) printed.push(...pane.render(columns));
            expect(printed).toEqual(whole.slice(0, printed.length));
            const live = stream.live.render(columns);
            for (const line of [...live, ...printed]) expect(visibleWidth(line)).toBeLessThanOrEqual(columns);
          }
          for (const pane of stream.end()) printed.push(...pane.render(columns));
          expect(printed).toEqual(whole);
          expect(stream.live.render(columns)).toEqual([]);
        },
      ),
      { numRuns: 300 },
    );
  });

  it("reads as the parser reads the whole of it", () => {
    const none = (text: string) => text;
    const names = ["heading", "link", "linkUrl", "code", "codeBlock", "codeBlockBorder", "quote", "quoteBorder", "hr"];
    const more = ["listBullet", "bold", "italic", "strikethrough", "underline"];
    const plain = Object.fromEntries([...names, ...more].map((name) => [name, none])) as Record<string, typeof none>;
    const reference = (text: string) =>
      new Markdown(text.replace(/\t/g, "    "), 0, 0, { ...plain, codeBlockIndent: "" } as MarkdownTheme).render(2000);
    const words = (lines: readonly string[]) =>
      lines
        .map((line) =>
          line
            .replace(/[│\s]+/g, " ")
            .replace(/^ ?\d+\. /, "1. ")
            .trim(),
        )
        .filter((line) => line !== "");
    const safe = LINES.filter((line) => !/\[ref|\u001b|\r|^<|-->|^---/.test(line)).map((line) =>
      line
        .replace(/^(?=>|10)/, "\n")
        .replace("===", "\ntitle\n===")
        .replace(/^ {2}```$/, "- item\n  ```\n  code\n\n  more\n  ```"),
    );
    const texts = fc.array(fc.constantFrom(...safe), { maxLength: 12 }).map((lines) => `${lines.join("\n")}\n`);
    fc.assert(
      fc.property(texts, (text) => {
        expect(words(shown(text, 2000))).toEqual(words(reference(text)));
      }),
      { numRuns: 1000 },
    );
  });
});
