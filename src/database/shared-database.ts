/**
 * A database file as long-lived processes use it: opened when it is first needed, and again after a failure; a broken
 * file is moved aside, loudly, and a new one is begun. When another process is writing, a piece of work is not done, and
 * whoever wants it tries again between other work: the event loop waits 5 ms at most.
 */
import type { DatabaseSync } from 'node:sqlite';
import type { Log } from '../record/log.ts';
import { type DatabaseFormat, inodeOf, isBroken, isBusy, moveAside, openDatabase } from './database-file.ts';

/** After a failure to open, nobody tries again for so long. */
const REOPEN_MS = 5_000;

export interface SharedDatabaseOptions<S> {
  readonly path: string;
  readonly format: DatabaseFormat;
  /** Prepares the statements each time the file is opened. */
  prepare(db: DatabaseSync): S;
  readonly log: Log;
  /** What follows for the mail, behind the reason why it cannot be opened: `greylisting does without its memory`. */
  readonly whileClosed: string;
  /** What follows when a broken file is moved aside. */
  readonly whenLost: string;
}

export type Attempt<T> = { readonly kind: 'done'; readonly value: T } | { readonly kind: 'busy' };

/** The database cannot be used now. */
export class DatabaseFailure extends Error {}

interface Opened<S> {
  readonly db: DatabaseSync;
  readonly statements: S;
  readonly inode: number;
}

export class SharedDatabase<S> {
  readonly name: string;
  readonly #options: SharedDatabaseOptions<S>;
  #opened: Opened<S> | undefined;
  /** Why it could not be opened, and when. */
  #trouble: { readonly text: string; readonly at: number } | undefined;
  #closed = false;

  constructor(options: SharedDatabaseOptions<S>) {
    this.name = `sqlite:${options.path}`;
    this.#options = options;
  }

  /** Does a piece of work, unless another process is writing. Throws DatabaseFailure, or what the work itself throws. */
  attempt<T>(work: (statements: S) => T): Attempt<T> {
    try {
      return { kind: 'done', value: this.#on(work) };
    } catch (error) {
      if (isBusy(error)) return { kind: 'busy' };
      if (error instanceof DatabaseFailure) throw error;
      throw new DatabaseFailure((error as Error).message, { cause: error });
    }
  }

  /** Follows when the file has been replaced. */
  lookAtFile(): void {
    if (this.#opened && inodeOf(this.#options.path) !== this.#opened.inode) this.#letGo();
  }

  close(): void {
    this.#closed = true;
    this.#letGo();
  }

  #on<T>(work: (statements: S) => T): T {
    const opened = this.#open();
    try {
      return work(opened.statements);
    } catch (error) {
      if (!isBroken(error)) throw error;
      this.#moveAside(opened.inode, error);
      return work(this.#open().statements);
    }
  }

  #open(): Opened<S> {
    if (this.#opened) return this.#opened;
    if (this.#closed) throw new DatabaseFailure('closed');
    const { text, at } = this.#trouble ?? { text: '', at: Number.NEGATIVE_INFINITY };
    if (performance.now() - at < REOPEN_MS) throw new DatabaseFailure(text);
    try {
      this.#opened = this.#openFile();
    } catch (error) {
      if (!isBusy(error)) this.#failed(error as Error);
      throw error;
    }
    if (this.#trouble) this.#options.log.info(`${this.name}: works again`);
    this.#trouble = undefined;
    return this.#opened;
  }

  #openFile(): Opened<S> {
    const inode = inodeOf(this.#options.path);
    try {
      return this.#prepared();
    } catch (error) {
      if (!isBroken(error) || inode === undefined) throw error;
      this.#moveAside(inode, error);
      return this.#prepared();
    }
  }

  #prepared(): Opened<S> {
    const { path, format, prepare } = this.#options;
    const { db, inode } = openDatabase(path, format);
    return { db, inode, statements: prepare(db) };
  }

  #failed({ message }: Error): void {
    const { log, whileClosed } = this.#options;
    if (this.#trouble?.text !== message) {
      log.error(`${this.name}: cannot be opened: ${message}; ${whileClosed} until it can`);
    }
    this.#trouble = { text: message, at: performance.now() };
  }

  #moveAside(inode: number, problem: unknown): void {
    this.#letGo();
    const { path, log, whenLost } = this.#options;
    const aside = moveAside(path, inode);
    if (aside === undefined) return; // another process has done it and told it
    const what = `the database is broken (${(problem as Error).message}); it is now called ${aside}, and a new one is begun`;
    log.error(`${this.name}: ${what}: ${whenLost}; what can be saved: sqlite3 ${aside} .recover`);
  }

  #letGo(): void {
    const opened = this.#opened;
    this.#opened = undefined;
    try {
      opened?.db.close();
    } catch {
      // a broken database may not even close
    }
  }
}
