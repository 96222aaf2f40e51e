import type { Question } from "../../plugins/question.js";
import type { Locale } from "./locale.js";
import { type Rewording, reworded } from "./reworded.js";

/** What ends a run is a word for programs first. */
const EN: readonly Rewording[] = [
  [/^max_turns$/, "the most rounds for one prompt were made (--max-turns)"],
  [/^max_cost: (.+)$/, "$1 (--max-cost)"],
];

const ZH: readonly Rewording[] = [
  [/^max_turns$/, "已达到一次提示的最多轮数（--max-turns）"],
  [/^max_cost: \$([\d.]+) spent of \$([\d.]+)$/, "已花费 $$1，上限 $$2（--max-cost）"],
  [/^max_cost: the price of (.+) is not known$/, "$1 的价格未知（--max-cost）"],
  [/^max_cost: (.+) does not tell the tokens it used$/, "$1 不报告所用的 token（--max-cost）"],
  [/^going in circles: (.+) gave the same result (\d+) times in a row$/s, "在原地打转：$1 连续 $2 次得到相同结果"],
  [/^nothing allows it$/, "没有规则允许它"],
  [/^the rule (.+) of (.+) forbids it$/, "$2 中的规则 $1 禁止它"],
  [/^the rule (.+) of (.+) asks$/, "$2 中的规则 $1 要求询问"],
  [/^plan mode only reads$/, "计划模式只能读取"],
  [/^(.+) steers what runs later$/, "$1 会影响以后运行的内容"],
  [/^strict mode asks before each edit$/, "strict 模式在每次修改前询问"],
  [/^strict mode asks$/, "strict 模式要求询问"],
  [/^it runs a command$/, "它运行一条命令"],
  [/^it only reads$/, "它只读取"],
  [/^it reaches out to (.+)$/, "它访问网络：$1"],
  [/^it changes the repository \(\.git\)$/, "它改动仓库（.git）"],
  [/^it writes to (.+), outside the workspace$/, "它写入工作区之外的 $1"],
  [/^it writes to files that cannot be told$/, "它写入无法确定的文件"],
  [/^it writes to (.+)$/, "它写入 $1"],
  [/^it reads files that cannot be told$/, "它读取无法确定的文件"],
  [/^(.+) is outside the workspace$/, "$1 在工作区之外"],
  [/^(.+) holds secrets$/, "$1 含有机密"],
  [/^it runs (.+), which may do anything$/, "它运行 $1，可能做任何事"],
  [/^(\S+) runs code, which may do anything$/, "$1 运行代码，可能做任何事"],
  [/^(\S+) runs the script (.+)$/, "$1 运行脚本 $2"],
  [/^(\S+) runs the commands of a file$/, "$1 运行文件中的命令"],
  [/^(\S+) may write files or run commands$/, "$1 可能写文件或运行命令"],
  [/^(\S+) runs a command$/, "$1 运行一条命令"],
  [/^(\S+) changes files$/, "$1 会改动文件"],
  [/^(\S+) may go anywhere$/, "$1 可能访问任何地方"],
  [/^it sets (.+), which changes what programs do$/, "它设置 $1，会改变程序的行为"],
  [/^it runs text that cannot be told$/, "它运行无法确定的内容"],
  [/^it ends processes$/, "它会结束进程"],
  [/^it shows a secret$/, "它会显示机密"],
  [/^it shows the environment, which may hold secrets$/, "它显示环境变量，其中可能有机密"],
  [/^it is nested too deep to be checked$/, "嵌套太深，无法检查"],
  [/^the file changed meanwhile: this is not what you were shown$/, "文件在此期间变了：这与你刚才看到的不同"],
  [
    /^the MCP server (.+) does it, and what that touches is not known here$/,
    "由 MCP 服务器 $1 执行，它会触及什么这里无法得知",
  ],
  [/^the user said no$/, "用户拒绝了"],
  [/^the user said no: (.+)$/s, "用户拒绝了：$1"],
  [/^the user interrupted$/, "用户中断了"],
];

/** Why something is asked, refused or over, in the person's words; what is not known here stays as it was said. */
export function reasonIn(locale: Locale, why: string): string {
  if (locale === "en") return reworded(why, EN) ?? why;
  const parts = why.split("; ").map((part) => reworded(part, ZH));
  return parts.every((part) => part !== undefined) ? parts.join("；") : (reworded(why, ZH) ?? why);
}

/** A question with its reasons in the person's words. */
export function questionIn(locale: Locale, question: Question): Question {
  const { effect, why } = question;
  const { foresight } = effect;
  const unknown = foresight?.unknown.map((each) => reasonIn(locale, each));
  return {
    ...question,
    why: reasonIn(locale, why),
    effect: { ...effect, ...(foresight && unknown && { foresight: { ...foresight, unknown } }) },
  };
}
