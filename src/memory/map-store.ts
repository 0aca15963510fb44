/**
 * A store in the memory of one process: `state_store = memory:`, for demonstrations, tests and limits that need not be
 * shared. It forgets everything when the process ends. Full spaces lose their oldest entries.
 */
import { type Bucket, type Taken, takeFrom } from './bucket.ts';
import { type SpaceName, spaces } from './spaces.ts';
import type { Change, Entry, Store } from './store.ts';

/** So many entries are looked at in one go when something is written, so that nothing expired stays for ever. */
const SWEEP = 4;

export class MapStore implements Store {
  readonly name = 'memory:';
  readonly #now: () => number;
  readonly #spaces = new Map<SpaceName, Map<string, Entry>>();
  readonly #sweeps = new Map<SpaceName, Iterator<Entry>>();

  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  get(space: SpaceName, key: string): Entry | undefined {
    const entries = this.#entries(space);
    const entry = entries.get(key);
    if (!entry || entry.expiresAt > this.#now()) return entry;
    entries.delete(key);
    return undefined;
  }

  put(space: SpaceName, key: string, { value, lifetimeMs }: Change): void {
    const entries = this.#entries(space);
    entries.delete(key); // the newest stand last
    entries.set(key, { key, value, expiresAt: this.#now() + lifetimeMs });
    this.#sweep(space, entries);
  }

  update(
    space: SpaceName,
    key: string,
    change: (now: Entry | undefined) => Change | undefined,
  ): Entry | undefined {
    const wanted = change(this.get(space, key));
    if (wanted) this.put(space, key, wanted);
    return this.get(space, key);
  }

  take(space: SpaceName, key: string, bucket: Bucket): Taken {
    const now = this.#now();
    const kept = this.get(space, key);
    const { taken, fullAt } = takeFrom(bucket, kept && Number(kept.value), now);
    if (fullAt !== undefined) this.put(space, key, { value: String(fullAt), lifetimeMs: fullAt - now });
    return taken;
  }

  delete(space: SpaceName, key: string): boolean {
    return this.#entries(space).delete(key);
  }

  /** Forgets everything. */
  clear(): void {
    this.#spaces.clear();
    this.#sweeps.clear();
  }

  async *entries(space: SpaceName, prefix = ''): AsyncGenerator<Entry> {
    for (const key of [...this.#entries(space).keys()]) {
      const entry = key.startsWith(prefix) ? this.get(space, key) : undefined;
      if (entry) yield entry;
    }
  }

  count(space: SpaceName): number {
    return this.#entries(space).size;
  }

  async close(): Promise<void> {
    this.#spaces.clear();
  }

  #entries(space: SpaceName): Map<string, Entry> {
    const known = this.#spaces.get(space);
    if (known) return known;
    const entries = new Map<string, Entry>();
    this.#spaces.set(space, entries);
    return entries;
  }

  /** Looks at a few entries in turn, and makes room. */
  #sweep(space: SpaceName, entries: Map<string, Entry>): void {
    let sweep = this.#sweeps.get(space) ?? entries.values();
    for (let i = 0; i < SWEEP; i++) {
      const next = sweep.next();
      if (next.done) sweep = entries.values();
      else if (next.value.expiresAt <= this.#now()) entries.delete(next.value.key);
    }
    this.#sweeps.set(space, sweep);
    if (entries.size <= spaces[space].bound) return;
    const oldest = entries.keys().next();
    if (!oldest.done) entries.delete(oldest.value);
  }
}
