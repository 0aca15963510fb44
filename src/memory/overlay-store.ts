/** A store over another one that is read and never written to: what happens here is forgotten with it. */
import { type Bucket, type Taken, takeFrom } from './bucket.ts';
import { MapStore } from './map-store.ts';
import type { SpaceName } from './spaces.ts';
import type { Change, Entry, Store } from './store.ts';

export class OverlayStore implements Store {
  readonly name: string;
  readonly #below: Store;
  readonly #above: MapStore;
  readonly #empty: ReadonlySet<SpaceName>;
  /** `space key` of what has been written or deleted here. */
  readonly #touched = new Set<string>();

  /** `empty`: spaces in which nothing is seen of the other store. */
  constructor(below: Store, empty: readonly SpaceName[] = [], now: () => number = Date.now) {
    this.#below = below;
    this.#empty = new Set(empty);
    this.#above = new MapStore(now);
    this.name = below.name;
  }

  async get(space: SpaceName, key: string): Promise<Entry | undefined> {
    if (this.#empty.has(space) || this.#touched.has(`${space} ${key}`)) return this.#above.get(space, key);
    return this.#below.get(space, key);
  }

  put(space: SpaceName, key: string, change: Change): void {
    this.#touched.add(`${space} ${key}`);
    this.#above.put(space, key, change);
  }

  async update(
    space: SpaceName,
    key: string,
    change: (now: Entry | undefined) => Change | undefined,
  ): Promise<Entry | undefined> {
    const before = await this.get(space, key);
    const wanted = change(before);
    if (!wanted) return before;
    this.put(space, key, wanted);
    return this.#above.get(space, key);
  }

  async take(space: SpaceName, key: string, bucket: Bucket): Promise<Taken> {
    const now = Date.now();
    const kept = await this.get(space, key);
    const { taken, fullAt } = takeFrom(bucket, kept && Number(kept.value), now);
    if (fullAt !== undefined) this.put(space, key, { value: String(fullAt), lifetimeMs: fullAt - now });
    return taken;
  }

  async delete(space: SpaceName, key: string): Promise<boolean> {
    const was = await this.get(space, key);
    this.#touched.add(`${space} ${key}`);
    this.#above.delete(space, key);
    return was !== undefined;
  }

  async *entries(space: SpaceName, prefix = ''): AsyncGenerator<Entry> {
    yield* this.#above.entries(space, prefix);
    if (this.#empty.has(space)) return;
    for await (const entry of this.#below.entries(space, prefix)) {
      if (!this.#touched.has(`${space} ${entry.key}`)) yield entry;
    }
  }

  async count(space: SpaceName): Promise<number> {
    let count = 0;
    for await (const _ of this.entries(space)) count += 1;
    return count;
  }

  /** The store below belongs to somebody else. */
  async close(): Promise<void> {}
}
