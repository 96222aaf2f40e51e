import { readdirSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";

it("Chinese words have the punctuation of Chinese", () => {
  const names = readdirSync("src/cli/repl", { recursive: true, encoding: "utf8" }).filter((name) =>
    name.endsWith(".ts"),
  );
  const files = [...names.map((name) => `src/cli/repl/${name}`), "src/cli/goal-board.ts"];
  const lines = files.flatMap((file) =>
    readFileSync(file, "utf8")
      .split("\n")
      .map((line) => `${file}: ${line.trim()}`),
  );
  expect(lines.length).toBeGreaterThan(5000);
  expect(lines.filter((line) => /\p{sc=Han}[,;:!?(]|[,;:!?)]\p{sc=Han}/u.test(line))).toEqual([]);
  // bytes that were read as letters, and the control characters among them
  expect(lines.filter((line) => /[\u0080-\u009f\u00ef]/u.test(line))).toEqual([]);
});
