/** A request's bytes in order, to be written one after the other. */
export type Body = readonly Uint8Array[];

/**
 * Builds request bodies that begin like the one before: `head`, rows joined by commas, `tail`. The bytes of
 * rows that stand there already are used again, so that a turn costs what it adds, in time and in memory.
 * `loose` rows come last and may be others the next time.
 */
export class RequestBody {
  #rows: string[] = [];
  /** Where each row ends. */
  #ends: number[] = [];
  #bytes: Buffer = Buffer.alloc(0);

  build({
    head,
    rows,
    loose = [],
    tail,
  }: {
    head: string;
    rows: readonly string[];
    loose?: readonly string[];
    tail: string;
  }): Body {
    const same = this.#commonRows(rows);
    const kept = this.#ends[same - 1] ?? 0;
    // what an earlier request may still be sending is never written over
    if (same < this.#rows.length) this.#bytes = Buffer.from(this.#bytes.subarray(0, kept));
    this.#rows.length = same;
    this.#ends.length = same;
    for (const row of rows.slice(same)) this.#append(row);
    const end = this.#ends.at(-1) ?? 0;
    const rest = loose.map((row, at) => (at === 0 && end === 0 ? row : `,${row}`)).join("");
    return [Buffer.from(head), this.#bytes.subarray(0, end), Buffer.from(rest + tail)];
  }

  #commonRows(rows: readonly string[]): number {
    const most = Math.min(rows.length, this.#rows.length);
    for (let at = 0; at < most; at += 1) if (rows[at] !== this.#rows[at]) return at;
    return most;
  }

  #append(row: string): void {
    const text = this.#rows.length === 0 ? row : `,${row}`;
    const from = this.#ends.at(-1) ?? 0;
    const needed = from + Buffer.byteLength(text);
    if (needed > this.#bytes.length) this.#grow(needed, from);
    this.#bytes.write(text, from);
    this.#rows.push(row);
    this.#ends.push(needed);
  }

  #grow(needed: number, used: number): void {
    const larger = Buffer.alloc(Math.max(needed, this.#bytes.length * 2, 16_384));
    this.#bytes.copy(larger, 0, 0, used);
    this.#bytes = larger;
  }
}
