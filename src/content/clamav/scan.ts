/**
 * One message being scanned while it arrives. What is small is sent when it is complete; the rest goes to clamd as it
 * comes, where a connection can be spared. A message that is too large is not scanned at all.
 */
import { createHash } from 'node:crypto';
import { isPromise, type MaybePromise } from '../../mail/maybe-promise.ts';
import { BlockList } from '../block-list.ts';
import type { ClamdPool } from './clamd-pool.ts';
import type { MessageBytes } from './message-bytes.ts';
import type { ScanResult } from './scan-result.ts';
import { StreamAhead } from './stream-ahead.ts';

export interface ScanOptions {
  readonly pool: ClamdPool;
  readonly maxSizeBytes: number;
  /** The result for content with this hash (hexadecimal), the bytes of which may have gone ahead. */
  readonly settle: (hash: string, bytes: MessageBytes, ahead: StreamAhead | undefined) => Promise<ScanResult>;
}

/** So much is collected before it is sent. */
const PIECE_BYTES = 65_536;

export class Scan {
  readonly #options: ScanOptions;
  readonly #hash = createHash('sha256');
  readonly #pending = new BlockList();
  #sizeBytes = 0;
  #isSmall = true;
  #ahead: StreamAhead | undefined;

  constructor(options: ScanOptions) {
    this.#options = options;
  }

  /** The next bytes; they are kept for a while. A promise: wait for it before the next call. */
  write(chunk: Buffer): MaybePromise<void> {
    this.#sizeBytes += chunk.length;
    if (this.#isTooLarge) return this.close();
    this.#hash.update(chunk);
    if (!this.#isSmall && !this.#ahead) return;
    this.#pending.push(chunk);
    if (this.#pending.sizeBytes >= PIECE_BYTES) return this.#sendAhead();
  }

  /** The message is complete; `bytes` are the same that were written. Rejects when they cannot be read. */
  async finish(bytes: MessageBytes): Promise<ScanResult> {
    if (this.#isTooLarge) return { kind: 'too-large' };
    const hash = this.#hash.digest('hex');
    const blocks = this.#pending.blocks();
    if (this.#isSmall) return this.#options.settle(hash, () => blocks, undefined);
    const ahead = this.#ahead;
    this.#ahead = undefined;
    if (ahead?.isWhole) {
      this.#options.pool.keep(ahead.lease);
      if (blocks.length > 0) await ahead.send(blocks);
    }
    if (ahead?.isWhole) return this.#options.settle(hash, bytes, ahead);
    ahead?.giveUp();
    return this.#options.settle(hash, bytes, undefined);
  }

  /** Lets go of everything, in any state. A scan that has begun goes on by itself. */
  close(): void {
    this.#ahead?.giveUp();
    this.#ahead = undefined;
    this.#pending.clear();
  }

  get #isTooLarge(): boolean {
    return this.#sizeBytes > this.#options.maxSizeBytes;
  }

  #sendAhead(): MaybePromise<void> {
    if (this.#isSmall) this.#ahead = StreamAhead.begin(this.#options.pool);
    this.#isSmall = false;
    const blocks = this.#pending.blocks();
    this.#pending.clear();
    const wait = this.#ahead?.send(blocks);
    return isPromise(wait) ? wait.then(() => this.#checkAhead()) : this.#checkAhead();
  }

  /** Once a piece is missing, nothing more is sent ahead. */
  #checkAhead(): void {
    if (this.#ahead?.isWhole) return;
    this.close();
  }
}
