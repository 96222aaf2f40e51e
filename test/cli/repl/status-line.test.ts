import { expect, it } from "vitest";
import type { Status } from "../../../src/cli/repl/port.js";
import { unstyled } from "../../../src/cli/repl/screen/wrap.js";
import { themeOf } from "../../../src/cli/repl/theme.js";
import { statusLine } from "../../../src/cli/repl/told/status-line.js";

const JOB = { id: "bg_0001", title: "npm run dev", latest: "" };

function lineOf(more: Partial<Status>, columns: number): string | undefined {
  const known = { model: "claude-sonnet-4-5", mode: "default", tokens: 12_345, window: 200_000, cost: 0.123 };
  const status: Status = { ...known, branch: "main", jobs: [JOB], queued: [], ...more };
  return statusLine(() => status, themeOf({ colours: false }), "en")
    .render(columns)
    .map(unstyled)[0];
}

it("keeps what runs in the background longer than all but the model, and a mode that is not the usual one", () => {
  expect(lineOf({}, 80)).toBe("claude-sonnet-4-5 · default · 12.3k/200k (6 %) · $0.123 · main · 1 job");
  expect(lineOf({}, 40)).toBe("claude-sonnet-4-5 · default · 1 job");
  expect(lineOf({}, 30)).toBe("claude-sonnet-4-5 · 1 job");
  expect(lineOf({}, 20)).toBe("claude-sonnet-4-5");
  expect(lineOf({ mode: "auto" }, 32)).toBe("claude-sonnet-4-5 · auto · 1 job");
  expect(lineOf({ mode: "auto" }, 25)).toBe("claude-sonnet-4-5 · auto");
});
