import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import type { Json } from "../../src/core/message.js";
import type { ScriptStep } from "../../src/models/scripted/script.js";
import { type ModelServer, modelServer } from "../../src/models/scripted/server.js";
import { nanocoder, openaiAt, type Place, place, processesWith, sessionsIn, start } from "./nanocoder.js";

const call = (name: string, input: Json) => ({ name, input });
const beside = (command: string) => call("bash", { command, run_in_background: true });
const work = (server: { url: string }, where: Place, ...more: string[]) =>
  nanocoder(["-p", "go", "--yolo", ...more], { place: where, env: openaiAt(server.url) });

/** The news of ends that the last request holds. */
function news({ requests }: ModelServer): string[] {
  const told = requests.at(-1)?.messages.flatMap(({ role, text }) => (role === "user" ? [text] : [])) ?? [];
  return told.join("\n").match(/\[Background command [^\n]+/g) ?? [];
}

function jobsIn(where: Place): Json[] {
  return sessionsIn(where)
    .flat()
    .flatMap((event) => (event.type === "state" && event.key.startsWith("job:") ? [event.value] : []));
}

async function gone(word: string): Promise<void> {
  await vi.waitFor(() => expect(processesWith(word)).toEqual([]), { timeout: 5000 });
}

describe("a command in the background", () => {
  it("is answered at once beside a read, and its end is told exactly once, to no old call", async () => {
    const where = place();
    writeFileSync(join(where.work, "a.txt"), "text of a");
    const calls = [beside("sleep 1; echo o''k"), call("read_file", { path: "a.txt" })];
    await using server = await modelServer([{ calls }, "waiting", "done"]);
    expect(await work(server, where)).toMatchObject({ code: 0, stdout: "done\n" });
    const [first = "", second] = server.requests[1]?.results ?? [];
    expect(first).toMatch(/^Started in the background as bg_0001\. .*\/bg_0001\.txt\./);
    expect(first).toContain("waited for 60 s at most");
    expect(second).toContain("text of a");
    expect(news(server)).toHaveLength(1);
    expect(news(server)[0]).toMatch(/^\[Background command bg_0001 completed: exit code 0, after \d/);
    expect(server.requests[2]?.messages.at(-1)).toMatchObject({ role: "user" });
    expect(server.requests[2]?.messages.at(-1)?.text).toMatch(/\n> ok$/);
    expect(server.requests[2]?.messages.filter(({ role }) => role === "tool")).toHaveLength(2);
    expect(jobsIn(where)).toMatchObject([{ status: "running" }, { status: "completed", how: "exit code 0" }]);
    expect(server.refusals).toEqual([]);
  });

  it("that fails is told with its exit code, and what it left running ends with it", async () => {
    const where = place();
    const line = "sleep 77.1 & setsid sleep 77.2 & exit 7";
    await using server = await modelServer([{ calls: [beside(line)] }, "waiting", "done"]);
    await work(server, where);
    expect(news(server)[0]).toContain("bg_0001 failed: exit code 7; what it left running was ended with it, after");
    await gone("sleep\u000077.");
  });

  it("has its whole output in its file as it comes, without secrets, and gives what is new of it", async () => {
    const where = place();
    const line = "echo one test-key-123456; until [ -e go ]; do sleep 0.05; done; seq 30000";
    const read = (input: { [key: string]: Json }) => call("job", { id: "bg_0001", ...input });
    await using server = await modelServer([
      { calls: [beside(line)] },
      {
        calls: [
          call("bash", { command: "until grep -q one $HOME/.nanocoder/outputs/*/bg_0001.txt; do sleep 0.05; done" }),
        ],
      },
      { calls: [read({})] },
      { calls: [read({})] },
      { calls: [call("write_file", { path: "go", content: "" }), read({ wait: 20 })] },
      "done",
    ]);
    await work(server, where);
    const [first, second, last = ""] = [3, 4, 5].map((n) => server.requests[n]?.results.at(-1));
    expect(first).toMatch(/^\[bg_0001 has been running for .*\]\none \S+$/);
    expect(first).not.toContain("test-key-123456");
    expect(second).toMatch(/^\[bg_0001 has been running for .*\]\n\(no new output\)$/);
    expect(last).toMatch(
      /^\[bg_0001 completed: exit code 0, after .*\]\n\[… \d+ characters left out; the whole output is in /,
    );
    expect(last.length).toBeLessThan(21_000);
    const file = /whole output is in (\S+)/.exec(last)?.[1] ?? "";
    const whole = readFileSync(file, "utf8");
    expect(whole.endsWith("29999\n30000\n")).toBe(true);
    expect(whole).not.toContain("test-key-123456");
    // who waited for the end is not told again
    expect(news(server)).toEqual([]);
  });

  it("is ended by its id with all that came of it, and that is told by the answer alone", async () => {
    const where = place();
    const calls = [beside("setsid sleep 78.1 & sleep 78.2; touch late")];
    await using server = await modelServer([
      { calls },
      { calls: [call("job", { id: "bg_0001", kill: true })] },
      "done",
    ]);
    expect(await work(server, where)).toMatchObject({ code: 0 });
    expect(server.requests[2]?.results[0]).toMatch(/^\[bg_0001 ended: it was killed, after /);
    expect(news(server)).toEqual([]);
    await gone("sleep\u000078.");
    expect(existsSync(join(where.work, "late"))).toBe(false);
  });

  it("has no time limit but one that is given", async () => {
    const line = call("bash", { command: "sleep 30", run_in_background: true, timeout: 1 });
    await using server = await modelServer([{ calls: [line] }, "waiting", "done"]);
    await work(server, place());
    expect(news(server)[0]).toContain("bg_0001 failed: timed out, after 1.");
  });

  it("is not what other tools do with the flag, nor a command that is refused, nor one without the flag", async () => {
    const where = place();
    writeFileSync(join(where.work, "test.txt"), "words");
    const calls = [
      call("write_file", { path: "b.txt", content: "b", run_in_background: true }),
      call("bash", { command: "cat test.txt" }),
      beside("touch c.txt"),
      beside("sudo -n true"),
    ];
    await using server = await modelServer([{ calls }, "done"]);
    await nanocoder(["-p", "go", "--permission-mode", "strict", "--allow", "write_file(*)"], {
      place: where,
      env: openaiAt(server.url),
    });
    const [, cat, denied, refused] = server.requests[1]?.results ?? [];
    expect(cat).toBe("words");
    expect(denied).toContain("Denied");
    expect(refused).toContain("refused in every mode");
    expect(existsSync(join(where.work, "c.txt"))).toBe(false);
    expect(jobsIn(where)).toEqual([]);
  });

  it("that cannot be started is a failed call", async () => {
    const where = place();
    await using server = await modelServer([{ calls: [call("job", { id: "bg_0009" })] }, "done"]);
    await work(server, where);
    expect(server.requests[1]?.results[0]).toContain(
      'Nothing called "bg_0009" runs in the background of this session. Known: none.',
    );
  });
});

describe("all background commands", () => {
  const pair = [beside("sleep 79.1; touch late"), beside("setsid sleep 79.2 & sleep 79.3; touch late")];

  it("end with a run that is over its time, told on stderr", async () => {
    const where = place();
    await using server = await modelServer([{ calls: pair }, "waiting"]);
    const { stderr } = await work(server, where, "--timeout", "3s");
    expect(stderr).toContain(
      "Waiting 60 s at most for what runs in the background: bg_0001 (sleep 79.1; touch late), bg_0002",
    );
    expect(stderr).toContain("Ended with this run: bg_0001 (sleep 79.1; touch late), bg_0002");
    await gone("sleep\u000079.");
    expect(existsSync(join(where.work, "late"))).toBe(false);
  });

  it.each(["SIGINT", "SIGTERM", "SIGHUP", "SIGKILL"] as const)("are dead after %s", async (signal) => {
    const where = place();
    await using server = await modelServer([{ calls: pair }, "waiting"]);
    const child = start(["-p", "go", "--yolo"], { place: where, env: openaiAt(server.url) });
    await vi.waitFor(() => expect(server.requests).toHaveLength(2), { timeout: 10_000 });
    await vi.waitFor(() => expect(processesWith("sleep\u000079.").length).toBeGreaterThan(2), { timeout: 5000 });
    child.kill(signal);
    await child.ended;
    await gone("sleep\u000079.");
    expect(existsSync(join(where.work, "late"))).toBe(false);
  });

  it("that were lost are told when the session goes on, once", async () => {
    const where = place();
    const script: ScriptStep[] = [{ calls: [beside("sleep 79.5")] }, "waiting"];
    await using server = await modelServer([...script, "going on", "and on"]);
    const child = start(["-p", "go", "--yolo"], { place: where, env: openaiAt(server.url) });
    await vi.waitFor(() => expect(server.requests).toHaveLength(2), { timeout: 10_000 });
    child.kill("SIGKILL");
    await child.ended;
    const { stderr } = await work(server, where, "--continue");
    expect(stderr).toContain("Background jobs run no more: bg_0001 (sleep 79.5)");
    const words = server.requests[2]?.messages.map(({ text }) => text).join("\n") ?? "";
    expect(words).toContain("bg_0001 ended with the session before");
    const again = await work(server, where, "--continue");
    expect(again.stderr).not.toContain("run no more");
    expect(jobsIn(where)).toMatchObject([{ status: "running" }, { status: "lost" }]);
  });
});
