import { EventEmitter, once } from "node:events";
import { describe, expect, it } from "vitest";
import type { SeenRequest, Turn } from "../../src/models/scripted/script.js";
import { modelServer } from "../../src/models/scripted/server.js";
import { anthropicAt, nanocoder, openaiAt, placeToRead, sessionsIn, start } from "./nanocoder.js";

const SMALL = { NANOCODER_MAX_CONTEXT: "16000" };
const isSummary = (request: SeenRequest) => request.tools.length === 0;

/** Reads a file piece by piece; `summary` is what a summary is answered with. */
function reading(rounds: number, summary: () => Turn = () => ({ text: "the record" })) {
  let n = 0;
  return (request: SeenRequest): Turn => {
    if (isSummary(request)) return summary();
    n += 1;
    if (n > rounds) return { text: `done ${n}` };
    const thinking = `hm ${n} ${"so ".repeat(200)}`;
    return {
      thinking,
      text: `step ${n} ${"word ".repeat(200)}`,
      calls: [{ name: "read_file", input: { path: "a.txt", offset: n * 3, limit: 40 } }],
    };
  };
}

describe("a session in a small window", () => {
  it("sends thinking back as it was signed, also over compactions, their undoing and a resume", async () => {
    await using server = await modelServer(reading(26));
    const [where, env] = [placeToRead(), { ...anthropicAt(server.url), ...SMALL }];
    const first = await nanocoder(["-p", "read §open§"], { place: where, env });
    expect([first.code, server.refusals]).toEqual([0, []]);
    const kept = server.requests.filter((request) => !isSummary(request) && request.raw.includes("> the record"));
    expect(kept.some(({ raw }) => raw.includes('"signature":'))).toBe(true);
    const unfolded = await nanocoder(["sessions", "unfold", "last"], { place: where, env });
    expect(unfolded.code, unfolded.stderr).toBe(0);
    const more = await nanocoder(["-c", "-p", "and now?"], { place: where, env });
    expect([more.code, server.refusals], more.stderr).toEqual([0, []]);
  });

  it("goes on after a kill in the middle of a compaction", async () => {
    let hang = true;
    const summaries = new EventEmitter();
    const asked = once(summaries, "asked");
    await using server = await modelServer(
      reading(26, () => {
        summaries.emit("asked");
        return hang ? { silent: true } : { text: "the record" };
      }),
    );
    const [where, env] = [placeToRead(), { ...openaiAt(server.url), ...SMALL }];
    const running = start(["-p", "read §open§"], { place: where, env });
    await asked;
    running.kill("SIGKILL");
    await running.ended;
    hang = false;
    const more = await nanocoder(["-c", "-p", "go on §more§"], { place: where, env });
    expect([more.code, server.refusals], more.stderr).toEqual([0, []]);
    const [events = []] = sessionsIn(where);
    expect(events.filter(({ type }) => type === "compacted").length).toBeGreaterThan(0);
    const words = server.requests.filter((request) => !isSummary(request)).at(-1)?.raw ?? "";
    expect(words).toContain("§open§");
    expect(words).toContain("§more§");
  });
});
