import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { describe, expect, it } from "vitest";

const ROOT = join(import.meta.dirname, "..");
const RANKS: Record<string, number> = {
  core: 0,
  platform: 0,
  shell: 0,
  models: 1,
  tools: 1,
  store: 1,
  mcp: 1,
  plugins: 2,
  goals: 2,
  agents: 3,
  app: 4,
  cli: 5,
  acp: 5,
  web: 5,
  sdk: 6,
};
/** Lines of a file and of a function; lines of code of all of core; bytes that a one-shot run loads. */
const MOST = { file: 300, function: 60, core: 800, start: 284_000 };

type Source = { path: string; text: string };

const sources: Source[] = readdirSync(join(ROOT, "src"), { recursive: true, encoding: "utf8" })
  .filter((name) => name.endsWith(".ts"))
  .map((name) => ({ path: name, text: readFileSync(join(ROOT, "src", name), "utf8") }));

const IMPORT = /(?:^|\n)\s*(?:import|export)\s[^;]*?from\s+"([^"]+)"|\bimport\("([^"]+)"\)|(?:^|\n)import\s+"([^"]+)"/g;

function importsOf({ text }: Source): string[] {
  return [...text.matchAll(IMPORT)].map((found) => found[1] ?? found[2] ?? found[3] ?? "");
}

function roomOf(path: string): string {
  return path.includes("/") ? (path.split("/")[0] ?? "") : "sdk";
}

function target(source: Source, specifier: string): string {
  return relative("/", join("/", dirname(source.path), specifier)).replace(/\.js$/, ".ts");
}

const local = (source: Source) =>
  importsOf({ ...source, text: source.text.replace(/`[^`]*`/g, "``") })
    .filter((name) => name.startsWith("."))
    .map((name) => target(source, name));

// ---- the rules, each a function from sources to complaints

function wrongWay(all: readonly Source[]): string[] {
  return all.flatMap((source) =>
    local(source).flatMap((to) => {
      const [mine, other] = [roomOf(source.path), roomOf(to)];
      const allowed = mine === other || (RANKS[other] ?? 99) < (RANKS[mine] ?? -1);
      return allowed ? [] : [`${source.path} imports ${to}`];
    }),
  );
}

function cycles(all: readonly Source[]): string[] {
  const graph = new Map(all.map((source) => [source.path, local(source)]));
  const state = new Map<string, "open" | "done">();
  const found: string[] = [];
  const visit = (path: string, trail: string[]) => {
    if (state.get(path) === "open") found.push([...trail.slice(trail.indexOf(path)), path].join(" -> "));
    if (state.has(path)) return;
    state.set(path, "open");
    for (const to of graph.get(path) ?? []) visit(to, [...trail, path]);
    state.set(path, "done");
  };
  for (const path of graph.keys()) visit(path, []);
  return found;
}

function longFiles(all: readonly Source[]): string[] {
  return all.filter(({ text }) => text.split("\n").length > MOST.file).map(({ path }) => path);
}

// a declaration at the left margin ends at the next line that begins with a closing brace
function longFunctions(all: readonly Source[]): string[] {
  return all.flatMap(({ path, text }) => {
    const lines = text.split("\n");
    return lines.flatMap((line, at) => {
      const indent =
        /^( *)(?:export )?(?:async )?(?:function\*? \w+|(?:static |async |#|get |\*)*\w+\([^)]*\)[^;=]*\{$)/.exec(
          line,
        )?.[1];
      if (indent === undefined || !line.trimEnd().endsWith("{") || /^\s*(if|for|while|switch|return)\b/.test(line))
        return [];
      const end = lines.findIndex((other, n) => n > at && other.startsWith(`${indent}}`));
      return end - at > MOST.function ? [`${path}:${at + 1}`] : [];
    });
  });
}

const FORBIDDEN: readonly [RegExp, string][] = [
  [/[:<(|&]\s*any\b(?!\w)|\bas any\b|\bany\[\]/, "any"],
  [/\bas unknown as\b/, "as unknown as"],
  [/\bexport default\b/, "a default export"],
  [/\bexport \*/, "a barrel"],
  [/\b(TODO|FIXME|XXX)\b/, "an unfinished thing"],
  [/@ts-(ignore|nocheck|expect-error)|biome-ignore/, "a suppression"],
];

function forbidden(all: readonly Source[]): string[] {
  return all.flatMap(({ path, text }) => {
    const code =
      text.replace(/"(?:[^"\\\n]|\\.)*"|\/\/.*|\/\*[\s\S]*?\*\/|`[^`]*`/g, '""') +
      (/(TODO|FIXME|@ts-\w+|biome-ignore)/.exec(text)?.[0] ?? "");
    return FORBIDDEN.filter(([pattern]) => pattern.test(code)).map(([, what]) => `${path}: ${what}`);
  });
}

