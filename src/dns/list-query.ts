/**
 * Questions to DNS lists (RFC 5782): the name to ask, and the `=d.d.d.d` pattern that an answer must match.
 * `Postfix: reject_rbl_client`, ip_match.c: `[2;4;6..8]` is a set of octets.
 */
import { reversedAddress } from './reverse-name.ts';

/** A list as the operator wrote it: `zen.spamhaus.org=127.0.0.[2..11]`. */
export interface DnsList {
  readonly zone: string;
  /** Which answers count; undefined: all. */
  readonly pattern: AddressPattern | undefined;
  /** As written, for `rbl_reply_maps`. */
  readonly written: string;
}

/** Reads `zone` or `zone=pattern`; throws a RangeError that says what is wrong with the pattern. */
export function parseDnsList(written: string): DnsList {
  const equals = written.indexOf('=');
  if (equals < 0) return { zone: written, pattern: undefined, written };
  return { zone: written.slice(0, equals), pattern: new AddressPattern(written.slice(equals + 1)), written };
}

/** What stands in front of the zone in the name under which a list keeps an address. */
export function addressFront(address: string): string {
  return reversedAddress(address);
}

/** A pattern over IPv4 addresses: four fields, each a number or a set of numbers and ranges. */
export class AddressPattern {
  readonly #fields: readonly ReadonlySet<number>[];

  constructor(text: string) {
    const fields = text.match(/\[[^\]]*\]|[^.[\]]+/g) ?? [];
    if (fields.length !== 4 || fields.join('.') !== text) {
      throw new RangeError(`"${text}": four fields such as 127.0.0.[2..11] are needed`);
    }
    this.#fields = fields.map((field) => octets(field, text));
  }

  matches(address: string): boolean {
    const parts = address.split('.');
    return parts.length === 4 && this.#fields.every((field, i) => field.has(Number(parts[i])));
  }
}

function octets(field: string, whole: string): Set<number> {
  const members = field.startsWith('[') ? field.slice(1, -1).split(';') : [field];
  const set = new Set<number>();
  for (const member of members) {
    const range = /^(\d{1,3})(?:\.\.(\d{1,3}))?$/.exec(member);
    const low = Number(range?.[1] ?? 256);
    const high = Number(range?.[2] ?? low);
    if (high > 255 || low > high)
      throw new RangeError(`"${whole}": "${member}" is no number or range within 0..255`);
    for (let octet = low; octet <= high; octet++) set.add(octet);
  }
  return set;
}
