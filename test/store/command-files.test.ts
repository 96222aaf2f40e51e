import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, realpathSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { expand, listUserCommands, type UserCommand } from "../../src/store/command-files.js";

function folder(files: Record<string, string> = {}): string {
  const root = realpathSync(mkdtempSync(join(tmpdir(), "commands-")));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return root;
}

const list = (root: string) => listUserCommands([{ folder: root, from: "user" }]);

async function one(text: string): Promise<UserCommand> {
  const [command] = await list(folder({ "a.md": text }));
  if (command === undefined) throw new Error("not listed");
  return command;
}

describe("commands in files", () => {
  it("are listed by name, with what they say of themselves", async () => {
    const root = folder({
      "review.md":
        "---\r\ndescription: Look at it: no\r\nargument-hint: [pr] [priority]\r\nallowed-tools: [Read, Bash(git:*)]\r\nmodel: gpt-5\r\n---\r\n\r\nReview $1.\r\n",
      "git/commit.md": "\ufeff---\ndescription: 'Commit: all'\nargument-hint: <what>\nother: {a: 1}\n---\nCommit",
      "plain.md": "# Say hello\n\nto all",
      "readme.txt": "no command",
      ".hidden.md": "no command",
      "long.md": `---\n${"# comment\n".repeat(2000)}description: far\n---\ntext`,
      "rule.md": "---\nno front matter",
    });
    const found = await list(root);
    const shown = found.map(({ path: _, root: __, from: ___, ...rest }) => rest);
    expect(shown).toEqual([
      { name: "git:commit", description: "Commit: all", hint: "<what>" },
      { name: "long", description: "far" },
      { name: "plain", description: "Say hello" },
      {
        name: "review",
        problem: `${root}/review.md:2:14: a value with a colon in it wants quotes.`,
      },
      { name: "rule", description: "---" },
    ]);
    const good = await one(
      "---\ndescription: Look\nargument-hint: [pr] [priority]\nallowed-tools: [Read, 'Bash(git:*)']\nmodel: gpt-5\n---\nx",
    );
    expect(good).toMatchObject({ description: "Look", hint: "[pr] [priority]", model: "gpt-5" });
    const folded = await one('---\ndescription: >-\n  two\n  lines\nargument-hint: "[\\u0061]"\nmodel: 4.10\n---\nx');
    expect(folded).toMatchObject({ description: "two lines", hint: "[a]", model: "4.10" });
  });

  it("say where their front matter is wrong, and are not used", async () => {
    const command = await one("---\nmodel: m\ndescription: [a\n---\ntext");
    expect(command.problem).toMatch(/a\.md:\d:\d+: this is not YAML: /);
    expect(() => expand(command, "")).toThrow(command.problem);
    expect((await one("---\nmodel: m\ndescription: [a]\n---\ntext")).problem).toMatch(
      /a\.md:3:1: "description" wants a text\.$/,
    );
    expect((await one("---\n- a\n---\ntext")).problem).toMatch(/a\.md:2:1: lines `name: value` are wanted here\.$/);
  });

  it("are filled in with what the person says, once", async () => {
    const command = await one(
      "---\ndescription: d\n---\n\n1=$1 2=$2 all=$ARGUMENTS @src/a.ts $10 $HOME cost \\$1 !`date`\n",
    );
    expect(expand(command, `  "two words" it's $1 $& `)).toBe(
      "1=two words 2=it's all=\"two words\" it's $1 $& @src/a.ts $10 $HOME cost $1 !`date`",
    );
    expect(expand(command, "")).toBe("1= 2= all= @src/a.ts $10 $HOME cost $1 !`date`");
    const without = await one("Look at it.");
    expect(expand(without, "")).toBe("Look at it.");
    expect(expand(without, "the parser")).toBe("Look at it.\n\nthe parser");
  });

  it("are read inside of their folder only", async () => {
    const outside = folder({ "secret.md": "SECRET" });
    const root = folder({ "in.md": "in", "big.md": "x".repeat(1_000_001), "two words.md": "x" });
    symlinkSync(join(outside, "secret.md"), join(root, "out.md"));
    symlinkSync("in.md", join(root, "inside.md"));
    symlinkSync("nowhere", join(root, "broken.md"));
    symlinkSync(outside, join(root, "folder"));
    symlinkSync(".", join(root, "loop"));
    execFileSync("mkfifo", [join(root, "pipe.md")]);
    execFileSync("mkfifo", [join(root, "pipe")]);
    symlinkSync("pipe", join(root, "piped.md"));
    const found = await list(root);
    expect(found.map(({ name, problem }) => [name, problem?.replace(/^.*\.md: /, "")])).toEqual([
      ["big", "it is larger than 1 MB."],
      ["broken", "it cannot be read: it does not exist."],
      ["in", undefined],
      ["inside", undefined],
      ["out", "it is a link that leads out of its folder."],
      ["piped", "it is no file."],
      ["two words", "a command's name has no blanks."],
    ]);
    expect(JSON.stringify(found)).not.toContain("SECRET");
    const [, , , inside] = found;
    if (inside === undefined) throw new Error("not listed");
    expect(expand(inside, "")).toBe("in");
    // what became a link since it was listed
    expect(() => expand({ ...inside, path: join(root, "out.md") }, "")).toThrow("leads out of its folder");
  });

  it("of a project are none when their folder is a link out of it", async () => {
    const outside = folder({ "a.md": "A" });
    const cwd = folder({ "mine/b.md": "B" });
    symlinkSync(outside, join(cwd, "commands"));
    const at = (name: string) => listUserCommands([{ folder: join(cwd, name), from: "project", within: cwd }]);
    expect(await at("commands")).toEqual([]);
    expect((await at("mine")).map(({ name }) => name)).toEqual(["b"]);
    // the user's own may lie anywhere
    expect((await list(join(cwd, "commands"))).map(({ name }) => name)).toEqual(["a"]);
    expect(await list(join(cwd, "none"))).toEqual([]);
  });

  it("are listed fast, a thousand of them", async () => {
    const text = "---\ndescription: Do the work well\nargument-hint: [file]\nmodel: gpt-5\n---\nDo $1.\n";
    const root = folder(Object.fromEntries(Array.from({ length: 1000 }, (_, n) => [`${n % 10}/c${n}.md`, text])));
    const times: number[] = [];
    // of this process alone: others may work beside it
    for (let round = 0; round < 10; round += 1) {
      const began = process.cpuUsage();
      expect(await list(root)).toHaveLength(1000);
      const { user, system } = process.cpuUsage(began);
      times.push((user + system) / 1000);
    }
    expect(Math.min(...times)).toBeLessThan(50);
  });
});
