/**
 * What is left of a chunk when something was taken out of it: a few pieces are passed on as slices of what arrived, many
 * small ones are copied together, so that a client that sends nothing but dots costs its bytes and not a Buffer for each.
 */

/** So many slices of one chunk; what comes behind them is copied. */
const MOST_SLICES = 32;
const BLOCK_BYTES = 65_536;
/** Pieces from this size on are never copied. */
const LARGE_BYTES = 2_048;

/** Faster in a loop. */
const FEW_BYTES = 16;

export class Pieces {
  readonly #emit: (bytes: Buffer) => void;
  #slices = 0;
  #block: Buffer | undefined;
  #blockBytes = 0;

  constructor(emit: (bytes: Buffer) => void) {
    this.#emit = emit;
  }

  add(bytes: Buffer, from = 0, to = bytes.length): void {
    const length = to - from;
    if (length <= 0) return;
    if (this.#slices < MOST_SLICES || length >= LARGE_BYTES) {
      this.#flushBlock();
      this.#slices += 1;
      this.#emit(length === bytes.length ? bytes : bytes.subarray(from, to));
      return;
    }
    if (this.#blockBytes + length > BLOCK_BYTES) this.#flushBlock();
    this.#block ??= Buffer.allocUnsafe(BLOCK_BYTES);
    if (length > FEW_BYTES) bytes.copy(this.#block, this.#blockBytes, from, to);
    else for (let i = 0; i < length; i++) this.#block[this.#blockBytes + i] = bytes[from + i] as number;
    this.#blockBytes += length;
  }

  /** The chunk is worked off: passes on what was copied. */
  flush(): void {
    this.#flushBlock();
    this.#slices = 0;
  }

  #flushBlock(): void {
    if (!this.#block) return;
    const block = this.#block.subarray(0, this.#blockBytes);
    this.#block = undefined;
    this.#blockBytes = 0;
    this.#emit(block);
  }
}
