/**
 * Writes one message and its final dot: a small one in a single write, a large one chunk by chunk as the next hop takes
 * it. It never writes the dot when it was stopped or when the chunks end in an error. RFC 5321 4.1.1.4.
 */
import type { Channel } from './channel.ts';
import { DotStuffing } from './dot-stuffing.ts';

/** A message's bytes, in CRLF form, dots not yet doubled. */
export type MessageChunks = Iterable<Buffer> | AsyncIterable<Buffer>;

/** Up to this size the pieces are copied into one: cheaper than a vector of small ones. */
const joinedWriteBytes = 65_536;

export class MessageWriter {
  readonly #channel: Channel;
  readonly #onProgress: () => void;
  readonly #stuffing = new DotStuffing();
  #stopped = false;
  #wake: (() => void) | undefined;

  /** `onProgress` is called when the next hop has taken something. */
  constructor(channel: Channel, onProgress: () => void) {
    this.#channel = channel;
    this.#onProgress = onProgress;
  }

  /** Whether all of it was written. Rejects with the error of the chunks. */
  async write(chunks: MessageChunks, sizeBytes: number): Promise<boolean> {
    if (sizeBytes > joinedWriteBytes || !(Symbol.iterator in chunks)) return this.#writeInTurn(chunks);
    const pieces: Buffer[] = [];
    for (const chunk of chunks) this.#stuffing.push(chunk, pieces);
    pieces.push(this.#stuffing.end());
    this.#channel.write(Buffer.concat(pieces));
    return true;
  }

  /** The channel takes more. */
  drained(): void {
    this.#wake?.();
  }

  /** Not another byte. */
  stop(): void {
    this.#stopped = true;
    this.#wake?.();
  }

  async #writeInTurn(chunks: MessageChunks): Promise<boolean> {
    for await (const chunk of chunks) {
      if (this.#stopped) return false;
      const pieces: Buffer[] = [];
      this.#stuffing.push(chunk, pieces);
      if (!this.#channel.writeVector(pieces)) await this.#drain();
      if (this.#stopped) return false;
      this.#onProgress();
    }
    if (this.#stopped) return false;
    this.#channel.write(this.#stuffing.end());
    return true;
  }

  async #drain(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
    this.#wake = undefined;
  }
}
