import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { memoryLog } from "../../src/core/log.js";
import type { Json } from "../../src/core/message.js";
import { plainText } from "../../src/core/message.js";
import type { Tool, ToolContext } from "../../src/core/tool.js";
import { scriptedModel } from "../../src/models/scripted/model.js";
import { permission } from "../../src/plugins/permission.js";
import { editFile } from "../../src/tools/edit-file.js";
import { readFile } from "../../src/tools/read-file.js";
import { writeFile } from "../../src/tools/write-file.js";
import { plainPolicy } from "../policy.js";
import { folder } from "../tools/tools.js";

/** Calls of each kind. */
const ROUNDS = 400;

function guardedTool(tool: Tool, root: string): (input: Json) => Promise<string> {
  const log = memoryLog();
  const guard = permission({
    ...plainPolicy("default"),
    root,
    readable: [],
    sandboxed: async () => false,
    ask: async ({ why }) => ({ verdict: "deny", why }),
  });
  const guarded = guard.wrapTool?.(tool) ?? tool;
  const context: ToolContext = {
    cwd: root,
    events: log.events,
    model: scriptedModel([]),
    signal: new AbortController().signal,
    callId: "c",
    emit: () => undefined,
    progress: () => undefined,
    record: () => undefined,
  };
  return async (input) => {
    try {
      const result = await guarded.run(await guarded.input.parse(input), context);
      return typeof result === "string" ? result : plainText(result.parts);
    } catch (error) {
      return `threw: ${error instanceof Error ? error.message : error}`;
    }
  };
}

it("no write, edit or read gets out while a folder is swapped for a link", { timeout: 600_000 }, async () => {
  const [root, outside] = [folder(), folder()];
  const path = join(root, "dir");
  mkdirSync(path);
  writeFileSync(join(path, "f"), "inside\n");
  writeFileSync(join(outside, "f"), "0utside\n");
  const swapper = spawn(process.execPath, [join(import.meta.dirname, "swap.mjs"), path, outside], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  await once(swapper.stdout, "data");
  const write = guardedTool(writeFile() as Tool, root);
  const edit = guardedTool(editFile() as Tool, root);
  const read = guardedTool(readFile() as Tool, root);
  const seen = { done: 0, refused: 0 };
  for (let n = 0; n < ROUNDS; n += 1) {
    if (n % 10 === 0) await write({ path: "dir/f", content: "inside\n" });
    const said = [
      await write({ path: `dir/new-${n}`, content: "mine" }),
      await edit({ path: "dir/f", old_text: "inside", new_text: `inside${n % 2 ? "" : "!"}` }),
      await edit({ path: "dir/f", old_text: "0utside", new_text: "escaped" }),
      await read({ path: "dir/f" }),
    ];
    expect(said.join("\n")).not.toMatch(/^\d+\t0utside/m);
    for (const each of said) seen[/^(Created|Wrote|Edited|\d+\t)/.test(each) ? "done" : "refused"] += 1;
    if (n % 50 === 0) expect(readdirSync(outside)).toEqual(["f"]);
  }
  swapper.stdin.end();
  await once(swapper, "exit");
  expect(readdirSync(outside)).toEqual(["f"]);
  expect(readFileSync(join(outside, "f"), "utf8")).toBe("0utside\n");
  // both sides of the race were met
  expect(seen.done).toBeGreaterThan(0);
  expect(seen.refused).toBeGreaterThan(0);
});
