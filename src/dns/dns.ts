/**
 * What the DNS says, in three answers: found, absent, unknown. The rooms above ask this interface, never node:dns.
 * `ttlMs`: how long an answer may be kept, where that is known.
 */

export type Answer<T> =
  | { readonly kind: 'found'; readonly records: readonly T[]; readonly ttlMs?: number }
  /** There is no such name, or the name has no such records. */
  | { readonly kind: 'absent'; readonly why: 'nxdomain' | 'nodata'; readonly ttlMs?: number }
  /** Time-out, SERVFAIL, REFUSED, nonsense: cannot be known now. */
  | { readonly kind: 'unknown'; readonly why: string };

export interface MailExchanger {
  readonly preference: number;
  /** Lower case, no trailing dot; empty for the null MX (RFC 7505). */
  readonly exchange: string;
}

export interface Dns {
  a(name: string): Promise<Answer<string>>;
  aaaa(name: string): Promise<Answer<string>>;
  /** Sorted by preference. */
  mx(name: string): Promise<Answer<MailExchanger>>;
  ns(name: string): Promise<Answer<string>>;
  /** Each record's strings joined. */
  txt(name: string): Promise<Answer<string>>;
  /** The names that an address (not a reverse name) points to. */
  ptr(address: string): Promise<Answer<string>>;
}
