import { describe, expect, it } from "vitest";
import type { Effect } from "../../src/core/tool.js";
import { judge, MODES, type Mode } from "../../src/plugins/permission.js";

const WHERE = {
  root: "/w",
  home: "/home/ada",
  own: "/home/ada/.nanocoder",
  readable: ["/outputs"],
  writable: [],
  rules: { allow: [], ask: [], deny: [] },
};
const of = (kind: Effect["kind"], ...subjects: string[]): Effect => ({ kind, subjects });

// strict, default, plan, auto
const TABLE: [string, Effect, string][] = [
  ["nothing", of("none"), "allow allow allow allow"],
  ["a read inside", of("read", "/w/a"), "allow allow allow allow"],
  ["a read of the workspace itself", of("read", "/w"), "allow allow allow allow"],
  ["a read of a long output", of("read", "/outputs/x"), "allow allow allow allow"],
  ["a read outside", of("read", "/etc/passwd"), "ask ask ask allow"],
  ["a read of a neighbour with the same beginning", of("read", "/w-evil/a"), "ask ask ask allow"],
  ["a read of one inside and one outside", of("read", "/w/a", "/etc/x"), "ask ask ask allow"],
  ["a write inside", of("write", "/w/a"), "ask allow deny allow"],
  ["a write outside", of("write", "/x"), "ask ask deny allow"],
  ["a write to a long output", of("write", "/outputs/x"), "ask ask deny allow"],
  ["a write to git's own files", of("write", "/w/.git/hooks/pre-commit"), "ask ask deny ask"],
  ["a write to git's own files of a nested repository", of("write", "/w/sub/.git/config"), "ask ask deny ask"],
  ["a write to our own settings", of("write", "/w/.nanocoder/settings.json"), "ask ask deny ask"],
  ["a write to a file that is only named alike", of("write", "/w/.gitignore"), "ask allow deny allow"],
  ["a command", of("run", "npm test"), "ask ask deny allow"],
  ["a request", of("net", "x.example"), "ask ask deny allow"],
];

describe("judge", () => {
  it.each(TABLE)("%s", (_, effect, verdicts) => {
    const verdict = (mode: Mode) =>
      judge({ subject: { tool: "x", effect }, options: WHERE, mode, sandbox: false }).verdict;
    expect(MODES.map(verdict).join(" ")).toBe(verdicts);
  });
});
