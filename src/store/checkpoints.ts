import { randomBytes } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import type { Effect } from "../core/tool.js";
import { processStart } from "../platform/alive.js";
import { fileReason, makeFolder, realTarget } from "../platform/files.js";
import { appendLine, type Begun, type CallOf } from "./journal.js";
import { changes, differs, fromText, type Listing, list, toText } from "./listing.js";
import { Objects } from "./objects.js";
import { type Change, changed, look, stateOf } from "./path-state.js";
import { slug } from "./sessions.js";

/** Listings left by processes that died while a command ran: so many are enough. */
const LISTINGS = 8;

/** Of which home and which workspace; both absolute, links resolved. */
export type Place = { home: string; root: string };

/** Notes what a call left. Gives a sentence when not all of it could be kept; never throws. */
export type Finish = () => Promise<string | undefined>;

export function checkpointFolder({ home, root }: Place): string {
  return join(home, "checkpoints", slug(root));
}

export function journalPath(place: Place): string {
  return join(checkpointFolder(place), "journal.jsonl");
}

export function objectsOf(place: Place): Objects {
  return new Objects(join(checkpointFolder(place), "objects"));
}

/** Keeps what calls are about to change, for one workspace. */
export class Checkpoints {
  readonly #folder: string;
  readonly #objects: Objects;
  #kept: Listing | undefined;
  /** A listing that is on disk, its name there, and whether this process wrote it. */
  #saved: { listing: Listing; name: string; own: boolean } | undefined;

  constructor(readonly place: Place) {
    this.#folder = checkpointFolder(place);
    this.#objects = objectsOf(place);
  }

  /** To be called before the tool runs; what it gives is to be called when the tool has ended. Never throws. */
  async begin(call: CallOf, { kind, subjects }: Effect): Promise<Finish> {
    try {
      return kind === "run" ? await this.#beginRun(call) : this.#beginWrite(call, subjects);
    } catch (error) {
      const why = unkept(fileReason(error));
      return async () => why;
    }
  }

  #beginWrite(call: CallOf, subjects: readonly string[]): Finish {
    const failures: string[] = [];
    const paths = new Set(
      subjects.flatMap((subject) => attempt(() => this.#touched(subject, failures), failures) ?? []),
    );
    const before = [...paths].flatMap((path) => attempt(() => [this.#change(path)], failures) ?? []);
    const id = this.#append(call, { paths: before, ...partial(failures) });
    return async () => {
      const after = before.flatMap((change) => attempt(() => [this.#ended(change)], failures) ?? []);
      return this.#finish(id, { paths: after.filter(hasChanged), failures, told: failures });
    };
  }

  async #beginRun(call: CallOf): Promise<Finish> {
    const before = await this.#list("all", this.#kept ?? this.#newest());
    const failures: string[] = [];
    const listing = attempt(() => this.#save(before), failures);
    const id = this.#append(call, {
      paths: [],
      ...partial([...before.gaps, ...failures]),
      ...(listing && { listing }),
    });
    this.#kept = before;
    return async () => {
      try {
        const after = await this.#list("changed", before);
        this.#kept = after;
        const paths = changes(before, after);
        const lost = paths.filter((change) => change.before.kind === "unkept").map(notCopied);
        return this.#finish(id, { paths, failures: [...after.gaps, ...lost, ...failures], told: failures });
      } catch (error) {
        return unkept(fileReason(error));
      }
    };
  }

  #list(keep: "all" | "changed", past: Listing | undefined): Promise<Listing> {
    return list({ keep, root: this.place.root, objects: this.#objects, skip: [this.place.home], past });
  }

  // what the path leads to, the link itself where it is one, and the folders that are yet to be made
  #touched(subject: string, failures: string[]): string[] {
    const lexical = resolve(this.place.root, subject);
    const named = join(realTarget("/", dirname(lexical)), basename(lexical));
    const links = look(named)?.isSymbolicLink() ? [named] : [];
    const real = attempt(() => realTarget("/", named), []);
    if (real === undefined) return links;
    if (look(real)?.isDirectory()) {
      failures.push(`${real} is a folder: what changes in it is not told`);
      return links;
    }
    const missing: string[] = [];
    for (let at = dirname(real); look(at) === undefined; at = dirname(at)) missing.unshift(at);
    return [...missing, ...links, real];
  }

  #change(path: string): Change {
    return { path, before: stateOf(path, (file, size) => this.#objects.keep(file, size)) };
  }

  #ended({ path, before }: Change): Change {
    return { path, before, after: stateOf(path, (file, size) => this.#objects.keep(file, size)) };
  }

  #append(call: CallOf, more: Pick<Begun, "paths" | "listing" | "partial">): string {
    const id = randomBytes(8).toString("hex");
    const start = processStart(process.pid);
    const whose = { root: this.place.root, pid: process.pid, ...(start === undefined ? {} : { start }) };
    appendLine(journalPath(this.place), { type: "begun", id, at: Date.now(), ...whose, ...call, ...more });
    return id;
  }

  #finish(id: string, { paths, failures, told }: { paths: Change[]; failures: string[]; told: string[] }) {
    attempt(() => {
      appendLine(journalPath(this.place), { type: "ended", id, at: Date.now(), paths, ...partial(failures) });
    }, told);
    return told.length === 0 ? undefined : unkept(told.join("; "));
  }

  // so that a crash while the command runs leaves something to compare with, and the next process need not read all again
  #save(listing: Listing): string {
    if (this.#saved && !differs(listing, this.#saved.listing)) return this.#saved.name;
    const folder = join(this.#folder, "listings");
    makeFolder(this.#folder, 0o700);
    attempt(() => mkdirSync(folder, { mode: 0o700 }), []);
    const name = `${Date.now()}-${randomBytes(4).toString("hex")}.json`;
    writeFileSync(join(folder, name), toText(listing), { flag: "wx", mode: 0o600 });
    if (this.#saved?.own) rmSync(join(folder, this.#saved.name), { force: true });
    for (const old of namesIn(folder).slice(0, -LISTINGS)) rmSync(join(folder, old), { force: true });
    this.#saved = { listing, name, own: true };
    return name;
  }

  #newest(): Listing | undefined {
    const folder = join(this.#folder, "listings");
    const name = namesIn(folder).at(-1);
    const listing = name === undefined ? undefined : savedListing(this.place, name);
    if (listing && name !== undefined) this.#saved = { listing, name, own: false };
    return listing;
  }
}

/** A listing of before a command; undefined when it is gone. */
export function savedListing(place: Place, name: string): Listing | undefined {
  const path = join(checkpointFolder(place), "listings", name);
  const text = attempt(() => (statSync(path).isFile() ? readFileSync(path, "utf8") : undefined), []);
  return text === undefined ? undefined : fromText(text, place.root);
}

function namesIn(folder: string): string[] {
  return attempt(() => readdirSync(folder).sort(), []) ?? [];
}

function hasChanged({ before, after }: Change): boolean {
  return after !== undefined && changed(before, after);
}

function notCopied({ path }: Change): string {
  return `${path} was changed and its content before was not copied`;
}

function partial(failures: readonly string[]): { partial?: string } {
  return failures.length === 0 ? {} : { partial: failures.slice(0, 5).join("; ") };
}

function unkept(why: string): string {
  return `[not all of this can be undone: ${why}]`;
}

function attempt<T>(work: () => T, failures: string[]): T | undefined {
  try {
    return work();
  } catch (error) {
    failures.push(fileReason(error));
    return undefined;
  }
}
