import { Markdown, type MarkdownTheme, visibleWidth } from "@earendil-works/pi-tui";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { unstyled } from "../../../src/cli/repl/screen/wrap.js";
import { themeOf } from "../../../src/cli/repl/theme.js";
import { markdown, markdownStream } from "../../../src/cli/repl/told/markdown.js";

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

  it("hands out a block when the next one begins, and a line of code when it is whole", () => {
    const stream = markdownStream(theme);
    const printed = (delta: string) =>
      stream
        .feed(delta)
        .flatMap((pane) => pane.render(40))
        .map(unstyled);
    const live = () => stream.live.render(40).map(unstyled);
    expect(printed("Some words")).toEqual([]);
    expect(live()).toEqual(["Some words"]);
    expect(printed(" more\n")).toEqual([]);
    expect(printed("\n- a")).toEqual(["Some words more"]);
    expect(live()).toEqual(["", "- a"]);
    expect(printed("\n- b\n```js\nlet a")).toEqual(["", "- a", "- b", "", "```js"]);
    expect(live()).toEqual(["let a"]);
    expect(printed(" = 1;\nlet b = 2;\n")).toEqual(["let a = 1;", "let b = 2;"]);
    expect(printed("```\n| a |\n|---|\n| 1 |\n")).toEqual(["```"]);
    expect(printed("| 2 |\n\n").join("\n")).toContain("│ 2 │");
  });

  it("keeps a table whole, and a fence in an item until it closes", () => {
    expect(shown("| a |\n|---|\n| 1 |\n===\n| 2 |").slice(-2)).toEqual(["│ 2   │", "└─────┘"]);
    const stream = markdownStream(theme);
    expect(stream.feed("- a\n  ```\nraw\n# raw too\n\nraw\n")).toEqual([]);
    expect(stream.feed("  ```\n- b\n")).toHaveLength(1);
  });

  it("numbers ordered items by their list, and keeps what belongs to them", () => {
    const items = Array.from({ length: 10 }, (_, n) => `1. item ${n + 1}\n   more`);
    expect(shown(items.join("\n")).slice(-4)).toEqual(["9. item 9", "   more", "10. item 10", "    more"]);
    expect(shown("7. a\n9. b\n\nwords\n\n3. c")).toEqual(["7. a", "8. b", "", "words", "", "3. c"]);
  });

  it("never hides where a link or a picture leads, and shows what would act on the terminal", () => {
    const text =
      "[https://good.example](https://evil.example) ![logo](https://evil.example/x) \u001b]8;;http://a\u0007b\u202e";
    const lines = markdown(`${text}\n\n[ref]: https://evil.example/y`, theme).render(200);
    expect(lines.map(unstyled)).toEqual([
      "https://good.example (https://evil.example) !logo (https://evil.example/x) \\u{1b}]8;;http://a\\u{7}b\\u{202e}",
      "",
      "[ref]: https://evil.example/y",
    ]);
    expect(lines.join("")).not.toContain("\u001b]");
    expect(shown("`![a](b)` and\n\n    ![c](d)", 80).join("\n")).toContain("![a](b) and\n\n```\n![c](d)");
  });

  it("lets Chinese end a line where its rules allow it", () => {
    expect(shown("使用 npm test 运行所有的测试用例，然后看看结果。", 20)).toEqual([
      "使用 npm test 运行所",
      "有的测试用例，然后看",
      "看结果。",
    ]);
    expect(shown("一二三四五六七八九十。", 20)).toEqual(["一二三四五六七八九", "十。"]);
    expect(shown("- 一二三四五六七八九十一二三", 20)).toEqual(["- 一二三四五六七八九", "  十一二三"]);
  });

  it("stays quick on what is made to be slow", () => {
    const bad = ["[a](", "*a **b ", ">", "- ", "\t", "中文字符", "`a``b```", "<a ", "![", "word\n", "| a |\n"];
    for (const part of bad) {
      const text = part.repeat(Math.ceil(100_000 / part.length));
      const stream = markdownStream(theme);
      const before = process.cpuUsage();
      for (let at = 0; at < text.length; at += 500) {
        stream.feed(text.slice(at, at + 500)).flatMap((pane) => pane.render(80));
        stream.live.render(80);
      }
      stream.end().flatMap((pane) => pane.render(80));
      const { user, system } = process.cpuUsage(before);
      expect((user + system) / 1000, part).toBeLessThan(2000);
    }
  });

  it("costs what is new with each frame, not what came before", () => {
    const section = `## Part\n\nWords with **weight** and \`code\` that go on until the line is full and wraps around.\n\n- one\n- two\n\n\`\`\`ts\n${"const a = 1;\n".repeat(10)}\`\`\`\n\n`;
    const text = section.repeat(Math.ceil(71_000 / section.length));
    const stream = markdownStream(theme);
    const before = process.cpuUsage();
    for (let at = 0; at < text.length; at += 36) {
      stream.feed(text.slice(at, at + 36)).flatMap((pane) => pane.render(80));
      stream.live.render(80);
    }
    const { user, system } = process.cpuUsage(before);
    expect((user + system) / 1000).toBeLessThan(600);
  });
});
