import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { ROOT } from "./installed.js";

const start = promisify(execFile);

it("the reference of the library builds without a warning: each public name and what it has is documented", async () => {
  const typedoc = join(ROOT, "scripts/reference/node_modules/typedoc/bin/typedoc");
  const built = await start(process.execPath, [typedoc, "--emit", "none"], { cwd: join(ROOT, "scripts/reference") });
  expect(built).toEqual({ stdout: "", stderr: "" });
  // a compiler at work: some seconds, more on a machine that has much else to do
}, 120_000);
