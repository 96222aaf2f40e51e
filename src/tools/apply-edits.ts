import { sentence } from "../core/run-tools.js";
import type { Preview, Result, ToolContext } from "../core/tool.js";
import { type Codec, codecFor } from "./file-codec.js";
import type { Hit, Wanted } from "./find-text.js";
import { parsesNoLonger } from "./json-warning.js";
import { editLarge } from "./large-edit.js";
import { LARGE, type Loaded, loadFile, saveFile, type Target } from "./load-file.js";
import { matchText } from "./match-text.js";
import { previewOf, tooLarge } from "./preview.js";
import { reportEdit } from "./report-edit.js";
import { hasChanged, seenFile } from "./seen-files.js";
import { refuseSuspect } from "./suspect-text.js";

export type Edits = { file: Target; changes: readonly Wanted[] };

/** The text so far, where it was written by earlier changes of the call, and what is to be told. */
type Work = { content: string; written: readonly Hit[]; places: number; notes: readonly string[] };

type Job = { file: Target; codec: Codec; before: string };

/** Applies changes to a file one after the other, all or none, and writes it once. */
export async function applyEdits({ file, changes }: Edits, context: ToolContext): Promise<Result> {
  const { path } = file;
  const loaded = loadKnown(file, context);
  if (loaded.bytes.length > LARGE) return editLarge({ file, changes, loaded }, context);
  const { job, work } = await edited({ file, changes }, loaded);
  const { content: after, places, notes } = work;
  saveFile({ file, pieces: [encoded(after, path, job.codec)], before: loaded.stat }, context);
  const lead = [places > 1 ? `Edited ${path} in ${places} places` : `Edited ${path}`, ...new Set(notes)].join(", ");
  return reportEdit({ path, before: job.before, after, lead, warning: parsesNoLonger(path, job.before, after) });
}

/** What the changes would make of a file. */
export async function previewEdits({ file, changes }: Edits, context: ToolContext): Promise<Preview> {
  const loaded = loadKnown(file, context);
  if (loaded.bytes.length > LARGE) return tooLarge(file.path, loaded.bytes.length);
  const { job, work } = await edited({ file, changes }, loaded);
  return previewOf({ path: file.path, before: job.before, after: work.content });
}

async function edited({ file, changes }: Edits, { bytes }: Loaded): Promise<{ job: Job; work: Work }> {
  const codec = await codecFor(bytes, file.path);
  const job = { file, codec, before: codec.decode(bytes) };
  const work = await applyAll(job, changes);
  if (work.content === job.before) throw new Error(`${file.path} already reads like this: there is nothing to change.`);
  return { job, work };
}

function loadKnown(file: Target, context: ToolContext): Loaded {
  const loaded = loadFile(file);
  if (loaded === undefined)
    throw new Error(`${file.path} does not exist; create it with write_file, or look for it with glob.`);
  refuseStale(file, loaded, context);
  return loaded;
}

function refuseStale({ path, target }: Target, loaded: Loaded, { events }: ToolContext): void {
  const known = seenFile(events, target);
  if (known !== undefined && hasChanged(known, loaded))
    throw new Error(`${path} changed on disk since it was read: read it again. Nothing was changed.`);
}

async function applyAll(job: Job, changes: readonly Wanted[]): Promise<Work> {
  let work: Work = { content: job.before, written: [], places: 0, notes: [] };
  for (const [n, change] of changes.entries()) {
    try {
      work = await applyOne(job, work, change);
    } catch (error) {
      if (changes.length === 1) throw error;
      throw new Error(`Edit ${n + 1} of ${changes.length}, so none was made: ${sentence(error)}`);
    }
  }
  return work;
}

async function applyOne({ file, codec, before }: Job, work: Work, change: Wanted): Promise<Work> {
  const { path } = file;
  refuseUnusable(path, codec, change);
  refuseSuspect({ path, name: "new_text", fresh: change.fresh, known: before + change.old });
  const { content, written } = work;
  if (!content.includes(change.old) && before.includes(change.old))
    throw new Error(
      `old_text is gone from ${path} by an earlier edit of this call: make one edit of both. Nothing was changed.`,
    );
  const found = await matchText(path, content, change);
  for (const hit of found.hits) refuseCrossing(path, hit, written);
  const texts = await Promise.all(found.hits.map((hit) => found.textFor(hit)));
  const { spliced, now } = splice(content, found.hits, texts);
  const { ignored } = found;
  const ends =
    ignored === undefined && texts.some((text) => text !== change.fresh) ? ["with the file's line ends"] : [];
  return {
    content: spliced,
    written: [...moved(written, found.hits, now), ...now],
    places: work.places + found.hits.length,
    notes: [...work.notes, ...(ignored === undefined ? ends : [`${ignored} ignored`])],
  };
}

// `now` is where the new texts stand
function splice(content: string, hits: readonly Hit[], texts: readonly string[]): { spliced: string; now: Hit[] } {
  const pieces: string[] = [];
  const now: Hit[] = [];
  let [from, length] = [0, 0];
  for (const [n, hit] of hits.entries()) {
    const fresh = texts[n] ?? "";
    pieces.push(content.slice(from, hit.from), fresh);
    length += hit.from - from;
    now.push({ from: length, to: length + fresh.length });
    length += fresh.length;
    from = hit.to;
  }
  return { spliced: pieces.join("") + content.slice(from), now };
}

function refuseUnusable(path: string, codec: Codec, { old, fresh }: Wanted): void {
  if (old === "")
    throw new Error(`old_text is empty, and ${path} is not: give the text to replace. Nothing was changed.`);
  if (old === fresh) throw new Error("old_text and new_text are the same: there is nothing to change.");
  if (codec.asciiOnly && /[^\0-\x7f]/.test(old + fresh)) {
    throw new Error(`${path} is ${codec.name}: only ASCII can be edited in it. Nothing was changed.`);
  }
}

function refuseCrossing(path: string, hit: Hit, written: readonly Hit[]): void {
  const crossed = written.some(
    ({ from, to }) =>
      from < hit.to && hit.from < to && !(from <= hit.from && hit.to <= to) && !(hit.from <= from && to <= hit.to),
  );
  if (crossed)
    throw new Error(
      `old_text overlaps an earlier edit of this call in ${path}: make one edit of both. Nothing was changed.`,
    );
}

// where earlier texts stand after these replacements; one that was replaced whole is within the new one
function moved(written: readonly Hit[], hits: readonly Hit[], now: readonly Hit[]): Hit[] {
  return written.map((old) => {
    const shift = (position: number) => {
      const n = hits.findLastIndex((hit) => hit.to <= position);
      return position + (n < 0 ? 0 : (now[n]?.to ?? 0) - (hits[n]?.to ?? 0));
    };
    const from = shift(old.from);
    return { from, to: Math.max(from, shift(old.to)) };
  });
}

function encoded(text: string, path: string, codec: Codec): Buffer {
  try {
    return codec.encode(text);
  } catch (error) {
    throw new Error(`${path} is ${codec.name}: ${sentence(error)} Nothing was changed.`);
  }
}
