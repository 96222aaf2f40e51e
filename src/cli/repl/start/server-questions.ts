import type { AskedServer } from "../../../app/mcp-chosen.js";
import { visible } from "../../../platform/text.js";
import { keepConsent } from "../../../store/consents.js";
import { serverWords } from "../../trust.js";
import type { Locale } from "../locale.js";
import type { Ui } from "../port.js";

type Folder = { ui: Ui; locale: Locale; home: string; cwd: string };

/** Asks about each server of a project that nobody said anything of as it is written; true when one may be started now. */
export async function serverQuestions(
  { ui, locale, home, cwd }: Folder,
  servers: readonly AskedServer[],
): Promise<boolean> {
  const words = WORDS[locale];
  let agreed = false;
  for (const server of servers.filter(({ consent }) => consent !== "refused")) {
    ui.say({ type: "text", text: serverWords(server) });
    const answer = await ui.choose({
      title: words.title(visible(server.name)),
      items: [
        { value: true, label: words.start, about: words.until },
        { value: false, label: words.no, about: words.again },
      ],
      at: 1,
    });
    // who leaves the question is asked again the next time
    if (answer !== undefined) keepConsent(home, cwd, { ...server, agreed: answer });
    agreed ||= answer === true;
  }
  return agreed;
}

const WORDS = {
  en: {
    title: (name: string) => `Start the MCP server ${name} in this folder?`,
    start: "Start it",
    until: "each time, until it is written otherwise",
    no: "No",
    again: "nanocoder trust asks again",
  },
  zh: {
    title: (name: string) => `在这个文件夹中启动 MCP 服务器 ${name} 吗？`,
    start: "启动",
    until: "以后每次都启动，直到它的配置有改动",
    no: "不启动",
    again: "nanocoder trust 会再次询问",
  },
} satisfies Record<Locale, unknown>;
