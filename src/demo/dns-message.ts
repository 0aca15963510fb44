/** DNS messages, as far as a small server for the demo and the tests needs them. RFC 1035 4. */
import { isIPv4 } from 'node:net';
import { A, AAAA, CNAME, MX, NS, PTR, SOA, TXT } from '../dns/record-types.ts';
import { ipv6Nibbles } from '../dns/reverse-name.ts';

export const RECORD_TYPES = {
  A: A.code,
  NS: NS.code,
  CNAME,
  SOA,
  PTR: PTR.code,
  MX: MX.code,
  TXT: TXT.code,
  AAAA: AAAA.code,
} as const;
export type RecordType = keyof typeof RECORD_TYPES;

export interface DnsQuestion {
  readonly id: number;
  /** Lower case, without the last dot. */
  readonly name: string;
  readonly type: number;
  /** The bytes of the question, for the answer. */
  readonly raw: Buffer;
  readonly wantsRecursion: boolean;
}

const HEADER_BYTES = 12;
const POINTER_TO_QUESTION = 0xc00c;
const CLASS_IN = 1;
const TTL_SECONDS = 60;

/** The question of a query; undefined when there is none to be read. */
export function readQuestion(message: Buffer): DnsQuestion | undefined {
  if (message.length < HEADER_BYTES + 5 || message.readUInt16BE(4) !== 1) return undefined;
  const labels: string[] = [];
  let at = HEADER_BYTES;
  for (let length = message[at] ?? 0; length > 0; length = message[at] ?? 0) {
    if (length > 63 || at + length + 5 >= message.length) return undefined;
    labels.push(message.toString('latin1', at + 1, at + 1 + length));
    at += length + 1;
  }
  return {
    id: message.readUInt16BE(0),
    name: labels.join('.').toLowerCase(),
    type: message.readUInt16BE(at + 1),
    raw: message.subarray(HEADER_BYTES, at + 5),
    wantsRecursion: ((message[2] ?? 0) & 1) === 1,
  };
}

/** `code`: 0 no error, 2 SERVFAIL, 3 NXDOMAIN, 5 REFUSED. */
export function writeAnswer(
  question: DnsQuestion,
  code: number,
  records: readonly { type: RecordType; data: Buffer }[],
): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt16BE(question.id, 0);
  header[2] = 0x84 | (question.wantsRecursion ? 1 : 0); // an authoritative answer
  header[3] = 0x80 | code;
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(records.length, 6);
  return Buffer.concat([header, question.raw, ...records.map(writeRecord)]);
}

function writeRecord({ type, data }: { type: RecordType; data: Buffer }): Buffer {
  const head = Buffer.alloc(12);
  head.writeUInt16BE(POINTER_TO_QUESTION, 0);
  head.writeUInt16BE(RECORD_TYPES[type], 2);
  head.writeUInt16BE(CLASS_IN, 4);
  head.writeUInt32BE(TTL_SECONDS, 6);
  head.writeUInt16BE(data.length, 10);
  return Buffer.concat([head, data]);
}

/** A record's data from its text: `10 mx.example.com`, `"v=spf1 -all"`, `192.0.2.1`. Throws on what it cannot read. */
export function recordData(type: RecordType, text: string): Buffer {
  switch (type) {
    case 'A':
      if (!isIPv4(text)) throw new Error(`"${text}" is no IPv4 address`);
      return Buffer.from(text.split('.').map(Number));
    case 'AAAA':
      return Buffer.from(ipv6Nibbles(text), 'hex');
    case 'MX': {
      const [preference = '', exchange = ''] = text.split(/\s+/);
      const head = Buffer.alloc(2);
      head.writeUInt16BE(Number(preference));
      return Buffer.concat([head, nameData(exchange)]);
    }
    case 'TXT':
      return Buffer.concat(strings(text).map((part) => Buffer.concat([Buffer.from([part.length]), part])));
    default:
      return nameData(text.split(/\s+/)[0] ?? '');
  }
}

function nameData(name: string): Buffer {
  const labels = name.replace(/\.$/, '').split('.').filter(Boolean);
  const parts = labels.map((label) => Buffer.concat([Buffer.from([label.length]), Buffer.from(label)]));
  return Buffer.concat([...parts, Buffer.from([0])]);
}

/** Quoted strings, or the whole text; cut into pieces of 255 bytes. */
function strings(text: string): Buffer[] {
  const quoted = [...text.matchAll(/"([^"]*)"/g)].map((match) => match[1] ?? '');
  return (quoted.length > 0 ? quoted : [text]).flatMap((part) => {
    const bytes = Buffer.from(part);
    const pieces: Buffer[] = [];
    for (let at = 0; at === 0 || at < bytes.length; at += 255) pieces.push(bytes.subarray(at, at + 255));
    return pieces;
  });
}
