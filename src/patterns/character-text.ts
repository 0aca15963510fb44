/** A part of a buffer as characters: bytes, or UTF-8 code points. */
import type { CharSet } from './char-set.ts';
import type { Reading } from './reading.ts';

export class CharacterText {
  readonly bytes: Buffer;
  readonly start: number;
  readonly end: number;
  readonly #reading: Reading;
  readonly #utf8: boolean;
  readonly #sets: readonly CharSet[];
  /** 256 flags for each set. */
  readonly #flags: Uint8Array;

  constructor(
    bytes: Buffer,
    start: number,
    end: number,
    reading: Reading,
    sets: readonly CharSet[],
    flags: Uint8Array,
  ) {
    this.bytes = bytes;
    this.start = start;
    this.end = end;
    this.#reading = reading;
    this.#utf8 = reading.name === 'utf8';
    this.#sets = sets;
    this.#flags = flags;
  }

  /** The place behind the character at `at`, when it is in the set; -1 when not, or when there is none. */
  behindMember(set: number, at: number): number {
    if (at >= this.end) return -1;
    const byte = this.bytes[at] ?? 0;
    if (!this.#utf8 || byte < 0x80) return this.#flags[set * 256 + byte] === 1 ? at + 1 : -1;
    return this.#sets[set]?.has(this.#codePoint(at)) === true ? at + lengthOf(byte) : -1;
  }

  /** The place of the character before `at`. */
  previous(at: number): number {
    let to = at - 1;
    if (this.#utf8) while (((this.bytes[to] ?? 0) & 0xc0) === 0x80) to--;
    return to;
  }

  /** The place so many characters before `at`; -1 when it would lie before the text. */
  before(at: number, characters: number): number {
    if (!this.#utf8) return at - characters >= this.start ? at - characters : -1;
    let to = at;
    for (let i = 0; i < characters; i++) {
      if (to <= this.start) return -1;
      to = this.previous(to);
    }
    return to;
  }

  /** The first place from `at` on where a character begins. */
  characterFrom(at: number): number {
    let to = at;
    if (this.#utf8) while (to < this.end && ((this.bytes[to] ?? 0) & 0xc0) === 0x80) to++;
    return to;
  }

  /** How many bytes at `at` are the same text as `from` to `to`; -1 when they are not. */
  sameLength(at: number, from: number, to: number, ignoreCase: boolean): number {
    return ignoreCase && this.#utf8
      ? this.#sameFolded(at, from, to)
      : this.#sameBytes(at, from, to, ignoreCase);
  }

  #sameBytes(at: number, from: number, to: number, ignoreCase: boolean): number {
    const length = to - from;
    if (at + length > this.end) return -1;
    const { lower } = this.#reading;
    for (let i = 0; i < length; i++) {
      const here = this.bytes[at + i] ?? 0;
      const there = this.bytes[from + i] ?? 0;
      if (here !== there && !(ignoreCase && lower(here) === lower(there))) return -1;
    }
    return length;
  }

  #sameFolded(at: number, from: number, to: number): number {
    let here = at;
    for (let there = from; there < to; there += lengthOf(this.bytes[there] ?? 0)) {
      if (here >= this.end) return -1;
      if (!this.#reading.variants(this.#codePoint(there)).has(this.#codePoint(here))) return -1;
      here += lengthOf(this.bytes[here] ?? 0);
    }
    return here - at;
  }

  #codePoint(at: number): number {
    const byte = this.bytes[at] ?? 0;
    const tail = (i: number): number => (this.bytes[at + i] ?? 0) & 0x3f;
    if (byte < 0x80) return byte;
    if (byte < 0xe0) return ((byte & 0x1f) << 6) | tail(1);
    if (byte < 0xf0) return ((byte & 0x0f) << 12) | (tail(1) << 6) | tail(2);
    return ((byte & 0x07) << 18) | (tail(1) << 12) | (tail(2) << 6) | tail(3);
  }
}

function lengthOf(byte: number): number {
  if (byte < 0x80) return 1;
  if (byte < 0xe0) return 2;
  return byte < 0xf0 ? 3 : 4;
}
