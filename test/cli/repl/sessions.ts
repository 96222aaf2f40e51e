import type { Resume } from "../../../src/app/assemble.js";
import { readConfig } from "../../../src/app/config.js";
import { type Desk, openDesk } from "../../../src/cli/repl/desk.js";
import type { Locale } from "../../../src/cli/repl/locale.js";
import type { Choice, Field, Said, Ui } from "../../../src/cli/repl/port.js";
import type { Delta, Event } from "../../../src/core/event.js";
import { text } from "../../../src/core/message.js";
import type { Script } from "../../../src/models/scripted/script.js";
import { modelServer } from "../../../src/models/scripted/server.js";
import { openaiAt, type Place, place } from "../nanocoder.js";

/** What a person does at a recording front end; each answer is used once, and a question without one is left. */
export type Person = {
  choose?: (unknown | ((choice: Choice<unknown>) => unknown))[];
  fill?: (string | undefined)[];
  edit?: ((words: string) => string | undefined)[];
  /** Hears all that is seen, while it happens. */
  see?(item: Event | Delta): void;
};

export type Seen = {
  said: Said[];
  boards: (() => readonly string[])[];
  asked: { title: string; labels: string[] }[];
  fields: Field[];
  put: string[];
  items: (Event | Delta)[];
};

/** A front end that records. A board is read each time that something is seen, and kept where it changed. */
export function recording(person: Person): Ui & { seen: Seen; drawn: string[] } {
  const seen: Seen = { said: [], boards: [], asked: [], fields: [], put: [], items: [] };
  const drawn: string[] = [];
  let board: (() => readonly string[]) | undefined;
  const draw = () => {
    const now = board?.().join("\n");
    if (now !== undefined && drawn.at(-1) !== now) drawn.push(now);
  };
  return {
    seen,
    drawn,
    see(item) {
      seen.items.push(item);
      person.see?.(item);
      draw();
    },
    recount: () => undefined,
    say: (said) => void seen.said.push(said),
    ask: async () => ({ verdict: "allow", why: "asked" }),
    async choose<T>(choice: Choice<T>) {
      seen.asked.push({ title: choice.title, labels: choice.items.map(({ label }) => label) });
      const answer = person.choose?.shift();
      const wanted = typeof answer === "function" ? answer(choice) : answer;
      return choice.items.find(({ value }) => value === wanted)?.value;
    },
    async fill(field) {
      seen.fields.push(field);
      return person.fill?.shift();
    },
    busy: () => () => undefined,
    board(lines) {
      board = lines;
      draw();
    },
    refresh: () => undefined,
    put: (words) => void seen.put.push(words),
    edit: async (words) => person.edit?.shift()?.(words),
    transcript: async () => undefined,
    ring: () => undefined,
    close: () => undefined,
  };
}

type Opening = {
  where: Place;
  url: string;
  person?: Person;
  resume?: Resume;
  locale?: Locale;
  flags?: object;
  env?: Record<string, string>;
};

export type Opened = {
  desk: Desk;
  ui: ReturnType<typeof recording>;
  events(): readonly Event[];
  /** What was said, as one text. */
  told(): string;
  prompt(words: string): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
};

/** A session at a real desk, whose front end records. */
export async function opened({ where, url, person = {}, resume = {}, ...more }: Opening): Promise<Opened> {
  const ui = recording(person);
  const flags = {
    outputFormat: "text" as const,
    permissionMode: "auto",
    sandbox: false,
    cwd: where.work,
    ...more.flags,
  };
  const env = { PATH: process.env.PATH, HOME: where.home, ...(more.env ?? openaiAt(url)) };
  const config = await readConfig(flags, { env, cwd: where.work, homedir: where.home });
  const desk = await openDesk({ ui, locale: more.locale ?? "en", flags }, { config, resume });
  const { log, inbox } = desk.opened.agent;
  return {
    desk,
    ui,
    events: () => log.events,
    told: () => ui.seen.said.map((said) => said.text).join("\n"),
    prompt: (words) =>
      desk.during(async () => {
        inbox.post({ parts: [text(words)], from: "user" });
        await desk.run();
      }),
    [Symbol.asyncDispose]: () => desk.close(),
  };
}

type Scripted = Partial<Omit<Opening, "url">>;

/** The same against a scripted server of its own; both end together. */
export async function scripted(script: Script, { where = place(), ...more }: Scripted = {}) {
  const server = await modelServer(script);
  const made = await opened({ where, url: server.url, ...more });
  return {
    ...made,
    where,
    requests: server.requests,
    async [Symbol.asyncDispose]() {
      await made[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}
