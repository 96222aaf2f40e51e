import { mkdtempSync, readFileSync, realpathSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { assemble } from "../../src/app/assemble.js";
import { ownKeys, readConfig } from "../../src/app/config.js";
import { text } from "../../src/core/message.js";
import { findSessions } from "../../src/store/sessions.js";

const folder = () => realpathSync(mkdtempSync(join(tmpdir(), "secrets-")));

describe("the keys of this process", () => {
  it("are those of the environment and of flags, each once", () => {
    const choice = { provider: "openai", model: "m", baseUrl: "http://x", keyFrom: "--api-key" } as const;
    const models =
      "m:strong:http://m:8080/v1:three-key,local:cheap:http://localhost:11434/v1,n:fast:https://n/v1:five/and:six";
    const env = { OPENAI_API_KEY: " one ", DEEPSEEK_API_KEY: "two", NANOCODER_GATEWAY_MODELS: models, PATH: "/bin" };
    expect(ownKeys(env, { choice: { ...choice, apiKey: "one", authToken: "four" } }).sort()).toEqual([
      "five/and:six",
      "four",
      "one",
      "three-key",
      "two",
    ]);
    expect(ownKeys({})).toEqual([]);
  });

  it("are not in the session's file, also that of a provider that is not asked", async () => {
    const [home, cwd] = [folder(), folder()];
    const env = { OPENAI_API_KEY: "canary-asked-1", DEEPSEEK_API_KEY: "canary-other-2", NANOCODER_HOME: home };
    const config = await readConfig({ apiKey: "canary-flag-3" }, { env, cwd, homedir: home });
    const opened = await assemble(config, {}, { ask: () => Promise.reject(new Error("not asked")), notice: () => {} });
    const words = "canary-asked-1 canary-other-2 canary-flag-3";
    opened.agent.log.append({ type: "prompt", parts: [text(words)], from: "user" });
    expect(opened.agent.log.events.at(-1)).toMatchObject({ parts: [{ text: words }] });
    await opened.close();
    const written = readFileSync(findSessions(home, opened.id)[0]?.path ?? "", "utf8");
    expect(written).toContain('"text":"[redacted:own-key] [redacted:own-key] [redacted:own-key]"');
    expect(written).not.toContain("canary");
  });
});
