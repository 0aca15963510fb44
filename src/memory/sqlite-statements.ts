/** The statements of the SQLite store, prepared once for each time the file is opened. */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { type SpaceName, spaces } from './spaces.ts';
import type { Change, Entry } from './store.ts';

interface Row {
  readonly key: string;
  readonly value: string;
  readonly expires: number;
}

/** What is seen of a space when it is counted piece by piece. */
export interface CountedPage {
  readonly seen: number;
  readonly live: number;
  readonly last: string;
}

export class SqliteStatements {
  readonly #db: DatabaseSync;
  readonly #get: StatementSync;
  readonly #put: StatementSync;
  readonly #delete: StatementSync;
  readonly #page: StatementSync;
  readonly #count: StatementSync;
  readonly #begin: StatementSync;
  readonly #commit: StatementSync;
  readonly #rollback: StatementSync;

  constructor(db: DatabaseSync) {
    this.#db = db;
    this.#get = db.prepare('SELECT value, expires FROM entries WHERE space = ? AND key = ? AND expires > ?');
    this.#put = db.prepare('INSERT OR REPLACE INTO entries (space, key, value, expires) VALUES (?, ?, ?, ?)');
    this.#delete = db.prepare('DELETE FROM entries WHERE space = ? AND key = ?');
    this.#page = db.prepare(
      'SELECT key, value, expires FROM entries WHERE space = ? AND key >= ? AND key < ? AND expires > ? ORDER BY key LIMIT ?',
    );
    this.#count = db.prepare(
      `SELECT count(*) AS seen, total(expires > ?) AS live, max(key) AS last
       FROM (SELECT key, expires FROM entries WHERE space = ? AND key > ? ORDER BY key LIMIT ?)`,
    );
    this.#begin = db.prepare('BEGIN IMMEDIATE');
    this.#commit = db.prepare('COMMIT');
    this.#rollback = db.prepare('ROLLBACK');
  }

  get(space: SpaceName, key: string, now: number): Entry | undefined {
    const row = this.#get.get(spaces[space].id, key, now) as Pick<Row, 'value' | 'expires'> | undefined;
    return row && { key, value: row.value, expiresAt: row.expires };
  }

  put(space: SpaceName, key: string, { value, lifetimeMs }: Change, now: number): Entry {
    const expiresAt = Math.ceil(now + lifetimeMs);
    this.#put.run(spaces[space].id, key, value, expiresAt);
    return { key, value, expiresAt };
  }

  delete(space: SpaceName, key: string): boolean {
    return Number(this.#delete.run(spaces[space].id, key).changes) > 0;
  }

  /** Live entries with `from` <= key < `end`, sorted by key. */
  page(space: SpaceName, from: string, end: string, now: number, limit: number): Entry[] {
    const rows = this.#page.all(spaces[space].id, from, end, now, limit) as unknown as Row[];
    return rows.map(({ key, value, expires }) => ({ key, value, expiresAt: expires }));
  }

  count(space: SpaceName, after: string, now: number, limit: number): CountedPage {
    return this.#count.get(now, spaces[space].id, after, limit) as unknown as CountedPage;
  }

  /** All or nothing. */
  transaction<T>(work: () => T): T {
    this.#begin.run();
    try {
      const done = work();
      this.#commit.run();
      return done;
    } catch (error) {
      if (this.#db.isTransaction) this.#rollback.run();
      throw error;
    }
  }
}
