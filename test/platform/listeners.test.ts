import { spawn } from "node:child_process";
import { createServer } from "node:http";
import { describe, expect, it } from "vitest";
import { endLeftovers, runShell } from "../../src/platform/exec.js";
import { listeners, newListeners } from "../../src/platform/listeners.js";
import { ENV, place } from "../goals/places.js";

const SERVER =
  'const s = require("http").createServer().listen(0, "127.0.0.1", () => console.log(s.address().port, process.pid))';

describe.runIf(process.platform === "linux")("a port that somebody listens on", () => {
  it("is told with its process when it came since, also one that hid from us", async () => {
    const before = listeners();
    const cwd = place();
    // without the mark in its environment, and in a session of its own: no longer known as ours
    const command = `env -i setsid ${process.execPath} -e '${SERVER}' > port & until [ -s port ]; do sleep 0.02; done; cat port`;
    const run = { command, cwd, env: ENV, timeout: 20_000, signal: new AbortController().signal, outputs: cwd };
    const { output } = await runShell(run);
    const [port = 0, pid = 0] = output.trim().split(" ").map(Number);
    try {
      await endLeftovers();
      expect(newListeners(before)).toContainEqual(
        expect.objectContaining({ port, pid, program: expect.stringContaining("createServer") }),
      );
    } finally {
      process.kill(pid, "SIGKILL");
    }
  });

  it("is not told when it was there before, or is our own", async () => {
    const child = spawn(process.execPath, ["-e", SERVER], { stdio: ["ignore", "pipe", "ignore"] });
    const port = await new Promise((resolve) =>
      child.stdout.once("data", (text) => resolve(Number.parseInt(text, 10))),
    );
    const before = listeners();
    expect(before.map((each) => each.port)).toContain(port);
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    const mine = typeof address === "object" ? address?.port : 0;
    const ports = newListeners(before).map((each) => each.port);
    expect(ports).not.toContain(port);
    expect(ports).not.toContain(mine);
    server.close();
    child.kill();
  });
});
