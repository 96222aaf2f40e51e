import { type Config, readConfig } from "../../../app/config.js";
import type { Flags, Machine } from "../../../app/input.js";
import { changeSettings, keepVariable } from "../../../app/user-settings.js";
import { noModel, ollamaModels } from "../../no-model.js";
import type { Locale } from "../locale.js";
import type { Ui } from "../port.js";
import { elsewhere, hostOf, keyIn, ollama, ownerOf, SERVICES, type Service } from "./providers.js";
import { type Draft, modelsFor, type Next, tried } from "./set-up-trial.js";

export type SetUp = {
  ui: Ui;
  locale: Locale;
  flags: Flags;
  machine: Machine;
  /** Where nanocoder keeps its own files. */
  home: string;
  services?: readonly Service[];
  /** Of the trial request, in milliseconds. */
  limit?: number;
};

/**
 * Asks who serves the model, for the key and the model, tries them, and keeps them in the user's own files. Undefined
 * when the person left: then nothing was written, and they were told what else would do.
 */
export async function setUp(around: SetUp): Promise<Config | undefined> {
  const { ui, locale } = around;
  ui.say({ type: "text", text: WORDS[locale].hello });
  const draft = await settled(around);
  if (draft !== undefined) return kept(draft, around);
  ui.say({ type: "error", text: `${WORDS[locale].left}\n${await noModel()}` });
  return undefined;
}

// what is tried and left to be kept
async function settled(around: SetUp): Promise<Draft | undefined> {
  let draft = await begun(around);
  while (draft !== undefined) {
    const next = await tried(draft, around);
    if (next === "keep") return draft;
    draft = next === undefined ? undefined : await changed(draft, next, around);
  }
  return undefined;
}

async function begun(around: SetUp): Promise<Draft | undefined> {
  const service = await askService(around);
  if (service === undefined) return undefined;
  const keyed = await askKey({ service, key: "", model: "" }, around);
  return keyed && askModel(keyed, around);
}

async function changed(draft: Draft, next: Exclude<Next, "keep">, around: SetUp): Promise<Draft | undefined> {
  if (next === "again") return draft;
  if (next === "service") return begun(around);
  if (next === "model") return askModel(draft, around);
  const keyed = await askKey(draft, around);
  // a key of another service has models of its own
  return keyed === undefined || keyed.service === draft.service ? keyed : askModel(keyed, around);
}

async function askService(around: SetUp): Promise<Service | undefined> {
  const { ui, locale, services = SERVICES } = around;
  const words = WORDS[locale];
  const local = await ollamaModels();
  const all = [...services, ...(local.length > 0 ? [ollama(local)] : [])];
  const named = all.map((service) => ({ value: service, label: service.name, about: hostOf(service.baseUrl) }));
  const other = { value: undefined, label: words.other, about: "https://host/v1" };
  const chosen = await ui.choose<{ service: Service | undefined }>({
    title: words.service,
    items: [...named, other].map(({ value, ...shown }) => ({ value: { service: value }, ...shown })),
  });
  return chosen === undefined ? undefined : (chosen.service ?? askAddress(around));
}

async function askAddress({ ui, locale }: SetUp): Promise<Service | undefined> {
  const words = WORDS[locale];
  for (let text = ""; ; ) {
    const given = await ui.fill({ title: words.address, text });
    if (given === undefined) return undefined;
    text = given.trim();
    if (/^https?:\/\/[^/\s]+\S*$/.test(text) && URL.canParse(text)) return elsewhere(text);
    ui.say({ type: "error", text: words.noAddress });
  }
}

async function askKey(draft: Draft, around: SetUp): Promise<Draft | undefined> {
  const { service } = draft;
  if (service.variable === undefined) return { ...draft, key: "" };
  for (;;) {
    const given = await pasted(service, around);
    if (given === undefined) return undefined;
    const fitting = given === "" ? { ...draft, key: "" } : await belonging({ ...draft, key: given }, around);
    if (fitting !== "another key") return fitting;
  }
}

// "" only where no key may be wanted
async function pasted(service: Service, { ui, locale, services = SERVICES }: SetUp): Promise<string | undefined> {
  const words = WORDS[locale];
  const known = services.includes(service);
  const title = known ? words.key(service.name) : words.maybeKey(service.name);
  for (;;) {
    const given = await ui.fill({ title, hidden: true });
    const key = given === undefined ? undefined : keyIn(given);
    if (given === undefined || (key !== undefined && (key !== "" || !known))) return key;
    ui.say({ type: "error", text: key === "" ? words.empty : words.noKey });
  }
}

