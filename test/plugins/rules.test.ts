import picomatch from "picomatch";
import { describe, expect, it } from "vitest";
import type { Effect } from "../../src/core/tool.js";
import { judge, type Mode } from "../../src/plugins/permission.js";
import { type RuleSource, readRules } from "../../src/plugins/rules.js";
import { analyse } from "../../src/shell/analyse.js";

const where = { root: "/w", home: "/home/ada" };
const glob = (pattern: string, basename: boolean) => picomatch(pattern, { dot: true, basename });
const rules = (...sources: RuleSource[]) => readRules(sources, where, glob);

const shell = { ...where, cwd: "/w", env: {}, resolve: (path: string) => path, isFolder: () => true };

function bash(command: string): Effect {
  const foresight = analyse(command, shell);
  const reads = foresight.verdict === "read-only";
  return { kind: reads ? "read" : "run", subjects: reads ? foresight.reads : [command], foresight };
}

type Asked = { tool: string; effect: Effect; mode?: Mode; sandbox?: boolean };

function verdict(source: Omit<RuleSource, "from">, { tool, effect, mode = "default", sandbox = false }: Asked): string {
  const options = {
    ...where,
    own: "/home/ada/.nanocoder",
    readable: [],
    writable: [],
    rules: rules({ from: "test", ...source }),
  };
  return judge({ subject: { tool, effect }, options, mode, sandbox }).verdict;
}

const run = (source: Omit<RuleSource, "from">, command: string, mode?: Mode) =>
  verdict(source, { tool: "bash", effect: bash(command), ...(mode && { mode }) });

