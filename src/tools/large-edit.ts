import { isUtf8 } from "node:buffer";
import { text } from "../core/message.js";
import type { Result, ToolContext } from "../core/tool.js";
import { COUNTED, type Wanted } from "./find-text.js";
import { type Loaded, saveFile, type Target } from "./load-file.js";
import { refuseSuspect } from "./suspect-text.js";

type Job = { file: Target; changes: readonly Wanted[]; loaded: Loaded };

/** Edits a file that is too large to be held as text: exact text only, one change, no diff. Holds its bytes once. */
export function editLarge({ file, changes, loaded }: Job, context: ToolContext): Result {
  const { path } = file;
  const [change] = changes;
  if (change === undefined || changes.length > 1)
    throw new Error(`${path} is larger than 8 MiB: send one edit at a time. Nothing was changed.`);
  const { old, fresh, all } = change;
  const { bytes } = loaded;
  if (old === "" || old === fresh)
    throw new Error("old_text is empty or the same as new_text: give the text to replace. Nothing was changed.");
  refuseBytes(path, bytes, change);
  refuseSuspect({ path, name: "new_text", fresh, known: old });
  const { needle, hits } = search(bytes, change);
  if (hits.length === 0)
    throw new Error(
      `old_text stands 0 times in ${path}; nothing was changed. In a file larger than 8 MiB only exact text is found: look at it with grep.`,
    );
  if (hits.length > 1 && !all)
    throw new Error(
      `old_text stands ${hits.length < COUNTED ? "" : "at least "}${hits.length} times in ${path}. Add lines around it until it is unique, or set replace_all. Nothing was changed.`,
    );
  if (hits.some((at) => (bytes[at - 1] ?? 0) > 0x7f) && !isUtf8(bytes))
    throw new Error(
      `old_text stands behind a character of ${path} that is not UTF-8: begin it with the blank or line end before. Nothing was changed.`,
    );
  const put = Buffer.from(
    needle.includes("\r\n") ? fresh.replace(/\r?\n/g, "\r\n") : endingsAt(bytes, hits[0] ?? 0, fresh),
  );
  saveFile({ file, pieces: pieces(bytes, hits, { needle, put }), before: loaded.stat }, context);
  const [added, removed] = [lines(fresh) * hits.length, lines(old) * hits.length];
  const lead = hits.length > 1 ? `Edited ${path} in ${hits.length} places` : `Edited ${path}`;
  return {
    parts: [text(`${lead} (+${added} -${removed})\n[the file is too large for a diff]`)],
    details: { path, added, removed, diff: "" },
  };
}

function refuseBytes(path: string, bytes: Buffer, { old, fresh }: Wanted): void {
  if (bytes.includes(0))
    throw new Error(
      `${path} is binary, or UTF-16 and larger than 8 MiB; it cannot be edited here. Nothing was changed.`,
    );
  if (!isUtf8(bytes) && /[^\0-\x7f]/.test(old + fresh))
    throw new Error(`${path} is not UTF-8 and larger than 8 MiB: only ASCII can be edited in it. Nothing was changed.`);
}

type Search = { needle: Buffer; hits: number[] };

// as it came, or else with CRLF
function search(bytes: Buffer, { old, all }: Wanted): Search {
  const exact = Buffer.from(old);
  const most = all ? Number.POSITIVE_INFINITY : COUNTED;
  const hits = placesOf(bytes, exact, most);
  if (hits.length > 0 || !/(?<!\r)\n/.test(old)) return { needle: exact, hits };
  const needle = Buffer.from(old.replace(/\r?\n/g, "\r\n"));
  return { needle, hits: placesOf(bytes, needle, most) };
}

function placesOf(bytes: Buffer, needle: Buffer, most: number): number[] {
  const step = most === COUNTED ? 1 : needle.length;
  const hits: number[] = [];
  for (let at = bytes.indexOf(needle); at >= 0 && hits.length < most; at = bytes.indexOf(needle, at + step)) {
    hits.push(at);
  }
  return hits;
}

function endingsAt(bytes: Buffer, at: number, fresh: string): string {
  const end = bytes.lastIndexOf(10, at);
  const unix = fresh.replaceAll("\r\n", "\n");
  return end > 0 && bytes[end - 1] === 13 ? unix.replaceAll("\n", "\r\n") : unix;
}

function pieces(bytes: Buffer, hits: readonly number[], { needle, put }: { needle: Buffer; put: Buffer }): Buffer[] {
  const out: Buffer[] = [];
  let from = 0;
  for (const at of hits) {
    out.push(bytes.subarray(from, at), put);
    from = at + needle.length;
  }
  return [...out, bytes.subarray(from)];
}

function lines(part: string): number {
  return part === "" ? 0 : part.replace(/\n$/, "").split("\n").length;
}
