/**
 * The hashes that signatures take of a body, made while it passes by. RFC 6376 3.5 (l=), 3.7.
 * One walk over the body serves all signatures of one canonicalization, however many hashes they want.
 */
import { createHash, type Hash } from 'node:crypto';
import { type BodyWalk, RelaxedWalk, SimpleWalk } from './body-walk.ts';

export type Canonicalization = 'simple' | 'relaxed';

/** SHA-256 over the canonical body or its first `limit` bytes. */
export class BodyHash {
  readonly #hash: Hash = createHash('sha256');
  readonly #limit: number;
  #total = 0;
  #digest: Buffer | undefined;

  constructor(limit: number) {
    this.#limit = limit;
  }

  update(bytes: Buffer): void {
    const left = this.#limit - this.#total;
    this.#total += bytes.length;
    if (left > 0) this.#hash.update(bytes.length <= left ? bytes : bytes.subarray(0, left));
  }

  digest(): Buffer {
    this.#digest ??= this.#hash.digest();
    return this.#digest;
  }

  /** Bytes of the canonical body so far. */
  get total(): number {
    return this.#total;
  }
}

interface Entry {
  readonly walk: BodyWalk;
  readonly hashes: Map<number, BodyHash>;
}

/** All hashes wanted of one body. They are asked for with `want` before its first byte. */
export class BodyHashes {
  readonly #entries = new Map<Canonicalization, Entry>();
  #ended = false;

  /** The hash of this canonicalization and length; the same object for the same wish. */
  want(canonicalization: Canonicalization, limit = Number.POSITIVE_INFINITY): BodyHash {
    const { hashes } = this.#entry(canonicalization);
    const known = hashes.get(limit);
    if (known) return known;
    const hash = new BodyHash(limit);
    hashes.set(limit, hash);
    return hash;
  }

  #entry(canonicalization: Canonicalization): Entry {
    const known = this.#entries.get(canonicalization);
    if (known) return known;
    const hashes = new Map<number, BodyHash>();
    const emit = (bytes: Buffer) => {
      for (const hash of hashes.values()) hash.update(bytes);
    };
    const walk = canonicalization === 'simple' ? new SimpleWalk(emit) : new RelaxedWalk(emit);
    const entry = { walk, hashes };
    this.#entries.set(canonicalization, entry);
    return entry;
  }

  update(chunk: Buffer): void {
    if (chunk.length === 0) return;
    for (const { walk } of this.#entries.values()) walk.update(chunk);
  }

  /** The body is over; more calls change nothing. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    for (const { walk } of this.#entries.values()) walk.end();
  }
}
