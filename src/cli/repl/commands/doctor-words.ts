import type { Finding } from "../../finding.js";
import type { Locale } from "../locale.js";
import { type Rewording, reworded } from "../reworded.js";

const FINDINGS: readonly Rewording[] = [
  [/^Node (\S+) on (.+)$/, "Node $1，系统 $2"],
  [/^sessions are kept in (.+)$/, "会话保存在 $1"],
  [/^(.+) cannot be written: sessions are not saved$/, "$1 不可写：会话不会保存"],
  [/^no model is configured$/, "没有配置模型"],
  [/^model (\S+) \((\w+) wire\): (.+)$/, "模型 $1（$2 协议）：$3"],
  [/^(\S+) answers; (.+)$/, "$1 有应答；$2"],
  [/^(\S+): the key is refused \((\d+)\); (.+)$/, "$1：密钥被拒绝（$2）；$3"],
  [/^(\S+): it cannot be reached \((.+?)\); (.+)$/, "$1：无法连接（$2）；$3"],
  [/^gateway, (\w+): (\S+) \((\w+) wire\) at (\S+) answers; (.+)$/, "网关，$1：$2（$3 协议），$4 有应答；$5"],
  [/^(rg|git): (.+)$/, "$1 位于 $2"],
  [/^(\S+) was not found on PATH$/, "在 PATH 中没有找到 $1"],
  [/^commands are isolated by bubblewrap: .+$/, "命令由 bubblewrap 隔离：没有网络，只能写工作区"],
  [
    /^commands are not isolated, and ask instead: bubblewrap is not installed$/,
    "命令没有隔离，改为询问：没有安装 bubblewrap",
  ],
  [
    /^commands are not isolated, and ask instead: bubblewrap does not work here: (.+)$/s,
    "命令没有隔离，改为询问：bubblewrap 在这里不可用：$1",
  ],
  [
    /^commands are not isolated, and ask instead: the workspace holds .+$/,
    "命令没有隔离，改为询问：工作区包含你的主目录，或沙箱已关闭",
  ],
  [
    /^commands are not isolated, and ask instead: there is no sandbox for (.+) yet$/,
    "命令没有隔离，改为询问：$1 还没有沙箱",
  ],
  [
    /^no instructions: neither (.+) nor an (.+) from (.+) down to here$/,
    "没有说明文件：既没有 $1，从 $3 到这里也没有 AGENTS.md、CLAUDE.md 或 GEMINI.md",
  ],
  [/^instructions: (.+)$/, "说明文件：$1"],
  [/^MCP server (.+)$/, "MCP 服务器 $1"],
  [/^skills: none$/, "技能：没有"],
  [/^skills: (.+)$/, "技能：$1"],
  [/^skill, not read whole: (.+)$/, "技能没有完整读出：$1"],
  [/^skill, not counted: (.+)$/, "技能不生效：$1"],
  [/^types of sub-agents: none$/, "子代理类型：没有"],
  [/^types of sub-agents: (.+)$/, "子代理类型：$1"],
  [/^type of sub-agent: (.+): there is no tool (".+")$/, "子代理类型：$1：没有工具 $2"],
  [/^type of sub-agent: (.+)$/, "子代理类型：$1"],
  [/^schedules of this folder: none$/, "本目录的定时任务：没有"],
  [/^schedules of this folder: (.+)$/, "本目录的定时任务：$1"],
  [/^schedules: (.+): what cannot be read is left out \((\d+)\)$/, "定时任务：$1 中有 $2 处无法读取，已略去"],
  [/^terminal: (.+), (\d+) x (\d+), (.+)$/, "终端：$1，$2 x $3，$4"],
  [/^the window is small$/, "窗口太小"],
  [/^the terminal does not say what it can: .+$/, "终端没有说明自己的能力：会话以纯文本行显示"],
  [/^the locale is (.+), not UTF-8: .+$/, "区域设置是 $1，不是 UTF-8：其他程序的输出可能无法阅读"],
  [/^inside tmux: .+$/, "在 tmux 里：Shift+Enter 和通知只有在 tmux 放行时才能到达终端"],
  [/^inside screen: .+$/, "在 screen 里：Shift+Enter 等于 Enter"],
];

const MENDS: readonly Rewording[] = [
  [/^install Node 20\.19 or newer$/, "安装 Node 20.19 或更新版本"],
  [/^set NANOCODER_HOME to a folder you own$/, "把 NANOCODER_HOME 设为你自己的目录"],
  [
    /^set OPENAI_API_KEY, ANTHROPIC_API_KEY or DEEPSEEK_API_KEY, or a base URL$/,
    "设置 OPENAI_API_KEY、ANTHROPIC_API_KEY 或 DEEPSEEK_API_KEY，或基础地址",
  ],
  [/^set a key that is valid there$/, "设置在那里有效的密钥"],
  [/^check the base URL, the network and the proxy variables$/, "检查基础地址、网络和代理变量"],
  [/^install ripgrep; .+$/, "安装 ripgrep；在此之前使用较慢的内置搜索"],
  [/^install (\S+)$/, "安装 $1"],
  [/^mend what stands between the lines of --- there$/, "修正那里两行 --- 之间的内容"],
  [/^mend it, give it another name, or remove it$/, "修正它、改名或删除"],
  [/^correct the name, or take it out of tools$/, "改正名称，或从 tools 中去掉"],
  [/^mend or remove that file$/, "修正或删除该文件"],
  [/^make it (\d+) x (\d+) or larger$/, "放大到 $1 x $2 以上"],
  [/^set TERM to what your terminal is, .+$/, "把 TERM 设为你的终端类型，例如 xterm-256color"],
  [/^export LANG=C\.UTF-8, .+$/, "export LANG=zh_CN.UTF-8"],
  [/^in ~\/\.tmux\.conf: set -s (\S+ on), and set -g (.+)$/, "在 ~/.tmux.conf 中：set -s $1，以及 set -g $2"],
  [/^begin a new line with \\ and Enter$/, "用 \\ 加回车换行"],
];

/** Phrases within a finding. */
const PARTS: readonly (readonly [string, string])[] = [
  ["no key (local servers need none)", "没有密钥（本地服务器不需要）"],
  ["key from ", "密钥来自 "],
  ["window unknown (128,000 tokens assumed)", "窗口未知（按 128,000 token 计）"],
  ["window ", "窗口 "],
  [" tokens, ", " token，"],
  ["cost unknown", "费用未知"],
  [" in and ", " 输入，"],
  [" out per million", " 输出（每百万 token）"],
  ["no colours (NO_COLOR)", "无颜色（NO_COLOR）"],
  ["24-bit colours", "24 位颜色"],
  ["colours of the palette", "调色板颜色"],
];

/** A finding in the person's words; what is not known here stays as it was said. */
export function findingIn(locale: Locale, finding: Finding): Finding {
  if (locale === "en") return finding;
  const { what, mend } = finding;
  const said = reworded(what, FINDINGS);
  const told = said === undefined ? what : PARTS.reduce((text, [en, zh]) => text.replace(en, zh), said);
  return { ...finding, what: told, ...(mend !== undefined && { mend: reworded(mend, MENDS) ?? mend }) };
}

/** What stands before a mend, and while it is looked. */
export const DOCTOR: Record<Locale, { mend: string; looking: string }> = {
  en: { mend: "mend: ", looking: "looking" },
  zh: { mend: "解决：", looking: "正在检查" },
};
