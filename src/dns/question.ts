/**
 * A question to a name server as it goes over the wire, and what the answer to it says: a value, whatever it is.
 * RFC 1035 4, RFC 2308 (how long an absence may be kept), RFC 6891 (answers beyond 512 bytes).
 */
import { domainToASCII } from 'node:url';
import type { Timed } from './cache.ts';
import { MessageReader, type RawRecord } from './message-reader.ts';
import { CNAME, type RecordType, SOA } from './record-types.ts';

const HEADER_BYTES = 12;
/** The lower byte of how many additional records there are. */
const ADDITIONAL_COUNT = 11;
const RECURSION_DESIRED = 0x01_00;
const CLASS_IN = 1;
/** What passes every network in one piece. */
const DATAGRAM_BYTES = 1_232;
/** An OPT record: we take datagrams of that size. */
const EXTENSION = Buffer.from([0, 0, 41, DATAGRAM_BYTES >> 8, DATAGRAM_BYTES & 255, 0, 0, 0, 0, 0, 0]);

const MAX_TTL_MS = 3_600_000;
/** Absences are kept shorter, whatever the zone says: a client that a list has just taken up is to be known. */
const ABSENT_TTL_MS = 60_000;

const ANSWER_BIT = 0x80;
const TRUNCATED_BIT = 0x02;
const CODE_BITS = 0x0f;
const NO_ERROR = 0;
const NO_SUCH_NAME = 3;
/** What is wrong with the server, or the question; as node:dns calls it. */
const FAILURES = new Map([
  [1, 'EFORMERR'],
  [2, 'ESERVFAIL'],
  [4, 'ENOTIMP'],
  [5, 'EREFUSED'],
]);

export class Question<T> {
  readonly #type: RecordType<T>;
  /** The message, and behind its end the extension. */
  readonly #message: Buffer;
  readonly #end: number;

  /** Undefined: nobody can have that name. */
  static about<T>(name: string, type: RecordType<T>): Question<T> | undefined {
    const ascii = /^[\0-\x7f]*$/.test(name) ? name : domainToASCII(name);
    return ascii === '' ? undefined : new Question(ascii, type);
  }

  private constructor(name: string, type: RecordType<T>) {
    this.#type = type;
    this.#end = HEADER_BYTES + name.length + 2 + 4;
    this.#message = messageOf(name, type.code, this.#end);
  }

  /** The message to be sent under this number. `extended`: the answer may be long. */
  bytes(id: number, extended: boolean): Buffer {
    this.#message.writeUInt16BE(id, 0);
    this.#message[ADDITIONAL_COUNT] = extended ? 1 : 0;
    return extended ? this.#message : this.#message.subarray(0, this.#end);
  }

  /** Whether a message is an answer to this question, in whatever case it repeats it. RFC 5452 9.1. */
  isAnsweredBy(message: Buffer): boolean {
    const asked = this.#message;
    const end = this.#end;
    if (message.length < end || ((message[2] ?? 0) & ANSWER_BIT) === 0) return false;
    if (message.compare(asked, HEADER_BYTES, end, HEADER_BYTES, end) === 0) return true;
    return questionText(message, end) === questionText(asked, end);
  }

  /** What an answer says. */
  read(message: Buffer): Timed<T> {
    try {
      return this.#read(message);
    } catch (error) {
      if (error instanceof RangeError) return unknown('EBADRESP');
      throw error;
    }
  }

  #read(message: Buffer): Timed<T> {
    const code = (message[3] ?? 0) & CODE_BITS;
    if (code !== NO_ERROR && code !== NO_SUCH_NAME) return unknown(FAILURES.get(code) ?? 'EBADRESP');
    const reader = new MessageReader(message, this.#end);
    const records = recordsOf(reader, message.readUInt16BE(6));
    const found = code === NO_ERROR ? this.#answers(message, records) : undefined;
    if (found) return found;
    const ttlMs = absentTtlMs(message, recordsOf(reader, message.readUInt16BE(8)));
    return { answer: { kind: 'absent', why: code === NO_ERROR ? 'nodata' : 'nxdomain', ttlMs }, ttlMs };
  }

  /** The records of the name, or of that which it is an alias of. */
  #answers(message: Buffer, records: readonly RawRecord[]): Timed<T> | undefined {
    const { code, leastTtlMs } = this.#type;
    if (records.length === 0) return undefined;
    let owner = new MessageReader(this.#message, HEADER_BYTES).name().toLowerCase();
    let ttl = Number.POSITIVE_INFINITY;
    for (const { owner: alias, type, ttlSeconds, dataAt } of records) {
      if (type !== CNAME || alias !== owner) continue;
      owner = new MessageReader(message, dataAt).name().toLowerCase();
      ttl = Math.min(ttl, ttlSeconds);
    }
    const own = records.filter((record) => record.type === code && record.owner === owner);
    if (own.length === 0) return undefined;
    for (const { ttlSeconds } of own) ttl = Math.min(ttl, ttlSeconds);
    const ttlMs = Math.min(Math.max(ttl * 1000, leastTtlMs), MAX_TTL_MS);
    const answers = own.map(({ dataAt, dataBytes }) =>
      this.#type.read(new MessageReader(message, dataAt), dataBytes),
    );
    if (this.#type.compare) answers.sort(this.#type.compare);
    return { answer: { kind: 'found', records: answers, ttlMs }, ttlMs };
  }
}

function messageOf(name: string, type: number, end: number): Buffer {
  const message = Buffer.alloc(end + EXTENSION.length);
  message.writeUInt16BE(RECURSION_DESIRED, 2);
  message.writeUInt16BE(1, 4);
  let at = HEADER_BYTES;
  for (const label of name.split('.')) {
    message[at] = label.length;
    message.write(label, at + 1, 'latin1');
    at += label.length + 1;
  }
  message.writeUInt16BE(type, at + 1);
  message.writeUInt16BE(CLASS_IN, at + 3);
  message.set(EXTENSION, end);
  return message;
}

function questionText(message: Buffer, end: number): string {
  return message.toString('latin1', HEADER_BYTES, end).toLowerCase();
}

function recordsOf(reader: MessageReader, count: number): RawRecord[] {
  const records: RawRecord[] = [];
  while (records.length < count) records.push(reader.record());
  return records;
}

/** RFC 2308 5: the smaller one of the SOA record's time to live and its last number. */
function absentTtlMs(message: Buffer, authority: readonly RawRecord[]): number {
  const soa = authority.find(({ type, dataBytes }) => type === SOA && dataBytes >= 20);
  if (!soa) return ABSENT_TTL_MS;
  const seconds = Math.min(soa.ttlSeconds, message.readUInt32BE(soa.dataAt + soa.dataBytes - 4));
  return Math.min(seconds * 1000, ABSENT_TTL_MS);
}

/** Whether there is more than fits into a datagram. */
export function isTruncated(message: Buffer): boolean {
  return ((message[2] ?? 0) & TRUNCATED_BIT) !== 0;
}

/** Nothing can be known now. */
export function unknown(why: string): Timed<never> {
  return { answer: { kind: 'unknown', why }, ttlMs: 0 };
}
