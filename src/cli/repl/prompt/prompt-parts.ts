import { existsSync } from "node:fs";
import { type Image, plainText, text, type UserPart } from "../../../core/message.js";
import { sentence } from "../../../core/run-tools.js";
import type { ToolContext } from "../../../core/tool.js";
import { realTarget } from "../../../platform/files.js";
import { isSecret } from "../../../shell/secrets.js";
import { readFile } from "../../../tools/read-file.js";
import type { Submitted } from "../port.js";
import { readImage } from "./images.js";
import { type Mention, mentioned } from "./mentions.js";

/** Characters of files that come with one prompt; what is beyond is only named. */
const MOST = 120_000;

type Parts = {
  /** What `read_file` reads with: what was read is remembered in it, so that the model may edit it. */
  context: ToolContext;
  /** The user's home, in which secrets lie. */
  home: string;
  /** Why a file is not to be read, by the rules of the session. */
  refuses?(path: string): string | undefined;
};

/**
 * A prompt as the model gets it: its words as they are, its images, and behind them what the files hold that it names
 * by `@path`. `notices` tell the person what could not come with it.
 */
export async function promptParts(
  words: string,
  { images, typed }: Pick<Submitted, "images" | "typed">,
  parts: Parts,
): Promise<{ parts: UserPart[]; notices: string[] }> {
  const notices: string[] = [];
  const pictures = images.flatMap(({ path }) => attempt(() => readImage(path), notices) ?? []);
  const { cwd } = parts.context;
  const files: string[] = [];
  let room = MOST;
  for (const mention of mentioned(typed, cwd, existsSync)) {
    const got = await contentOf(mention, parts, room).catch((error: unknown) => sentence(error));
    if (typeof got === "string") notices.push(got);
    else if ("image" in got) pictures.push(got.image);
    else {
      files.push(fenced(mention.path, got.content));
      room -= got.content.length;
    }
  }
  const told = files.length === 0 ? [] : [text(`\n\nWhat the files named with @ hold now:\n\n${files.join("\n\n")}`)];
  return { parts: [text(words), ...pictures, ...told], notices };
}

type Got = { image: Image } | { content: string };

// a string says why it does not come
async function contentOf({ path, target }: Mention, parts: Parts, room: number): Promise<Got | string> {
  const { context, home, refuses } = parts;
  const real = realTarget(context.cwd, target);
  const root = realTarget(context.cwd, ".");
  const isInside = real === root || real.startsWith(root === "/" ? root : `${root}/`);
  if (!isInside) return `@${path} lies outside of ${root}: only its name is sent.`;
  if (isSecret(real, { home })) return `@${path} may hold secrets: only its name is sent.`;
  const refusal = refuses?.(real);
  if (refusal !== undefined) return `@${path}: ${refusal} Only its name is sent.`;
  if (/\.(png|jpe?g|gif|webp)$/i.test(real)) return { image: readImage(real) };
  const result = await readFile().run({ path: real }, context);
  const content = typeof result === "string" ? result : plainText(result.parts);
  if (content.length > room) return `@${path} is more than fits beside the other files: only its name is sent.`;
  return { content };
}

function attempt<T>(read: () => T, notices: string[]): T | undefined {
  try {
    return read();
  } catch (error) {
    notices.push(sentence(error));
    return undefined;
  }
}

// a fence that is longer than any in the file
function fenced(path: string, content: string): string {
  const longest = Math.max(2, ...[...content.matchAll(/`{3,}/g)].map(([run]) => run.length));
  const fence = "`".repeat(longest + 1);
  return `${path}\n${fence}\n${content}\n${fence}`;
}