const OUTSIDE: readonly [RegExp, RegExp][] = [
  [/node:child_process/, /^platform\//],
  [/node:https?\b|node:net\b|node:dns\b/, /^(models\/|mcp\/|tools\/(http|http-request|address)\.ts|cli\/no-model\.ts)/],
  [/node:fs\b/, /^(platform|store|tools|app|cli)\//],
  [/\bprocess\.(env|cwd\(\))/, /^(cli\/|app\/config\.ts)/],
];

function touchesOutside(all: readonly Source[]): string[] {
  return all.flatMap(({ path, text }) =>
    OUTSIDE.filter(([what, where]) => what.test(text) && !where.test(path)).map(([what]) => `${path}: ${what}`),
  );
}

function positional(all: readonly Source[]): string[] {
  return all.flatMap(({ path, text }) =>
    [...text.matchAll(/function\*?\s+(\w+)(?:<[^(]*>)?\(([^()]*(?:\([^()]*\)[^()]*)*)\)/g)].flatMap((found) => {
      let flat = (found[2] ?? "").replaceAll("=>", "");
      for (let before = ""; before !== flat; ) {
        before = flat;
        flat = flat.replace(/[{[(<][^{}[\]()<>]*[}\])>]/g, "");
      }
      const count = flat.split(",").filter((each) => each.trim() !== "").length;
      return count > 3 ? [`${path}: ${found[1]} takes ${count}`] : [];
    }),
  );
}

function codeLines({ text }: Source): number {
  return text.split("\n").filter((line) => !/^\s*(\/\/.*|\/?\*.*)?$/.test(line)).length;
}

const sample = (path: string, text: string): Source[] => [{ path, text }];

describe("the shape of src", () => {
  it("is seen at all", () => {
    expect(sources.length).toBeGreaterThan(60);
    expect(sources.flatMap(local).length).toBeGreaterThan(200);
    for (const to of sources.flatMap(local)) expect(sources.map(({ path }) => path)).toContain(to);
  });

  it("imports downwards only, and core imports nothing", () => {
    expect(wrongWay(sources)).toEqual([]);
    const core = sources.filter(({ path }) => path.startsWith("core/"));
    expect(core.flatMap(importsOf).filter((name) => !name.startsWith("./"))).toEqual([]);
    expect(wrongWay(sample("tools/a.ts", 'import { b } from "../models/b.js";'))).toHaveLength(1);
    expect(wrongWay(sample("core/a.ts", 'const b = await import("../app/b.js");'))).toHaveLength(1);
  });

  it("has no cycle", () => {
    expect(cycles(sources)).toEqual([]);
    expect(
      cycles([
        ...sample("core/a.ts", 'import { b } from "./b.js";'),
        ...sample("core/b.ts", 'import type { a } from "./a.js";'),
      ]),
    ).toHaveLength(1);
  });

  it("keeps files, functions and core small", () => {
    expect(longFiles(sources)).toEqual([]);
    expect(longFunctions(sources)).toEqual([]);
    const core = sources.filter(({ path }) => path.startsWith("core/"));
    expect(core.reduce((sum, source) => sum + codeLines(source), 0)).toBeLessThanOrEqual(MOST.core);
    expect(longFunctions(sample("a.ts", `export function long() {\n${"  x();\n".repeat(61)}}\n`))).toHaveLength(1);
    expect(
      longFunctions(sample("a.ts", `class A {\n  method(a: number): void {\n${"    x();\n".repeat(61)}  }\n}\n`)),
    ).toHaveLength(1);
  });

  it("holds nothing of what the house does not want", () => {
    expect(forbidden(sources)).toEqual([]);
    for (const bad of [
      "let a: any;",
      "b as unknown as C",
      "export default 1",
      'export * from "./a.js"',
      "// TODO later",
      "// @ts-ignore",
    ]) {
      expect(forbidden(sample("a.ts", bad))).toHaveLength(1);
    }
    expect(sources.filter(({ path }) => path.endsWith("/index.ts"))).toEqual([]);
  });

  it("touches the outside only in the rooms that may", () => {
    expect(touchesOutside(sources)).toEqual([]);
    expect(touchesOutside(sample("plugins/a.ts", "process.env.HOME"))).toHaveLength(1);
    expect(touchesOutside(sample("tools/a.ts", 'import { spawn } from "node:child_process";'))).toHaveLength(1);
  });

  it("passes no more than three parameters", () => {
    expect(positional(sources)).toEqual([]);
    expect(
      positional(
        sample("a.ts", "function f(a: number, b: (x: number, y: number) => void, c: { d: 1, e: 2 }, g = 1) {}"),
      ),
    ).toHaveLength(1);
  });
});

describe("the start path", () => {
  const path: { bytes: number; sources: string[] } = JSON.parse(
    readFileSync(join(ROOT, "dist/start-path.json"), "utf8"),
  );

  it("is small and loads no library that a one-shot run can do without", () => {
    expect(path.bytes).toBeLessThan(MOST.start);
    const packages = new Set(
      path.sources.flatMap((file) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1] ?? []),
    );
    expect([...packages].sort()).toEqual(["commander", "eventsource-parser"]);
  });
});
