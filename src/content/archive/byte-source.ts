/**
 * The bytes of one file, to be read from anywhere: a stretch of a spool. What fits into memory is read once; of larger
 * files one window is kept, so that reading on costs one pass. Throws SpoolError when the spool is broken.
 */
import type { Spool } from '../spool.ts';

/** Files up to this size are held whole while they are looked at. */
const wholeBytes = 1_048_576;
const windowBytes = 262_144;
/** Chunks of a file that is read from front to back. */
export const chunkBytes = 65_536;

export interface ByteSource {
  readonly sizeBytes: number;
  /** So many bytes from there on, or as many as there are. The Buffer is not to be written to. */
  read(offset: number, length: number): Promise<Buffer>;
}

/** What was read last. */
interface Window {
  readonly at: number;
  readonly bytes: Buffer;
}

export class SpoolSlice implements ByteSource {
  readonly sizeBytes: number;
  readonly #spool: Spool;
  readonly #start: number;
  #window: Window = { at: 0, bytes: Buffer.alloc(0) };

  /** The spool must be complete. */
  constructor(spool: Spool, start: number, sizeBytes: number) {
    this.#spool = spool;
    this.#start = start;
    this.sizeBytes = sizeBytes;
  }

  async read(offset: number, length: number): Promise<Buffer> {
    const from = Math.min(Math.max(0, offset), this.sizeBytes);
    const bytes = Math.max(0, Math.min(length, this.sizeBytes - from));
    let window = this.#window;
    if (from < window.at || from + bytes > window.at + window.bytes.length) {
      window = await this.#load(from, bytes);
      this.#window = window;
    }
    return window.bytes.subarray(from - window.at, from - window.at + bytes);
  }

  async #load(from: number, bytes: number): Promise<Window> {
    const whole = this.sizeBytes <= wholeBytes;
    const at = whole ? 0 : from;
    const wanted = whole ? this.sizeBytes : Math.min(this.sizeBytes - at, Math.max(bytes, windowBytes));
    const chunks: Buffer[] = [];
    let had = 0;
    for await (const chunk of this.#spool.chunks(this.#start + at)) {
      chunks.push(chunk);
      had += chunk.length;
      if (had >= wanted) break;
    }
    return { at, bytes: Buffer.concat(chunks, Math.min(had, wanted)) };
  }
}

/** The file from an offset on, in order. */
export async function* chunksOf(source: ByteSource, from = 0, to = source.sizeBytes): AsyncGenerator<Buffer> {
  for (let at = from; at < to; ) {
    const chunk = await source.read(at, Math.min(chunkBytes, to - at));
    if (chunk.length === 0) return;
    yield chunk;
    at += chunk.length;
  }
}
