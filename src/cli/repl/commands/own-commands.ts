import type { UserCommand } from "../../../store/command-files.js";
import { trustAsked } from "../../trust.js";
import type { Desk } from "../desk.js";
import type { SlashCommand } from "../slash.js";
import { useCommand, userCommands } from "./user-commands.js";

/** How long a list of files is taken for true, in milliseconds. */
const FRESH = 2000;

/** The commands of Markdown files, as commands, once they are read. The list is read anew when it is asked for after a while. */
export async function ownCommands(
  desk: Desk,
  builtins: readonly SlashCommand[],
): Promise<() => readonly SlashCommand[]> {
  let known: readonly SlashCommand[] = [];
  const names = builtins.flatMap(({ name, also = [] }) => [name, ...also]);
  const look = async () => {
    const { home, cwd } = desk.config;
    read = { at: Date.now(), cwd };
    try {
      known = (await userCommands({ home, cwd, builtins: names })).map(commandOf);
    } catch (error) {
      desk.ui.say({ type: "error", text: String(error) });
    }
  };
  let read = { at: 0, cwd: "" };
  await look();
  return () => {
    if (read.cwd !== desk.config.cwd || Date.now() - read.at > FRESH) void look();
    return known;
  };
}

function commandOf(command: UserCommand): SlashCommand {
  const { name, hint = "[WORDS]", description = "", problem, from } = command;
  const about = `${problem ?? description} (${from})`;
  return { name, usage: hint, about: { en: about, zh: about }, run: (desk, words) => used(command, words, desk) };
}

// the model that a command wants answers its prompt, and the session goes on with its own
async function used(command: UserCommand, words: string, desk: Desk): Promise<void> {
  const { ui, locale, config, flags, opened } = desk;
  const trusted = flags.trust === true || (await trustAsked(config)).state === "trusted";
  const sent = await useCommand(command, words, { ui, locale, cwd: config.cwd, trusted });
  if (sent === undefined) return;
  const { provider } = config.choice ?? {};
  const before = { model: opened.agent.model.id, ...(provider && { provider }) };
  if (sent.model !== undefined) await desk.useModel({ model: sent.model });
  try {
    desk.post(sent.text);
    await desk.answer();
  } finally {
    if (sent.model !== undefined) await desk.useModel(before);
  }
}
