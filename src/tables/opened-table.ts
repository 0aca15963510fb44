/**
 * A table as the rooms above see it: the rules that all kinds share, around one kind's own look-up.
 * Partial keys are not for tables with patterns (`Postfix: DICT_FLAG_FIXED`); keys of fixed-string tables lose their case
 * (`Postfix: DICT_FLAG_FOLD_FIX`); with SMTPUTF8 a key outside of UTF-8 is not found and such a value is a
 * configuration error (`Postfix: dict_utf8`).
 */
import type { MaybePromise } from '../mail/maybe-promise.ts';
import { decodeOctets, isCleanText } from '../mail/octets.ts';
import { printable } from '../mail/reply.ts';
import type { Log } from '../record/log.ts';
import type { Complaint } from '../settings/complaint.ts';
import { foldCase } from './fold.ts';
import { type Lookup, type TableUse, whenKnown } from './lookup.ts';
import { type Found, LookupFailure, type LookupHow, type Table } from './table.ts';

export interface OpenedTableOptions {
  readonly name: string;
  readonly wholeKeysOnly: boolean;
  readonly utf8: boolean;
  readonly log: Log;
  /** About the name, not the content. */
  readonly complaints: readonly Complaint[];
}

export class OpenedTable implements Table {
  readonly name: string;
  /** Whether partial keys are skipped. */
  readonly wholeKeysOnly: boolean;
  readonly #lookup: Lookup;
  readonly #options: OpenedTableOptions;

  constructor(lookup: Lookup, options: OpenedTableOptions) {
    this.name = options.name;
    this.wholeKeysOnly = lookup.wholeKeysOnly ?? options.wholeKeysOnly;
    this.#lookup = lookup;
    this.#options = options;
  }

  /** The value of a key. Throws LookupFailure. */
  find(key: string, how?: LookupHow): MaybePromise<string | undefined> {
    return whenKnown(this.findEntry(key, how), (found) => found?.value);
  }

  /** The value and the line of a key. Throws LookupFailure. */
  findEntry(key: string, how?: LookupHow): MaybePromise<Found | undefined> {
    if (how?.partial && this.wholeKeysOnly) return undefined;
    const { loading } = this.#lookup;
    if (loading) return loading.then(() => this.findEntry(key, how));
    const { utf8 } = this.#options;
    if (utf8 && !isCleanText(key)) return this.#badKey(key);
    const found = this.#lookup.find(this.wholeKeysOnly ? key : foldCase(key, utf8));
    return utf8 ? whenKnown(found, (entry) => this.#checked(entry)) : found;
  }

  /**
   * The value and the line for a piece of a message; octets outside of UTF-8 are allowed. Tables that match patterns
   * make no string of what does not match. Throws LookupFailure.
   */
  findInBytes(line: Buffer, start: number, end: number): MaybePromise<Found | undefined> {
    const { loading } = this.#lookup;
    if (loading) return loading.then(() => this.findInBytes(line, start, end));
    if (this.#lookup.findInBytes) return this.#lookup.findInBytes(line, start, end);
    const key = decodeOctets(line.subarray(start, end));
    return this.#lookup.find(this.wholeKeysOnly ? key : foldCase(key, this.#options.utf8));
  }

  /** All entries, of kinds that have them at hand; of others, and of a table that cannot be read, none. */
  *entries(): Generator<Found, void> {
    try {
      yield* this.#lookup.entries?.() ?? [];
    } catch (error) {
      if (!(error instanceof LookupFailure)) throw error;
    }
  }

  /** Settles when the table has been read for the first time. */
  get loading(): Promise<void> | undefined {
    return this.#lookup.loading;
  }

  /** What is wrong with the table now. */
  get complaints(): readonly Complaint[] {
    return [...this.#options.complaints, ...(this.#lookup.complaints?.() ?? [])];
  }

  /** What works, but probably not as meant. */
  lint(use: TableUse = 'other'): Complaint[] {
    try {
      return this.#lookup.lint?.(use) ?? [];
    } catch (error) {
      if (error instanceof LookupFailure) return []; // there is nothing to look at, and that is complained of
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.#lookup.close?.();
  }

  #badKey(key: string): undefined {
    const shown = printable(key, '?');
    this.#options.log.warn(`${this.name}: non-UTF-8 key "${shown}": malformed UTF-8 or invalid codepoint`);
    return undefined;
  }

  #checked(found: Found | undefined): Found | undefined {
    if (found && !isCleanText(found.value)) {
      throw new LookupFailure(this.name, 'non-UTF-8 value: malformed UTF-8 or invalid codepoint', 'config');
    }
    return found;
  }
}
