import { statSync } from "node:fs";
import type { Json } from "../core/message.js";
import { workspaceOf } from "../store/session-head.js";
import { type Last, lastSaid } from "../store/session-last.js";
import type { Resume } from "./assemble.js";
import { type Config, readConfig } from "./config.js";
import type { Flags, Machine } from "./input.js";
import { savedSession } from "./saved-session.js";
import { bare, type Endpoint, holds, MODE, MODEL, modeToGoOn } from "./session-settings.js";
import { UsageError } from "./usage-error.js";

type Wish = { flags: Flags; machine: Machine; resume: Resume; notice(line: string): void };

/**
 * The configuration to go on with a session: its folder, and, where no flag says otherwise, its model and its
 * permission mode. What could not be brought back is told in a notice each. Throws a UsageError.
 */
export async function resumed(wish: Wish): Promise<{ config: Config; resume: Resume }> {
  const here = await readConfig(wish.flags, wish.machine);
  const saved = savedSession(here, wish.resume.id ?? "last");
  const said = lastSaid(saved.path, [MODE, MODEL]);
  const cwd = said.cwd ?? workspaceOf(saved.path) ?? here.cwd;
  if (!isFolder(cwd)) throw new UsageError(gone(saved.id, cwd));
  if (cwd !== here.cwd) wish.notice(`This session works in ${cwd}, where it began.`);
  const there = cwd === here.cwd ? here : await readConfig({ ...wish.flags, cwd }, wish.machine);
  const flags = { ...wish.flags, cwd, ...modeFlag(wish, there, said) };
  const config = await withModel({ ...wish, flags }, said.states[MODEL]);
  return { config, resume: { ...wish.resume, id: saved.id } };
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}

function gone(id: string, cwd: string): string {
  return `The session ${id} works in ${cwd}, and that folder is not there any more. Put it back, or read the session with nanocoder sessions show ${id}.`;
}

function modeFlag({ flags, notice }: Wish, { mode: now }: Config, { states }: Last): { permissionMode?: string } {
  if (flags.permissionMode !== undefined || flags.yolo) return {};
  const { mode, was } = modeToGoOn(states[MODE], now);
  if (mode !== now) notice(`Permission mode ${mode}, as this session was left; --permission-mode ${now} changes it.`);
  else if (was === "auto" && now !== was)
    notice(`This session was in mode auto; now it is ${now}. --permission-mode auto brings auto back.`);
  return { permissionMode: mode };
}

async function withModel({ flags, machine, notice }: Wish, kept: Json | undefined): Promise<Config> {
  const plain = () => readConfig(flags, machine);
  const { model, provider, baseUrl } = flags;
  const own = endpointIn(kept);
  if (own === undefined || [model, provider, baseUrl].some((each) => each !== undefined)) return plain();
  const usual = await plain();
  const left = `Model ${own.model}, as this session was left; -m changes it.`;
  if (holds(usual.gateway, own)) {
    notice(left);
    return readConfig({ ...flags, model: own.model }, machine);
  }
  const config = await readConfig({ ...flags, provider: own.provider, model: own.model }, machine);
  const again = config.choice !== undefined && bare(config.choice.baseUrl) === own.baseUrl;
  const now = (again ? config : usual).choice;
  if (!again && now)
    notice(
      `This session used ${own.model} at ${own.baseUrl}, which is not configured now: it goes on with ${now.model}.`,
    );
  if (again && own.model !== usual.choice?.model) notice(left);
  return again ? config : usual;
}

function endpointIn(kept: Json | undefined): Endpoint | undefined {
  if (typeof kept !== "object" || kept === null || Array.isArray(kept)) return undefined;
  const { provider, model, baseUrl } = kept;
  if (typeof model !== "string" || typeof baseUrl !== "string") return undefined;
  return provider === "openai" || provider === "anthropic" ? { provider, model, baseUrl } : undefined;
}
