import { dirname } from "node:path";
import { text } from "../core/message.js";
import { sentence } from "../core/run-tools.js";
import type { Preview, Result, ToolContext } from "../core/tool.js";
import { fileReason, makeFolder } from "../platform/files.js";
import { type Codec, codecFor, UTF8 } from "./file-codec.js";
import { isCrlf } from "./find-text.js";
import { parsesNoLonger } from "./json-warning.js";
import { LARGE, type Loaded, loadFile, saveFile, type Target } from "./load-file.js";
import { previewOf } from "./preview.js";
import { reportEdit } from "./report-edit.js";
import { rememberFile } from "./seen-files.js";
import { refuseSuspect } from "./suspect-text.js";

type Writing = { file: Target; content: string };

/** The text that a file holds, when it is one that can be shown beside the new one. */
type Old = { codec: Codec; before: string };

/** What a file holds, and what is to stand in it; `old` is undefined where there is no text to show beside it. */
type Planned = { loaded: Loaded | undefined; old: Old | undefined; fresh: string };

/** Writes all of a file. One that exists keeps its encoding, its byte order mark and its line ends when all are CRLF. */
export async function writeText({ file, content }: Writing, context: ToolContext): Promise<Result> {
  const { path, target } = file;
  const { loaded, old, fresh } = await planned({ file, content });
  if (loaded !== undefined && old?.before === fresh) {
    rememberFile(context, target, loaded);
    return { parts: [text(`${path} already holds exactly this; nothing was written.`)] };
  }
  const { bytes, note } = encoded(fresh, path, old);
  if (loaded === undefined) prepareFolder(file);
  saveFile({ file, pieces: [bytes], before: loaded?.stat }, context);
  const lines = content === "" ? 0 : content.replace(/\n$/, "").split("\n").length;
  const endings = fresh === content ? "" : ", with CRLF as the file had";
  const lead = `${loaded === undefined ? "Created" : "Wrote"} ${path}, ${lines} lines${endings}${note}`;
  if (old === undefined) return { parts: [text(lead)], details: { path, added: lines, removed: 0, diff: "" } };
  const { before } = old;
  return reportEdit({ path, before, after: fresh, lead, warning: parsesNoLonger(path, before, fresh) });
}

/** What writing it would change. */
export async function previewWrite({ file, content }: Writing): Promise<Preview> {
  const { path } = file;
  const { loaded, old, fresh } = await planned({ file, content });
  if (loaded === undefined || old !== undefined) return previewOf({ path, before: old?.before ?? "", after: fresh });
  const what = loaded.bytes.length > LARGE ? "which is too large for a diff" : "which is not text";
  const sizes = `${loaded.bytes.length} bytes become ${Buffer.byteLength(fresh)}`;
  return { type: "text", text: `It replaces all of ${path}, ${what}: ${sizes}.` };
}

async function planned({ file, content }: Writing): Promise<Planned> {
  const { path } = file;
  if (path.endsWith("/")) throw new Error(`${path} names a folder; name a file in it.`);
  const loaded = loadFile(file);
  const old = loaded === undefined ? undefined : await textOf(loaded, path);
  refuseSuspect({ path, name: "content", fresh: content, known: loaded && (old?.before ?? "") });
  const crlf = old !== undefined && isCrlf(old.before) && !content.includes("\r\n");
  return { loaded, old, fresh: crlf ? content.replaceAll("\n", "\r\n") : content };
}

async function textOf({ bytes }: Loaded, path: string): Promise<Old | undefined> {
  if (bytes.length > LARGE) return undefined;
  try {
    const codec = await codecFor(bytes, path);
    return { codec, before: codec.decode(bytes) };
  } catch {
    return undefined;
  }
}

function encoded(content: string, path: string, old: Old | undefined): { bytes: Buffer; note: string } {
  const codec = old?.codec ?? UTF8;
  if (codec.asciiOnly && /[^\0-\x7f]/.test(content))
    return { bytes: UTF8.encode(content), note: ", as UTF-8, which the file was not" };
  try {
    return {
      bytes: codec.encode(content),
      note: codec.name === "UTF-8" ? "" : `, in ${codec.asciiOnly ? "ASCII" : codec.name}`,
    };
  } catch (error) {
    throw new Error(
      `${path} is ${codec.name}, and stays so: ${sentence(error)} Write it without, or convert the file first (iconv). Nothing was changed.`,
    );
  }
}

function prepareFolder({ path, target }: Target): void {
  try {
    makeFolder(dirname(target), 0o777);
  } catch (error) {
    throw new Error(`${path} could not be written: ${fileReason(error)}. It is as it was.`);
  }
}
