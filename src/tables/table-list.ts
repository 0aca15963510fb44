/**
 * Several tables asked in order, as a parameter names them: the first answer wins, the first error ends the search.
 * `Postfix: maps_find`. An empty key is not looked up; an empty result is a mistake of the table.
 */
import { isPromise, type MaybePromise } from '../mail/maybe-promise.ts';
import type { Source } from '../mail/source.ts';
import type { Complaint } from '../settings/complaint.ts';
import { type TableUse, whenKnown } from './lookup.ts';
import type { OpenedTable } from './opened-table.ts';
import { type Found, LookupFailure, type LookupHow, type Table } from './table.ts';

type Ask = (table: OpenedTable) => MaybePromise<Found | undefined>;

export class TableList implements Table {
  /** The names, with commas between them. */
  readonly name: string;
  readonly tables: readonly OpenedTable[];

  constructor(tables: readonly OpenedTable[]) {
    this.tables = tables;
    this.name = tables.map((table) => table.name).join(', ');
  }

  /** The value of a key. Throws LookupFailure. */
  find(key: string, how?: LookupHow): MaybePromise<string | undefined> {
    return whenKnown(this.findEntry(key, how), (found) => found?.value);
  }

  /** The value and the line of a key. Throws LookupFailure. */
  findEntry(key: string, how?: LookupHow): MaybePromise<Found | undefined> {
    if (key === '') return undefined;
    return this.#first(0, (table) => table.findEntry(key, how));
  }

  /** The value and the line for a piece of a message; see OpenedTable. Throws LookupFailure. */
  findInBytes(line: Buffer, start: number, end: number): MaybePromise<Found | undefined> {
    if (start === end) return undefined;
    return this.#first(0, (table) => table.findInBytes(line, start, end));
  }

  /** The line of a key's entry, when that can be said at once. */
  sourceOf(key: string): Source | undefined {
    try {
      const found = this.findEntry(key);
      return isPromise(found) ? undefined : found?.source;
    } catch (error) {
      if (error instanceof LookupFailure) return undefined;
      throw error;
    }
  }

  /** All entries, as far as the tables have them at hand. */
  *entries(): Generator<Found, void> {
    for (const table of this.tables) yield* table.entries();
  }

  /** What is wrong with the tables now. */
  get complaints(): readonly Complaint[] {
    return this.tables.flatMap((table) => table.complaints);
  }

  /** What works, but probably not as meant. */
  lint(use?: TableUse): Complaint[] {
    return this.tables.flatMap((table) => table.lint(use));
  }

  #first(at: number, ask: Ask): MaybePromise<Found | undefined> {
    const table = this.tables[at];
    if (!table) return undefined;
    return whenKnown(ask(table), (found) => {
      if (!found) return this.#first(at + 1, ask);
      if (found.value !== '') return found;
      throw new LookupFailure(table.name, 'an empty string result is not allowed', 'config');
    });
  }
}
