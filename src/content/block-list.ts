/**
 * Bytes in order, as blocks of sensible size. Large chunks are kept as they are; small ones are copied together, so
 * that a client that sends byte by byte costs its bytes and not a Buffer for each.
 */

/** Chunks from this size on are kept, not copied. */
const keptChunkBytes = 2_048;
const firstBlockBytes = 4_096;
const largestBlockBytes = 65_536;

export class BlockList {
  readonly #full: Buffer[] = [];
  #open: Buffer | undefined;
  #openBytes = 0;
  #sizeBytes = 0;
  #nextBlockBytes = firstBlockBytes;

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /** A large chunk is kept: it must not be written to any more. */
  push(chunk: Buffer): void {
    this.#sizeBytes += chunk.length;
    if (this.#open !== undefined && this.#openBytes + chunk.length <= this.#open.length)
      this.#copy(this.#open, chunk);
    else if (chunk.length >= keptChunkBytes) {
      this.#seal();
      this.#full.push(chunk);
    } else if (chunk.length > 0) {
      this.#seal();
      this.#open = Buffer.allocUnsafe(this.#nextBlockBytes);
      this.#nextBlockBytes = Math.min(largestBlockBytes, this.#nextBlockBytes * 2);
      this.#copy(this.#open, chunk);
    }
  }

  /** What is there now, in order. */
  blocks(): Buffer[] {
    return this.#open === undefined
      ? [...this.#full]
      : [...this.#full, this.#open.subarray(0, this.#openBytes)];
  }

  clear(): void {
    this.#full.length = 0;
    this.#open = undefined;
    this.#openBytes = 0;
    this.#sizeBytes = 0;
  }

  #copy(to: Buffer, chunk: Buffer): void {
    chunk.copy(to, this.#openBytes);
    this.#openBytes += chunk.length;
  }

  #seal(): void {
    if (this.#open !== undefined) this.#full.push(this.#open.subarray(0, this.#openBytes));
    this.#open = undefined;
    this.#openBytes = 0;
  }
}
