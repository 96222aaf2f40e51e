// Bundles the command line, the library and the testing library into dist, with declarations and licences.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, readFile, rm, writeFile } from "node:fs/promises";
import { build } from "esbuild";

const root = new URL("..", import.meta.url).pathname;
const { version } = JSON.parse(await readFile(`${root}package.json`, "utf8"));

await rm(`${root}dist`, { recursive: true, force: true });
const declarations = spawn(
  process.execPath,
  [`${root}node_modules/typescript/bin/tsc`, "-p", `${root}tsconfig.build.json`],
  { stdio: "inherit" },
);
const declared = once(declarations, "exit");

const { metafile } = await build({
  absWorkingDir: root,
  entryPoints: { "cli/main": "src/cli/main.ts", index: "src/index.ts", testing: "src/testing.ts" },
  outdir: "dist",
  bundle: true,
  splitting: true,
  format: "esm",
  platform: "node",
  target: "node20.19",
  chunkNames: "chunks/[name]-[hash]",
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: "none",
  define: { __VERSION__: JSON.stringify(version) },
  metafile: true,
  logLevel: "warning",
});

await withRequire(metafile);
await writeFile(`${root}dist/cli/main.js`, `#!/usr/bin/env node\n${await readFile(`${root}dist/cli/main.js`, "utf8")}`);
await chmod(`${root}dist/cli/main.js`, 0o755);
await writeFile(`${root}dist/THIRD_PARTY_LICENSES.txt`, await licences(metafile));
await writeFile(`${root}dist/start-path.json`, JSON.stringify(startPath(metafile), null, 2));
const [code] = await declared;
if (code !== 0) process.exit(code);

// CommonJS packages that ask for Node's own modules need `require`; only their chunks pay for it
async function withRequire({ outputs }) {
  for (const file of Object.keys(outputs)) {
    const text = await readFile(root + file, "utf8");
    if (!/Dynamic require of/.test(text)) continue;
    const banner =
      'import{createRequire as $createRequire}from"node:module";const require=$createRequire(import.meta.url);\n';
    await writeFile(root + file, banner + text);
  }
}

// every bundled package with its licence text
async function licences({ inputs }) {
  const names = Object.keys(inputs).flatMap((file) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1] ?? []);
  const texts = [...new Set(names)].sort().map(async (name) => {
    const folder = `${root}node_modules/${name}/`;
    const { version: its, license } = JSON.parse(await readFile(`${folder}package.json`, "utf8"));
    const files = ["LICENSE", "LICENSE.md", "license", "LICENSE.txt", "LICENSE-MIT", "license.md", "LICENCE"];
    const text = await firstOf(files.map((file) => folder + file));
    return `${name} ${its} (${license})\n\n${text.trim()}\n`;
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

// what a one-shot run loads: the static closure of the files it imports, in bytes
function startPath({ outputs }) {
  const files = new Set();
  const visit = (file) => {
    if (!outputs[file] || files.has(file)) return;
    files.add(file);
    for (const { path, kind } of outputs[file].imports) if (kind === "import-statement") visit(path);
  };
  const entry = (source) => Object.keys(outputs).find((file) => outputs[file].entryPoint === source);
  for (const source of ["src/cli/main.ts", "src/cli/args.ts", "src/cli/one-shot.ts", "src/models/openai.ts"])
    visit(entry(source));
  const sizes = Object.fromEntries([...files].sort().map((file) => [file, outputs[file].bytes]));
  return {
    bytes: Object.values(sizes).reduce((sum, size) => sum + size, 0),
    files: sizes,
    sources: sourcesOf([...files], outputs),
  };
}

function sourcesOf(files, outputs) {
  return [...new Set(files.flatMap((file) => Object.keys(outputs[file].inputs)))].sort();
}
