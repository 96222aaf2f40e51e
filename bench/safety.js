// What safety costs, and whether anything outlives a killed run.
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";

const where = { cwd: "/w", root: "/w", home: "/home/u", env: {}, resolve: (path) => path, isFolder: () => true };

/** Milliseconds of the analysis: over the test corpus, and of 100 kB of nesting. */
export async function analysisCost() {
  const lines = readFileSync(join(import.meta.dirname, "../test/shell/corpus.txt"), "utf8").split("\n");
  const commands = lines.filter((line) => line !== "" && !line.startsWith("#")).map((line) => line.split("\t")[2]);
  const { analyse } = await analysis();
  const one = (command) => {
    const began = performance.now();
    analyse(command, where);
    return performance.now() - began;
  };
  for (const command of commands) one(command);
  const times = commands.map(one).sort((a, b) => a - b);
  const bombs = ["$((", "$(", "(", "{ ", "`", "if true; then ", "a=(", "${x:-", "bash -c '", "! ", "<(", "[[ ( "];
  const worst = Math.max(...bombs.map((bomb) => one(bomb.repeat(Math.ceil(100_000 / bomb.length)))));
  return {
    "analysis of a command, median ms": times[times.length >> 1],
    "analysis of a command, worst ms": times.at(-1),
    "analysis of 100 kB of nesting, worst ms": worst,
  };
}

// a part of what the command line loads, on its own
async function analysis() {
  const outfile = join(mkdtempSync(join(tmpdir(), "bench-analyse-")), "analyse.mjs");
  const entryPoints = [join(import.meta.dirname, "../src/shell/analyse.ts")];
  await build({ entryPoints, outfile, bundle: true, format: "esm", platform: "node", logLevel: "error" });
  return import(outfile);
}

/** Milliseconds that bubblewrap adds to `bash -c true`, in pairs. */
export async function sandboxCost(runs) {
  const inside = [
    "--ro-bind",
    "/",
    "/",
    "--dev",
    "/dev",
    "--proc",
    "/proc",
    "--tmpfs",
    "/run",
    "--bind",
    "/tmp",
    "/tmp",
  ];
  const apart = [
    "--unshare-pid",
    "--unshare-ipc",
    "--unshare-uts",
    "--unshare-net",
    "--die-with-parent",
    "--new-session",
    "--cap-drop",
    "ALL",
  ];
  const time = (file, args) => {
    const began = performance.now();
    spawnSync(file, args);
    return performance.now() - began;
  };
  const added = [];
  for (let n = 0; n < runs; n += 1) {
    const free = time("bash", ["-c", "true"]);
    added.push(time("bwrap", [...inside, ...apart, "--", "bash", "-c", "true"]) - free);
  }
  added.sort((a, b) => a - b);
  return { "sandbox, added ms per command": added[added.length >> 1] };
}

/** Kills runs at random moments while commands with children of their own session work; counts who survives. */
export async function killed({ main, times, serve, envFor }) {
  const mark = `77.${process.pid}`;
  const command = `setsid sleep ${mark} & node -e "require('child_process').spawn('setsid',['sleep','${mark}'],{detached:true}); setTimeout(()=>{}, 60000)"`;
  const modes = ["default", "auto"];
  for (let n = 0; n < times; n += 1) {
    const server = await serve([{ calls: [{ name: "bash", input: { command } }] }, "x"]);
    const cwd = mkdtempSync(join(tmpdir(), "nanocoder-killed-"));
    const args = [main, "-p", "x", "--permission-mode", modes[n % 2]];
    const child = spawn(process.execPath, args, { cwd, env: envFor(server), stdio: "ignore" });
    await new Promise((resolve) => setTimeout(resolve, 80 + Math.random() * 250));
    child.kill("SIGKILL");
    await new Promise((resolve) => child.on("close", resolve));
    await server.close();
  }
  await new Promise((resolve) => setTimeout(resolve, 1500));
  const left = readdirSync("/proc").filter(
    (pid) => /^\d+$/.test(pid) && lineOf(pid).includes(mark) && Number(pid) !== process.pid,
  );
  return { [`processes that outlived ${times} killed runs`]: left.length };
}

function lineOf(pid) {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "latin1");
  } catch {
    return "";
  }
}
