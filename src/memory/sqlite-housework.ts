/**
 * Housework in an SQLite store: expired entries go, full spaces lose those that would expire first, and the log is
 * folded into the file. All in small steps, because a writer waits as long as a step takes.
 */
import type { DatabaseSync } from 'node:sqlite';
import { GradualRemoval } from '../database/gradual-removal.ts';
import { LogFold } from '../database/log-fold.ts';
import { type SpaceName, spaces } from './spaces.ts';

const ids = Object.entries(spaces).map(([name, { id, bound }]) => ({ name: name as SpaceName, id, bound }));

export interface Housework {
  /** Entries that went because their time was over, and because there was no room. */
  readonly expired: number;
  readonly crowdedOut: Partial<Record<SpaceName, number>>;
  /** Milliseconds of the longest step. */
  readonly longestMs: number;
}

export class SqliteHousework {
  readonly #db: DatabaseSync;
  readonly #bounds: Partial<Record<SpaceName, number>>;
  readonly #log: LogFold;
  readonly #removal = new GradualRemoval(() => this.fold());

  /** `bounds`: other bounds than those of spaces.ts, for tests. */
  constructor(db: DatabaseSync, bounds: Partial<Record<SpaceName, number>> = {}) {
    this.#db = db;
    this.#bounds = bounds;
    this.#log = new LogFold(db, () => this.#touch());
  }

  /** One round through all spaces. */
  async tidy(now: number): Promise<Housework> {
    this.#removal.longestMs = 0;
    let expired = 0;
    const crowdedOut: Partial<Record<SpaceName, number>> = {};
    for (const { name, id, bound } of ids) {
      expired += await this.#remove(id, now, Number.POSITIVE_INFINITY);
      const surplus = this.#count(id) - (this.#bounds[name] ?? bound);
      if (surplus > 0) crowdedOut[name] = await this.#remove(id, Number.MAX_SAFE_INTEGER, surplus);
    }
    return { expired, crowdedOut, longestMs: this.#removal.longestMs };
  }

  fold(): void {
    this.#log.fold();
  }

  #touch(): void {
    const { keeper } = spaces;
    this.#db
      .prepare('INSERT OR REPLACE INTO entries (space, key, value, expires) VALUES (?, ?, ?, ?)')
      .run(keeper.id, 'folded', '', Date.now() + 60_000);
  }

  #count(id: number): number {
    return Number(this.#db.prepare('SELECT count(*) AS n FROM entries WHERE space = ?').get(id)?.n);
  }

  /** Removes entries that expire at `until` or before, `most` of them, the earliest first. */
  #remove(id: number, until: number, most: number): Promise<number> {
    const statement = this.#db.prepare(
      `DELETE FROM entries WHERE (space, key) IN
         (SELECT space, key FROM entries INDEXED BY entries_by_expiry
          WHERE space = ? AND expires <= ? ORDER BY expires LIMIT ?)`,
    );
    return this.#removal.remove((size) => Number(statement.run(id, until, size).changes), most);
  }
}
