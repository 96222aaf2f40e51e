import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Machine } from "../../../src/app/input.js";
import type { Locale } from "../../../src/cli/repl/locale.js";
import { keyIn, SERVICES, type Service } from "../../../src/cli/repl/start/providers.js";
import { setUp } from "../../../src/cli/repl/start/set-up.js";
import { lookup } from "../../../src/models/catalog.js";
import type { Script } from "../../../src/models/scripted/script.js";
import { modelServer } from "../../../src/models/scripted/server.js";
import { type Answer, type FakeUi, fakeUi } from "./fake-ui.js";

const KEY = "sk-test-0123456789";

function somewhere(): { machine: Machine; home: string } {
  const homedir = realpathSync(mkdtempSync(join(tmpdir(), "set-up-")));
  return {
    machine: { env: {}, cwd: homedir, homedir, policy: join(homedir, "none") },
    home: join(homedir, ".nanocoder"),
  };
}

type Asked = { services?: Service[]; limit?: number; locale?: Locale; at?: ReturnType<typeof somewhere> };

async function walked(answers: readonly Answer[], { at = somewhere(), ...asked }: Asked = {}) {
  const ui: FakeUi = fakeUi(answers);
  const config = await setUp({ ui, locale: "en", flags: {}, ...at, ...asked });
  const file = (name: string) => readFileSync(join(at.home, name), "utf8");
  return { ui, config, file, ...at };
}

const OTHER = "Another OpenAI-compatible address";
const service = (url: string, more: Partial<Service> = {}): Service => ({
  name: "Served",
  wire: "openai",
  baseUrl: url,
  variable: "NANOCODER_API_KEY",
  models: ["gpt-5"],
  ...more,
});
const served = (script: Script) => modelServer(script, { models: ["gpt-5"] });
const modeOf = (path: string) => (statSync(path).mode & 0o777).toString(8);
const refused = (status: number, message?: string): Script => [
  { error: { status, ...(message && { message }) } },
  "ready",
];

