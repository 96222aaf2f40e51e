import { createInterface, type Interface } from "node:readline";
import { UsageError } from "../app/usage-error.js";
import { visible } from "../platform/text.js";
import { type ListedSession, listSessions } from "../store/session-list.js";
import { cutTo } from "./columns.js";
import { counted } from "./session-text.js";
import { ageOf } from "./when.js";

/** Sessions shown at a time, and those that a filter looks at. */
const MOST = { shown: 20, searched: 2000 };

type Screen = { input: NodeJS.ReadableStream; output: NodeJS.WritableStream & { columns?: number } };
type Place = { home: string; cwd: string } & Screen;

/** Lets a person choose one of the workspace's sessions by its number, or by part of its title; undefined: none. */
export async function pickSession({ home, cwd, input, output }: Place): Promise<string | undefined> {
  const find = (limit: number) => listSessions(home, { cwd, limit }).sessions;
  let shown = find(MOST.shown);
  if (shown.length === 0)
    throw new UsageError(`There is no session of ${cwd} to continue. See nanocoder sessions --all.`);
  const lines = createInterface({ input, output });
  const say = (words: string) => output.write(`${words}\n`);
  try {
    for (;;) {
      say(choiceOf(shown, output.columns ?? 80));
      const answer = await asked(lines, "Number, part of a title, or nothing: ");
      if (answer === undefined) say("");
      if (!answer) return void say("No session was chosen.");
      const numbered = /^\d+$/.test(answer) && shown[Number(answer) - 1];
      if (numbered) return numbered.id;
      const found = find(MOST.searched).filter((session) => isMeant(session, answer));
      shown = found.length > 0 ? found.slice(0, MOST.shown) : shown;
      if (found.length === 0) say(`No title holds "${visible(answer)}".`);
    }
  } finally {
    lines.close();
  }
}

function isMeant({ id, title }: ListedSession, words: string): boolean {
  return title.toLowerCase().includes(words.toLowerCase()) || id.startsWith(words);
}

function choiceOf(sessions: readonly ListedSession[], columns: number): string {
  const now = Date.now();
  const lines = sessions.map(({ at, title, turns }, n) => {
    const number = String(n + 1).padStart(String(sessions.length).length);
    const answers = (turns === undefined ? "" : counted(turns, "turn")).padStart(8);
    return cutTo(`${number}  ${ageOf(at, now).padStart(6)}  ${answers}  ${visible(title)}`, columns);
  });
  return lines.join("\n");
}

// undefined: Ctrl-C or Ctrl-D
function asked(lines: Interface, question: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    lines.once("close", () => resolve(undefined));
    lines.once("SIGINT", () => lines.close());
    lines.question(question, (answer) => resolve(answer.trim()));
  });
}
