import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Every test starts without keys and proxies, in a home and a temporary folder of its own that go when all have ended. */
export default function surroundings(): () => void {
  const home = mkdtempSync(join(tmpdir(), "nanocoder-test-home-"));
  for (const name of Object.keys(process.env)) {
    if (/^(OPENAI|ANTHROPIC|DEEPSEEK|NANOCODER)_|_PROXY$/i.test(name)) delete process.env[name];
  }
  process.env.HOME = home;
  process.env.TMPDIR = home;
  return () => rmSync(home, { recursive: true, force: true });
}
