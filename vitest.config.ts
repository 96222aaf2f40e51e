import { defineConfig } from "vitest/config";

const slow = [
  "test/cli/**/*.test.ts",
  "test/platform/**/*.test.ts",
  "test/tools/**/*.test.ts",
  "test/store/**/*.test.ts",
  "test/mcp/**/*.test.ts",
  "test/sdk/**/*.test.ts",
];
const timeouts = { testTimeout: 30_000, hookTimeout: 30_000 };

export default defineConfig({
  test: {
    ...timeouts,
    globalSetup: ["test/setup/surroundings.ts"],
    projects: [
      {
        extends: true,
        test: { name: "units", include: ["test/**/*.test.ts"], exclude: slow, pool: "threads", isolate: false },
      },
      { extends: true, test: { name: "processes", include: slow, pool: "forks" } },
    ],
  },
});
