import fc from "fast-check";
import { expect, it } from "vitest";
import { themeOf } from "../../../src/cli/repl/theme.js";
import { readLines } from "../../../src/cli/repl/told/markdown-lines.js";
import { simpleLines } from "../../../src/cli/repl/told/simple-markdown.js";

const theme = themeOf({ colours: true });

/** Pieces of which simple lines are made, and what makes them something else. */
const PIECES = [
  ...[
    "word",
    "another",
    " ",
    " ",
    " ",
    "  ",
    "中文，",
    "数据库",
    "é",
    "1.",
    "2)",
    "- ",
    "* ",
    "-",
    "--",
    "=",
    "…",
    "a_b_c",
  ],
  ...[
    "**bold**",
    "**two words**",
    "**",
    "*em*",
    "`code`",
    "`a **b** c`",
    "`",
    "``",
    "_",
    "~~",
    "[four](https://example.com/five)",
  ],
  ...[
    "[four](https://example.com/a_b)",
    "[a]: ",
    "https://example.com",
    "www.example.com",
    "a@b.org",
    "&amp;",
    "<b>",
    "\\*",
  ],
  ...[
    "|",
    "#",
    "# ",
    "> ",
    "!",
    "![",
    ",",
    ".",
    ";",
    ":",
    "(",
    ")",
    "'",
    '"',
    "/",
    "%",
    "\n",
    "\n",
    "    ",
    "---",
    "===",
  ],
];
const document = fc.array(fc.constantFrom(...PIECES), { minLength: 1, maxLength: 12 }).map((all) => all.join(""));

it("a line that is simple is drawn as the reader of Markdown draws it", () => {
  let simple = 0;
  fc.assert(
    fc.property(document, (text) => {
      const drawn = simpleLines(text, theme);
      if (drawn === undefined) return;
      simple += 1;
      // of blanks at its end the reader makes an empty line below an item
      const read = readLines(text.replace(/ +$/gm, ""), theme, 80).map((line) => line.trimEnd());
      expect(drawn.map((line) => line.trimEnd())).toEqual(read);
    }),
    { numRuns: 20_000 },
  );
  expect(simple).toBeGreaterThan(300);
});

it("most of what a model writes is simple", () => {
  const simple = (text: string) => simpleLines(text, theme) !== undefined;
  expect(simple("The **parser** reads `a.ts`, then [the docs](https://example.com/docs); 数据库 too.")).toBe(true);
  expect(simple("- an item with `code`")).toBe(true);
  expect(simple("- an item\n  that goes on")).toBe(false);
  expect(simple("# heading")).toBe(false);
});