describe("the first run", () => {
  it("leads to a model that works, kept in the user's own files", async () => {
    await using server = await modelServer(["ready"], { models: ["text-embedding-3", "gpt-4o", "my-own"] });
    const { ui, config, file, home } = await walked([OTHER, server.url, `  'NANOCODER_API_KEY=${KEY}'\n`, "gpt-4o"]);
    expect(config?.choice).toMatchObject({ model: "gpt-4o", baseUrl: server.url, apiKey: KEY, provider: "openai" });
    expect(JSON.parse(file("settings.json"))).toEqual({ model: "gpt-4o", provider: "openai", baseUrl: server.url });
    expect(file(".env")).toBe(`NANOCODER_API_KEY=${KEY}\n`);
    expect([".env", "settings.json", ""].map((name) => modeOf(join(home, name)))).toEqual(["600", "600", "700"]);
    expect(server.requests).toHaveLength(1);
    expect(server.requests[0]).toMatchObject({ model: "gpt-4o", headers: { authorization: `Bearer ${KEY}` } });
    const [, , key, model] = ui.asked;
    expect(key).toMatchObject({ hidden: true });
    // what is known comes first, what is left comes after, another can be typed
    expect(model).toMatchObject({
      items: ["gpt-4o", "text-embedding-3", "my-own", "Another: type its name"].map((label) => ({ label })),
    });
    expect(ui.text()).not.toContain(KEY);
    expect(ui.busied).toHaveLength(4);
  });

  it("takes an address without a key, and a model that is typed where none is listed", async () => {
    await using server = await modelServer(["ready"], { models: [] });
    const { file, home, ui } = await walked([OTHER, "localhost:1", `${server.url}/v1`, "", "", " local "]);
    expect(ui.text()).toContain("That is no address.");
    expect(JSON.parse(file("settings.json"))).toEqual({
      model: "local",
      provider: "openai",
      baseUrl: `${server.url}/v1`,
    });
    expect(readdirSync(home)).toEqual(["settings.json"]);
  });

  it("says what is wrong with a key, and goes on with another", async () => {
    await using server = await served(refused(401));
    const { ui, config } = await walked(["Served", "sk-wrong-1234", "gpt-5", "Another key", KEY], {
      services: [service(server.url)],
    });
    expect(ui.said.filter(({ type }) => type === "error").map(({ text }) => text)).toEqual([
      expect.stringMatching(
        /^The key is not taken\. 127\.0\.0\.1:\d+ refused the key \(401\): check the key you gave\./,
      ),
    ]);
    expect(ui.text()).not.toContain("sk-wrong-1234");
    expect(config?.choice?.apiKey).toBe(KEY);
  });

  it.each<[string, Script, string, string]>([
    ["a model that there is not", refused(404), "There is no such model", "Another model"],
    ["a model that there is not, by 400", refused(400, "Model Not Exist"), "There is no such model", "Another model"],
    ["a quota that is used up", refused(402), "There is no quota left.", "Another provider"],
    ["a server that fails", refused(500), "It did not work.", "Try once more"],
    [
      "a web page",
      [{ raw: { status: 200, type: "text/html", body: "<p>hi" } }, "ready"],
      "It did not work.",
      "Try once more",
    ],
  ])("tells %s", async (_, script, words, mend) => {
    await using server = await served(script);
    const { ui, config } = await walked(["Served", KEY, "gpt-5", "Save it all the same"], {
      services: [service(server.url)],
    });
    expect(ui.text()).toContain(words);
    const last = ui.asked.at(-1);
    expect(last && "items" in last ? last.items[last.at ?? 0]?.label : undefined).toBe(mend);
    expect(config?.choice).toMatchObject({ model: "gpt-5", apiKey: KEY });
  });

  it("gives up on a server that says nothing, and tries once more", async () => {
    await using server = await served([{ silent: true }, "ready"]);
    const { ui, config } = await walked(["Served", KEY, "gpt-5", "Try once more"], {
      services: [service(server.url)],
      limit: 300,
    });
    expect(ui.text()).toContain("It takes too long. No answer within");
    expect(config?.choice?.model).toBe("gpt-5");
    expect(server.requests).toHaveLength(2);
  });

  it("tells a server that is not there, in Chinese where the person reads Chinese", async () => {
    const server = await served([]);
    await server.close();
    const { ui, config } = await walked(["Served", KEY, "gpt-5", "换服务商", null], {
      services: [service(server.url)],
      locale: "zh",
    });
    expect(config).toBeUndefined();
    expect(ui.text()).toContain("无法连接。");
    expect(ui.text()).toContain("the connection was refused");
    expect(ui.text()).toContain("没有写入任何内容");
  });

  it("does not send a key to whom it plainly is not for", async () => {
    await using mine = await served(["ready"]);
    await using theirs = await served(["ready"]);
    const anthropic = service(theirs.url, {
      name: "Anthropic",
      wire: "anthropic",
      variable: "ANTHROPIC_API_KEY",
      keys: /^sk-ant-/,
    });
    const { file, ui } = await walked(["Served", "sk-ant-abc123", "Use Anthropic", "gpt-5"], {
      services: [service(mine.url), anthropic],
    });
    expect(ui.asked[2]?.title).toBe("This looks like a key of Anthropic, not of Served.");
    expect(mine.requests).toEqual([]);
    expect(theirs.requests[0]).toMatchObject({ wire: "anthropic", headers: { "x-api-key": "sk-ant-abc123" } });
    expect(file(".env")).toBe("ANTHROPIC_API_KEY=sk-ant-abc123\n");
  });

  it("refuses what is no key and asks again", async () => {
    await using server = await served(["ready"]);
    const { ui, config } = await walked(["Served", "", "sk two words", "密钥", KEY, "gpt-5"], {
      services: [service(server.url)],
    });
    expect(ui.said.map(({ text }) => text.slice(0, 15))).toEqual([
      "No model is set",
      "A key is needed",
      "That is no key:",
      "That is no key:",
      "gpt-5 answers.",
      "Kept: gpt-5, in",
    ]);
    expect(config?.choice?.apiKey).toBe(KEY);
  });

  it("keeps what the user's files hold beside it", async () => {
    await using server = await served(["ready"]);
    const at = somewhere();
    mkdirSync(at.home);
    writeFileSync(join(at.home, "settings.json"), '{"permissions":{"allow":["bash(ls)"]},"baseUrl":""}');
    writeFileSync(join(at.home, ".env"), "# mine\r\nOTHER=1\n");
    const { file } = await walked(["Served", KEY, "gpt-5"], { services: [service(server.url)], at });
    expect(JSON.parse(file("settings.json"))).toEqual({
      permissions: { allow: ["bash(ls)"] },
      model: "gpt-5",
      provider: "openai",
      baseUrl: server.url,
    });
    expect(file(".env")).toBe(`# mine\r\nOTHER=1\nNANOCODER_API_KEY=${KEY}\n`);
  });

  it.each<[string, Answer[]]>([
    ["at the provider", [null]],
    ["at the address", [OTHER, null]],
    ["at the key", ["Served", null]],
    ["at the model", ["Served", KEY, null]],
    ["at its name", ["Served", KEY, "Another: type its name", null]],
    ["after a trial", ["Served", KEY, "gpt-5", null]],
  ])("writes nothing when it is left %s, and says what else would do", async (_, answers) => {
    await using server = await served(refused(401));
    const { ui, config, home } = await walked(answers, { services: [service(server.url)] });
    expect(config).toBeUndefined();
    expect(existsSync(home)).toBe(false);
    expect(ui.said.at(-1)).toMatchObject({ type: "error" });
    expect(ui.said.at(-1)?.text).toMatch(
      /^Left: nothing was written\.\nNo model is configured\. .*\n {2}export OPENAI_API_KEY/,
    );
  });
});

describe("the services", () => {
  it("are known by the catalogue and the configuration", async () => {
    for (const each of SERVICES) {
      for (const model of each.models) expect(lookup(model), model).toBeDefined();
      expect(each.implied === true, each.name).toBe(each.variable !== "NANOCODER_API_KEY");
    }
  });

  it("keep an address only where the key does not tell it", async () => {
    for (const each of SERVICES.filter(({ implied }) => implied)) {
      const at = somewhere();
      mkdirSync(at.home);
      writeFileSync(join(at.home, "settings.json"), '{"baseUrl":"http://127.0.0.1:9","model":"old"}');
      const { config, file } = await walked([each.name, KEY, each.models[0] ?? "", "Save it all the same"], {
        services: [{ ...each, baseUrl: "http://127.0.0.1:1" }],
        at,
      });
      expect(config?.choice).toMatchObject({ baseUrl: each.baseUrl, provider: each.wire, apiKey: KEY });
      expect(JSON.parse(file("settings.json"))).toEqual({ model: each.models[0], provider: each.wire });
    }
  });

  it("a pasted key is freed of what came along", () => {
    for (const pasted of [
      KEY,
      ` ${KEY}\n`,
      `"${KEY}"`,
      `export OPENAI_API_KEY="${KEY}"`,
      `Bearer ${KEY}`,
      `'A_KEY="${KEY}"'`,
      `“${KEY}”`,
    ])
      expect(keyIn(pasted), pasted).toBe(KEY);
    for (const pasted of ["a b", "a\nb", "钥", "a'b"]) expect(keyIn(pasted), pasted).toBeUndefined();
  });
});
