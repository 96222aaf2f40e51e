import { accessSync, constants } from "node:fs";
import { release } from "node:os";
import { delimiter, join } from "node:path";
import { styleText } from "node:util";
import { type Config, readConfig, thisMachine } from "../app/config.js";
import type { Flags } from "../app/input.js";
import { isolation } from "../app/isolation.js";
import { lookup } from "../models/catalog.js";
import { TIERS } from "../models/gateway/tiers.js";
import { reach } from "../models/reach.js";
import { isExecutable, makeFolder } from "../platform/files.js";
import { redactor } from "../platform/secrets.js";
import { visible } from "../platform/text.js";
import { newsOf } from "../plugins/instruction-news.js";
import { kilobytes } from "../plugins/instruction-reading.js";
import { instructionPlaces, mainInstructions } from "../store/instruction-files.js";
import { partFindings } from "./doctor-parts.js";
import type { Finding } from "./finding.js";
import { colours, write } from "./output.js";

/** Says what is configured and reachable, each problem with its mend. Exit code 1 when something must be mended. */
export async function doctor(flags: Flags): Promise<number> {
  const findings = await findingsOf(await readConfig(flags, thisMachine()));
  const lines = linesOf(findings, { colours: colours(process.stdout) });
  await write(process.stdout, `${lines.join("\n")}\n`, () => undefined);
  return findings.some((finding) => finding.level === "bad") ? 1 : 0;
}

/** What is configured, and what of it is reachable: endpoints are asked, 3 s at most. */
export async function findingsOf(config: Config): Promise<Finding[]> {
  return [
    node(),
    home(config),
    ...(config.choice || !config.gateway ? await model(config) : []),
    ...(await gateway(config)),
    program(config, "rg"),
    program(config, "git"),
    await sandbox(config),
    ...(await instructionFiles(config)),
    ...(await servers(config)),
    ...(await partFindings(config)),
    ...config.notices.map((what): Finding => ({ level: "note", what: visible(what) })),
  ];
}

/** Findings to print, a mark before each: its colour is not its only sign. */
export function linesOf(findings: readonly Finding[], look: { colours: boolean; mend?: string }): string[] {
  return findings.flatMap(({ level, what, mend }) => {
    const mark = { good: "✓", note: "·", bad: "✗" }[level];
    const style = { good: "green", note: "dim", bad: "red" } as const;
    const shown = look.colours ? styleText(style[level], mark, { validateStream: false }) : mark;
    return [`${shown} ${what}`, ...(mend === undefined ? [] : [`    ${look.mend ?? "mend: "}${mend}`])];
  });
}

function node(): Finding {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  const what = `Node ${process.versions.node} on ${process.platform} ${release()} ${process.arch}`;
  if (major > 20 || (major === 20 && minor >= 19)) return { level: "good", what };
  return { level: "bad", what, mend: "install Node 20.19 or newer" };
}

function home({ home: folder }: Config): Finding {
  try {
    makeFolder(folder, 0o700);
    accessSync(folder, constants.W_OK);
    return { level: "good", what: `sessions are kept in ${folder}` };
  } catch {
    return {
      level: "bad",
      what: `${folder} cannot be written: sessions are not saved`,
      mend: "set NANOCODER_HOME to a folder you own",
    };
  }
}

async function model({ choice, window }: Config): Promise<Finding[]> {
  if (!choice) {
    return [
      {
        level: "bad",
        what: "no model is configured",
        mend: "set OPENAI_API_KEY, ANTHROPIC_API_KEY or DEEPSEEK_API_KEY, or a base URL",
      },
    ];
  }
  const { known, price, key } = described({ ...choice, ...(window === undefined ? {} : { window }) });
  const asked = await reach(choice);
  return [
    {
      level: lookup(choice.model) ? "good" : "note",
      what: `model ${choice.model} (${choice.provider} wire): ${known}, ${price}`,
    },
    asked.reached
      ? { level: "good", what: `${choice.baseUrl} answers; ${key}` }
      : { level: "bad", what: `${choice.baseUrl}: ${asked.why}; ${key}`, mend: asked.mend },
  ];
}

