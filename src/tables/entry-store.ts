/**
 * The entries of a fixed-string table: folded key -> value and line. One open-addressing hash over bytes instead of a
 * Map of strings; the first entry of a key stays. Hashes are seeded, so that nobody can choose keys that collide.
 */
import { randomInt } from 'node:crypto';
import { decodeOctets, encodeOctets } from '../mail/octets.ts';
import { foldCase } from './fold.ts';
import { TextColumn } from './text-column.ts';

const STRIDE = 3; // offset, length, hash
const PRIME = 16777619;

export class EntryStore {
  readonly values: TextColumn;
  readonly #utf8: boolean;
  readonly #seed = randomInt(2 ** 31);
  #keys: Buffer;
  #used = 0;
  #rows = new Uint32Array(64 * STRIDE);
  /** Index of an entry + 1, 0 where there is none. */
  #buckets = new Uint32Array(256);
  #longestKey = 0;

  /** `expectedBytes`: the size of the file the entries come from. */
  constructor(utf8: boolean, expectedBytes = 1024) {
    this.#utf8 = utf8;
    this.#keys = Buffer.allocUnsafeSlow(Math.max(expectedBytes, 64));
    this.values = new TextColumn(expectedBytes);
  }

  get count(): number {
    return this.values.count;
  }

  /** Adds a key and its value, both pieces of `from`; gives the index of an entry that has the key already, else -1. */
  add(
    from: Buffer,
    keyStart: number,
    keyEnd: number,
    valueStart: number,
    valueEnd: number,
    line: number,
  ): number {
    const length = this.#copyFolded(from, keyStart, keyEnd);
    const hash = this.#hashBytes(this.#used, length);
    const bucket = this.#seek(hash, length);
    const taken = this.#buckets[bucket] as number;
    if (taken > 0) return taken - 1;
    const index = this.values.add(from, valueStart, valueEnd, line);
    this.#setRow(index, length, hash);
    this.#buckets[bucket] = index + 1;
    this.#used += length;
    if (length > this.#longestKey) this.#longestKey = length;
    if (this.count * 2 > this.#buckets.length) this.#rehash();
    return -1;
  }

  /** The index of a folded key's entry, -1 when there is none. */
  indexOf(key: string): number {
    // A key has at least as many bytes as UTF-16 units.
    if (key.length > this.#longestKey) return -1;
    const bytes = encodeOctets(key);
    if (bytes.length > this.#longestKey) return -1;
    this.#reserve(bytes.length);
    bytes.copy(this.#keys, this.#used);
    const bucket = this.#seek(this.#hashBytes(this.#used, bytes.length), bytes.length);
    return (this.#buckets[bucket] as number) - 1;
  }

  key(index: number): string {
    const row = index * STRIDE;
    const start = this.#rows[row] as number;
    return decodeOctets(this.#keys.subarray(start, start + (this.#rows[row + 1] as number)));
  }

  /** Puts the folded key behind the keys in use; gives its length. */
  #copyFolded(from: Buffer, start: number, end: number): number {
    this.#reserve(end - start);
    const keys = this.#keys;
    let to = this.#used;
    for (let at = start; at < end; at++) {
      const byte = from[at] as number;
      if (byte >= 0x80) return this.#copyFoldedText(decodeOctets(from.subarray(start, end)));
      keys[to++] = byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte;
    }
    return end - start;
  }

  #copyFoldedText(key: string): number {
    const bytes = encodeOctets(foldCase(key, this.#utf8));
    this.#reserve(bytes.length);
    bytes.copy(this.#keys, this.#used);
    return bytes.length;
  }

  #hashBytes(start: number, length: number): number {
    const keys = this.#keys;
    let hash = this.#seed;
    for (let at = start; at < start + length; at++) hash = Math.imul(hash ^ (keys[at] as number), PRIME);
    hash ^= hash >>> 15;
    return Math.imul(hash, 0x2c1b3c6d) >>> 0;
  }

  /** The bucket of the key that stands behind the keys in use, or the empty one where it would go. */
  #seek(hash: number, length: number): number {
    const mask = this.#buckets.length - 1;
    let bucket = hash & mask;
    for (;;) {
      const entry = this.#buckets[bucket] as number;
      if (entry === 0 || this.#isKey(entry - 1, hash, length)) return bucket;
      bucket = (bucket + 1) & mask;
    }
  }

  #isKey(index: number, hash: number, length: number): boolean {
    const row = index * STRIDE;
    if (this.#rows[row + 2] !== hash || this.#rows[row + 1] !== length) return false;
    const start = this.#rows[row] as number;
    const keys = this.#keys;
    for (let at = 0; at < length; at++) if (keys[start + at] !== keys[this.#used + at]) return false;
    return true;
  }

  #setRow(index: number, length: number, hash: number): void {
    const row = index * STRIDE;
    if (row === this.#rows.length) {
      const bigger = new Uint32Array(this.#rows.length * 2);
      bigger.set(this.#rows);
      this.#rows = bigger;
    }
    this.#rows[row] = this.#used;
    this.#rows[row + 1] = length;
    this.#rows[row + 2] = hash;
  }

  #rehash(): void {
    const buckets = new Uint32Array(this.#buckets.length * 2);
    const mask = buckets.length - 1;
    for (let index = 0; index < this.count; index++) {
      let bucket = (this.#rows[index * STRIDE + 2] as number) & mask;
      while (buckets[bucket] !== 0) bucket = (bucket + 1) & mask;
      buckets[bucket] = index + 1;
    }
    this.#buckets = buckets;
  }

  #reserve(length: number): void {
    const needed = this.#used + length;
    if (needed <= this.#keys.length) return;
    const bigger = Buffer.allocUnsafeSlow(Math.max(needed, this.#keys.length * 2));
    this.#keys.copy(bigger, 0, 0, this.#used);
    this.#keys = bigger;
  }
}
