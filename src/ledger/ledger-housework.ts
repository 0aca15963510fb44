/**
 * Housework in the ledger: what is older than its retention goes, and the oldest when the file is too large; the log is
 * folded into the file. All in small steps, because a writer waits as long as a step takes.
 * Parameters: ledger_retention, ledger_size_limit.
 */
import type { DatabaseSync } from 'node:sqlite';
import { GradualRemoval } from '../database/gradual-removal.ts';
import { LogFold } from '../database/log-fold.ts';
import { firstIdAt } from '../record/ids.ts';

/** Too large a file loses so much of its attempts at a time. */
const SHARE = 0.02;
const FEWEST = 100;

export interface Retention {
  readonly retentionMs: number;
  readonly sizeLimitBytes: number;
}

export class LedgerHousework {
  readonly #db: DatabaseSync;
  readonly #retention: Retention;
  readonly #log: LogFold;
  readonly #removal = new GradualRemoval(() => this.fold());

  constructor(db: DatabaseSync, retention: Retention) {
    this.#db = db;
    this.#retention = retention;
    this.#log = new LogFold(db, () => db.exec('UPDATE keeper SET token = token'));
  }

  /** One round. Gives the number of attempts that had to go although their time was not over. */
  async tidy(now: number): Promise<number> {
    const { retentionMs, sizeLimitBytes } = this.#retention;
    const until = now - retentionMs;
    await this.#removeAttempts(until, Number.POSITIVE_INFINITY);
    await this.#removeAnswers(until);
    if (sizeLimitBytes === 0) return 0;
    let early = 0;
    while (this.#usedBytes() > sizeLimitBytes) {
      const most = Math.max(FEWEST, Math.ceil(this.#count() * SHARE));
      const gone = await this.#removeAttempts(now, most);
      early += gone;
      if (gone === 0) break;
      await this.#removeAnswers(this.#oldest() ?? now);
    }
    return early;
  }

  fold(): void {
    this.#log.fold();
  }

  /** The oldest first: those that were made before `until`. */
  #removeAttempts(until: number, most: number): Promise<number> {
    const oldest = this.#db.prepare(
      'SELECT max(id) AS id, count(*) AS n FROM (SELECT id FROM attempts WHERE id < ? ORDER BY id LIMIT ?)',
    );
    const statements = ['records', 'attempts'].map((table) =>
      this.#db.prepare(`DELETE FROM ${table} WHERE id <= ?`),
    );
    const remove = (size: number) => {
      const { id, n } = oldest.get(firstIdAt(until), size) as { id: string | null; n: number };
      if (id !== null) for (const statement of statements) statement.run(id);
      return n;
    };
    return this.#removal.remove((size) => this.#transaction(() => remove(size)), most);
  }

  #transaction<T>(work: () => T): T {
    this.#db.exec('BEGIN IMMEDIATE');
    try {
      const done = work();
      this.#db.exec('COMMIT');
      return done;
    } catch (error) {
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK');
      throw error;
    }
  }

  /** The answers that held at that time stay. */
  #removeAnswers(until: number): Promise<number> {
    const statement = this.#db.prepare(
      `DELETE FROM answers WHERE (question, time) IN (SELECT question, time FROM answers WHERE time < ? LIMIT ?)`,
    );
    return this.#removal.remove((size) => Number(statement.run(until - DAY_MS, size).changes));
  }

  #count(): number {
    return Number(this.#db.prepare('SELECT count(*) AS n FROM attempts').get()?.n);
  }

  #oldest(): number | undefined {
    const oldest = this.#db.prepare('SELECT time FROM attempts ORDER BY id LIMIT 1').get()?.time;
    return oldest === undefined ? undefined : Number(oldest);
  }

  #usedBytes(): number {
    const pragma = (name: string) => Number(this.#db.prepare(`PRAGMA ${name}`).get()?.[name]);
    return (pragma('page_count') - pragma('freelist_count')) * pragma('page_size');
  }
}

/** Answers that still hold are written down again after a day. */
const DAY_MS = 86_400_000;
