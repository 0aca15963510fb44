/** Counts events of clients in fixed time units, and connections as long as they last. `Postfix: anvil(8)`. */
import type { Count, Counted, Counters } from './client-limits.ts';

interface Window {
  readonly since: number;
  count: number;
}

interface Entry {
  concurrency: number;
  readonly windows: Partial<Record<Counted, Window>>;
}

/** Clients kept in mind; beyond that, the oldest without connections are forgotten. */
const MAX_CLIENTS = 100_000;
/** So many at a time, so that looking for them is rare. */
const FORGOTTEN_AT_ONCE = 10_000;

export class LocalCounters implements Counters {
  readonly #entries = new Map<string, Entry>();
  readonly #unitMs: number;
  readonly #now: () => number;

  /** `unitMs`: anvil_rate_time_unit. */
  constructor(unitMs: number, now: () => number = Date.now) {
    this.#unitMs = unitMs;
    this.#now = now;
  }

  add(key: string, what: Counted): Count {
    const entry = this.#entry(key);
    let window = this.#window(entry, what);
    if (!window) {
      window = { since: this.#now(), count: 0 };
      entry.windows[what] = window;
    }
    window.count += 1;
    if (what === 'connection') entry.concurrency += 1;
    return { rate: window.count, concurrency: entry.concurrency };
  }

  rate(key: string, what: Counted): number {
    return this.#window(this.#entries.get(key), what)?.count ?? 0;
  }

  occupy(key: string): number {
    const entry = this.#entry(key);
    entry.concurrency += 1;
    return entry.concurrency;
  }

  release(key: string): void {
    const entry = this.#entries.get(key);
    if (entry && entry.concurrency > 0) entry.concurrency -= 1;
  }

  /** The current one. */
  #window(entry: Entry | undefined, what: Counted): Window | undefined {
    const window = entry?.windows[what];
    return window && this.#now() - window.since <= this.#unitMs ? window : undefined;
  }

  #entry(key: string): Entry {
    let entry = this.#entries.get(key);
    if (!entry) {
      if (this.#entries.size >= MAX_CLIENTS) this.#forget();
      entry = { concurrency: 0, windows: {} };
      this.#entries.set(key, entry);
    }
    return entry;
  }

  #forget(): void {
    let forgotten = 0;
    for (const [key, entry] of this.#entries) {
      if (entry.concurrency > 0) continue;
      this.#entries.delete(key);
      forgotten += 1;
      if (forgotten === FORGOTTEN_AT_ONCE) return;
    }
  }
}
