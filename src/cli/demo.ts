import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { assemble } from "../app/assemble.js";
import { readConfig, thisMachine } from "../app/config.js";
import { state } from "../core/fold.js";
import { run } from "../core/loop.js";
import { plainText, text } from "../core/message.js";
import type { ScriptStep } from "../models/scripted/script.js";
import { modelServer } from "../models/scripted/server.js";
import { VERIFY } from "../plugins/verify-options.js";
import { interrupts } from "./interrupts.js";
import { colours } from "./output.js";
import { progress } from "./progress.js";
import { verifyLines } from "./verify-lines.js";

const TASK = "The tests of slug.js fail. Mend the code, not the tests, and prove it.";

/** Shows a whole run, offline; gives the exit code: 0 when the mended project's own test passes. */
export async function demo(): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), "nanocoder-demo-"));
  for (const [name, content] of Object.entries(PROJECT)) writeFileSync(join(folder, name), content);
  await using server = await modelServer(SCRIPT);
  try {
    return await show(folder, server);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function show(folder: string, server: { url: string; requests: readonly unknown[] }): Promise<number> {
  const say = (line: string) => process.stdout.write(`${line}\n`);
  say(`A small project with a failing test was made in ${folder}.`);
  say(`A model server answers at ${server.url}: only its words are scripted. The requests over HTTP, the files,`);
  say("the edits and the test runs below are real.\n");
  say(`you> ${TASK}`);
  const human = progress(process.stdout, colours(process.stdout));
  const stop = interrupts(undefined, () => process.exit(130));
  const opened = await assemble(await configFor(folder, server.url), {}, { ask: allow, notice: () => undefined });
  opened.agent.inbox.post({ parts: [text(TASK)], from: "user" });
  let answers = 0;
  let words = "";
  for await (const item of run(opened.agent, stop.signal)) {
    if (item.type === "text") words += item.text;
    else if (words !== "") {
      say(`nanocoder> ${words}`);
      words = "";
    }
    human.see(item);
    if (item.type === "result" && isTestRun(item.parts)) say(indent(plainText(item.parts)));
    if (item.type === "reply") answers += 1;
  }
  await opened.close();
  stop.end();
  for (const line of verifyLines(state(opened.agent.log.events, VERIFY) ?? null)) human.note(line);
  const passed = opened.agent.log.events.findLast((event) => event.type === "result")?.failed === false;
  say(`\n${passed ? "The test passes" : "The test does not pass"}; slug.js now reads:\n`);
  say(indent(readFileSync(join(folder, "slug.js"), "utf8").trimEnd()));
  say(`\n${answers} answers over ${server.requests.length} requests. Your turn: nanocoder`);
  return passed ? 0 : 1;
}

function configFor(folder: string, url: string) {
  const machine = thisMachine();
  const flags = {
    model: "scripted",
    provider: "openai",
    baseUrl: url,
    apiKey: "demo",
    cwd: folder,
    permissionMode: "auto",
  };
  const env = { PATH: machine.env.PATH, NANOCODER_HOME: join(folder, ".home") };
  return readConfig(flags, { ...machine, env });
}

async function allow() {
  return { verdict: "allow", why: "the demo's own folder" } as const;
}

function isTestRun(parts: Parameters<typeof plainText>[0]): boolean {
  return /^(3 checks passed|\[exit code)/.test(plainText(parts));
}

function indent(block: string): string {
  const lines = block.split("\n").filter((line) => line.trim() !== "");
  return lines
    .slice(0, 12)
    .map((line) => `    ${line}`)
    .join("\n");
}

const PROJECT = {
  "slug.js": `// Turns a title into the last part of a URL.
export function slug(title) {
  return title.toLowerCase().replace(" ", "-");
}
`,
  "slug.test.js": `import assert from "node:assert/strict";
import { slug } from "./slug.js";

assert.equal(slug("Hello World"), "hello-world");
assert.equal(slug("One two  three"), "one-two-three");
assert.equal(slug(" Hello, World! "), "hello-world");
console.log("3 checks passed");
`,
  "package.json": `{ "type": "module" }\n`,
};

const test = { name: "bash", input: { command: "node slug.test.js" } };
const edit = (from: string, to: string) => ({
  name: "edit_file",
  input: { path: "slug.js", old_text: from, new_text: to },
});

const SCRIPT: ScriptStep[] = [
  {
    text: "I read the code and run its test.",
    calls: [
      { name: "read_file", input: { path: "slug.js" } },
      { name: "read_file", input: { path: "slug.test.js" } },
      test,
    ],
  },
  {
    text: "Only the first blank is replaced. I replace every one.",
    calls: [edit(`.replace(" ", "-")`, `.replaceAll(" ", "-")`), test],
  },
  {
    text: "Still failing: runs of blanks and punctuation must become one dash, and none at the ends.",
    calls: [edit(`.replaceAll(" ", "-")`, `.replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "")`), test],
  },
  "Mended in slug.js:3. The cause: only the first blank was replaced. `node slug.test.js` passes (3 checks); the test file is untouched.",
];
