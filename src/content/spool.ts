/**
 * The bytes of one message: the first ones in memory, the rest in a file that nobody else can open. It can be read
 * many times, from any offset, once all bytes are there. Speaks for `data_directory` (where the file is) only.
 * When the disk is full or broken it throws SpoolError, the client hears 452 4.3.1 and keeps the mail. It is no queue:
 * the file has no name any more and is gone with the process.
 */
import { randomUUID } from 'node:crypto';
import { constants, type FileHandle, open, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { MaybePromise } from '../mail/maybe-promise.ts';
import { Refused } from '../mail/refused.ts';
import { reply } from '../mail/reply.ts';
import { BlockList } from './block-list.ts';

export interface SpoolOptions {
  /** For what does not fit into memory; it must exist. */
  readonly directory: string;
  readonly memoryLimitBytes: number;
}

/** The message cannot be kept. */
export class SpoolError extends Refused {
  constructor(problem: string) {
    // Postfix: smtpd_check_queue has the same answer for a full disk
    super(problem, reply(452, '4.3.1', 'Insufficient system storage'));
  }
}

/** What is asked of a spool after `close`; made once, because every mail ends so. */
const CLOSED = new SpoolError('the spool is closed');

/** Bytes and how many of them. */
export interface SpooledBytes {
  readonly sizeBytes: number;
  chunks(): Iterable<Buffer> | AsyncIterable<Buffer>;
}

/** So much is collected before it is written. */
const writeBytes = 262_144;
const readBytes = 65_536;

export class Spool implements SpooledBytes {
  readonly #options: SpoolOptions;
  readonly #memory = new BlockList();
  /** Not yet written; its first byte belongs at `#fileBytes`. */
  readonly #pending = new BlockList();
  #file: FileHandle | undefined;
  #fileBytes = 0;
  #overflows = false;
  #writing: Promise<void> = Promise.resolve();
  #failure: SpoolError | undefined;

  constructor(options: SpoolOptions) {
    this.#options = options;
  }

  /** Bytes appended so far. */
  get sizeBytes(): number {
    return this.#memory.sizeBytes + this.#fileBytes + this.#pending.sizeBytes;
  }

  /**
   * The next bytes; they are kept, not copied. A promise: wait for it before the next call. Throws (or rejects with)
   * SpoolError.
   */
  append(chunk: Buffer): MaybePromise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    this.#overflows ||= this.#memory.sizeBytes + chunk.length > this.#options.memoryLimitBytes;
    if (!this.#overflows) {
      this.#memory.push(chunk);
      return;
    }
    this.#pending.push(chunk);
    if (this.#pending.sizeBytes >= writeBytes) return this.#flush();
  }

  /** The message as it came, from an offset on. In memory: at once. Throws SpoolError. */
  chunks(from = 0): Iterable<Buffer> | AsyncIterable<Buffer> {
    if (this.#failure !== undefined) throw this.#failure;
    const blocks = skipped(this.#memory.blocks(), from);
    if (!this.#overflows) return blocks;
    return this.#fileChunks(blocks, Math.max(0, from - this.#memory.sizeBytes));
  }

  /** Gives memory and file back, in any state, as often as one likes; never fails. */
  async close(): Promise<void> {
    this.#failure ??= CLOSED;
    this.#memory.clear();
    this.#pending.clear();
    await this.#writing.catch(() => {});
    const file = this.#file;
    this.#file = undefined;
    await file?.close().catch(() => {});
  }

  #flush(): Promise<void> {
    const blocks = this.#pending.blocks();
    const bytes = this.#pending.sizeBytes;
    this.#pending.clear();
    this.#writing = this.#write(this.#writing, blocks, this.#fileBytes);
    this.#fileBytes += bytes;
    return this.#writing;
  }

  async #write(before: Promise<void>, blocks: Buffer[], position: number): Promise<void> {
    await before;
    try {
      this.#file ??= await createNameless(this.#options.directory);
      await writeAll(this.#file, blocks, position);
    } catch (error) {
      this.#failure ??= new SpoolError(
        `spool file in ${this.#options.directory}: ${(error as Error).message}`,
      );
      throw this.#failure;
    }
  }

  async *#fileChunks(memory: readonly Buffer[], from: number): AsyncGenerator<Buffer> {
    await this.#flush();
    yield* memory;
    for (let at = from; at < this.#fileBytes; ) {
      const chunk = await this.#read(at);
      at += chunk.length;
      yield chunk;
    }
  }

  async #read(at: number): Promise<Buffer> {
    if (this.#failure !== undefined || this.#file === undefined)
      throw this.#failure ?? new SpoolError('no file');
    const buffer = Buffer.allocUnsafe(Math.min(readBytes, this.#fileBytes - at));
    const { bytesRead } = await this.#file.read(buffer, 0, buffer.length, at).catch((error: Error) => {
      throw new SpoolError(`spool file cannot be read: ${error.message}`);
    });
    if (bytesRead === 0) throw new SpoolError('the spool file is shorter than what was written');
    return buffer.subarray(0, bytesRead);
  }
}

/** Only this process can reach it, and only until it is closed. */
async function createNameless(directory: string): Promise<FileHandle> {
  const path = join(directory, `spool-${process.pid}-${randomUUID()}`);
  const file = await open(path, constants.O_CREAT | constants.O_EXCL | constants.O_RDWR, 0o600);
  try {
    await unlink(path);
  } catch (error) {
    await file.close();
    throw error;
  }
  return file;
}

/** A disk that is nearly full takes a part; the rest then says why. */
async function writeAll(file: FileHandle, blocks: readonly Buffer[], position: number): Promise<void> {
  let left = [...blocks];
  for (let at = position; left.length > 0; ) {
    const { bytesWritten } = await file.writev(left, at);
    at += bytesWritten;
    left = skipped(left, bytesWritten);
  }
}

function skipped(blocks: readonly Buffer[], bytes: number): Buffer[] {
  let left = bytes;
  const rest: Buffer[] = [];
  for (const block of blocks) {
    if (left < block.length) rest.push(left > 0 ? block.subarray(left) : block);
    left = Math.max(0, left - block.length);
  }
  return rest;
}
