/** The tables of one check, and the parameter that names them. */
import type { MaybePromise } from '../../mail/maybe-promise.ts';
import type { Found } from '../../tables/table.ts';

export interface CheckTable {
  /** `header_checks` */
  readonly name: string;
  /** The first rule that fits a piece of a message. Throws or rejects with LookupFailure. */
  findInBytes(bytes: Buffer, start: number, end: number): MaybePromise<Found | undefined>;
}
