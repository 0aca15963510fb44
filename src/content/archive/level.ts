/**
 * The files on one level: the attachments of a message, or the members of one archive. It keeps the bytes of those that
 * are to be opened, one after the other in one spool, until the level above has been read.
 */
import type { MaybePromise } from '../../mail/maybe-promise.ts';
import { Spool, type SpoolOptions } from '../spool.ts';
import type { AttachedFile } from './attached-file.ts';
import type { ByteSource } from './byte-source.ts';

/** What is opened once the level is whole. */
export type Job =
  | { readonly kind: 'file'; readonly file: AttachedFile; readonly source: ByteSource }
  /** Files that were written out in a text. */
  | { readonly kind: 'level'; readonly level: Level };

export interface LevelOptions {
  /** The number of the part in the message. */
  readonly part: string;
  /** The archives around it, the outermost first. */
  readonly path: readonly string[];
  /** 0 for attachments. */
  readonly depth: number;
  /** The archive holds one packed file: a tar archive in it is not told apart from it. */
  readonly packsOne?: boolean;
  readonly spool: SpoolOptions;
}

export class Level {
  readonly part: string;
  readonly path: readonly string[];
  readonly depth: number;
  readonly packsOne: boolean;
  readonly jobs: Job[] = [];
  readonly #spoolOptions: SpoolOptions;
  #spool: Spool | undefined;

  constructor({ part, path, depth, packsOne = false, spool }: LevelOptions) {
    this.part = part;
    this.path = path;
    this.depth = depth;
    this.packsOne = packsOne;
    this.#spoolOptions = spool;
  }

  get spool(): Spool {
    this.#spool ??= new Spool(this.#spoolOptions);
    return this.#spool;
  }

  get sizeBytes(): number {
    return this.#spool?.sizeBytes ?? 0;
  }

  /** Throws (or rejects with) SpoolError. */
  append(bytes: Buffer): MaybePromise<void> {
    return this.spool.append(bytes);
  }

  /** Lets go of the bytes, also of levels that were not opened. */
  close(): void {
    for (const job of this.jobs) if (job.kind === 'level') job.level.close();
    this.jobs.length = 0;
    void this.#spool?.close();
  }
}
