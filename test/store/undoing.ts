import { chmodSync, mkdtempSync, readFileSync, realpathSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Checkpoints, type Place } from "../../src/store/checkpoints.js";
import type { undo } from "../../src/store/undo.js";

/** A fresh home and a fresh workspace. */
export function place(): Place {
  const fresh = (name: string) => realpathSync(mkdtempSync(join(tmpdir(), `checkpoints-${name}-`)));
  return { home: fresh("home"), root: fresh("root") };
}

export type Bench = Place & {
  at(name: string): string;
  put(name: string, content: string | Buffer, mode?: number): void;
  read(name: string): string;
  /** One call of a prompt that touches the named paths; a command when none is named. */
  call(prompt: number, names: readonly string[] | undefined, work: () => void): Promise<string | undefined>;
};

/** Calls as the plugin makes them: what a test does stands in the place of the tool. */
export function bench(where = place()): Bench {
  const checkpoints = new Checkpoints(where);
  const at = (name: string) => join(where.root, name);
  return {
    ...where,
    at,
    put(name, content, mode = 0o644) {
      writeFileSync(at(name), content);
      chmodSync(at(name), mode);
    },
    read: (name) => readFileSync(at(name), "utf8"),
    async call(prompt, names, work) {
      const effect = names
        ? ({ kind: "write", subjects: names.map(at) } as const)
        : ({ kind: "run", subjects: ["x"] } as const);
      const finish = await checkpoints.begin({ session: "s", prompt, callId: "c", tool: "t" }, effect);
      work();
      return finish();
    },
  };
}

/** What an undo did; throws when it refused. */
export async function done(reversal: ReturnType<typeof undo>) {
  const result = await reversal;
  if (result.type === "refused") throw new Error(JSON.stringify(result.conflicts));
  return result;
}

/** Why an undo refused. */
export async function conflicts(reversal: ReturnType<typeof undo>): Promise<string[]> {
  const result = await reversal;
  return result.type === "refused" ? result.conflicts.map(({ path, why }) => `${path}: ${why}`) : [];
}
