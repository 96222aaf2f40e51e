import { chmodSync, mkdirSync, mkdtempSync, realpathSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readConfig } from "../../src/app/config.js";

function machine(text: string | undefined, env: Record<string, string> = {}) {
  const homedir = realpathSync(mkdtempSync(join(tmpdir(), "own-env-")));
  const path = join(homedir, ".nanocoder/.env");
  mkdirSync(join(homedir, ".nanocoder"));
  if (text !== undefined) writeFileSync(path, text, { mode: 0o600 });
  return { path, machine: { env, cwd: homedir, homedir, policy: join(homedir, "none") } };
}

describe("~/.nanocoder/.env", () => {
  it("gives the key that the environment lacks, says where it stands, and keeps it from children and logs", async () => {
    const { machine: here, path } = machine(
      "# mine\r\nOTHER=x\r\nexport OPENAI_API_KEY='sk-first' # old\r\nOPENAI_API_KEY=sk-own-1234567 # new\r\n",
    );
    const config = await readConfig({}, here);
    expect(config.choice).toMatchObject({ apiKey: "sk-own-1234567", keyFrom: `OPENAI_API_KEY in ${path}` });
    expect(config.keys).toEqual(["sk-own-1234567"]);
    expect(config.childEnv).toEqual({});
    expect(config.notices).toEqual([]);
  });

  it("counts less than the environment, unless that is blank", async () => {
    const { machine: here } = machine("OPENAI_API_KEY=sk-own\nNANOCODER_MODEL=m\n", { OPENAI_API_KEY: "sk-env" });
    expect((await readConfig({}, here)).choice).toMatchObject({
      apiKey: "sk-env",
      keyFrom: "OPENAI_API_KEY",
      model: "m",
    });
    const blank = { ...here, env: { OPENAI_API_KEY: " " } };
    expect((await readConfig({}, blank)).choice?.apiKey).toBe("sk-own");
  });

  it("cannot move the home", async () => {
    const { machine: here } = machine("NANOCODER_HOME=/elsewhere\nPATH=/evil\n");
    const config = await readConfig({}, here);
    expect(config.home).toBe(join(here.homedir, ".nanocoder"));
    expect(config.childEnv).toEqual({});
  });

  it("is told of when others can read it", async () => {
    const { machine: here, path } = machine("OPENAI_API_KEY=k\n");
    chmodSync(path, 0o644);
    expect((await readConfig({}, here)).notices).toEqual([
      `${path} may hold keys, and others can read it. Mend it: chmod 600 ${path}`,
    ]);
  });

  it("is refused with its line when it is not to be read", async () => {
    const broken = machine("A=1\n\nnonsense\n");
    await expect(readConfig({}, broken.machine)).rejects.toThrow(
      `${broken.path}:3:1: a line NAME=value is wanted here.`,
    );
    const open = machine("OPENAI_API_KEY='sk\n");
    await expect(readConfig({}, open.machine)).rejects.toThrow(
      `${open.path}:1:1: the quote of OPENAI_API_KEY is not closed.`,
    );
    const folder = machine(undefined);
    mkdirSync(folder.path);
    await expect(readConfig({}, folder.machine)).rejects.toThrow(`${folder.path} is no file`);
  });
});
