/**
 * Mail that was accepted and is held for a person to decide about. Parameters: quarantine_retention,
 * quarantine_size_limit; the files are below data_directory. A mail is acknowledged only when it is on the disk:
 * when that fails, the client hears 451 4.3.0, when there is no room, 452 4.3.1, and keeps the mail. What was
 * acknowledged goes only when a person deletes or releases it, or when its time is over: never to make room.
 */
import type { Envelope } from '../mail/envelope.ts';
import type { Message } from '../mail/message.ts';
import { Refused } from '../mail/refused.ts';
import { reply } from '../mail/reply.ts';
import type { Session } from '../mail/session.ts';
import type { Log } from '../record/log.ts';
import { type HeldMail, isHeldId } from './held-mail.ts';
import { diskBytes, Shelf } from './shelf.ts';

export interface QuarantineOptions {
  /** It is made when it is needed. */
  readonly directory: string;
  /** 0: for ever. */
  readonly retentionMs: number;
  readonly sizeLimitBytes: number;
  readonly log: Log;
}

/** A mail that is to be held. */
export interface Detained {
  readonly session: Session;
  readonly envelope: Envelope;
  readonly message: Pick<Message, 'chunks' | 'sizeBytes' | 'messageId' | 'facts'>;
  readonly why: string;
}

const FULL = reply(452, '4.3.1', 'Insufficient system storage');
const BROKEN = reply(451, '4.3.0', 'Error: queue file write error'); // Postfix: cleanup_strerror
/** A story takes a block, seldom two. */
const STORY_BYTES = 4_096;
/** What others have added since is not known longer than this. */
const MEASURE_EVERY_MS = 10_000;
const NO_ROOM = new Set(['ENOSPC', 'EDQUOT']);

export class Quarantine {
  readonly shelf: Shelf;
  readonly #options: QuarantineOptions;
  readonly #listeners = new Map<string, (path: string) => void>();
  /** On the disk, as far as known, and on their way there: together rather too much than too little. */
  #keptBytes = 0;
  #writingBytes = 0;
  #measuredAt = 0;
  #sweptAt = 0;
  #measuring: Promise<void> | undefined;

  constructor(options: QuarantineOptions) {
    this.#options = options;
    this.shelf = new Shelf(options.directory);
  }

  /** Resolves when it is safe. Rejects with Refused. */
  async keep({ session, envelope, message, why }: Detained): Promise<HeldMail> {
    const { messageId, facts, sizeBytes } = message;
    const heldAt = new Date().toISOString();
    const held = { id: envelope.id, heldAt, why, session, envelope, sizeBytes, messageId, facts };
    const bytes = diskBytes(sizeBytes) + STORY_BYTES;
    await this.#reserve(bytes);
    try {
      const kept = await this.shelf.put(held, message.chunks());
      this.#keptBytes += bytes;
      this.#options.log.info(`${envelope.id}: held in quarantine as ${kept.id}: ${why}`, {
        daemon: 'quarantine',
      });
      this.#listeners.get(envelope.id)?.(this.shelf.messagePath(kept.id));
      return kept;
    } catch (error) {
      throw this.#refusal(error as Error);
    } finally {
      this.#writingBytes -= bytes;
    }
  }

  /** Where the message with this id is kept, once it is; undefined when that does not happen in time. */
  async whenKept(id: string, mostMs: number): Promise<string | undefined> {
    const { promise, resolve } = Promise.withResolvers<string | undefined>();
    const timer = setTimeout(() => resolve(undefined), mostMs).unref();
    this.#listeners.set(id, resolve);
    if (await this.shelf.find(id)) resolve(this.shelf.messagePath(id));
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      this.#listeners.delete(id);
    }
  }

  /** Deletes what has been held long enough, and what a crash has left behind. */
  async sweep(now = Date.now()): Promise<void> {
    const { retentionMs, log } = this.#options;
    await this.shelf.sweepLeftOvers(now);
    if (retentionMs === 0) return;
    for (const id of await this.shelf.ids()) {
      const held = isHeldId(id) ? await this.shelf.find(id).catch(() => undefined) : undefined;
      if (!held || Date.parse(held.heldAt) > now - retentionMs || (await this.shelf.isClaimed(id))) continue;
      if (!(await this.shelf.remove(id))) continue;
      log.info(`${id}: deleted from quarantine: quarantine_retention is over`, { daemon: 'quarantine' });
    }
  }

  async #reserve(bytes: number): Promise<void> {
    try {
      if (Date.now() - this.#measuredAt > MEASURE_EVERY_MS) await this.#measure();
      if (!this.#fits(bytes)) await this.#makeRoom();
    } catch (error) {
      throw this.#refusal(error as Error);
    }
    if (!this.#fits(bytes)) {
      const { sizeLimitBytes, log } = this.#options;
      const problem = `quarantine is full: ${this.#usedBytes} of quarantine_size_limit = ${sizeLimitBytes} bytes are used`;
      log.warn(problem, { daemon: 'quarantine' });
      throw new Refused(problem, FULL);
    }
    this.#writingBytes += bytes;
  }

  /** Where there is any; not for each mail of a flood. */
  async #makeRoom(): Promise<void> {
    if (Date.now() - this.#sweptAt < MEASURE_EVERY_MS) return;
    this.#sweptAt = Date.now();
    await this.sweep();
    await this.#measure();
  }

  get #usedBytes(): number {
    return this.#keptBytes + this.#writingBytes;
  }

  #fits(bytes: number): boolean {
    return this.#usedBytes + bytes <= this.#options.sizeLimitBytes;
  }

  #measure(): Promise<void> {
    this.#measuring ??= this.shelf
      .usedBytes()
      .then((used) => {
        this.#keptBytes = used;
        this.#measuredAt = Date.now();
      })
      .finally(() => {
        this.#measuring = undefined;
      });
    return this.#measuring;
  }

  #refusal(error: Error): Refused {
    if (error instanceof Refused) return error;
    const problem = `quarantine in ${this.#options.directory}: ${error.message}`;
    this.#options.log.error(problem, { daemon: 'quarantine' });
    return new Refused(problem, NO_ROOM.has((error as NodeJS.ErrnoException).code ?? '') ? FULL : BROKEN);
  }
}
