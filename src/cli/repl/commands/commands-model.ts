import type { Config } from "../../../app/config.js";
import { UsageError } from "../../../app/usage-error.js";
import { lookup, type ModelFacts } from "../../../models/catalog.js";
import { knownNames } from "../../../models/known-names.js";
import { visible } from "../../../platform/text.js";
import { unlessAborted } from "../../../platform/waiting.js";
import { requestSize, SHARES } from "../../../plugins/context-size.js";
import type { Desk } from "../desk.js";
import type { Locale } from "../locale.js";
import type { SlashCommand } from "../slash.js";
import { counted } from "../told/folded.js";

/** The names that an endpoint says it has; what it does not tell in time is not waited for. */
export type ListModels = (endpoint: NonNullable<Config["choice"]>) => Promise<readonly string[]>;

/** How long an endpoint may think about its list, in milliseconds. */
const PATIENCE = 2000;

type Words = {
  title: string;
  asking(host: string): string;
  now: string;
  roles: string;
  rolesAbout: string;
  gateway(tier: string): string;
  facts(facts: ModelFacts): string;
  already(model: string): string;
  switched(model: string): string;
  small(model: string, tokens: string, window: string): string;
};

const WORDS: Record<Locale, Words> = {
  en: {
    title: "Which model?",
    asking: (host) => `Asking ${host} for its models`,
    now: "at work now",
    roles: "the gateway, by role",
    rolesAbout: "whom its roles and tiers say",
    gateway: (tier) => `gateway, ${tier}`,
    facts: ({ window, price }) =>
      `${counted(window)} tokens, ${price ? `$${price.input} in, $${price.output} out a million` : "price unknown"}`,
    already: (model) => `${model} is at work already.`,
    switched: (model) => `Model ${model}, from the next request on.`,
    small: (model, tokens, window) =>
      `The conversation has about ${tokens} tokens and ${model} a window of ${window}: it will be compacted first.`,
  },
  zh: {
    title: "使用哪个模型？",
    asking: (host) => `正在向 ${host} 查询模型列表`,
    now: "当前使用",
    roles: "网关，按角色选择",
    rolesAbout: "由角色和层级决定",
    gateway: (tier) => `网关，${tier}`,
    facts: ({ window, price }) =>
      `${counted(window)} token，${price ? `每百万输入 $${price.input}、输出 $${price.output}` : "价格未知"}`,
    already: (model) => `${model} 已在使用。`,
    switched: (model) => `从下一次请求起使用模型 ${model}。`,
    small: (model, tokens, window) => `对话约有 ${tokens} token，而 ${model} 的窗口为 ${window}：会先压缩对话。`,
  },
};

/** `/model`: whom to ask from the next request on. */
export function modelCommands(listModels: ListModels): readonly SlashCommand[] {
  return [
    {
      name: "model",
      usage: "[NAME]",
      about: { en: "choose the model, or go on with the one named", zh: "选择模型，或切换到指定模型" },
      complete: (desk) => offered(desk, []).map(({ name, about }) => ({ value: name, label: name, about })),
      run: (desk, words) => (words === "" ? pick(desk, listModels) : use(desk, named(desk, words))),
    },
  ];
}

type Wish = Parameters<Desk["useModel"]>[0];
type Offer = { wish: Wish; name: string; about: string };

async function pick(desk: Desk, listModels: ListModels): Promise<void> {
  const { ui, locale } = desk;
  const words = WORDS[locale];
  const listed = await askEndpoint(desk, listModels);
  if (desk.signal.aborted) return;
  const offers = offered(desk, listed);
  const now = nowIn(desk);
  const items = [
    ...(byRole(desk) ? [{ value: {}, label: words.roles, about: words.rolesAbout }] : []),
    ...offers.map(({ wish, name, about }) => ({
      value: wish,
      label: visible(name),
      about: name === now ? `${words.now}${about === "" ? "" : `, ${about}`}` : about,
    })),
  ];
  const at = Math.max(
    0,
    items.findIndex(({ value }) => value.model === now && now !== undefined),
  );
  const wish = await ui.choose<Wish>({ title: words.title, items, at });
  if (wish !== undefined) await use(desk, wish);
}

async function askEndpoint(desk: Desk, listModels: ListModels): Promise<readonly string[]> {
  const endpoint = endpointIn(desk);
  if (endpoint === undefined) return [];
  const done = desk.ui.busy(WORDS[desk.locale].asking(new URL(endpoint.baseUrl).host));
  const late = AbortSignal.any([desk.signal, AbortSignal.timeout(PATIENCE)]);
  try {
    return await unlessAborted<readonly string[]>(late, [], () => listModels(endpoint).catch(() => []));
  } finally {
    done();
  }
}

// the one that works beside a gateway, or without one
function endpointIn({ config: { choice, gateway } }: Desk): Config["choice"] {
  return gateway === undefined || gateway.work.by === "flags" ? choice : undefined;
}

// a gateway that flags leave aside cannot be chosen from
function gatewayIn({ config: { gateway }, flags }: Desk): Config["gateway"] {
  const aside = [flags.baseUrl, flags.apiKey, flags.provider].some((flag) => flag !== undefined);
  return aside ? undefined : gateway;
}

function byRole(desk: Desk): boolean {
  const gateway = gatewayIn(desk);
  return gateway !== undefined && gateway.work.by !== "role";
}

/** The name of the model that works; undefined where a gateway's roles choose. */
function nowIn({ config: { choice, gateway } }: Desk): string | undefined {
  if (gateway === undefined || gateway.work.by === "flags") return choice?.model;
  return gateway.work.by === "name" ? gateway.work.name : undefined;
}

// the gateway's, what works now, what is known of the provider, and what the endpoint told
function offered(desk: Desk, listed: readonly string[]): Offer[] {
  const words = WORDS[desk.locale];
  const about = (name: string) => {
    const facts = lookup(name);
    return facts === undefined ? "" : words.facts(facts);
  };
  const gateway = (gatewayIn(desk)?.models ?? []).map(({ model: name, tier }) => ({
    wish: { model: name },
    name,
    about: [words.gateway(tier), about(name)].filter((each) => each !== "").join(", "),
  }));
  const endpoint = endpointIn(desk);
  const names = endpoint ? [endpoint.model, ...knownNames(endpoint), ...listed] : [];
  const own = names.map((name) => ({ wish: wishOf(endpoint, name), name, about: about(name) }));
  return [
    ...new Map([...own.toReversed(), ...gateway.toReversed()].map((each) => [each.name, each])).values(),
  ].reverse();
}

function wishOf(endpoint: Config["choice"], model: string): Wish {
  return { model, ...(endpoint && { provider: endpoint.provider }) };
}

function named(desk: Desk, words: string): Wish {
  if (/\s/.test(words)) throw new UsageError(`/model takes one name, and a name has no spaces: "${words}".`);
  return offered(desk, []).find(({ name }) => name === words)?.wish ?? { model: words };
}

async function use(desk: Desk, wish: Wish): Promise<void> {
  const { ui, locale } = desk;
  const words = WORDS[locale];
  const say = (text: string) => ui.say({ type: "note", text: visible(text) });
  if (wish.model !== undefined && wish.model === nowIn(desk)) return say(words.already(wish.model));
  await desk.useModel(wish);
  const { model, log } = desk.opened.agent;
  say(words.switched(model.id));
  const tokens = requestSize(log.events);
  if (tokens > SHARES.compact * model.window) say(words.small(model.id, counted(tokens), counted(model.window)));
}
