import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { SeenRequest, Turn } from "../../src/models/scripted/script.js";
import { modelServer } from "../../src/models/scripted/server.js";
import { anthropicAt, nanocoder, openaiAt, place, placeToRead, sessionsIn } from "./nanocoder.js";

const WINDOW = "16000";
const isSummary = (request: SeenRequest) => request.tools.length === 0;

/** Reads the file piece by piece, `rounds` times a prompt, and does what `extra` says first. */
function reading(rounds: number, extra: (request: SeenRequest, n: number) => Turn | undefined = () => undefined) {
  let n = 0;
  return (request: SeenRequest): Turn => {
    const turn = extra(request, n);
    if (turn) return turn;
    if (isSummary(request)) return { text: "Goal: read the file. §summary§" };
    n += 1;
    if (n % (rounds + 1) === 0) return { text: `done ${n}` };
    const input = { path: "a.txt", offset: n * 3, limit: 40 };
    return { text: `step ${n} ${"word ".repeat(200)}`, calls: [{ name: "read_file", input }] };
  };
}

const messagesOf = ({ raw }: SeenRequest) => raw.slice(raw.indexOf('"messages":'));

// the mark of what a provider caches moves on with each request
function rowsOf(request: SeenRequest | undefined): string[] {
  const raw = (request?.raw ?? "").replaceAll(',"cache_control":{"type":"ephemeral"}', "");
  return JSON.parse(raw).messages.map((row: unknown) => JSON.stringify(row));
}

describe("a session in a small window", () => {
  it.each([
    ["openai", openaiAt],
    ["anthropic", anthropicAt],
  ])("goes on over compactions and a resume on the %s wire, within the window", async (_, at) => {
    await using server = await modelServer(reading(30));
    const where = placeToRead();
    const env = { ...at(server.url), NANOCODER_MAX_CONTEXT: WINDOW };
    const first = await nanocoder(["-p", "read it all §open§"], { place: where, env });
    expect([first.code, first.stdout, server.refusals]).toEqual([0, "done 31\n", []]);
    expect(first.stderr).toContain("Compacting the conversation");
    const [events = []] = sessionsIn(where);
    expect(events.filter(({ type }) => type === "compacted").length).toBeGreaterThan(0);
    expect(server.requests.some((request) => messagesOf(request).includes("> Goal: read the file. §summary§"))).toBe(
      true,
    );
    for (const request of server.requests) expect(request.raw.length / 3.6).toBeLessThan(Number(WINDOW));
    for (const request of server.requests.filter((each) => !isSummary(each)))
      expect(messagesOf(request)).toContain("§open§");
    // all of it is still in the file
    expect(events.filter(({ type }) => type === "result")).toHaveLength(30);
    const told = server.requests.length;
    await nanocoder(["-p", "and now?", "-c"], { place: where, env });
    const [before, after] = [told - 1, told].map((at) => rowsOf(server.requests[at]));
    expect(after?.slice(0, before?.length)).toEqual(before);
  });

  it.each([
    ["a refusal", { status: 400, message: "This model's maximum context length is 9000 tokens, you sent more" }],
    ["413", { status: 413, message: "Request Entity Too Large" }],
  ])("goes on after its provider answers with %s", async (_, error) => {
    await using server = await modelServer(
      reading(12, (request) => (!isSummary(request) && request.raw.length > 30_000 ? { error } : undefined)),
    );
    const where = placeToRead();
    const ended = await nanocoder(["-p", "read it"], { place: where, env: openaiAt(server.url) });
    expect([ended.code, ended.stdout]).toEqual([0, "done 13\n"]);
    const [events = []] = sessionsIn(where);
    const results = events.flatMap((event) => (event.type === "result" ? [event.callId] : []));
    expect([results.length, new Set(results).size]).toEqual([12, 12]);
  });

  it("ends clearly where even that does not help, and the session can go on", async () => {
    const error = { status: 400, message: "prompt is too long" };
    let open = true;
    await using server = await modelServer(
      reading(3, (request, n) => (open && n >= 2 && !isSummary(request) ? { error } : undefined)),
    );
    const where = placeToRead();
    const env = openaiAt(server.url);
    const ended = await nanocoder(["-p", "read it"], { place: where, env });
    expect(ended.code).toBe(1);
    expect(ended.stderr).toContain("choose a model with a larger window");
    expect(server.requests.length).toBeLessThan(12);
    open = false;
    expect((await nanocoder(["-p", "go on", "-c"], { place: where, env })).code).toBe(0);
  });

  it("can have its newest compaction taken back", async () => {
    await using server = await modelServer(reading(14));
    const where = placeToRead();
    const env = { ...openaiAt(server.url), NANOCODER_MAX_CONTEXT: WINDOW };
    await nanocoder(["-p", "read it all"], { place: where, env });
    const undone = await nanocoder(["sessions", "unfold"], { place: where, env });
    expect([undone.code, undone.stdout.includes("taken back")]).toEqual([0, true]);
    const wide = { ...env, NANOCODER_MAX_CONTEXT: "200000" };
    await nanocoder(["-p", "again", "-c"], { place: where, env: wide });
    const newest = messagesOf(server.requests.find((each) => messagesOf(each).includes('"again"')) as SeenRequest);
    expect(newest).not.toContain("§summary§");
    expect(newest).toContain("step 1 ");
    while ((await nanocoder(["sessions", "unfold"], { place: where, env })).code === 0);
    const none = await nanocoder(["sessions", "unfold"], { place: where, env });
    expect([none.code, none.stderr]).toEqual([2, expect.stringContaining("no compaction to take back")]);
  });

  it("keeps long results whole in a file of the session", async () => {
    const big = "x".repeat(120_000);
    await using server = await modelServer([
      { calls: [{ name: "bash", input: { command: "cat big.txt" } }] },
      ({ lastText: _, results: [told = ""] }) => {
        const file = /whole output is in (\S+?)[\s\]]/.exec(told)?.[1] ?? "";
        return { text: String(readFileSync(file, "utf8") === big) };
      },
    ]);
    const where = place();
    writeFileSync(join(where.work, "big.txt"), big);
    expect((await nanocoder(["-p", "show it"], { place: where, env: openaiAt(server.url) })).stdout).toBe("true\n");
  });
});
