import fc from "fast-check";
import { expect, it } from "vitest";
import { proseHtml } from "../../src/cli/prose-html.js";

it("shows fences, code, bold and headings as what they are", () => {
  const answer = "# Head\nsee `a*b*` and **bold**\n\n~~~js\nif (a < b) `x`;\n~~~\n- **not\nclosed** `` ` `` 2 * 3";
  expect(proseHtml(answer)).toBe(
    '<div class="prose"><b>Head</b>\nsee <code>a*b*</code> and <b>bold</b></div>' +
      '<pre class="code">if (a &#60; b) `x`;</pre>' +
      '<div class="prose">- **not\nclosed** <code> ` </code> 2 * 3</div>',
  );
  expect(proseHtml("```\nleft open")).toBe('<pre class="code">left open</pre>');
  expect(proseHtml("")).toBe("");
});

it("makes no tag of what was said, keeps every word, and closes what it opens", () => {
  const piece = fc.constantFrom(
    "`",
    "``",
    "```",
    "~~~",
    "**",
    "# ",
    "\n",
    "<b>",
    "</pre>",
    "&",
    '"',
    "三",
    "a ",
    "\u001b[2J",
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
      const html = proseHtml(pieces.join(""));
      const open: string[] = [];
      for (const [tag, close, name = ""] of html.matchAll(/<(\/?)(\w+)[^>]*>/g)) {
        expect(tag).toMatch(/^<\/?(pre|div|code|b)( class="(code|prose)")?>$/);
        if (close) expect(open.pop()).toBe(name);
        else open.push(name);
      }
      expect(open).toEqual([]);
      const words = (text: string) => text.replace(/<[^>]*>/g, "").replace(/[^三a]/g, "");
      const said = pieces.join("").replace(/^ {0,3}(```|~~~)[^\n]*$/gm, "");
      expect(words(html).length).toBeGreaterThanOrEqual(said.replace(/<b>|<\/pre>/g, "").replace(/[^三a]/g, "").length);
    }),
    { numRuns: 500 },
  );
});
