import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Every test starts without keys, without proxies, and in a home of its own. */
export default function surroundings(): () => void {
  const home = mkdtempSync(join(tmpdir(), "nanocoder-test-home-"));
  for (const name of Object.keys(process.env)) {
    if (/^(OPENAI|ANTHROPIC|DEEPSEEK|NANOCODER)_|_PROXY$/i.test(name)) delete process.env[name];
  }
  process.env.HOME = home;
  return () => rmSync(home, { recursive: true, force: true });
}
