import { describe, expect, it } from "vitest";
import type { Json } from "../../src/core/message.js";
import { decide, keep, on, workshop, write } from "./hooked.js";

describe("hooks that rewrite", () => {
  const rewrite = (updatedInput: { [key: string]: Json }) => decide({ hookEventName: "PreToolUse", updatedInput });

  it("change what runs, and all see the new input", async () => {
    const place = workshop();
    const settings = {
      ...on("PreToolUse", rewrite({ path: "b.txt", content: "new" })),
      ...on("PostToolUse", keep("post")),
    };
    const { results } = await place.work({ settings, script: [write(), "done"] });
    expect([place.read("a.txt"), place.read("b.txt")]).toEqual([undefined, "new"]);
    expect(place.told("post")[0]).toMatchObject({ tool_input: { path: "b.txt", file_path: "b.txt", content: "new" } });
    expect(results[0]).toMatch(/rewrote the input; this ran: {"path":"b.txt","content":"new"}\]$/);
  });

  it("are judged anew, whatever they allow", async () => {
    const place = workshop();
    const hook = decide({ permissionDecision: "allow", updatedInput: { path: ".git/config", content: "x" } });
    const { questions, results } = await place.work({ settings: on("PreToolUse", hook), script: [write(), "done"] });
    expect(questions.map(({ subjects }) => subjects)).toEqual([[place.at(".git/config")]]);
    expect(results[0]).toContain("the person said no");
    expect(place.read(".git/config")).toBeUndefined();
  });

  it("mean a field by either of its names", async () => {
    const place = workshop();
    const command = `sed 's/.*"tool_input":\\({[^}]*}\\).*/\\1/; s/"file_path":"a.txt"/"file_path":"c.txt"/' > in; printf '{"hookSpecificOutput":{"updatedInput":%s}}' "$(cat in)"`;
    await place.work({ settings: on("PreToolUse", command), script: [write(), "done"] });
    expect([place.read("a.txt"), place.read("c.txt")]).toEqual([undefined, "hello"]);
  });

  it("refuse when the tool does not take it, and when two of them differ", async () => {
    const place = workshop();
    const wrong = await place.work({ settings: on("PreToolUse", rewrite({ path: 3 })), script: [write(), "done"] });
    expect(wrong.results[0]).toMatch(
      /the hook ".*rewrote the input of write_file to what it does not take: path must be/,
    );
    const settings = on(
      "PreToolUse",
      rewrite({ path: "b", content: "" }),
      `true; ${rewrite({ path: "c", content: "" })}`,
    );
    const { results } = await place.work({ settings, script: [write(), "done"] });
    expect(results[0]).toMatch(/the hook "cat .*it and the hook "true; .*rewrote the input differently/);
    expect(["a.txt", "b", "c"].map(place.read)).toEqual([undefined, undefined, undefined]);
  });

  const redact = (json: Json): Json => JSON.parse(JSON.stringify(json).replaceAll("sk-secret", "[redacted]"));

  it("see no secrets, and do not lose them", async () => {
    const place = workshop();
    const settings = on("PreToolUse", `tee seen >/dev/null; ${rewrite({ path: "b.txt", content: "[redacted]" })}`);
    await place.work({ settings, redact, script: [write("a.txt", "sk-secret"), "done"] });
    expect(place.read("seen")).toContain('"content":"[redacted]"');
    expect(place.read("seen")).not.toContain("sk-secret");
    expect(place.read("b.txt")).toBe("sk-secret");
    const other = on("PreToolUse", rewrite({ path: "c.txt", content: "[redacted] and more" }));
    const { results } = await place.work({ settings: other, redact, script: [write("a.txt", "sk-secret"), "done"] });
    expect(results[0]).toContain("content holds a secret that hooks are not shown");
    expect(place.read("c.txt")).toBeUndefined();
  });
});