describe("rules for commands", () => {
  it.each([
    ["bash(npm test)", "npm test", "allow"],
    ["bash(npm test)", "npm test --watch", "ask"],
    ["bash(npm test *)", "npm test --watch", "allow"],
    ["bash(npm test *)", "npm test", "allow"],
    ["bash(npm test *)", "npm testing", "ask"],
    ["bash(npm run:*)", "npm run build", "allow"],
    ["bash(npm run:*)", "npm runs", "ask"],
    ["bash(npm *)", "npm test && npm run build", "allow"],
    ["bash(npm *)", "npm test && node x.mjs", "ask"],
    ["bash(npm *)", "npm test | head -5", "allow"],
    ["bash(npm *)", 'npm test "$(node x.mjs)"', "ask"],
    ["bash(npm *)", "npm test; rm -rf /", "deny"],
    ["bash(npm *)", "npm test > /etc/x", "ask"],
    ["bash(npm *)", "npm test > out.txt", "allow"],
    ["bash(npm *)", "npm test > .nanocoder/settings.json", "ask"],
    ["bash", "node x.mjs", "allow"],
    ["bash(*)", "node x.mjs", "allow"],
    ["bash(*)", "rm -rf ~", "deny"],
    ["write_file(*)", "node x.mjs", "ask"],
  ])("allow %s, and %s: %s", (rule, command, expected) => {
    expect(run({ allow: [rule] }, command)).toBe(expected);
  });

  it("deny beats ask beats allow, in every mode and across sources", () => {
    const source = { allow: ["bash(npm *)"], ask: ["bash(npm publish *)"], deny: ["bash(npm publish --force *)"] };
    expect(run(source, "npm test")).toBe("allow");
    expect(run(source, "npm publish")).toBe("ask");
    expect(run(source, "npm publish", "auto")).toBe("ask");
    expect(run(source, "npm publish --force x")).toBe("deny");
    expect(run(source, "npm publish --force x", "auto")).toBe("deny");
    expect(run(source, "cd src && npm publish --force x", "auto")).toBe("deny");
    expect(run({ deny: ["bash(git log *)"] }, "git status; git log -3")).toBe("deny");
  });

  it("a refused file is refused to every tool", () => {
    const source = { deny: ["read_file(.env*)", "write_file(src/generated/**)"] };
    expect(verdict(source, { tool: "read_file", effect: { kind: "read", subjects: ["/w/.env.local"] } })).toBe("deny");
    expect(
      verdict(source, { tool: "read_file", effect: { kind: "read", subjects: ["/w/sub/.env"] }, mode: "auto" }),
    ).toBe("deny");
    expect(run(source, "cat .env", "auto")).toBe("deny");
    expect(run(source, "head -1 sub/.env", "auto")).toBe("deny");
    expect(
      verdict(source, { tool: "edit_file", effect: { kind: "write", subjects: ["/w/src/generated/a/b.ts"] } }),
    ).toBe("deny");
    expect(run(source, "echo x > src/generated/b.ts", "auto")).toBe("deny");
    expect(verdict(source, { tool: "edit_file", effect: { kind: "write", subjects: ["/w/src/a.ts"] } })).toBe("allow");
  });

  it("allows paths and addresses by their globs", () => {
    const source = { allow: ["read_file(~/notes/**)", "http(https://docs.example/*)", "http(domain:api.example)"] };
    const read = (path: string) => verdict(source, { tool: "read_file", effect: { kind: "read", subjects: [path] } });
    const get = (url: string) => verdict(source, { tool: "http", effect: { kind: "net", subjects: [url] } });
    expect(read("/home/ada/notes/a.md")).toBe("allow");
    expect(read("/home/ada/notes-evil/a.md")).toBe("ask");
    expect(get("https://docs.example/x?y=1")).toBe("allow");
    expect(get("https://docs.example.evil/x")).toBe("ask");
    expect(get("https://v1.api.example/x")).toBe("allow");
    expect(get("https://api.example.evil/")).toBe("ask");
    expect(get("https://api.example@evil.example/")).toBe("ask");
  });

  it("checks its examples when it is read, and says which rule is wrong", () => {
    const deny = (rule: string, match: string[], notMatch: string[]) => () =>
      rules({ from: "a.json", deny: [{ rule, match, notMatch }] });
    expect(deny("bash(git push *)", ["git push", "git push origin"], ["git pull"])).not.toThrow();
    expect(deny("bash(git push *)", ["git  push"], [])).toThrow(
      'a.json: the rule bash(git push *) should match "git  push" and does not.',
    );
    expect(deny("bash(git p*)", [], ["git pull"])).toThrow("should not match");
    expect(deny("read_file(src/*.ts)", ["src/a.ts"], ["src/b/a.js"])).not.toThrow();
    expect(() => rules({ from: "--allow", allow: ["bash(npm"] })).toThrow(
      '--allow: the rule "bash(npm" must read tool or tool(pattern)',
    );
  });
});

describe("the sandbox, where there is one", () => {
  const inside = (command: string, mode: Mode = "default") =>
    verdict({}, { tool: "bash", effect: bash(command), mode, sandbox: true });

  it.each([
    ["npm test", "allow"],
    ["rm -rf build", "allow"],
    ["node x.mjs > out.txt", "allow"],
    ["git status", "allow"],
    ["git commit -m x", "ask"],
    ["npm install && curl https://x.example", "ask"],
    ["cp a /opt/b", "ask"],
    ["cat /etc/passwd", "ask"],
    ["cat .env", "ask"],
    ["echo x > .git/config", "ask"],
    ["echo x > AGENTS.md", "ask"],
    ["echo x > agents.MD", "ask"],
    ["mkdir .nanocoder", "ask"],
    ["rm -rf ~", "deny"],
  ])("%s: %s", (command, expected) => {
    expect(inside(command)).toBe(expected);
  });

  it("strict asks all the same, plan refuses, auto lets through but for the floor and what steers later runs", () => {
    expect(inside("npm test", "strict")).toBe("ask");
    expect(inside("npm test", "plan")).toBe("deny");
    expect(inside("git status", "plan")).toBe("allow");
    expect(inside("git push", "auto")).toBe("allow");
    expect(inside("echo x >> ~/.bashrc", "auto")).toBe("ask");
    expect(inside("rm -rf /", "auto")).toBe("deny");
    expect(inside(`echo ${"x".repeat(300_000)}; ls`, "auto")).toBe("ask");
  });
});
