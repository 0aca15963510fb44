/**
 * The store in an SQLite file, shared by the processes of one machine: `state_store = sqlite:/path`.
 * A step takes some microseconds. When another process is writing, the step is tried again between other work, for a
 * second at most; the event loop waits 5 ms at a time. The file is opened when it is first needed, and again after a
 * failure; a broken file is moved aside, loudly, and the memory begins anew: mail goes on, newcomers wait once more.
 */
import { setImmediate, setTimeout } from 'node:timers/promises';
import { Keeper } from '../database/keeper.ts';
import { type Attempt, DatabaseFailure, SharedDatabase } from '../database/shared-database.ts';
import type { MaybePromise } from '../mail/maybe-promise.ts';
import type { Log } from '../record/log.ts';
import { threadProgram } from '../thread-program.ts';
import { type Bucket, type Taken, takeFrom } from './bucket.ts';
import type { SpaceName } from './spaces.ts';
import { SqliteStatements } from './sqlite-statements.ts';
import { type Change, type Entry, type Store, StoreFailure } from './store.ts';
import { storeFormat } from './store-format.ts';

/** How long a step may take altogether while others are writing. */
const WAIT_MS = 1_000;
const FIRST_PAUSE_MS = 1;
const LONGEST_PAUSE_MS = 32;
/** Entries that are read in one go. */
const PAGE = 500;
const COUNTED_PAGE = 20_000;

export interface SqliteStoreOptions {
  readonly path: string;
  readonly log: Log;
  /** Whether this process may look after the file; short-lived ones do not. */
  readonly housekeeping: boolean;
  readonly now?: () => number;
}

export class SqliteStore implements Store {
  readonly name: string;
  readonly #path: string;
  readonly #now: () => number;
  readonly #database: SharedDatabase<SqliteStatements>;
  readonly #keeper: Keeper | undefined;

  constructor({ path, log, housekeeping, now = Date.now }: SqliteStoreOptions) {
    this.#path = path;
    this.#now = now;
    this.#database = new SharedDatabase({
      path,
      format: storeFormat,
      prepare: (db) => new SqliteStatements(db),
      log,
      whileClosed: 'greylisting and its kin do without their memory',
      whenLost: 'mail goes on, but new senders are greylisted again and addresses verified again',
    });
    this.name = this.#database.name;
    if (housekeeping) this.#keeper = this.#employKeeper(log);
  }

  get(space: SpaceName, key: string): MaybePromise<Entry | undefined> {
    return this.#step((statements) => statements.get(space, key, this.#now()));
  }

  put(space: SpaceName, key: string, change: Change): MaybePromise<void> {
    return this.#step((statements) => {
      statements.put(space, key, change, this.#now());
    });
  }

  update(
    space: SpaceName,
    key: string,
    change: (now: Entry | undefined) => Change | undefined,
  ): MaybePromise<Entry | undefined> {
    return this.#transaction((statements) => {
      const before = statements.get(space, key, this.#now());
      const wanted = change(before);
      return wanted ? statements.put(space, key, wanted, this.#now()) : before;
    });
  }

  take(space: SpaceName, key: string, bucket: Bucket): MaybePromise<Taken> {
    return this.#transaction((statements) => {
      const now = this.#now();
      const kept = statements.get(space, key, now);
      const { taken, fullAt } = takeFrom(bucket, kept && Number(kept.value), now);
      if (fullAt === undefined) return taken;
      statements.put(space, key, { value: String(fullAt), lifetimeMs: fullAt - now }, now);
      return taken;
    });
  }

  delete(space: SpaceName, key: string): MaybePromise<boolean> {
    return this.#step((statements) => statements.delete(space, key));
  }

  async *entries(space: SpaceName, prefix = ''): AsyncGenerator<Entry> {
    const end = `${prefix}\u{10ffff}`;
    let from = prefix;
    for (;;) {
      const page = await this.#step((statements) => statements.page(space, from, end, this.#now(), PAGE));
      yield* page;
      const last = page.at(-1);
      if (!last || page.length < PAGE) return;
      from = `${last.key}\x01`; // nothing lies between
      await setImmediate();
    }
  }

  async count(space: SpaceName): Promise<number> {
    let count = 0;
    for (let after = ''; ; ) {
      const page = await this.#step((statements) =>
        statements.count(space, after, this.#now(), COUNTED_PAGE),
      );
      count += page.live;
      if (page.seen < COUNTED_PAGE) return count;
      after = page.last;
      await setImmediate();
    }
  }

  async close(): Promise<void> {
    await this.#keeper?.close();
    this.#database.close();
  }

  #employKeeper(log: Log): Keeper {
    return new Keeper({
      name: this.name,
      program: threadProgram(import.meta.url, 'sqlite-keeper-thread'),
      workerData: { path: this.#path },
      log,
      look: () => this.#database.lookAtFile(),
      lease: async (token, lifetimeMs) => {
        const entry = await this.update('keeper', 'keeper', (now) =>
          now === undefined || now.value === token ? { value: token, lifetimeMs } : undefined,
        );
        return entry?.value === token;
      },
    });
  }

  #transaction<T>(work: (statements: SqliteStatements) => T): MaybePromise<T> {
    return this.#step((statements) => statements.transaction(() => work(statements)));
  }

  #step<T>(work: (statements: SqliteStatements) => T): MaybePromise<T> {
    const attempt = this.#attempt(work);
    return attempt.kind === 'done' ? attempt.value : this.#again(work);
  }

  async #again<T>(work: (statements: SqliteStatements) => T): Promise<T> {
    const deadline = performance.now() + WAIT_MS;
    for (let pauseMs = FIRST_PAUSE_MS; performance.now() < deadline; pauseMs *= 2) {
      await setTimeout(Math.min(pauseMs, LONGEST_PAUSE_MS));
      const attempt = this.#attempt(work);
      if (attempt.kind === 'done') return attempt.value;
    }
    throw new StoreFailure(this.name, `others have been writing for ${WAIT_MS} ms`);
  }

  #attempt<T>(work: (statements: SqliteStatements) => T): Attempt<T> {
    try {
      return this.#database.attempt(work);
    } catch (error) {
      if (!(error instanceof DatabaseFailure)) throw error;
      throw new StoreFailure(this.name, error.message, error.cause ?? error);
    }
  }
}
