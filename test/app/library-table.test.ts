import { expect, it } from "vitest";
import type { NamesOf } from "../../src/app/option-names.js";
import { AGENT_OPTIONS } from "../../src/app/option-names.js";
import { settingsSchema } from "../../src/app/settings-schema.js";
import { commandLine } from "../../src/cli/args.js";
import type { AgentOptions, ChatOptions } from "../../src/index.js";

type Option = NamesOf<AgentOptions>;
type Stands = { options: readonly Option[] } | { chat: keyof ChatOptions } | { terminal: string };

const as = (...options: Option[]): Stands => ({ options });
const only = (terminal: string): Stands => ({ terminal });

// what each flag of a run is in the library, or why it is only of a terminal
const FLAGS: Record<string, Stands> = {
  "--print": only("chat says it"),
  "--model": as("model"),
  "--provider": as("provider"),
  "--base-url": as("baseUrl"),
  "--api-key": as("apiKey"),
  "--continue": as("session"),
  "--resume": as("session"),
  "--fork": as("session"),
  "--cwd": as("cwd"),
  "--permission-mode": as("permissionMode"),
  "--yolo": as("permissionMode"),
  "--allow": as("rules"),
  "--deny": as("rules"),
  "--trust": only("a program reads no folder's settings, so there is nothing to trust"),
  "--sandbox": as("sandbox"),
  "--no-sandbox": as("sandbox"),
  "--no-memory": as("memory"),
  "--verify": as("verify"),
  "--no-verify": as("verify"),
  "--max-turns": as("maxTurns"),
  "--max-cost": as("maxCost"),
  "--timeout": { chat: "signal" },
  "--output-format": only("a program gets values"),
  "--output-schema": as("outputSchema"),
  "--input-format": only("a program calls chat again"),
  "--include-partial": { chat: "see" },
  "--system": as("system"),
  "--append-system": as("appendSystem"),
  "--tools": as("builtins", "tools"),
};

const SETTINGS: Record<string, Stands> = {
  $schema: only("it is for editors"),
  model: as("model"),
  provider: as("provider"),
  baseUrl: as("baseUrl"),
  gateway: as("gateway"),
  permissions: as("permissionMode", "rules"),
  sandbox: as("sandbox"),
  hooks: as("hooks"),
  memory: as("memory"),
  limits: as("maxTurns", "maxCost"),
  verify: as("verify"),
  env: as("env"),
  theme: only("it is the look of a terminal"),
  mcpServers: only("a program reads no .mcp.json; see the option of that name where there is one"),
};

const options = (table: Record<string, Stands>) =>
  Object.values(table).flatMap((stands) => ("options" in stands ? stands.options : []));

it("each flag of a run is an option of the library, or a terminal's alone for a reason", async () => {
  const program = await commandLine("0", () => undefined);
  const flags = program.options.map(({ long }) => long ?? "").filter((flag) => flag !== "--version");
  expect(flags.sort()).toEqual(Object.keys(FLAGS).sort());
});

it("so is each key of the settings", () => {
  const known = Object.keys(Object(Object(settingsSchema()).properties));
  expect(known.length).toBeGreaterThan(9);
  expect(known.filter((key) => !(key in SETTINGS))).toEqual([]);
});

it("and what these tables name are options", () => {
  for (const name of [...options(FLAGS), ...options(SETTINGS)]) expect(AGENT_OPTIONS).toHaveProperty(name);
});
