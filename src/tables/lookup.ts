/**
 * What a table kind brings along: how to answer one key. What is common to all kinds (partial keys, case, UTF-8) stands
 * in opened-table.ts.
 */
import { isPromise, type MaybePromise } from '../mail/maybe-promise.ts';
import type { Complaint } from '../settings/complaint.ts';
import type { Found } from './table.ts';

/** What a table is used for, as far as it changes what is suspicious in it. */
export type TableUse = 'access' | 'content' | 'other';

export interface Lookup {
  /** The entry of a key. The key is folded when the kind is a fixed-string one. Throws LookupFailure. */
  find(key: string): MaybePromise<Found | undefined>;
  /** The same for a piece of a message, without making a string of it when nothing matches. */
  findInBytes?(line: Buffer, start: number, end: number): MaybePromise<Found | undefined>;
  /** Whether partial keys are not looked up, where it depends on more than the kind. */
  readonly wholeKeysOnly?: boolean;
  /** There while the table is read for the first time. */
  readonly loading?: Promise<void> | undefined;
  /** All entries, for kinds that have them at hand. Throws LookupFailure. */
  entries?(): Iterable<Found>;
  complaints?(): readonly Complaint[];
  /** What works, but probably not as meant. */
  lint?(use: TableUse): Complaint[];
  close?(): void | Promise<void>;
}

/** Goes on with a value at once, or when it is there. */
export function whenKnown<A, B>(
  value: MaybePromise<A>,
  next: (value: A) => MaybePromise<B>,
): MaybePromise<B> {
  return isPromise(value) ? value.then(next) : next(value);
}
