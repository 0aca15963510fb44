/**
 * Folds the write-ahead log into the database file when it has grown; writers do not wait for that, but for the short
 * rest of a log that is long. For the thread that does the housework.
 */
import type { DatabaseSync } from 'node:sqlite';

/** Pages of the log that are worth folding in: 4 MB. */
const LOG_PAGES = 1_000;
/** 16 MB: from then on the log is begun anew, and what came meanwhile is folded in while writers wait. */
const LONG_LOG_PAGES = 4_000;

export class LogFold {
  readonly #db: DatabaseSync;
  readonly #touch: () => void;

  /** `touch` writes something small. */
  constructor(db: DatabaseSync, touch: () => void) {
    this.#db = db;
    this.#touch = touch;
    db.exec('PRAGMA wal_autocheckpoint = 0'); // it would hold the lock all the while
  }

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
}
