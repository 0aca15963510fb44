/**
 * What the gateway remembers, behind one interface: small texts under a key, in named spaces (spaces.ts), each with a
 * time at which it is forgotten. Parameter: state_store. SQLite answers at once, Redis with a promise.
 * A store that cannot answer throws (or rejects with) StoreFailure, soon; what that means is decided by who asks, and
 * it never means that mail stops.
 */
import type { MaybePromise } from '../mail/maybe-promise.ts';
import type { Bucket, Taken } from './bucket.ts';
import type { SpaceName } from './spaces.ts';

export interface Entry {
  readonly key: string;
  readonly value: string;
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
}

/** What shall be there from now on. */
export interface Change {
  readonly value: string;
  readonly lifetimeMs: number;
}

export interface Store {
  /** As the operator wrote it, without passwords. */
  readonly name: string;
  get(space: SpaceName, key: string): MaybePromise<Entry | undefined>;
  put(space: SpaceName, key: string, change: Change): MaybePromise<void>;
  /**
   * Reads and writes as one step, whoever else writes at the same time. `change` gets what is there and says what shall
   * be there (undefined: leave it); it may be called several times. Gives what is there afterwards.
   */
  update(
    space: SpaceName,
    key: string,
    change: (now: Entry | undefined) => Change | undefined,
  ): MaybePromise<Entry | undefined>;
  /** Takes from a bucket that fills again with time, as one step. */
  take(space: SpaceName, key: string, bucket: Bucket): MaybePromise<Taken>;
  /** Whether there was one. */
  delete(space: SpaceName, key: string): MaybePromise<boolean>;
  /** All entries whose key begins so; an entry that changes meanwhile may be missing. */
  entries(space: SpaceName, prefix?: string): AsyncIterable<Entry>;
  count(space: SpaceName): MaybePromise<number>;
  close(): Promise<void>;
}

/** The store cannot answer now. */
export class StoreFailure extends Error {
  constructor(store: string, problem: string, cause?: unknown) {
    super(`${store}: ${problem}`, { cause });
  }
}
