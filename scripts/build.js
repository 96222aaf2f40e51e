// Bundles the command line, the library and the testing library into dist, with declarations and licences.
//
// Start-up is what shapes it: a file that is loaded costs about 3 ms, so a one-shot run loads one. Whatever is
// imported by `import()` becomes a file of its own under dist/lazy, complete in itself.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, readFile, rm, writeFile } from "node:fs/promises";
import { basename, relative, resolve } from "node:path";
import { build } from "esbuild";

const root = resolve(import.meta.dirname, "..");
const { version } = JSON.parse(await readFile(`${root}/package.json`, "utf8"));
const lazy = new Map();
const inputs = new Set();

await rm(`${root}/dist`, { recursive: true, force: true });
const tsc = ["node_modules/typescript/bin/tsc", "-p", "tsconfig.build.json"];
const declared = once(spawn(process.execPath, tsc, { cwd: root, stdio: "inherit" }), "exit");

await bundle({ "cli/main": "src/cli/main.ts" });
await bundle({ index: "src/index.ts", testing: "src/testing.ts" }, { splitting: true, chunkNames: "chunks/[hash]" });
const made = new Map();
for (const [name, entry] of lazy) made.set(name, await bundle({ [`lazy/${name}`]: entry }));

await writeFile(
  `${root}/dist/cli/main.js`,
  `#!/usr/bin/env node\n${await readFile(`${root}/dist/cli/main.js`, "utf8")}`,
);
await chmod(`${root}/dist/cli/main.js`, 0o755);
await writeFile(`${root}/dist/THIRD_PARTY_LICENSES.txt`, await licences());
await writeFile(`${root}/dist/start-path.json`, JSON.stringify(startPath(made.get("command")), null, 2));
await bundle({ "lazy/settings-schema": "src/app/settings-schema.ts" });
const { settingsSchema } = await import(`${root}/dist/lazy/settings-schema.js`);
await writeFile(`${root}/dist/settings.schema.json`, `${JSON.stringify(settingsSchema(), null, 2)}\n`);
const [code] = await declared;
process.exitCode = code;

async function bundle(entryPoints, options = {}) {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints,
    outdir: "dist",
    bundle: true,
    format: "esm",
    platform: "node",
    target: "node20.19",
    minifySyntax: true,
    minifyWhitespace: true,
    charset: "utf8",
    legalComments: "none",
    define: { __VERSION__: JSON.stringify(version) },
    plugins: [{ name: "lazy", setup: (made) => separate(made, Object.keys(entryPoints)[0]) }],
    metafile: true,
    logLevel: "warning",
    ...options,
  });
  for (const file of Object.keys(metafile.inputs)) inputs.add(file);
  await giveCommonJs(Object.keys(metafile.outputs));
  return metafile;
}

// each dynamic import leads to a file of its own
function separate({ onResolve, resolve: find }, output) {
  onResolve({ filter: /.*/ }, async ({ path, kind, importer, resolveDir, pluginData }) => {
    if (kind !== "dynamic-import" || pluginData === "found" || path.startsWith("node:")) return undefined;
    const found = await find(path, { kind, importer, resolveDir, pluginData: "found" });
    // an optional package of a package: its importer copes without it
    if (found.errors.length > 0) return { path, external: true };
    const name = basename(path, ".js");
    lazy.set(name, found.path);
    const from = relative(resolve(root, "dist", output, ".."), resolve(root, "dist/lazy", `${name}.js`));
    return { path: from.startsWith(".") ? from : `./${from}`, external: true };
  });
}

// what CommonJS packages take for granted; only the files that use it pay for it
async function giveCommonJs(files) {
  for (const file of files) {
    const text = await readFile(`${root}/${file}`, "utf8");
    const given = [];
    if (text.includes("Dynamic require of"))
      given.push('import{createRequire as $require}from"node:module";const require=$require(import.meta.url);');
    if (/\b__filename\b/.test(text)) given.push("const __filename=import.meta.filename;");
    if (given.length > 0) await writeFile(`${root}/${file}`, `${given.join("")}\n${text}`);
  }
}

// every bundled package with its licence text
async function licences() {
  const names = [...inputs].flatMap((file) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1] ?? []);
  const texts = [...new Set(names)].sort().map(async (name) => {
    const folder = `${root}/node_modules/${name}/`;
    const { version: its, license } = JSON.parse(await readFile(`${folder}package.json`, "utf8"));
    const files = ["LICENSE", "LICENSE.md", "license", "LICENSE.txt", "LICENSE-MIT", "license.md", "LICENCE"];
    return `${name} ${its} (${license})\n\n${(await firstOf(files.map((file) => folder + file))).trim()}\n`;
  });
  return (await Promise.all(texts)).join(`\n${"-".repeat(80)}\n\n`);
}

async function firstOf(paths) {
  for (const path of paths) {
    try {
      return await readFile(path, "utf8");
    } catch {
      // the next name
    }
  }
  return "";
}

// what a one-shot run loads: the budget of test/shape.test.ts is on it
function startPath({ outputs }) {
  const { bytes, inputs: sources } = outputs["dist/lazy/command.js"];
  return { bytes, sources: Object.keys(sources).sort() };
}