// a key that plainly is another service's is not sent here unasked
async function belonging(draft: Draft, around: SetUp): Promise<Draft | "another key" | undefined> {
  const { ui, locale, services = SERVICES } = around;
  const owner = ownerOf(draft.key, draft.service, services);
  if (owner === undefined) return draft;
  const words = WORDS[locale];
  return ui.choose<Draft | "another key">({
    title: words.foreign(owner.name, draft.service.name),
    items: [
      { value: { ...draft, service: owner }, label: words.goTo(owner.name), about: hostOf(owner.baseUrl) },
      { value: "another key", label: words.anotherKey },
      { value: draft, label: words.allTheSame, about: hostOf(draft.service.baseUrl) },
    ],
  });
}

async function askModel(draft: Draft, around: SetUp): Promise<Draft | undefined> {
  const { ui, locale } = around;
  const words = WORDS[locale];
  const names = await modelsFor(draft, around);
  const items = [...names.map((name) => ({ value: name, label: name })), { value: "", label: words.typeModel }];
  const at = Math.max(0, names.indexOf(draft.model));
  const chosen = names.length === 0 ? "" : await ui.choose({ title: words.model(draft.service.name), items, at });
  if (chosen !== "") return chosen === undefined ? undefined : { ...draft, model: chosen };
  for (;;) {
    const typed = await ui.fill({ title: words.modelName, text: draft.model });
    if (typed === undefined) return undefined;
    if (typed.trim() !== "") return { ...draft, model: typed.trim() };
  }
}

async function kept({ service, key, model }: Draft, around: SetUp): Promise<Config> {
  const { ui, locale, home, flags, machine } = around;
  if (service.variable !== undefined && key !== "") keepVariable(home, service.variable, key);
  changeSettings(home, ({ baseUrl: _, ...settings }) => ({
    ...settings,
    model,
    provider: service.wire,
    ...(service.implied ? {} : { baseUrl: service.baseUrl }),
  }));
  const files = ["settings.json", ...(service.variable !== undefined && key !== "" ? [".env"] : [])];
  ui.say({
    type: "note",
    text: WORDS[locale].kept(
      model,
      files.map((name) => `${home}/${name}`),
    ),
  });
  const config = await readConfig(flags, machine);
  const { apiKey, keyFrom } = config.choice ?? {};
  if (key !== "" && apiKey !== key && keyFrom !== undefined)
    ui.say({ type: "note", text: WORDS[locale].hidden(keyFrom) });
  return config;
}

const WORDS = {
  en: {
    hello: "No model is set up yet. Three questions, then it works; Esc leaves, and nothing is written.",
    left: "Left: nothing was written.",
    service: "Who serves the model?",
    other: "Another OpenAI-compatible address",
    address: "Base URL, such as http://localhost:8000/v1",
    noAddress: "That is no address. It begins with http:// or https://, such as http://localhost:8000/v1.",
    key: (name: string) => `API key of ${name} (not shown)`,
    maybeKey: (name: string) => `API key of ${name} (not shown; empty when it wants none)`,
    empty: "A key is needed here.",
    noKey: "That is no key: there is a blank, a quote or a character in it that no key has. Paste it once more.",
    foreign: (owner: string, given: string) => `This looks like a key of ${owner}, not of ${given}.`,
    goTo: (name: string) => `Use ${name}`,
    anotherKey: "Paste another key",
    allTheSame: "Send it all the same",
    model: (name: string) => `Which model of ${name}?`,
    typeModel: "Another: type its name",
    modelName: "Name of the model",
    kept: (model: string, files: readonly string[]) =>
      `Kept: ${model}, in ${files.join(" and ")} (only you can read ${files.length > 1 ? "them" : "it"}).`,
    hidden: (name: string) => `${name} comes before the key that was kept: that one is used.`,
  },
  zh: {
    hello: "还没有配置模型。回答三个问题即可开始；按 Esc 退出，不会写入任何内容。",
    left: "已退出，没有写入任何内容。",
    service: "使用哪家的模型？",
    other: "其他兼容 OpenAI 的地址",
    address: "接口地址（base URL），例如 http://localhost:8000/v1",
    noAddress: "这不是地址。应以 http:// 或 https:// 开头，例如 http://localhost:8000/v1。",
    key: (name: string) => `${name} 的 API 密钥（不显示）`,
    maybeKey: (name: string) => `${name} 的 API 密钥（不显示；不需要则留空）`,
    empty: "这里需要密钥。",
    noKey: "这不是密钥：其中有空格、引号或密钥里不会出现的字符。请重新粘贴。",
    foreign: (owner: string, given: string) => `这看起来是 ${owner} 的密钥，而不是 ${given} 的。`,
    goTo: (name: string) => `改用 ${name}`,
    anotherKey: "换一个密钥",
    allTheSame: "仍然发送到这里",
    model: (name: string) => `使用 ${name} 的哪个模型？`,
    typeModel: "其他：输入名称",
    modelName: "模型名称",
    kept: (model: string, files: readonly string[]) => `已保存 ${model}：${files.join(" 和 ")}（只有你能读取）。`,
    hidden: (name: string) => `${name} 优先于刚保存的密钥，将使用前者。`,
  },
} satisfies Record<Locale, unknown>;
