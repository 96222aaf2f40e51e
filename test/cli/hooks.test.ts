import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { modelServer } from "../../src/models/scripted/server.js";
import { nanocoder, openaiAt, place } from "./nanocoder.js";

const write = (path: string) => ({ calls: [{ name: "write_file", input: { path, content: "x" } }] });

it("hooks of the user's settings run, guard, and are told in the shape that others use", async () => {
  const where = place();
  const hook = (command: string) => [{ hooks: [{ type: "command", command }] }];
  const guard = `{ cat; echo; } >> ${where.home}/told; grep -q secret ${where.home}/told && { echo "not this file" >&2; exit 2; }; exit 0`;
  const settings = {
    hooks: { PreToolUse: [{ matcher: "Write", ...hook(guard)[0] }], SessionStart: hook("echo remember the milk") },
  };
  mkdirSync(join(where.home, ".nanocoder"), { mode: 0o700 });
  writeFileSync(join(where.home, ".nanocoder/settings.json"), JSON.stringify(settings));
  await using server = await modelServer([write("a"), write("secret"), "done"]);
  const ended = await nanocoder(["-p", "x", "--output-format", "json"], { place: where, env: openaiAt(server.url) });
  expect(existsSync(join(where.work, "a"))).toBe(true);
  expect(existsSync(join(where.work, "secret"))).toBe(false);
  expect(server.requests[0]?.raw).toContain("remember the milk");
  expect(server.requests[2]?.results.join()).toContain("not this file");
  const told = JSON.parse(readFileSync(join(where.home, "told"), "utf8").split("\n")[0] ?? "");
  expect(told).toMatchObject({
    hook_event_name: "PreToolUse",
    tool_name: "write_file",
    tool_input: { path: "a" },
    cwd: where.work,
  });
  expect(JSON.parse(ended.stdout).session_id).toBe(told.session_id);
});

it("a matcher that is no pattern is named, and nothing runs", async () => {
  const where = place();
  mkdirSync(join(where.home, ".nanocoder"), { mode: 0o700 });
  const settings = { hooks: { Stop: [], PreToolUse: [{ matcher: "(", hooks: [{ command: "true" }] }] } };
  writeFileSync(join(where.home, ".nanocoder/settings.json"), JSON.stringify(settings));
  const ended = await nanocoder(["-p", "x"], { place: where, env: { OPENAI_API_KEY: "k" } });
  expect(ended).toMatchObject({ code: 2, stdout: "" });
  expect(ended.stderr).toMatch(/hooks: .*\(/);
});
