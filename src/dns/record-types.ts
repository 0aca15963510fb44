/** The types of records that are asked for: their codes, and what each has to say. RFC 1035 3.3, RFC 3596 2.2. */
import type { MailExchanger } from './dns.ts';
import type { MessageReader } from './message-reader.ts';
import { normalAddress } from './reverse-name.ts';

export interface RecordType<T> {
  readonly name: string;
  readonly code: number;
  /**
   * Kept so long at least, whatever the zone says: what says nothing of addresses hardly ever changes, and no stranger has his
   * names asked for with every mail of a burst.
   */
  readonly leastTtlMs: number;
  /** The reader stands at the data. Throws a RangeError when there is nothing to be read. */
  read(reader: MessageReader, lengthBytes: number): T;
  /** The order of more than one; undefined: as they come. */
  compare?(a: T, b: T): number;
}

export const CNAME = 5;
export const SOA = 6;

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;

export const A: RecordType<string> = {
  name: 'A',
  code: 1,
  leastTtlMs: SECOND_MS,
  read: (reader, length) => ipv4Text(reader.bytes(exactly(4, length))),
};

export const NS: RecordType<string> = {
  name: 'NS',
  code: 2,
  leastTtlMs: MINUTE_MS,
  read: (reader) => reader.name(),
};

export const PTR: RecordType<string> = {
  name: 'PTR',
  code: 12,
  leastTtlMs: MINUTE_MS,
  read: (reader) => reader.name(),
};

export const MX: RecordType<MailExchanger> = {
  name: 'MX',
  code: 15,
  leastTtlMs: MINUTE_MS,
  read: (reader) => ({ preference: reader.uint16(), exchange: reader.name() }),
  compare: (a, b) => a.preference - b.preference,
};

export const TXT: RecordType<string> = {
  name: 'TXT',
  code: 16,
  leastTtlMs: MINUTE_MS,
  read(reader, length) {
    const end = reader.at + length;
    let text = '';
    while (reader.at < end) text += reader.bytes(reader.uint8()).toString('latin1');
    return text;
  },
};

export const AAAA: RecordType<string> = {
  name: 'AAAA',
  code: 28,
  leastTtlMs: SECOND_MS,
  read: (reader, length) => ipv6Text(reader.bytes(exactly(16, length))),
};

function exactly(wanted: number, length: number): number {
  if (length !== wanted) throw new RangeError(`${length} bytes are no address`);
  return length;
}

function ipv4Text(octets: Buffer): string {
  return octets.join('.');
}

const MAPPED_IPV4 = Buffer.from('00000000000000000000ffff', 'hex');

function ipv6Text(octets: Buffer): string {
  const head = octets.subarray(0, MAPPED_IPV4.length);
  if (head.equals(MAPPED_IPV4)) return `::ffff:${ipv4Text(octets.subarray(head.length))}`;
  return normalAddress(octets.toString('hex').replace(/....(?!$)/g, '$&:'));
}
