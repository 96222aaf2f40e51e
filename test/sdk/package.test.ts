import { execFile } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { beforeAll, describe, expect, it } from "vitest";
import { modelServer } from "../../src/testing.js";
import { brought, compiled, installed, ROOT } from "./installed.js";

const start = promisify(execFile);
const source = (path: string) => readFileSync(join(ROOT, path), "utf8");

type Public = { name: string; from: string; example: string | undefined };

// every name that the package exports, with the example that stands above its declaration
function publicNames(index: string): Public[] {
  return [...source(index).matchAll(/export (?:type )?\{([^}]+)\} from "\.\/([^"]+)\.js"/g)].flatMap(
    ([, names = "", from = ""]) =>
      names.split(",").flatMap((each) => {
        const name = each.trim();
        if (name === "") return [];
        const declared = new RegExp(
          `/\\*\\*((?:(?!\\*/)[\\s\\S])*)\\*/\\nexport (?:async )?(?:function\\*?|type|interface|class) ${name}\\b`,
        ).exec(source(`src/${from}.ts`));
        const example = declared?.[1]?.split("@example\n")[1]?.replace(/^\s*\* ?/gm, "");
        return [{ name, from, example }];
      }),
  );
}

const NAMES = { "nanocoder-pro": publicNames("src/index.ts"), "nanocoder-pro/testing": publicNames("src/testing.ts") };

// what the examples take as given
const GIVEN = `
import * as z from "zod";
declare const baseUrl: string, apiKey: string, png: Buffer, signal: AbortSignal, write: (text: string) => void;
const model = openai({ baseUrl, apiKey, model: "gpt-5" });
const agent = await createAgent({ model });
export { model, z, signal, write, png };
`;

describe("the package", () => {
  let folder = "";
  beforeAll(() => {
    folder = installed();
  });

  it("works where it is installed from its tarball: the two-line use, and the command", async () => {
    await using server = await modelServer(["It is empty."]);
    writeFileSync(
      join(folder, "two-lines.mjs"),
      `import { createAgent, openai } from "nanocoder-pro";
const agent = await createAgent({ model: openai({ baseUrl: "${server.url}", apiKey: "k", model: "gpt-5" }) });
console.log(await agent.chat("What is here?"));`,
    );
    const { stdout } = await start(process.execPath, ["two-lines.mjs"], { cwd: folder });
    expect(stdout).toBe("It is empty.\n");
    const told = await start(join(folder, "node_modules/.bin/nanocoder"), ["--version"], { cwd: folder });
    expect(told.stdout.trim()).toBe(JSON.parse(source("package.json")).version);
  });

  it("has an example for each public name, and all of them compile", () => {
    const all = Object.values(NAMES).flat();
    expect(all.length).toBeGreaterThan(60);
    expect(all.filter(({ example }) => example === undefined)).toEqual([]);
    const imports = Object.entries(NAMES).map(
      ([from, names]) => `import { ${names.map(({ name }) => name).join(", ")} } from "${from}";`,
    );
    const blocks = all.map(({ name, example = "" }) => `// ${name}\nasync () => {\n${example}\n};`);
    writeFileSync(join(folder, "examples.mts"), [...imports, GIVEN, ...blocks].join("\n"));
    expect(compiled(folder, ["examples.mts"])).toEqual([]);
  });

  it("is documented by programs that compile", () => {
    const blocks = [...source("docs/library.md").matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code = ""]) =>
      code.replace(/^import .*\n/gm, ""),
    );
    expect(blocks.length).toBeGreaterThan(2);
    const given = "declare function yes(question: string): Promise<boolean>;";
    const imports = 'import { createAgent, runGoal } from "nanocoder-pro";';
    const bodies = blocks.map((code) => `export const _${blocks.indexOf(code)} = async () => {\n${code}\n};`);
    writeFileSync(join(folder, "documented.mts"), [imports, given, ...bodies].join("\n"));
    expect(compiled(folder, ["documented.mts"])).toEqual([]);
  });

  it("has types that refuse what cannot be, and nothing else", () => {
    brought("test/sdk/types/refused.ts", join(folder, "refused.mts"));
    const marked = source("test/sdk/types/refused.ts")
      .split("\n")
      .flatMap((line, at) => (line.endsWith("// refused") ? [at + 1] : []));
    const refused = compiled(folder, ["refused.mts"]).flatMap((line) => /^refused\.mts\((\d+)/.exec(line)?.[1] ?? []);
    expect(marked.length).toBeGreaterThan(20);
    expect([...new Set(refused)].map(Number)).toEqual(marked);
  });
});
