/**
 * Many short texts in one Buffer, each with the line it came from: what big tables keep instead of a million strings.
 * Costs 12 bytes for each text besides its own bytes; a text equal to the one before it is kept once. What is reserved
 * and never written to takes no memory.
 */
import { decodeOctets } from '../mail/octets.ts';

const STRIDE = 3; // offset, length, line

export class TextColumn {
  #bytes: Buffer;
  #used = 0;
  #rows = new Uint32Array(64 * STRIDE);
  #count = 0;

  constructor(expectedBytes = 1024) {
    this.#bytes = Buffer.allocUnsafeSlow(Math.max(expectedBytes, 64));
  }

  get count(): number {
    return this.#count;
  }

  /** Adds the bytes from `start` to `end`; gives the index of the new text. */
  add(from: Buffer, start: number, end: number, line: number): number {
    const index = this.#count;
    if (!this.#repeatsLast(from, start, end)) {
      this.#reserve(end - start);
      from.copy(this.#bytes, this.#used, start, end);
      this.#setRow(index, this.#used, end - start, line);
      this.#used += end - start;
    } else {
      const last = (index - 1) * STRIDE;
      this.#setRow(index, this.#rows[last] as number, end - start, line);
    }
    this.#count += 1;
    return index;
  }

  text(index: number): string {
    const row = index * STRIDE;
    const start = this.#rows[row] as number;
    return decodeOctets(this.#bytes.subarray(start, start + (this.#rows[row + 1] as number)));
  }

  line(index: number): number {
    return this.#rows[index * STRIDE + 2] as number;
  }

  /** Whether two of the texts are the same. */
  same(a: number, b: number): boolean {
    const [rowA, rowB] = [a * STRIDE, b * STRIDE];
    const [startA, startB] = [this.#rows[rowA] as number, this.#rows[rowB] as number];
    const length = this.#rows[rowA + 1] as number;
    if (length !== this.#rows[rowB + 1]) return false;
    return (
      startA === startB ||
      this.#bytes.compare(this.#bytes, startA, startA + length, startB, startB + length) === 0
    );
  }

  #repeatsLast(from: Buffer, start: number, end: number): boolean {
    if (this.#count === 0) return false;
    const last = (this.#count - 1) * STRIDE;
    const offset = this.#rows[last] as number;
    const length = this.#rows[last + 1] as number;
    return length === end - start && this.#bytes.compare(from, start, end, offset, offset + length) === 0;
  }

  #setRow(index: number, offset: number, length: number, line: number): void {
    const row = index * STRIDE;
    if (row === this.#rows.length) {
      const bigger = new Uint32Array(this.#rows.length * 2);
      bigger.set(this.#rows);
      this.#rows = bigger;
    }
    this.#rows[row] = offset;
    this.#rows[row + 1] = length;
    this.#rows[row + 2] = line;
  }

  #reserve(length: number): void {
    const needed = this.#used + length;
    if (needed <= this.#bytes.length) return;
    const bigger = Buffer.allocUnsafeSlow(Math.max(needed, this.#bytes.length * 2));
    this.#bytes.copy(bigger, 0, 0, this.#used);
    this.#bytes = bigger;
  }
}
