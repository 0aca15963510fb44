/** A lookup table: `type:name` in the configuration, a key in, a text or nothing out. */
import type { MaybePromise } from '../mail/maybe-promise.ts';
import type { Source } from '../mail/source.ts';

/** An entry that was found, and the line it stands in (for tables without lines: where the table is named). */
export interface Found {
  readonly value: string;
  readonly source: Source;
}

export interface LookupHow {
  /**
   * The key is a part of what is looked for (a parent domain, a network), so tables that match patterns (regexp, pcre,
   * cidr, tcp) skip it. `Postfix: DICT_FLAG_FIXED`.
   */
  readonly partial?: boolean;
}

export interface Table {
  /** `hash:/etc/postfix/access`, as the operator wrote it; without passwords. */
  readonly name: string;
  /**
   * The value of a key, undefined when it is not there. Throws (or rejects with) `LookupFailure` when that cannot be
   * known now.
   */
  find(key: string, how?: LookupHow): MaybePromise<string | undefined>;
  /** The same with the line of the entry. */
  findEntry?(key: string, how?: LookupHow): MaybePromise<Found | undefined>;
  /** Where the entry stands that `find` last returned for this key, for file-based tables. */
  sourceOf?(key: string): Source | undefined;
}

/** The table exists but cannot answer now: the network, a broken file, `fail:`. */
export class LookupFailure extends Error {
  /** `retry`: try again later (451 4.3.0); `config`: the table itself is broken (451 4.3.5). */
  readonly reason: 'retry' | 'config';
  constructor(table: string, problem: string, reason: 'retry' | 'config' = 'retry') {
    super(`${table}: ${problem}`);
    this.reason = reason;
  }
}
