import { isUtf8 } from "node:buffer";
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { editFile } from "../../src/tools/edit-file.js";
import { bench } from "./tools.js";

const edit = editFile();
const RUNS = { numRuns: 150 };

/** Edits a file of these bytes, and gives the bytes after, and the words; a refusal gives the bytes and the complaint. */
async function edited(bytes: Buffer, old_text: string, new_text: string) {
  const here = bench();
  const path = join(here.cwd, "f");
  writeFileSync(path, bytes);
  const call = () => here.call(edit, { path: "f", old_text, new_text });
  const said = await call().then(
    ({ text }) => text,
    (error: Error) => `refused: ${error.message}`,
  );
  const after = readFileSync(path);
  const again = await call().then(
    () => "made",
    () => "refused",
  );
  return { after, said, again, unchanged: readFileSync(path).equals(after), files: readdirSync(here.cwd) };
}

/** Only `tok` changes, whatever else the texts are folded to: the file is the same but for it. */
async function changesTheWordOnly(file: string, block: string) {
  const result = await edited(Buffer.from(file), block, block.replace("tok", "new"));
  expect(result.said).toMatch(/^Edited f/);
  expect(result.after.toString()).toBe(file.replace("tok", "new"));
  expect(result).toMatchObject({ again: "refused", unchanged: true, files: ["f"] });
}

const word = fc.string({ unit: fc.constantFrom("a", "b", "(", ")", "=", " ", "$&", "\\n", "最", "🌍"), maxLength: 8 });
const words = word.map((each) => `w${each}w`);
const ending = fc.constantFrom("\n", "\r\n");
const blanks = fc.constantFrom("", "", " ", "   ", "\t");

/** Lines of a file: those before, those that are edited, and those after. */
type Parts = [before: string[], block: string[], after: string[]];

function parts(line: fc.Arbitrary<string>): fc.Arbitrary<Parts> {
  const lines = fc.array(line, { maxLength: 4 });
  const block = fc.tuple(lines, line, lines).map(([a, b, c]) => [...a, b.replace("w", "wtok"), ...c]);
  return fc.tuple(lines, block, lines);
}

