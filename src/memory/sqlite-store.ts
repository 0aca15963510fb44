/**
 * The store in an SQLite file, shared by the processes of one machine: `state_store = sqlite:/path`.
 * A step takes some microseconds. When another process is writing, the step is tried again between other work, for a
 * second at most; the event loop waits 5 ms at a time. The file is opened when it is first needed, and again after a
 * failure; a broken file is moved aside, loudly, and the memory begins anew: mail goes on, newcomers wait once more.
 */
import { setImmediate, setTimeout } from 'node:timers/promises';
import { inodeOf, isBroken, isBusy, moveAside, openDatabase } from '../database/database-file.ts';
import { Keeper, programBeside } from '../database/keeper.ts';
import type { MaybePromise } from '../mail/maybe-promise.ts';
import type { Log } from '../record/log.ts';
import { type Bucket, type Taken, takeFrom } from './bucket.ts';
import type { SpaceName } from './spaces.ts';
import { SqliteStatements } from './sqlite-statements.ts';
import { type Change, type Entry, type Store, StoreFailure } from './store.ts';
import { storeFormat } from './store-format.ts';

/** How long a step may take altogether while others are writing. */
const WAIT_MS = 1_000;
const FIRST_PAUSE_MS = 1;
const LONGEST_PAUSE_MS = 32;
/** After a failure to open, nobody tries again for so long. */
const REOPEN_MS = 5_000;
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

interface Opened {
  readonly statements: SqliteStatements;
  readonly inode: number;
}

type Attempt<T> = { readonly kind: 'done'; readonly value: T } | { readonly kind: 'busy' };

export class SqliteStore implements Store {
  readonly name: string;
  readonly #path: string;
  readonly #log: Log;
  readonly #now: () => number;
  readonly #keeper: Keeper | undefined;
  #opened: Opened | undefined;
  /** Why it could not be opened, and when. */
  #trouble: { readonly text: string; readonly at: number } | undefined;
  #closed = false;

  constructor({ path, log, housekeeping, now = Date.now }: SqliteStoreOptions) {
    this.name = `sqlite:${path}`;
    this.#path = path;
    this.#log = log;
    this.#now = now;
    if (housekeeping) this.#keeper = this.#employKeeper();
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
    this.#closed = true;
    await this.#keeper?.close();
    this.#letGo();
  }

  #employKeeper(): Keeper {
    return new Keeper({
      name: this.name,
      program: programBeside(import.meta.url, 'sqlite-keeper-thread'),
      workerData: { path: this.#path },
      log: this.#log,
      look: () => this.#lookAtFile(),
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
      return { kind: 'done', value: this.#on(work) };
    } catch (error) {
      if (isBusy(error)) return { kind: 'busy' };
      if (error instanceof StoreFailure) throw error;
      throw new StoreFailure(this.name, (error as Error).message, error);
    }
  }

  #on<T>(work: (statements: SqliteStatements) => T): T {
    const opened = this.#open();
    try {
      return work(opened.statements);
    } catch (error) {
      if (!isBroken(error)) throw error;
      this.#moveAside(opened.inode, error);
      return work(this.#open().statements);
    }
  }

  #open(): Opened {
    if (this.#opened) return this.#opened;
    if (this.#closed) throw new StoreFailure(this.name, 'closed');
    const { text, at } = this.#trouble ?? { text: '', at: Number.NEGATIVE_INFINITY };
    if (performance.now() - at < REOPEN_MS) throw new StoreFailure(this.name, text);
    try {
      this.#opened = this.#openFile();
    } catch (error) {
      if (!isBusy(error)) this.#failed(error as Error);
      throw error;
    }
    if (this.#trouble) this.#log.info(`${this.name}: works again`);
    this.#trouble = undefined;
    return this.#opened;
  }

  #openFile(): Opened {
    const inode = inodeOf(this.#path);
    try {
      return opened(this.#path);
    } catch (error) {
      if (!isBroken(error) || inode === undefined) throw error;
      this.#moveAside(inode, error);
      return opened(this.#path);
    }
  }

  #failed({ message }: Error): void {
    if (this.#trouble?.text !== message) {
      this.#log.error(
        `${this.name}: cannot be opened: ${message}; greylisting and its kin do without their memory until it can`,
      );
    }
    this.#trouble = { text: message, at: performance.now() };
  }

  #moveAside(inode: number, problem: unknown): void {
    this.#letGo();
    const aside = moveAside(this.#path, inode);
    if (aside === undefined) return; // another process has done it and told it
    this.#log.error(
      `${this.name}: the database is broken (${(problem as Error).message}); it is now called ${aside}, and a new ` +
        'one is begun: mail goes on, but new senders are greylisted again and addresses verified again; ' +
        `what can be saved: sqlite3 ${aside} .recover`,
    );
  }

  /** Follows when the file has been replaced. */
  #lookAtFile(): void {
    if (this.#opened && inodeOf(this.#path) !== this.#opened.inode) this.#letGo();
  }

  #letGo(): void {
    const opened = this.#opened;
    this.#opened = undefined;
    try {
      opened?.statements.close();
    } catch {
      // a broken database may not even close
    }
  }
}

function opened(path: string): Opened {
  const { db, inode } = openDatabase(path, storeFormat);
  return { statements: new SqliteStatements(db), inode };
}
