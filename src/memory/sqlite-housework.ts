/**
 * Housework in an SQLite store: expired entries go, full spaces lose those that would expire first, and the log is
 * folded into the file. All in small steps, because a writer waits as long as a step takes.
 */
import type { DatabaseSync } from 'node:sqlite';
import { setTimeout } from 'node:timers/promises';
import { type SpaceName, spaces } from './spaces.ts';

/** What a step should take; the number of entries is adjusted to it. */
const STEP_MS = 2;
const FEWEST = 10;
const MOST = 2_000;
/** Between two steps others may write. */
const PAUSE_MS = 6;
/** Pages of the log that are worth folding in: 4 MB. */
const LOG_PAGES = 1_000;
/** 16 MB: from then on the log is begun anew, and what came meanwhile is folded in while writers wait. */
const LONG_LOG_PAGES = 4_000;

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
  #size = 100;
  #longestMs = 0;

  /** `bounds`: other bounds than those of spaces.ts, for tests. */
  constructor(db: DatabaseSync, bounds: Partial<Record<SpaceName, number>> = {}) {
    this.#db = db;
    this.#bounds = bounds;
    db.exec('PRAGMA wal_autocheckpoint = 0'); // it would hold the lock all the while
  }

  /** One round through all spaces. */
  async tidy(now: number): Promise<Housework> {
    this.#longestMs = 0;
    let expired = 0;
    const crowdedOut: Partial<Record<SpaceName, number>> = {};
    for (const { name, id, bound } of ids) {
      expired += await this.#remove(id, now, Number.POSITIVE_INFINITY);
      const surplus = this.#count(id) - (this.#bounds[name] ?? bound);
      if (surplus > 0) crowdedOut[name] = await this.#remove(id, Number.MAX_SAFE_INTEGER, surplus);
    }
    return { expired, crowdedOut, longestMs: this.#longestMs };
  }

  /** Folds the log in when it has grown; writers do not wait for that, but for the short rest of a log that is long. */
  fold(): void {
    const waiting = this.#checkpoint('NOOP');
    if (waiting.log - waiting.checkpointed < LOG_PAGES) return;
    const { log } = this.#checkpoint('PASSIVE');
    if (log < LONG_LOG_PAGES) return;
    this.#checkpoint('RESTART');
    // The next writer begins the log anew, and waits for the disk: rather we than somebody with a client.
    this.#touch();
  }

  /** Pages in the log, and those of them that are in the file. */
  #checkpoint(how: 'NOOP' | 'PASSIVE' | 'RESTART'): { log: number; checkpointed: number } {
    const found = this.#db.prepare(`PRAGMA wal_checkpoint(${how})`).get();
    return found as { log: number; checkpointed: number };
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
  async #remove(id: number, until: number, most: number): Promise<number> {
    const statement = this.#db.prepare(
      `DELETE FROM entries WHERE (space, key) IN
         (SELECT space, key FROM entries INDEXED BY entries_by_expiry
          WHERE space = ? AND expires <= ? ORDER BY expires LIMIT ?)`,
    );
    let removed = 0;
    while (removed < most) {
      const size = Math.min(this.#size, most - removed);
      const began = performance.now();
      const gone = Number(statement.run(id, until, size).changes);
      if (gone > 0) this.#adjust(performance.now() - began);
      removed += gone;
      if (gone < size) break;
      this.fold();
      await setTimeout(PAUSE_MS);
    }
    return removed;
  }

  #adjust(ms: number): void {
    this.#longestMs = Math.max(this.#longestMs, ms);
    const next = ms > STEP_MS ? this.#size / 2 : this.#size * 1.2;
    this.#size = Math.round(Math.min(MOST, Math.max(FEWEST, next)));
  }
}
