import { chmodSync, linkSync, lstatSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import fc from "fast-check";
import { expect, it } from "vitest";
import { promptsOf, redo, undo } from "../../src/store/undo.js";
import { tree } from "./trees.js";
import { type Bench, bench, done } from "./undoing.js";

const name = fc.constantFrom("a", "b", "d", "d/a", "d/b", "d/e/a", "e");
const content = fc.string({ maxLength: 6 });
const writes = fc.record({ type: fc.constantFrom("write" as const, "replace" as const), name, content });
const operation = fc.oneof(
  writes,
  fc.record({ type: fc.constantFrom("delete" as const, "folder" as const), name }),
  fc.record({ type: fc.constant("chmod" as const), name, mode: fc.constantFrom(0o600, 0o644, 0o755, 0o400) }),
  fc.record({
    type: fc.constant("chmod" as const),
    name: fc.constantFrom("d", "d/e"),
    mode: fc.constantFrom(0o700, 0o755),
  }),
  fc.record({ type: fc.constantFrom("link" as const, "hardlink" as const), name, content: name }),
);
type Operation = typeof operation extends fc.Arbitrary<infer T> ? T : never;

const some = <T>(each: fc.Arbitrary<T>) => fc.array(each, { minLength: 1, maxLength: 4 });

// as far as what is there lets it: an operation that fails has done nothing
function apply(root: string, operations: readonly Operation[]): void {
  for (const each of operations) {
    const path = join(root, each.name);
    attempt(() => act(path, each, root));
    attempt(() => rmSync(`${path}~`, { force: true }));
  }
}

function attempt(work: () => void): void {
  try {
    work();
  } catch {
    // another operation stands in its way
  }
}

function act(path: string, operation: Operation, root: string): void {
  if (operation.type === "delete") rmSync(path, { recursive: true });
  else if (operation.type === "folder") mkdirSync(path, { recursive: true });
  else if ("mode" in operation) lstatSync(path).isSymbolicLink() || chmodSync(path, operation.mode);
  else if (operation.type === "write" && "content" in operation) writeFileSync(path, operation.content);
  else if ("content" in operation) exchange(path, operation, root);
}

function exchange(path: string, { type, content: to }: Extract<Operation, { content: string }>, root: string): void {
  mkdirSync(dirname(path), { recursive: true });
  if (type === "link") symlinkSync(to, `${path}~`);
  else if (type === "hardlink") linkSync(join(root, to), `${path}~`);
  else writeFileSync(`${path}~`, to);
  renameSync(`${path}~`, path);
}

/** The tree before the first prompt, and after each one that wrote something. */
async function prompts(one: Bench, calls: readonly Operation[][]): Promise<Record<string, string>[]> {
  const trees = [tree(one.root)];
  for (const [n, operations] of calls.entries()) {
    expect(await one.call(n, undefined, () => apply(one.root, operations))).toBe(undefined);
    if (promptsOf(one)[0]?.prompt === n) trees.push(tree(one.root));
  }
  return trees;
}

it("takes back what any commands did, step by step to the exact trees, and brings it back", async () => {
  const property = fc.asyncProperty(
    fc.array(operation, { maxLength: 6 }),
    some(some(operation)),
    async (first, calls) => {
      const one = bench();
      apply(one.root, first);
      const trees = await prompts(one, calls);
      for (const before of trees.slice(0, -1).reverse()) {
        await done(undo(one, 1));
        expect(tree(one.root)).toEqual(before);
      }
      for (const after of trees.slice(1)) {
        await done(redo(one));
        expect(tree(one.root)).toEqual(after);
      }
      if (trees.length > 1) await done(undo(one, trees.length - 1));
      expect(tree(one.root)).toEqual(trees[0]);
    },
  );
  await fc.assert(property, { numRuns: 60 });
});

// a write in place to one of two names of a file is a write to a path that the tool did not name
const single = operation.filter(({ type }) => type !== "hardlink");

it("takes back what tools did that name their paths, and brings it back", async () => {
  const property = fc.asyncProperty(fc.array(single, { maxLength: 8 }), some(some(writes)), async (first, calls) => {
    const one = bench();
    apply(one.root, first);
    const before = tree(one.root);
    for (const [n, operations] of calls.entries()) {
      const names = [...new Set(operations.map((each) => each.name))];
      await one.call(n, names, () => apply(one.root, operations));
    }
    const after = tree(one.root);
    const count = promptsOf(one).length;
    if (count === 0) return;
    await done(undo(one, count));
    expect(tree(one.root)).toEqual(before);
    await done(redo(one));
    expect(tree(one.root)).toEqual(after);
  });
  await fc.assert(property, { numRuns: 60 });
});
