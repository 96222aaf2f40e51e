import { randomUUID } from "node:crypto";
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { copyBefore } from "../../src/store/before-copy.js";
import { objectsOf } from "../../src/store/checkpoints.js";
import type { PathState } from "../../src/store/path-state.js";

const signal = new AbortController().signal;

function workspace() {
  const home = realpathSync(mkdtempSync(join(tmpdir(), "home-")));
  const root = realpathSync(mkdtempSync(join(tmpdir(), "root-")));
  const put = (path: string, text: string) => {
    mkdirSync(join(root, path, ".."), { recursive: true });
    writeFileSync(join(root, path), text);
    return join(root, path);
  };
  const held = (text: string): PathState => {
    const hash = objectsOf({ home, root }).put(Buffer.from(text));
    return { kind: "file", hash, mode: 0o644, size: text.length };
  };
  return { place: { home, root }, put, held };
}

it("shows the files as they were, what is installed as it is, and nothing that is hidden", async () => {
  const { place, put, held } = workspace();
  const changes = [
    { path: put("src/a.js", "new"), before: held("old"), gone: false },
    { path: put("src/made.js", "new"), before: { kind: "absent" as const }, gone: false },
    { path: join(place.root, "lost/b.js"), before: held("lost"), gone: true },
  ];
  put("same", "same");
  put("node_modules/x/index.js", "");
  put("p/node_modules/y/index.js", "");
  put("secret", "hidden");
  symlinkSync("same", join(place.root, "link"));
  const before = await copyBefore(changes, { place, hidden: [join(place.root, "secret")], signal });
  if ("why" in before) throw new Error(before.why);
  const [whole, ...rest] = before.laid;
  const folder = whole?.by ?? "";
  const read = (path: string) => readFileSync(join(folder, path), "utf8");
  expect([read("src/a.js"), read("lost/b.js"), read("same")]).toEqual(["old", "lost", "same"]);
  expect(existsSync(join(folder, "src/made.js"))).toBe(false);
  expect(existsSync(join(folder, "secret"))).toBe(false);
  expect(lstatSync(join(folder, "link")).isSymbolicLink()).toBe(true);
  expect(lstatSync(folder).mode & 0o777).toBe(0o700);
  expect(readdirSync(join(folder, "node_modules"))).toEqual([]);
  expect(rest.map(({ path }) => path).sort()).toEqual(
    ["node_modules", "p/node_modules"].map((path) => join(place.root, path)),
  );
  expect(readFileSync(join(place.root, "src/a.js"), "utf8")).toBe("new");
  before.remove();
  expect(existsSync(folder)).toBe(false);
});

it("says why there is no such copy, and leaves nothing", async () => {
  const { place, put } = workspace();
  const path = put("a", "new");
  const mark = `mark-${randomUUID()}`;
  put(mark, "");
  const unknown = await copyBefore([{ path, before: undefined, gone: false }], { place, hidden: [], signal });
  expect(unknown).toEqual({ why: "what a was before is not kept" });
  const ended = await copyBefore([], { place, hidden: [], signal: AbortSignal.abort() });
  expect(ended).toEqual({ why: "there was no time to copy this folder" });
  writeFileSync(join(place.root, "large"), "");
  truncateSync(join(place.root, "large"), 129 * 1024 * 1024);
  expect(await copyBefore([], { place, hidden: [], signal })).toEqual({ why: "this folder is too large to copy" });
  const left = readdirSync("/tmp").filter((name) => existsSync(join("/tmp", name, mark)));
  expect(left).toEqual([]);
});
