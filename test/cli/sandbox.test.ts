import { spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:http";
import { type AddressInfo, createServer as createSocket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it as test } from "vitest";
import { modelServer } from "../../src/models/scripted/server.js";
import { nanocoder, openaiAt, place, processesWith, start } from "./nanocoder.js";

function writable(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

// some kernels allow no user namespaces: there is no sandbox then, and doctor says so
const works = spawnSync("bwrap", ["--ro-bind", "/", "/", "--unshare-net", "--unshare-pid", "true"]).status === 0;
const it = works ? test : test.skip;

const call = (command: string) => ({ name: "bash", input: { command } });

async function runs(
  command: string,
  options: { where?: ReturnType<typeof place>; env?: Record<string, string>; args?: string[] } = {},
) {
  const { where = place(), env = {}, args = [] } = options;
  await using server = await modelServer([{ calls: [call(command)] }, "done"]);
  const words = ["-p", "x", "--output-format", "json", ...args];
  const ended = await nanocoder(words, { place: where, env: { ...openaiAt(server.url), ...env } });
  return { ended, where, result: server.requests[1]?.results[0] ?? "", json: JSON.parse(ended.stdout) };
}

// node runs what it is given: nothing of it can be proved, so it is the sandbox that holds
const node = (code: string) => `node -e ${JSON.stringify(code)}`;

it("runs what is not known inside, without asking, and lets it write in the workspace", async () => {
  const { ended, where } = await runs(node("require('fs').writeFileSync('made', 'x')"));
  expect(ended.code).toBe(0);
  expect(readFileSync(join(where.work, "made"), "utf8")).toBe("x");
});

it("lets nothing be written outside, and asks then: headless that is a denial", async () => {
  const { ended, result, json } = await runs(node("require('fs').writeFileSync('/opt/nanocoder-escaped', 'x')"));
  expect(existsSync("/opt/nanocoder-escaped")).toBe(false);
  expect(result).toContain("EROFS");
  expect(result).toContain("commands run without network, and write only in the workspace");
  expect(ended.code).toBe(4);
  expect(json.permission_denials).toHaveLength(1);
});

it("has no network, not even this machine's", async () => {
  let asked = 0;
  const server = createServer((_, response) => {
    asked += 1;
    response.end("hi");
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  await runs(
    node(
      `require('http').get('http://127.0.0.1:${port}').on('error', (e) => { console.log(e.code); process.exit(1) })`,
    ),
  );
  server.close();
  expect(asked).toBe(0);
});

it("reaches nobody through a socket that lies in a temporary folder", async () => {
  const where = place();
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "sock-")));
  let asked = 0;
  const server = createSocket((socket) => {
    asked += 1;
    socket.end();
  }).listen(join(folder, "s"));
  await runs(node(`require('net').connect('${folder}/s').on('error', (e) => process.exit(1))`), { where });
  server.close();
  expect(asked).toBe(0);
});

test.skipIf(!works || !writable("/run"))("nor through one that lies in /run", async () => {
  const path = `/run/nanocoder-test-${process.pid}`;
  let asked = 0;
  const server = createSocket((socket) => {
    asked += 1;
    socket.end();
  }).listen(path);
  await runs(node(`require('net').connect('${path}').on('error', (e) => process.exit(1))`));
  server.close();
  expect(asked).toBe(0);
});

it("shows neither the user's secrets nor our own home, and no secrets in the environment", async () => {
  const where = place();
  for (const name of [".ssh", ".aws", ".nanocoder"]) mkdirSync(join(where.home, name));
  writeFileSync(join(where.home, ".ssh/id_ed25519"), "s3cret-key");
  writeFileSync(join(where.home, ".aws/credentials"), "s3cret-aws");
  writeFileSync(join(where.home, ".nanocoder/.env"), "OTHER=s3cret-own");
  writeFileSync(join(where.home, ".netrc"), "s3cret-netrc");
  const code = `const { execSync } = require('child_process'); console.log(execSync('cat ~/.ssh/* ~/.aws/* ~/.nanocoder/.env ~/.netrc 2>&1; env').toString())`;
  const { result } = await runs(node(code), { where, env: { KEY_CANARY: "canary-1", GITHUB_TOKEN: "canary-2" } });
  expect(result).toContain("PATH=");
  expect(result).not.toMatch(/s3cret|canary|test-key/);
});

it("holds what steers later runs, also when it is not there yet", async () => {
  const where = place();
  mkdirSync(join(where.work, ".git"));
  writeFileSync(join(where.work, ".git/config"), "[core]\n");
  writeFileSync(join(where.work, "AGENTS.md"), "be kind\n");
  const code = `const fs = require('fs');
    for (const f of ['.git/config', 'AGENTS.md']) try { fs.writeFileSync(f, 'evil') } catch (e) { console.log(e.code) }
    try { fs.renameSync('.git', 'gone') } catch (e) { console.log(e.code) }
    fs.mkdirSync('.nanocoder'); fs.writeFileSync('.nanocoder/settings.json', '{}'); fs.writeFileSync('.mcp.json', '{}')`;
  const { result } = await runs(node(code.replaceAll("\n", " ")), { where });
  expect(readFileSync(join(where.work, ".git/config"), "utf8")).toBe("[core]\n");
  expect(readFileSync(join(where.work, "AGENTS.md"), "utf8")).toBe("be kind\n");
  expect(existsSync(join(where.work, ".nanocoder"))).toBe(false);
  expect(existsSync(join(where.work, ".mcp.json"))).toBe(false);
  expect(result).toContain("removed again");
});

it("is not led out by a link that was made inside", async () => {
  const where = place();
  symlinkSync("/opt", join(where.work, "link"));
  await runs(node("require('fs').writeFileSync('link/nanocoder-escaped', 'x')"), { where });
  expect(existsSync("/opt/nanocoder-escaped")).toBe(false);
});

it("ends all that a command started, also when we are killed", async () => {
  const where = place();
  const mark = `38.${process.pid}`;
  await using server = await modelServer([
    {
      calls: [
        call(
          node(
            `require('child_process').spawn('setsid', ['sleep', '${mark}'], {detached:true}); setTimeout(() => {}, 60000)`,
          ),
        ),
      ],
    },
    "x",
  ]);
  const child = start(["-p", "x"], { place: where, env: openaiAt(server.url) });
  await until(() => processesWith(mark).some((pid) => readFileSync(`/proc/${pid}/comm`, "utf8").startsWith("sleep")));
  child.kill("SIGKILL");
  await child.ended;
  await until(() => processesWith(mark).length === 0);
});

it("ends what runs outside of it too when we are killed", async () => {
  const where = place();
  const mark = `39.${process.pid}`;
  await using server = await modelServer([
    { calls: [call(`setsid sleep ${mark} & setsid nohup sleep ${mark}; true`)] },
    "x",
  ]);
  const child = start(["-p", "x", "--permission-mode", "auto"], { place: where, env: openaiAt(server.url) });
  await until(() => processesWith(`sleep\0${mark}`).length === 2);
  child.kill("SIGKILL");
  await child.ended;
  await until(() => processesWith(mark).length === 0);
});

it("--no-sandbox asks for everything that is not known to read", async () => {
  const { ended, where } = await runs(node("require('fs').writeFileSync('made', 'x')"), { args: ["--no-sandbox"] });
  expect(ended.code).toBe(4);
  expect(existsSync(join(where.work, "made"))).toBe(false);
});

it("--sandbox isolates in auto mode too", async () => {
  await runs(node("require('fs').writeFileSync('/opt/nanocoder-escaped', 'x')"), { args: ["--sandbox", "--yolo"] });
  expect(existsSync("/opt/nanocoder-escaped")).toBe(false);
});

async function until(holds: () => boolean): Promise<void> {
  const end = Date.now() + 10_000;
  while (!safely(holds)) {
    if (Date.now() > end) throw new Error("it never came to be");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function safely(holds: () => boolean): boolean {
  try {
    return holds();
  } catch {
    return false;
  }
}

it("isolates a command in the background too, and tells so when it fails", async () => {
  const command = "node -e \"require('fs').writeFileSync('/opt/nanocoder-test', '')\"";
  const script = [{ calls: [{ name: "bash", input: { command, run_in_background: true } }] }, "waiting", "done"];
  await using server = await modelServer(script);
  await nanocoder(["-p", "go"], { place: place(), env: openaiAt(server.url) });
  expect(existsSync("/opt/nanocoder-test")).toBe(false);
  expect(server.requests[2]?.messages.at(-1)?.text).toContain("bg_0001 failed: exit code 1");
  expect(server.requests[2]?.messages.at(-1)?.text).toContain("It ran in the sandbox: no network");
});
