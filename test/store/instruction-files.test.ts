import { mkdirSync, mkdtempSync, realpathSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { instructionPlaces, mainInstructions, nestedInstructions } from "../../src/store/instruction-files.js";

const START = 2;

it("looks for instructions in less than 2 ms, however many there are in the folders below", () => {
  const root = realpathSync(mkdtempSync(join(tmpdir(), "instructions-")));
  const cwd = join(root, "a/b/c");
  mkdirSync(join(root, ".git"));
  mkdirSync(cwd, { recursive: true });
  for (let n = 0; n < 1000; n += 1) {
    mkdirSync(join(cwd, `p${n}`));
    writeFileSync(join(cwd, `p${n}`, "AGENTS.md"), `rules ${n}`);
  }
  const times = Array.from({ length: 21 }, () => {
    const began = performance.now();
    expect(mainInstructions(instructionPlaces(join(root, "home"), cwd))).toEqual([]);
    return performance.now() - began;
  });
  expect(times.toSorted((a, b) => a - b)[10]).toBeLessThan(START);
  const places = instructionPlaces(join(root, "home"), cwd);
  expect(nestedInstructions([join(cwd, "p7/x"), join(cwd, "p*/x")], places, 0)).toEqual([join(cwd, "p7/AGENTS.md")]);
});
