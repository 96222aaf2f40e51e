import { describe, expect, it } from "vitest";
import type { Quirk } from "../../../src/models/scripted/quirks.js";
import type { Turn } from "../../../src/models/scripted/script.js";
import { expectRecorded, ran, reasonOf, scripted } from "./running.js";

const TURNS: Turn[] = [
  {
    thinking: "let me see",
    text: "I look. 你好",
    calls: [
      { name: "f", input: { n: 1, words: 'a "quoted" </tool_call> line\nand 🌍' } },
      { name: "g", input: { n: 2, deep: { a: [1, null] } } },
      { name: "f", input: { n: 3, yes: true, words: "true" } },
    ],
  },
  { calls: [{ name: "wait", input: {} }, { name: "f", input: { n: 4 } }, { name: "wait" }] },
  { text: "Done." },
];

// each by itself ends in the tools that were called, once each and in order
const ABSORBED: Quirk[] = [
  "no-ids",
  "late-ids",
  "same-ids",
  "ids-in-each",
  "no-index",
  "index-from-1",
  "index-0",
  "arguments-object",
  "arguments-empty",
  "arguments-null",
  "arguments-doubled",
  "arguments-again",
  "arguments-fenced",
  "arguments-quoted",
  "name-in-each",
  "interleaved",
  "calls-in-tags",
  "calls-as-functions",
  "calls-in-fences",
  "finish-stop",
  "no-finish",
  "finish-wrong",
  "no-usage",
  "usage-in-choice",
  "usage-in-each",
  "reasoning",
  "think-tags",
  "wants-reasoning-back",
  "refuses-reasoning-back",
  "comments",
  "crlf",
  "split",
  "no-done",
  "plain-json",
  "refuses-stream-options",
  "refuses-temperature",
  "refuses-tool-choice",
  "refuses-parallel-tool-calls",
  "wants-max-tokens",
  "wants-max-completion-tokens",
  "refuses-system",
  "wants-developer",
];

describe("a run against an endpoint", () => {
  const cuts = ABSORBED.filter((quirk) => /^(no-i|late|same|index|arguments|name|inter|calls|think|crlf)/.test(quirk));
  const rows: Quirk[][] = [
    ...ABSORBED.map((quirk): Quirk[] => [quirk]),
    ...cuts.map((quirk): Quirk[] => [quirk, "split"]),
  ];
  it.each(rows)("with %s %s", async (...quirks) => {
    const { outcome, ran: seen, events, shown, server } = await ran(TURNS, quirks, { temperature: 0.5 });
    expect([outcome, reasonOf(events)]).toEqual(["done", ""]);
    expect(seen).toEqual(scripted(TURNS));
    expectRecorded(events, TURNS);
    expect(shown.replace(/\s+/g, "")).toBe("Ilook.你好Done.");
    // what is refused is refused once
    const once = /^(refuses-(stream|temp|reason|system)|wants-(dev|reason|max-comp))/.test(quirks[0] ?? "");
    expect(server.refusals).toHaveLength(once ? 1 : 0);
  });

  it("gives up many things, each once", async () => {
    const quirks: Quirk[] = ["refuses-stream-options", "refuses-temperature", "wants-max-completion-tokens"];
    const all: Quirk[] = [...quirks, "wants-developer", "refuses-reasoning-back"];
    const { outcome, server } = await ran(TURNS, all, { temperature: 0.5 });
    expect([outcome, server.refusals.length, server.requests.length]).toEqual(["done", 5, 3]);
  });

  it("has the user say the system text where no role may, the same in each request", async () => {
    const { server } = await ran(TURNS, ["refuses-system"]);
    expect(server.requests.map(({ system, messages }) => [system, messages[0]?.text])).toEqual(
      TURNS.map(() => ["", "be good\n\ngo"]),
    );
    expect(server.requests[1]?.raw.startsWith(server.requests[0]?.raw.slice(0, -2) ?? "")).toBe(true);
  });

  it("counts tokens wherever they are told", async () => {
    const usage = { input: 70, output: 7, cacheRead: 5 };
    for (const quirk of ["usage-in-choice", "usage-in-each", "plain-json"] as Quirk[]) {
      const { events } = await ran([{ text: "a", usage }], [quirk]);
      expect(events.find((event) => event.type === "reply")).toMatchObject({ usage });
    }
  });

  it.each<[Quirk, string]>([
    ["refuses-tools", "scripted at 127.0.0.1"],
    ["html", "text/html, not with a model's words"],
    ["error-in-stream", "broke off its answer: The model could not go on."],
  ])("says in one sentence what %s means", async (quirk, words) => {
    const { outcome, ran: seen, events, server } = await ran(TURNS, [quirk]);
    expect([outcome, seen]).toEqual(["failed", []]);
    expect(reasonOf(events)).toContain(words);
    expect(server.requests.length + server.refusals.length).toBe(1);
  });

  it("says what to do about a model without tools", async () => {
    const { events } = await ran(TURNS, ["refuses-tools"]);
    expect(reasonOf(events)).toMatch(/takes no tools \(400\): choose a model that calls tools with -m/);
  });

  it("keeps what was said before an error came in the stream", async () => {
    const { shown, events } = await ran(TURNS, ["error-in-stream"]);
    expect(shown).toBe("I look. 你好");
    expect(events.find((event) => event.type === "reply")).toMatchObject({ stop: "cut" });
  });

  it("tells calls of one id apart in an answer of one piece", async () => {
    const { ran: seen } = await ran(TURNS, ["plain-json", "same-ids", "arguments-empty"]);
    expect(seen).toEqual(scripted(TURNS));
  });

  it("takes the quirks of a single turn", async () => {
    const [first, ...more] = TURNS;
    const turns: Turn[] = [{ ...first, quirks: ["calls-in-tags"] }, ...more];
    expect((await ran(turns, [])).ran).toEqual(scripted(turns));
  });
});
