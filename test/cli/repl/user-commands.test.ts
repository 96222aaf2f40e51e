import { mkdirSync, mkdtempSync, realpathSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { offered, useCommand, userCommands } from "../../../src/cli/repl/commands/user-commands.js";
import { type Answer, fakeUi } from "./fake-ui.js";

async function commands(files: Record<string, string>) {
  const root = realpathSync(mkdtempSync(join(tmpdir(), "user-commands-")));
  const [home, cwd] = [join(root, "home"), join(root, "work")];
  for (const [path, text] of Object.entries({ "work/a": "", "home/a": "", ...files })) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  const found = await userCommands({ home, cwd, builtins: ["help", "model"] });
  const named = (name: string) => {
    const command = found.find((each) => each.name === name);
    if (command === undefined) throw new Error(`${name} is not among ${found.map((each) => each.name)}`);
    return command;
  };
  const use = async (
    name: string,
    args: string,
    more: { trusted?: boolean; answers?: Answer[]; locale?: "zh" } = {},
  ) => {
    const { trusted = false, answers = [], locale = "en" } = more;
    const ui = fakeUi(answers);
    return { ui, used: await useCommand(named(name), args, { ui, locale, cwd, trusted }) };
  };
  return { found, named, use, home };
}

const OWN = "home/commands";
const PROJECT = "work/.nanocoder/commands";

describe("user commands", () => {
  it("never take the name of another: not of ours, not of the user's", async () => {
    const { found } = await commands({
      [`${OWN}/help.md`]: "my help",
      [`${OWN}/review.md`]: "my review",
      [`${PROJECT}/review.md`]: "their review",
      [`${PROJECT}/model.md`]: "their model",
      [`${PROJECT}/git/push.md`]: "push",
    });
    expect(found.map(({ name }) => name)).toEqual([
      "user:help",
      "review",
      "git:push",
      "project:model",
      "project:review",
    ]);
  });

  it("and skills come after all that is the user's, and are never called like it", async () => {
    const { found, use } = await commands({
      [`${PROJECT}/deploy.md`]: "their deploy",
      [`${PROJECT}/user/tidy.md`]: "their tidy",
      [`${PROJECT}/Review.md`]: "their review",
      [`${OWN}/review.md`]: "my review",
      "home/skills/deploy/SKILL.md": "my deploy",
      "home/skills/help/SKILL.md": "my help",
      "work/.claude/skills/review/SKILL.md": "their way to review",
      "work/.claude/skills/lint/SKILL.md": "their lint $ARGUMENTS $1",
      "work/.claude/skills/own/SKILL.md": "---\nuser-invocable: false\n---\nnot by hand",
    });
    expect(found.map(({ name, from }) => `${name} ${from}`)).toEqual([
      "review user",
      "deploy user",
      "skill:help user",
      "project:Review project",
      "project:deploy project",
      "project:user:tidy project",
      "lint project",
      "skill:review project",
    ]);
    const left = await use("lint", "a b", { answers: ["No"] });
    expect(left.used).toBeUndefined();
    expect(left.ui.text()).toMatch(/Use the skill lint\. Paths in it start in \S+\/lint\.\n\ntheir lint a b \$1$/);
    expect((await use("lint", "", { trusted: true })).used?.text).toMatch(/their lint {2}\$1$/);
  });

  it("say what they are for and whose they are, with nothing hidden in it", async () => {
    const { named } = await commands({
      [`${PROJECT}/x.md`]: "---\ndescription: does \u001b[2J it\nargument-hint: [file]\n---\nx",
      [`${PROJECT}/y.md`]: "---\ndescription: [\n---\nx",
    });
    expect(offered(named("x"))).toEqual({ value: "/x", label: "/x", about: "[file]  does \\u{1b}[2J it (project)" });
    expect(offered(named("y")).about).toMatch(/y\.md:\d+:\d+: .*\(project\)$/);
  });

  it("of the user are sent as they are, with their model", async () => {
    const { use, home } = await commands({ [`${OWN}/fix.md`]: "---\nmodel: gpt-5\n---\nFix $ARGUMENTS\n!`git log`" });
    const { ui, used } = await use("fix", "the parser");
    expect(used).toEqual({ text: "Fix the parser\n!`git log`", model: "gpt-5" });
    expect(ui.said).toEqual([
      { type: "note", text: `from ${home}/commands/fix.md` },
      { type: "note", text: "Commands in !`…` are not run: the model reads them as text." },
    ]);
  });

  it("of a folder that is not trusted are shown whole and asked about, and choose no model", async () => {
    const { use } = await commands({ [`${PROJECT}/fix.md`]: "---\nmodel: dear\n---\nFix $1 \u001b]0;x" });
    const left = await use("fix", "it", { answers: [null] });
    expect(left.used).toBeUndefined();
    expect(left.ui.text()).toBe("from .nanocoder/commands/fix.md\nFix it \\u{1b}]0;x");
    expect(left.ui.asked[0]).toMatchObject({ title: "This folder is not trusted. Send this text of it?", at: 1 });
    expect((await use("fix", "it", { answers: ["不发送"], locale: "zh" })).used).toBeUndefined();
    expect((await use("fix", "it", { answers: ["Send"] })).used).toEqual({ text: "Fix it \u001b]0;x" });
    expect((await use("fix", "it", { trusted: true })).used).toEqual({ text: "Fix it \u001b]0;x", model: "dear" });
  });

  it("say what is wrong with them when they are used", async () => {
    const { use } = await commands({ [`${OWN}/bad.md`]: "---\ndescription: [\n---\nx" });
    const { ui, used } = await use("bad", "");
    expect(used).toBeUndefined();
    expect(ui.said).toEqual([{ type: "error", text: expect.stringMatching(/bad\.md:\d+:\d+: this is not YAML: /) }]);
  });
});
