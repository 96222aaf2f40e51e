import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it, vi } from "vitest";
import { readConfig, thisMachine } from "../../src/app/config.js";
import { fillForm } from "../../src/cli/repl/asked/form.js";
import { promptCommands } from "../../src/cli/repl/commands/mcp-commands.js";
import { serverQuestions } from "../../src/cli/repl/start/server-questions.js";
import { formOf } from "../../src/mcp/form.js";
import { modelServer } from "../../src/models/scripted/server.js";
import { fixture, served } from "../mcp/serving.js";
import { FakeUi, sit } from "./desks.js";
import { nanocoder, openaiAt, place } from "./nanocoder.js";

it("/mcp shows how servers stand, and connects one anew", async () => {
  await using server = await modelServer([]);
  const servers = { fix: fixture(), gone: { command: "/no/such/program" } };
  await using seat = await sit({ env: openaiAt(server.url), where: served(servers) });
  expect(await seat.send("/mcp")).toMatch(/· fix {2}not started/);
  expect(await seat.send("/mcp reconnect fix")).toMatch(/✓ fix {2}ready, 1 tool/);
  expect(await seat.send("/mcp reconnect gone")).toMatch(/✗ gone {2}.*could not be started/);
  expect(await seat.send("/mcp reconnect nope")).toMatch(/ERROR There is no MCP server "nope"/);
  expect(await seat.send("/mcp restart")).toMatch(/ERROR \/mcp takes nothing/);
});

it("a server's prompts are commands: the first words are its arguments, the last takes the rest", async () => {
  await using server = await modelServer(["fine"]);
  await using seat = await sit({ env: openaiAt(server.url), where: served({ fix: fixture({ prompts: true }) }) });
  await seat.send("/mcp reconnect fix");
  const [command] = promptCommands(seat.desk);
  expect(command).toMatchObject({ name: "fix:review", usage: "what [how]" });
  await expect(async () => command?.run(seat.desk, "")).rejects.toThrow("Review wants what.");
  await seat.desk.during(async () => command?.run(seat.desk, "it very well"));
  expect(server.requests[0]?.lastText).toContain("Review it (very well).");
});

it("a server's prompts are commands before it is connected, once they are known", async () => {
  await using server = await modelServer(["fine"]);
  const where = served({ fix: fixture({ prompts: true }) });
  await nanocoder(["mcp", "test", "fix"], { place: where });
  await using seat = await sit({ env: openaiAt(server.url), where });
  const [command] = promptCommands(seat.desk);
  expect(command?.name).toBe("fix:review");
  expect(await seat.send("/mcp")).toMatch(/· fix {2}not started/);
  await seat.desk.during(async () => command?.run(seat.desk, "it very well"));
  expect(server.requests[0]?.lastText).toContain("Review it (very well).");
});

it("a form of a server is filled in by the person, or declined", async () => {
  const schema = {
    type: "object",
    properties: {
      name: { type: "string", title: "Your\u202ename" },
      sure: { type: "boolean" },
      size: { type: "string", enum: ["s", "l"], enumNames: ["small", "large"] },
      count: { type: "integer", default: 3 },
      more: { type: "array", items: { type: "string", enum: ["a", "b"] } },
    },
    required: ["name", "count"],
  };
  const ui = new FakeUi();
  const typed = ["", "Ada", "x", "7", "a, c", "a, b"];
  const titles: string[] = [];
  const fill = async ({ title }: { title: string }) => {
    titles.push(title);
    return typed.shift();
  };
  ui.choices.push("Answer", "No", "large");
  const form = formOf("fix", "Who are you?", schema);
  const asker = { ui: Object.assign(ui, { fill }), locale: "en" as const };
  expect(await fillForm(form, asker)).toEqual({
    action: "accept",
    content: { name: "Ada", sure: false, size: "l", count: 7, more: ["a", "b"] },
  });
  expect(ui.words).toMatch(/Something is wanted.*\n.*whole number.*\n.*listed words/);
  expect(titles[0]).toBe("Your\\u{202e}name");
  ui.choices.push("Decline");
  expect(await fillForm(form, asker)).toEqual({ action: "decline" });
  expect(await fillForm(form, asker)).toEqual({ action: "cancel" });
  ui.choices.push("Answer");
  expect(await fillForm(form, asker)).toEqual({ action: "cancel" });
  expect(ui.offered[0]?.title).toBe("The MCP server fix asks: Who are you?");
});

it("a session asks for each server of a project with all that it would run, and keeps the answer", async () => {
  const where = place();
  const mcpServers = {
    one: { command: "one", args: ["a b"], env: { A: "b" } },
    two: { url: "http://two/", headers: { B: "c" } },
  };
  writeFileSync(join(where.work, ".mcp.json"), JSON.stringify({ mcpServers }));
  vi.stubEnv("NANOCODER_HOME", join(where.home, ".nanocoder"));
  const config = () => readConfig({ cwd: where.work }, thisMachine());
  const ui = new FakeUi();
  const folder = async () => ({ ...(await config()), ui, locale: "en" as const });
  ui.choices.push("No", "Start it");
  const first = await config();
  expect(await serverQuestions(await folder(), first.mcp.asked)).toBe(true);
  const words = ui.words;
  expect(words).toContain("A=b one 'a b'");
  expect(words).toContain("http://two/ with the headers B: c");
  const { specs, asked, length } = { ...(await config()).mcp, length: ui.offered.length };
  expect(specs.map(({ name }) => name)).toEqual(["two"]);
  expect(asked.map(({ consent }) => consent)).toEqual(["refused"]);
  expect(await serverQuestions(await folder(), asked)).toBe(false);
  expect(ui.offered).toHaveLength(length);
});
