import { visibleWidth } from "@earendil-works/pi-tui";
import { UsageError } from "../../../app/usage-error.js";
import type { Standing } from "../../../models/gateway/breaker.js";
import type { Figures } from "../../../models/gateway/figures.js";
import { ROLES, type Role } from "../../../models/gateway/tiers.js";
import { duration, visible } from "../../../platform/text.js";
import type { Desk } from "../desk.js";
import type { Locale } from "../locale.js";

type Words = {
  heads: readonly string[];
  states: Record<Exclude<Standing["state"], "resting">, string>;
  resting(time: string): string;
  unknown: string;
  roles: Record<Role, string>;
  between: string;
  none(model: string): string;
};

const WORDS: Record<Locale, Words> = {
  en: {
    heads: ["model", "tier", "state", "calls", "errors", "median", "in", "out", "cost"],
    states: { working: "working", failing: "failing", probed: "probed" },
    resting: (time) => `rests ${time}`,
    unknown: "unknown",
    roles: { work: "work", plan: "plans", summarise: "summaries", judge: "judge", title: "titles" },
    between: ", ",
    none: (model) =>
      `There is no gateway: ${model} is asked for everything. Several models that stand in for each other are named in NANOCODER_GATEWAY_MODELS=name:tier:base_url:api_key,… (tiers strong, fast, cheap) or as gateway.models in settings.json.`,
  },
  zh: {
    heads: ["模型", "层级", "状态", "调用", "错误", "中位耗时", "输入", "输出", "费用"],
    states: { working: "正常", failing: "出错", probed: "试探中" },
    resting: (time) => `休息 ${time}`,
    unknown: "未知",
    roles: { work: "工作", plan: "计划", summarise: "摘要", judge: "评判", title: "标题" },
    between: "，",
    none: (model) =>
      `没有配置网关：所有请求都交给 ${model}。要让几个模型互相接替，请设置 NANOCODER_GATEWAY_MODELS=name:tier:base_url:api_key,…（层级 strong、fast、cheap），或在 settings.json 里写 gateway.models。`,
  },
};

/** Columns whose values are numbers. */
const NUMBERS = 3;

/** `/gateway`: the models, how each stands, and what each did in this session. Throws a UsageError. */
export function gatewayCommand({ ui, locale, opened }: Desk, words: string): void {
  if (words !== "") throw new UsageError("/gateway takes no words.");
  const { agent, models } = opened;
  const { gateway } = models;
  const { none, heads, between, roles } = WORDS[locale];
  if (!gateway) {
    ui.say({ type: "note", text: visible(none(agent.model.id)) });
    return;
  }
  const standings = gateway.standings();
  const rows = gateway.figures(agent.log.events).map((each, at) => rowOf(each, standings[at], locale));
  const asked = ROLES.map((role) => `${roles[role]}: ${models.modelFor(role).id}`);
  const lines = [...aligned([heads, ...rows]), "", asked.join(between)];
  ui.say({ type: "text", text: visible(lines.join("\n")) });
}

function rowOf(figures: Figures, standing: Standing | undefined, locale: Locale): string[] {
  const { name, tier, calls, errors, latency, usage, cost } = figures;
  const { resting, states, unknown } = WORDS[locale];
  const state = standing?.state === "resting" ? resting(duration(standing.left)) : states[standing?.state ?? "working"];
  const { input, output, cacheRead, cacheWrite } = usage;
  return [
    visible(name),
    tier,
    state,
    String(calls),
    String(errors),
    latency === null ? "-" : duration(latency),
    (input + cacheRead + cacheWrite).toLocaleString("en-US"),
    output.toLocaleString("en-US"),
    cost === null ? unknown : `$${cost.toFixed(4)}`,
  ];
}

// a character of Chinese takes two cells
function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]?.map((_, at) => Math.max(...rows.map((row) => visibleWidth(row[at] ?? "")))) ?? [];
  return rows.map((row) =>
    row
      .map((cell, at) => {
        const blank = " ".repeat(Math.max(0, (widths[at] ?? 0) - visibleWidth(cell)));
        return at < NUMBERS ? `${cell}${blank}` : `${blank}${cell}`;
      })
      .join("  ")
      .trimEnd(),
  );
}
