import { describe, expect, it } from "vitest";
import { leaves, session } from "./session.js";

describe("a session begins and ends so that it reads well", () => {
  it.each([40, 100])("in %i columns", async (columns) => {
    await using it = await session({ columns, rows: 30, script: ["Hello there."] });
    expect(it.terminal.screen()[0]).toMatch(/^nanocoder \d+\.\d+\.\d+ · gpt-4o/);
    await it.sends("hi");
    await it.sees("Hello there.");
    await it.rests();
    await leaves(it);
    const lines = it.terminal.scrollback();
    const help = lines.findIndex((line) => line.endsWith("exits."));
    expect(help).toBeGreaterThan(0);
    const words = lines.slice(help + 1, help + 8);
    expect(words.slice(0, 5)).toEqual(["", "> hi", "", "Hello there.", ""]);
    expect(words[5]).toMatch(/^Go on with: nanocoder --resume/);
    expect(lines.slice(0, help + 1).join("")).toContain("/help");
  });
});