describe("an edit (P1 to P3)", () => {
  it("of exact text changes no byte outside of it", async () => {
    const side = fc.uint8Array({ maxLength: 40 }).map((all) => all.map((byte) => (byte === 0 ? 1 : byte)));
    await fc.assert(
      fc.asyncProperty(side, side, words, async (before, after, fresh) => {
        const ascii = fresh.replace(/[^\0-\x7f]/gu, "");
        const bytes = Buffer.concat([before, Buffer.from("\n<OLD>\n"), after]);
        const result = await edited(bytes, "<OLD>", ascii);
        fc.pre(!result.said.includes("UTF-16"));
        expect(result.after.equals(Buffer.concat([before, Buffer.from(`\n${ascii}\n`), after]))).toBe(true);
        expect(result).toMatchObject({ again: "refused", unchanged: true });
      }),
      RUNS,
    );
  });

  it("keeps line ends and trailing blanks that the model does not send", async () => {
    const line = fc.tuple(words, blanks, ending).map((all) => all.join(""));
    await fc.assert(
      fc.asyncProperty(parts(line), async ([before, block, after]) => {
        const sent = block.map((each) => each.trimEnd()).join("\n");
        await changesTheWordOnly([...before, ...block, ...after].join(""), sent);
        await changesTheWordOnly([...before, ...block, ...after].join(""), `${sent}\n`);
      }),
      RUNS,
    );
  });

  it("keeps typographic characters and the Unicode form", async () => {
    const unit = fc.constantFrom(
      "“",
      "”",
      "’",
      "–",
      "\u00a0",
      "e\u0301",
      "é",
      "u\u0308",
      "\u1100\u1161",
      "a",
      '"',
      "-",
    );
    const line = fc.tuple(fc.string({ unit, maxLength: 8 }), ending).map(([chars, end]) => `w ${chars} w${end}`);
    const plain: Record<string, string> = { "“": '"', "”": '"', "’": "'", "–": "-", "\u00a0": " ", "\r\n": "\n" };
    await fc.assert(
      fc.asyncProperty(parts(line), fc.constantFrom("NFC", "NFD"), async ([before, block, after], form) => {
        const sent = block.join("").replace(/[“”’–\u00a0]|\r\n/g, (char) => plain[char] ?? char);
        await changesTheWordOnly([...before, ...block, ...after].join(""), sent.normalize(form));
      }),
      RUNS,
    );
  });

  it("keeps an indent that the model shifts, or sends in blanks for tabs", async () => {
    const depth = fc.integer({ min: 0, max: 3 });
    const line = fc.tuple(depth, words, blanks, ending).map(([n, ...all]) => `${"\t".repeat(n + 1)}${all.join("")}`);
    const sends: ((line: string) => string)[] = [
      (each) => each.replace(/^\t/, ""),
      (each) => `\t${each}`,
      (each) => each.replace(/^\t+/, (tabs) => "    ".repeat(tabs.length)),
      (each) => each.replace(/^\t+/, (tabs) => "  ".repeat(tabs.length)),
    ];
    await fc.assert(
      fc.asyncProperty(parts(line), fc.constantFrom(...sends), async ([before, block, after], send) => {
        const sent = block.map((each) => send(each).trimEnd()).join("\n");
        await changesTheWordOnly([...before, ...block, ...after].join(""), sent);
      }),
      RUNS,
    );
  });

  it("keeps each byte of a file in GBK", async () => {
    const lead = fc.integer({ min: 0xb0, max: 0xf7 });
    const trail = fc.integer({ min: 0xa1, max: 0xf9 });
    const chars = fc
      .array(fc.tuple(lead, trail), { minLength: 1, maxLength: 30 })
      .map((all) => Buffer.from(all.flat()));
    await fc.assert(
      fc.asyncProperty(chars, chars, async (before, fresh) => {
        const file = (middle: string | Buffer) =>
          Buffer.concat([before, Buffer.from("\n"), Buffer.from(middle), before]);
        fc.pre(!isUtf8(file("tok")));
        const result = await edited(file("tok"), "tok", new TextDecoder("gbk").decode(fresh));
        if (result.said.startsWith("refused")) expect(result.after.equals(file("tok"))).toBe(true);
        else expect(result.after.equals(file(fresh))).toBe(true);
      }),
      RUNS,
    );
  });

  it("that is refused, or is not sure of its place, leaves the file as it was", async () => {
    const unit = fc.constantFrom("a", "b", "\n", "\r\n", " ", "\t", "“", '"');
    const text = fc.string({ unit, maxLength: 10 });
    await fc.assert(
      fc.asyncProperty(text, text, text, async (file, old, fresh) => {
        const result = await edited(Buffer.from(file), old, fresh);
        if (result.said.startsWith("refused") || result.said.includes("nothing was written"))
          expect(result.after.toString()).toBe(file);
        const sure = file.split(old).length === 2 && old !== "";
        if (sure && result.said.startsWith("Edited")) {
          const [before = "", after = ""] = file.split(old);
          const put = result.after.toString().slice(before.length, result.after.toString().length - after.length);
          expect(result.after.toString().startsWith(before)).toBe(true);
          expect(put.replaceAll("\r\n", "\n")).toBe(fresh.replaceAll("\r\n", "\n"));
        }
      }),
      { numRuns: 400 },
    );
  });

  it("of several is all or none", async () => {
    const names = ["one", "two", "three", "four"];
    const some = fc.subarray([...names, "nowhere"], { minLength: 2 });
    await fc.assert(
      fc.asyncProperty(some, async (picked) => {
        const here = bench();
        const path = join(here.cwd, "f");
        const file = `${names.join("\r\n")}\r\n`;
        writeFileSync(path, file);
        const edits = picked.map((name) => ({ old_text: name, new_text: `${name[0]}!` }));
        const failed = await here.call(edit, { path: "f", edits }).then(
          () => false,
          () => true,
        );
        const all = picked.reduce((text, name) => text.replace(name, `${name[0]}!`), file);
        expect(failed).toBe(picked.includes("nowhere"));
        expect(readFileSync(path, "utf8")).toBe(failed ? file : all);
        expect(statSync(path).mode & 0o777).toBe(0o644);
      }),
      RUNS,
    );
  });
});
