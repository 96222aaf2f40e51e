import type { Flags, Machine } from "../../../app/input.js";
import { proxyFor } from "../../../app/proxy.js";
import { lookup } from "../../../models/catalog.js";
import { listModels } from "../../../models/list-models.js";
import { type Fault, tryModel } from "../../../models/try-model.js";
import { visible } from "../../../platform/text.js";
import type { Locale } from "../locale.js";
import type { Ui } from "../port.js";
import type { Service } from "./providers.js";

/** What was chosen so far; "" is what is still open, and a key where none is wanted. */
export type Draft = { service: Service; key: string; model: string };

/** What to do after a trial. */
export type Next = "keep" | "again" | "key" | "model" | "service";

type Around = { ui: Ui; locale: Locale; flags: Flags; machine: Machine; limit?: number };

/** The models to choose from: what the service lists, else what is known of it; those that are fit for work come first. */
export async function modelsFor({ service, key }: Draft, { ui, locale, flags, machine }: Around): Promise<string[]> {
  const done = ui.busy(WORDS[locale].listing(service.name));
  const { wire, baseUrl } = service;
  const listed = await listModels({ provider: wire, baseUrl, ...keyed(key), ...through(baseUrl, machine) });
  done();
  const named = flags.model === undefined ? [] : [flags.model];
  if (listed.length === 0) return [...new Set([...named, ...service.models])];
  const suggested = service.models.filter((name) => listed.includes(name));
  const known = listed.filter((name) => lookup(name) !== undefined);
  return [...new Set([...named, ...suggested, ...known, ...listed])];
}

/** Tries what was chosen by one small request; what went wrong is told and asked about. Undefined: the person left. */
export async function tried(draft: Draft, { ui, locale, machine, limit }: Around): Promise<Next | undefined> {
  const { service, key, model } = draft;
  const { wire, baseUrl } = service;
  const words = WORDS[locale];
  const done = ui.busy(words.trying(model));
  const asked = {
    provider: wire,
    baseUrl,
    model,
    keyFrom: words.keyGiven,
    ...keyed(key),
    ...through(baseUrl, machine),
  };
  const end = await tryModel(asked, limit);
  done();
  if (end.works) {
    ui.say({ type: "note", text: words.works(model) });
    return "keep";
  }
  ui.say({ type: "error", text: `${words.fault[end.fault]} ${visible(end.why)}` });
  const nexts: Next[] = [
    "again",
    ...(service.variable === undefined ? [] : ["key" as const]),
    "model",
    "service",
    "keep",
  ];
  const items = nexts.map((value) => ({ value, label: words.next[value] }));
  return ui.choose({ title: words.whatNext, items, at: Math.max(0, nexts.indexOf(MENDS[end.fault])) });
}

const MENDS: Record<Fault, Next> = {
  key: "key",
  model: "model",
  quota: "service",
  network: "again",
  slow: "again",
  other: "again",
};

// local servers want some key and take any
function keyed(key: string): { apiKey: string } {
  return { apiKey: key === "" ? "none" : key };
}

function through(baseUrl: string, { env }: Machine): { proxy?: string } {
  const proxy = proxyFor(new URL(baseUrl), env);
  return proxy === undefined ? {} : { proxy };
}

const WORDS = {
  en: {
    listing: (name: string) => `asking ${name} for its models`,
    trying: (model: string) => `trying ${model}`,
    works: (model: string) => `${model} answers.`,
    keyGiven: "the key you gave",
    whatNext: "What now?",
    fault: {
      key: "The key is not taken.",
      model: "There is no such model, or the address is wrong.",
      quota: "There is no quota left.",
      network: "It cannot be reached.",
      slow: "It takes too long.",
      other: "It did not work.",
    },
    next: {
      again: "Try once more",
      key: "Another key",
      model: "Another model",
      service: "Another provider",
      keep: "Save it all the same",
    },
  },
  zh: {
    listing: (name: string) => `正在向 ${name} 查询模型`,
    trying: (model: string) => `正在测试 ${model}`,
    works: (model: string) => `${model} 可以使用。`,
    keyGiven: "the key you gave",
    whatNext: "接下来怎么办？",
    fault: {
      key: "密钥被拒绝。",
      model: "没有这个模型，或地址不对。",
      quota: "额度已用完。",
      network: "无法连接。",
      slow: "响应太慢。",
      other: "没有成功。",
    },
    next: { again: "再试一次", key: "换密钥", model: "换模型", service: "换服务商", keep: "仍然保存" },
  },
} satisfies Record<Locale, unknown>;
