import { trust } from "../../../store/trust.js";
import { trustAsked } from "../../trust.js";
import type { Locale } from "../locale.js";
import type { Ui } from "../port.js";

type Folder = { ui: Ui; locale: Locale; home: string; cwd: string };

/**
 * Asks whether a folder's settings may count, with all that they would gain; a yes is remembered until they change.
 * Asks nothing where there is nothing to gain. "once" is what `--trust` is.
 */
export async function trustQuestion({ ui, locale, home, cwd }: Folder): Promise<"trusted" | "once" | "not trusted"> {
  const asked = await trustAsked({ home, cwd });
  if (asked.state === "trusted") return "trusted";
  if (asked.state === "nothing" || asked.phrases.length === 0) return "not trusted";
  const words = WORDS[locale];
  ui.say({ type: "text", text: asked.words });
  const answer = await ui.choose<"trusted" | "once" | "not trusted">({
    title: words.title(asked.state === "changed"),
    items: [
      { value: "trusted", label: words.trust, about: words.until },
      { value: "once", label: words.once },
      { value: "not trusted", label: words.no, about: words.unused },
    ],
    at: 2,
    firm: true,
  });
  if (answer === "trusted") trust(home, cwd, asked.files);
  return answer ?? "not trusted";
}

const WORDS = {
  en: {
    title: (changed: boolean) =>
      changed
        ? "These settings changed since you trusted them. Trust them again?"
        : "Trust the settings of this folder?",
    trust: "Trust",
    until: "until one of these files changes",
    once: "This once",
    no: "No",
    unused: "nothing of it is used",
  },
  zh: {
    title: (changed: boolean) => (changed ? "这些设置在你信任之后有改动。重新信任吗？" : "信任这个文件夹的设置吗？"),
    trust: "信任",
    until: "直到其中的文件有改动",
    once: "仅这一次",
    no: "不信任",
    unused: "其中的内容都不会使用",
  },
} satisfies Record<Locale, unknown>;
