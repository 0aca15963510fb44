/**
 * The boundaries that may come, as mail programs look for them: a line is a boundary when it says nothing else, blanks
 * at its end aside. RFC 2046 5.1.1. A line costs two look-ups, however many boundaries are open.
 */

const DASH = 45;
const SPACE = 32;
const TAB = 9;

export interface BoundaryLine {
  /** How many multiparts are around the one it belongs to. */
  readonly depth: number;
  readonly isLast: boolean;
}

export class BoundaryLines {
  /** Longer boundaries are compared as far as this, since lines are not read further. */
  readonly #most: number;
  /** The boundaries of each multipart. */
  readonly #levels: (readonly string[])[] = [];
  readonly #depths = new Map<string, number[]>();

  constructor(mostBytes: number) {
    this.#most = mostBytes;
  }

  /** A multipart begins; one character per octet. */
  push(boundaries: readonly string[]): void {
    const texts = boundaries.map((text) => text.slice(0, this.#most));
    for (const text of texts)
      this.#depths.set(text, [...(this.#depths.get(text) ?? []), this.#levels.length]);
    this.#levels.push(texts);
  }

  /** What is inside of a multipart is over. */
  cut(depth: number): void {
    while (this.#levels.length > depth) {
      for (const text of this.#levels.pop() ?? []) {
        const depths = this.#depths.get(text)?.slice(0, -1) ?? [];
        if (depths.length === 0) this.#depths.delete(text);
        else this.#depths.set(text, depths);
      }
    }
  }

  /** The boundary that stands behind `--`. */
  match(bytes: Buffer, start: number, lineEnd: number): BoundaryLine | undefined {
    let end = lineEnd;
    while (end > start && (bytes[end - 1] === SPACE || bytes[end - 1] === TAB)) end -= 1;
    const next = this.#depth(bytes, start, Math.min(end, start + this.#most));
    if (next !== undefined) return { depth: next, isLast: false };
    if (end - 2 < start || bytes[end - 1] !== DASH || bytes[end - 2] !== DASH) return undefined;
    const last = this.#depth(bytes, start, end - 2);
    return last === undefined ? undefined : { depth: last, isLast: true };
  }

  #depth(bytes: Buffer, start: number, end: number): number | undefined {
    return this.#depths.get(bytes.toString('latin1', start, end))?.at(-1);
  }
}
