import { expect, it } from "vitest";
import { settingsSchema } from "../../src/app/settings-schema.js";

it("is the JSON Schema of what settings may hold", () => {
  expect(settingsSchema()).toMatchObject({
    type: "object",
    additionalProperties: false,
    properties: {
      provider: { enum: ["openai", "anthropic"] },
      permissions: {
        properties: { allow: { items: { anyOf: [{ type: "string" }, { properties: { match: { type: "array" } } }] } } },
      },
      limits: {
        properties: { maxTurns: { type: "integer", minimum: 1 }, maxCost: { type: "number", exclusiveMinimum: 0 } },
      },
      gateway: {
        properties: {
          models: {
            items: {
              required: ["name", "tier", "baseUrl"],
              properties: { tier: { enum: ["strong", "fast", "cheap"] }, window: { type: "integer" } },
            },
          },
          roles: { properties: { title: { enum: ["strong", "fast", "cheap"] } } },
        },
      },
      env: { additionalProperties: { type: "string" } },
      mcpServers: { additionalProperties: { properties: { args: { type: "array" }, timeout: { minimum: 1 } } } },
    },
  });
});
