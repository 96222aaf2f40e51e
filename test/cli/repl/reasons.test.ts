import { expect, it } from "vitest";
import { reasonIn } from "../../../src/cli/repl/reasons.js";
import { judge } from "../../../src/plugins/permission.js";
import { analyse } from "../../../src/shell/analyse.js";
import { quiet, session } from "./session.js";

const where = {
  cwd: "/w",
  root: "/w",
  home: "/home/u",
  env: {},
  resolve: (path: string) => path,
  isFolder: () => true,
};
const options = {
  root: "/w",
  home: "/home/u",
  own: "/own",
  rules: { deny: [], ask: [], allow: [] },
  readable: [],
  writable: [],
};
type Case = Parameters<typeof judge>[0];

function asked(line: string, sandbox: boolean): string {
  const foresight = analyse(line, where);
  const effect = { kind: "run" as const, subjects: [line], foresight };
  const verdict = judge({ subject: { tool: "bash", effect }, options, mode: "default", sandbox } as Case);
  if (verdict.verdict === "allow") throw new Error(`${line} is allowed`);
  return verdict.why;
}

it.each([
  ["npm install x", false],
  ["./run.sh", false],
  ["make > out.txt; curl https://example.com", false],
  ["python3 -c 'print(1)'", false],
  ["kill 4", false],
  ["env", false],
  ["curl https://example.com", true],
  ["git commit -m x", true],
  ["touch /elsewhere", true],
])("why %s asks is said in Chinese", (line, sandbox) => {
  const why = asked(line, sandbox);
  expect(reasonIn("zh", why)).not.toMatch(/\b(?:it|which|that|runs|writes)\b/);
  expect(reasonIn("zh", why)).toMatch(/\p{Script=Han}/u);
  expect(reasonIn("en", why)).toBe(why);
});

it("what is not known stays whole, and so do the words of others", () => {
  expect(reasonIn("zh", "something else; it runs a command")).toBe("something else; it runs a command");
  expect(reasonIn("zh", "the user said no: use a; b")).toBe("用户拒绝了：use a; b");
});

it("a Chinese session says in Chinese why it asks, what was refused and why it ended", async () => {
  const again = { calls: [{ name: "bash", input: { command: "curl https://example.com/x" } }] };
  await using it = await session({
    script: [again, again],
    line: ["--no-sandbox", "--max-turns", "1"],
    env: { LANG: "zh_CN.UTF-8" },
    until: "请输入任务",
  });
  await it.sends("开始");
  await it.sees("询问原因：它访问网络：example.com");
  await quiet();
  it.terminal.type("n");
  await it.sees("用户拒绝了", "因达到上限而停止：已达到一次提示的最多轮数");
});
