import { execFile } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { build } from "esbuild";
import { beforeAll, expect, it } from "vitest";

const folder = mkdtempSync(join(tmpdir(), "nanocoder-conformance-"));
const [suite, client] = [join(folder, "suite.cjs"), join(folder, "client.mjs")];

// the suite as CommonJS: what Node 20 does not have of what it imports is then missed only where it is used
beforeAll(async () => {
  const root = join(import.meta.dirname, "../..");
  const common = { absWorkingDir: root, bundle: true, platform: "node", logLevel: "error" } as const;
  const require = 'import{createRequire}from"node:module";const require=createRequire(import.meta.url);';
  await build({
    ...common,
    entryPoints: ["node_modules/@modelcontextprotocol/conformance/dist/index.js"],
    format: "cjs",
    define: { "import.meta.url": '"file:///suite.js"' },
    outfile: suite,
  });
  await build({
    ...common,
    entryPoints: ["test/mcp/conformance-client.ts"],
    format: "esm",
    banner: { js: require },
    outfile: client,
  });
});

async function run(...args: string[]): Promise<string> {
  const whole = [suite, "client", "--command", `${process.execPath} ${client}`, ...args];
  // a warning ends it with 1: what it says is what counts
  const said = await promisify(execFile)(process.execPath, whole, { cwd: folder, maxBuffer: 64 << 20 }).catch(
    (failed: { stdout: string; stderr: string }) => failed,
  );
  return `${said.stdout}\n${said.stderr}`.replace(/\u001b\[\d+m/g, "");
}

for (const scenario of ["initialize", "tools_call", "elicitation-sep1034-client-defaults", "sse-retry"])
  it(`the official conformance suite passes: ${scenario}`, async () => {
    expect(await run("--scenario", scenario)).toMatch(/Passed: (\d+)\/\1, 0 failed, 0 warnings/);
  });

it("the official conformance suite passes: all of authorization", async () => {
  const lines = (await run("--suite", "auth")).split("\n");
  const results = lines.filter((line) => /^[✓✗] auth\//.test(line));
  expect(results.length).toBeGreaterThanOrEqual(14);
  expect(results.filter((line) => !/ 0 failed/.test(line))).toEqual([]);
  // its one warning: we have no web page that describes us, and register instead
  expect(results.filter((line) => /warnings/.test(line))).toEqual([expect.stringContaining("auth/basic-cimd")]);
}, 60_000);
