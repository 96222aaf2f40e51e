import type { ElicitAnswer, Elicited, Field } from "../../../mcp/types.js";
import { visible } from "../../../platform/text.js";
import type { Locale } from "../locale.js";
import type { Ui } from "../port.js";

type Value = string | number | boolean | string[];
type Asker = { ui: Pick<Ui, "choose" | "fill" | "say">; locale: Locale; signal?: AbortSignal };

/** Fills in a form that a server asks for, one field after another. Leaving a field cancels; nothing is sent unasked. */
export async function fillForm({ server, message, fields }: Elicited, asker: Asker): Promise<ElicitAnswer> {
  const words = WORDS[asker.locale];
  const items = [
    { value: true, label: words.answer },
    { value: false, label: words.decline },
  ];
  const { signal } = asker;
  const willing = await asker.ui.choose({ title: words.asks(visible(server), message), items, signal });
  if (willing === undefined) return { action: "cancel" };
  if (!willing) return { action: "decline" };
  const content: Record<string, Value> = {};
  for (const field of fields) {
    const value = await asked(field, asker);
    if (value === undefined) return { action: "cancel" };
    if (value !== "") content[field.name] = value;
  }
  return { action: "accept", content };
}

async function asked(field: Field, { ui, locale, signal }: Asker): Promise<Value | undefined> {
  const words = WORDS[locale];
  const more = [field.about === "" ? "" : `: ${field.about}`, field.required ? "" : ` ${words.optional}`];
  const title = field.title + more.join("");
  if (field.kind === "boolean") {
    const items = [
      { value: true, label: words.yes },
      { value: false, label: words.no },
    ];
    return ui.choose({ title, items, at: field.fallback === false ? 1 : 0, signal });
  }
  if (field.kind !== "one") return typed({ ...field, title }, { ui, locale, ...(signal && { signal }) });
  const at = field.options.findIndex(({ value }) => value === field.fallback);
  return ui.choose({ title, items: field.options, at: Math.max(0, at), signal });
}

async function typed(field: Field, { ui, locale, signal }: Asker): Promise<Value | undefined> {
  const { title, kind, options, fallback } = field;
  const hint = kind === "many" ? ` (${options.map(({ value }) => value).join(", ")})` : "";
  const text = Array.isArray(fallback) ? fallback.join(", ") : String(fallback ?? "");
  for (;;) {
    const line = await ui.fill({ title: title + hint, text, signal });
    if (line === undefined) return undefined;
    const read = readAs(field, line.trim());
    if (read !== undefined) return read;
    const wanted = kind === "number" || kind === "integer" || kind === "many" ? kind : "some";
    ui.say({ type: "error", text: WORDS[locale].wanted[wanted] });
  }
}

// undefined: that is none
function readAs({ kind, required, options }: Field, line: string): Value | undefined {
  if (line === "") return required ? undefined : "";
  if (kind === "number" || kind === "integer") {
    const number = Number(line);
    return Number.isFinite(number) && (kind === "number" || Number.isInteger(number)) ? number : undefined;
  }
  if (kind !== "many") return line;
  const chosen = line
    .split(/[,，]/)
    .map((each) => each.trim())
    .filter((each) => each !== "");
  return chosen.every((each) => options.some(({ value }) => value === each)) ? chosen : undefined;
}

const WORDS = {
  en: {
    asks: (server: string, message: string) => `The MCP server ${server} asks: ${message}`,
    answer: "Answer",
    decline: "Decline",
    optional: "(may be left empty)",
    yes: "Yes",
    no: "No",
    wanted: {
      some: "Something is wanted here.",
      number: "A number is wanted here.",
      integer: "A whole number is wanted here.",
      many: "Some of the listed words are wanted here, with commas between them.",
    },
  },
  zh: {
    asks: (server: string, message: string) => `MCP 服务器 ${server} 询问：${message}`,
    answer: "回答",
    decline: "拒绝",
    optional: "（可以留空）",
    yes: "是",
    no: "否",
    wanted: {
      some: "这里不能为空。",
      number: "这里需要一个数字。",
      integer: "这里需要一个整数。",
      many: "请从列出的词中选择，用逗号分隔。",
    },
  },
} satisfies Record<Locale, unknown>;
