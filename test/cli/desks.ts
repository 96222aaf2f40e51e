import { join } from "node:path";
import { vi } from "vitest";
import { readConfig, thisMachine } from "../../src/app/config.js";
import type { RunFlags } from "../../src/cli/asked.js";
import { builtinCommands } from "../../src/cli/repl/commands/commands.js";
import type { ListModels } from "../../src/cli/repl/commands/commands-model.js";
import { type Desk, openDesk } from "../../src/cli/repl/desk.js";
import type { Locale } from "../../src/cli/repl/locale.js";
import type { Choice, Said, Ui } from "../../src/cli/repl/port.js";
import type { SlashCommand } from "../../src/cli/repl/slash.js";
import { take } from "../../src/cli/repl/talk.js";
import type { Delta, Event } from "../../src/core/event.js";
import type { Clock } from "../../src/plugins/schedules.js";
import { place } from "./nanocoder.js";

/** A choice that was shown, as labels with what stands beside them. */
type Offered = { title: string; labels: string[]; at: number | undefined };

/** A front end that keeps what it is told, and answers choices by the beginning of a label, in order. */
export class FakeUi implements Ui {
  readonly said: Said[] = [];
  readonly seen: (Event | Delta)[] = [];
  readonly offered: Offered[] = [];
  readonly recounted: number[] = [];
  readonly busied: string[] = [];
  readonly choices: string[] = [];
  boarded = 0;

  /** All that was said since this was last asked for. */
  get words(): string {
    return this.said
      .splice(0)
      .map(({ type, text }) => (type === "error" ? `ERROR ${text}` : text))
      .join("\n");
  }

  see(item: Event | Delta): void {
    this.seen.push(item);
  }
  recount(events: readonly Event[]): void {
    this.recounted.push(events.length);
  }
  say(said: Said): void {
    this.said.push(said);
  }
  async ask(): Promise<{ verdict: "deny"; why: string }> {
    return { verdict: "deny", why: "nobody asked" };
  }
  async choose<T>({ title, items, at }: Choice<T>): Promise<T | undefined> {
    this.offered.push({ title, labels: items.map(({ label, about }) => `${label} | ${about ?? ""}`), at });
    const wanted = this.choices.shift();
    return items.find(({ label }) => wanted !== undefined && label.startsWith(wanted))?.value;
  }
  async fill(): Promise<undefined> {}
  busy(what: string): () => void {
    this.busied.push(what);
    return () => undefined;
  }
  board(): void {
    this.boarded += 1;
  }
  refresh(): void {}
  put(): void {}
  async edit(): Promise<undefined> {}
  async transcript(): Promise<void> {}
  ring(): void {}
  close(): void {}
}

export type Sitting = AsyncDisposable & {
  desk: Desk;
  ui: FakeUi;
  commands: readonly SlashCommand[];
  home: string;
  work: string;
  /** Sends words and gives what was said. */
  send(words: string): Promise<string>;
};

type Wish = {
  env: Record<string, string>;
  locale?: Locale;
  flags?: Partial<RunFlags>;
  where?: { home: string; work: string };
  listModels?: ListModels;
  clock?: Clock;
};

/** Opens a session at a fake front end, in a home and a folder of its own. */
export async function sit({ env, locale = "en", flags, where = place(), listModels, clock }: Wish): Promise<Sitting> {
  const { home, work } = where;
  for (const [name, value] of Object.entries({ ...env, HOME: home, NANOCODER_HOME: join(home, ".nanocoder") }))
    vi.stubEnv(name, value);
  const run: RunFlags = { outputFormat: "text", cwd: work, ...flags };
  const ui = new FakeUi();
  const desk = await openDesk(
    { ui, locale, flags: run, clock },
    { config: await readConfig(run, thisMachine()), resume: {} },
  );
  const all = (): readonly SlashCommand[] => commands;
  const commands = builtinCommands({ all, leave: () => undefined, listModels: listModels ?? (async () => []) });
  const send = async (words: string) => {
    await take({ words }, desk, all());
    return ui.words;
  };
  ui.said.splice(0);
  return { desk, ui, commands, home, work, send, [Symbol.asyncDispose]: () => desk.close() };
}
