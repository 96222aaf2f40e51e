import { describe, expect, it } from "vitest";
import { unstyled } from "../../../src/cli/repl/screen/wrap.js";
import { themeOf } from "../../../src/cli/repl/theme.js";
import { saidPane } from "../../../src/cli/repl/told/said.js";

const look = { theme: themeOf({ colours: true }), locale: "en" } as const;
const shown = (text: string, columns = 40) =>
  saidPane({ type: "output", text }, look, []).render(columns).map(unstyled);

describe("the output of a person's own command", () => {
  it("is shown whole where it is short, and without its middle where it is long", () => {
    const lines = Array.from({ length: 60 }, (_, n) => `line ${n}`);
    expect(shown(["! ls", ...lines.slice(0, 19)].join("\n"))).toHaveLength(20);
    const long = shown(["! ls", ...lines, "exit code 1"].join("\n"));
    expect(long).toHaveLength(21);
    expect(long.slice(0, 2)).toEqual(["! ls", "line 0"]);
    expect(long[12]).toBe("… 42 more lines (Ctrl+O)");
    expect(long.slice(-2)).toEqual(["line 59", "exit code 1"]);
  });

  it("takes no more than four rows for a line", () => {
    expect(shown(`! cat\n${"x".repeat(10_000)}\nend`)).toHaveLength(6);
  });
});
