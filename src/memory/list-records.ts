/**
 * What DNS lists have been worth, day by day: all workers of all gateways add to one record for each list and day, so
 * that commands and pages can tell of a gateway that runs elsewhere. Names of lists are kept without customers' keys.
 * A store that fails costs nothing: what could not be written is written the next time.
 */
import type { ListStatistics } from '../dns/list-statistics.ts';
import { readListRecord, writeListRecord } from './list-record-text.ts';
import { type Store, StoreFailure } from './store.ts';
import { storeKey } from './store-key.ts';

/** A list over a day, or over several. */
export interface ListRecord extends Omit<ListStatistics, 'why'> {
  /** State, reason and `since` are those of whoever wrote last, and this is when (milliseconds since 1970). */
  readonly toldAt: number;
  /** Empty: there is nothing to say. */
  readonly why: string;
}

type Counts = Pick<ListStatistics, 'queries' | 'hits' | 'uniqueHits' | 'errors' | 'totalMs'>;

const NOTHING: Counts = { queries: 0, hits: 0, uniqueHits: 0, errors: 0, totalMs: 0 };

/** What was written of a list, and on which day. */
interface Told {
  readonly day: string;
  readonly list: ListStatistics;
}

const DAY_MS = 86_400_000;
const KEPT_DAYS = 32;

export class ListRecords {
  readonly #store: Store;
  readonly #now: () => number;
  /** What has been written of this process's own counts. */
  readonly #told = new Map<string, Told>();

  constructor(store: Store, now: () => number = Date.now) {
    this.#store = store;
    this.#now = now;
  }

  /** Adds what has come since the last time. Never rejects. */
  async add(lists: readonly ListStatistics[]): Promise<void> {
    for (const list of lists) {
      try {
        await this.#addOne(list);
      } catch (error) {
        if (error instanceof StoreFailure) return; // the store has said it
        throw error;
      }
    }
  }

  /** What is known of each list, from so many days ago (1: today) until now. Rejects with StoreFailure. */
  async of(days: number): Promise<ListRecord[]> {
    const sums = new Map<string, ListRecord>();
    for (let ago = Math.min(days, KEPT_DAYS) - 1; ago >= 0; ago--) {
      for await (const { key, value } of this.#store.entries('lists', `${this.#day(ago)} `)) {
        const [, asks = '', zone = ''] = key.split(' ');
        const record = readListRecord(zone, asks, value);
        const name = `${asks} ${zone}`;
        if (record) sums.set(name, together(sums.get(name), record));
      }
    }
    return [...sums.values()];
  }

  async #addOne(list: ListStatistics): Promise<void> {
    const name = `${list.asks} ${list.zone}`;
    const day = this.#day(0);
    const told = this.#told.get(name);
    if (told?.day === day && told.list.queries === list.queries && told.list.state === list.state) return;
    const before = told?.list ?? NOTHING;
    const fresh: ListRecord = {
      ...list,
      why: list.why ?? '',
      toldAt: this.#now(),
      queries: list.queries - before.queries,
      hits: list.hits - before.hits,
      uniqueHits: list.uniqueHits - before.uniqueHits,
      errors: list.errors - before.errors,
      totalMs: list.totalMs - before.totalMs,
    };
    await this.#store.update('lists', storeKey(day, list.asks, list.zone), (entry) => {
      const known = entry && readListRecord(list.zone, list.asks, entry.value);
      return { value: writeListRecord(together(known, fresh)), lifetimeMs: KEPT_DAYS * DAY_MS };
    });
    this.#told.set(name, { day, list });
  }

  /** `2026-01-31`, in UTC. */
  #day(ago: number): string {
    return new Date(this.#now() - ago * DAY_MS).toISOString().slice(0, 10);
  }
}

function together(before: ListRecord | undefined, next: ListRecord): ListRecord {
  if (!before) return next;
  return {
    ...next,
    queries: before.queries + next.queries,
    hits: before.hits + next.hits,
    uniqueHits: before.uniqueHits + next.uniqueHits,
    errors: before.errors + next.errors,
    totalMs: before.totalMs + next.totalMs,
    slowestMs: Math.max(before.slowestMs, next.slowestMs),
  };
}