type Described = { model: string; apiKey?: string; keyFrom?: string; window?: number };

function described({ model, apiKey, keyFrom, window }: Described): { known: string; price: string; key: string } {
  const facts = lookup(model);
  const size = window ?? facts?.window;
  return {
    known:
      size === undefined ? "window unknown (128,000 tokens assumed)" : `window ${size.toLocaleString("en")} tokens`,
    price: facts?.price ? `$${facts.price.input} in and $${facts.price.output} out per million` : "cost unknown",
    key: apiKey === "none" ? "no key (local servers need none)" : `key from ${keyFrom}`,
  };
}

// all at once: one that does not answer takes 3 s
async function gateway({ gateway: configured, window }: Config): Promise<Finding[]> {
  if (!configured) return [];
  const inOrder = TIERS.flatMap((tier) => configured.models.filter((each) => each.tier === tier));
  return Promise.all(
    inOrder.map(async (each): Promise<Finding> => {
      const { known, price, key } = described({ ...(window === undefined ? {} : { window }), ...each });
      const asked = await reach(each);
      const what = `gateway, ${each.tier}: ${each.model} (${each.provider} wire) at ${each.baseUrl}`;
      return asked.reached
        ? { level: "good", what: `${what} answers; ${known}, ${price}; ${key}` }
        : { level: "bad", what: `${what}: ${asked.why}; ${key}`, mend: asked.mend };
    }),
  );
}

function program({ childEnv }: Config, name: string): Finding {
  const folders = (childEnv.PATH ?? "").split(delimiter);
  const found = folders.map((folder) => join(folder, name)).find(isExecutable);
  if (found) return { level: "good", what: `${name}: ${found}` };
  const mend = name === "rg" ? "install ripgrep; until then a slower search of our own is used" : `install ${name}`;
  return { level: "note", what: `${name} was not found on PATH`, mend };
}

async function sandbox(config: Config): Promise<Finding> {
  const state = await isolation(config, [config.home])?.ready();
  if (state?.works)
    return { level: "good", what: "commands are isolated by bubblewrap: no network, writes only in the workspace" };
  if (state)
    return { level: "note", what: `commands are not isolated, and ask instead: ${state.why}`, mend: state.mend };
  const why =
    process.platform === "linux"
      ? "the workspace holds your home folder, or the sandbox is off"
      : `there is no sandbox for ${process.platform} yet`;
  return { level: "note", what: `commands are not isolated, and ask instead: ${why}` };
}

// those that nobody agreed to stand among the notices
async function servers(config: Config): Promise<Finding[]> {
  if (config.mcp.specs.length === 0) return [];
  const { tryServers } = await import("./mcp-servers-told.js");
  return (await tryServers(config, config.mcp.specs, 5000)).map(({ spec, ready, words }): Finding => {
    const what = `MCP server ${visible(spec.name)} (${visible(spec.shown)}): ${words}`;
    return ready ? { level: "good", what } : { level: "bad", what, mend: `nanocoder mcp test ${visible(spec.name)}` };
  });
}

// what is told of each file that counts here, and why anything is left out
async function instructionFiles({ home: own, cwd, userHome, keys }: Config): Promise<Finding[]> {
  const places = instructionPlaces(own, cwd);
  const news = newsOf({ places, userHome, redact: redactor(keys).text });
  const { files, notices } = await news.opening(mainInstructions(places));
  const used = files.filter(({ words }) => words !== "");
  const all = used.map(({ file, words }) => {
    const told = Buffer.byteLength(words);
    const more = told > file.size ? `; ${kilobytes(told)} with what it imports` : "";
    return `${visible(file.path)} (${kilobytes(file.size)}${more})`;
  });
  const none = `no instructions: neither ${join(own, "AGENTS.md")} nor an AGENTS.md, CLAUDE.md or GEMINI.md from ${places.root} down to here`;
  const listed = all.map((what): Finding => ({ level: "good", what: `instructions: ${what}` }));
  const problems = notices.map((what): Finding => ({ level: "note", what: visible(what) }));
  return files.length === 0 ? [{ level: "note", what: none }] : [...listed, ...problems];
}
