/**
 * The records of a ZIP archive: local headers, entries of the central directory, and its end. APPNOTE.TXT 4.3, 4.4, 4.5.
 * Numbers are taken as they are; what is impossible is for zip.ts to notice.
 */
import { decodeCharset } from '../encoded-words.ts';
import type { ByteSource } from './byte-source.ts';

export const localMark = Buffer.from('PK\x03\x04');
export const centralMark = Buffer.from('PK\x01\x02');
export const endMark = Buffer.from('PK\x05\x06');
export const end64Mark = Buffer.from('PK\x06\x06');
export const locatorMark = Buffer.from('PK\x06\x07');
export const descriptorMark = Buffer.from('PK\x07\x08');

export const endBytes = 22;

type RecordKind = 'local' | 'central';

/** Where the numbers of a record stand. APPNOTE.TXT 4.3.7, 4.3.12. */
interface Layout {
  readonly mark: Buffer;
  readonly fixedBytes: number;
  /** Flags, then the method. */
  readonly flagsAt: number;
  /** The checksum, then the sizes, packed and plain. */
  readonly crcAt: number;
  /** Lengths of what follows: the name, the extra fields, perhaps a comment. */
  readonly lengthsAt: number;
  readonly lengths: number;
}

export const layouts: Readonly<Record<RecordKind, Layout>> = {
  local: { mark: localMark, fixedBytes: 30, flagsAt: 6, crcAt: 14, lengthsAt: 26, lengths: 2 },
  central: { mark: centralMark, fixedBytes: 46, flagsAt: 8, crcAt: 16, lengthsAt: 28, lengths: 3 },
};

/** What local headers and central entries both say. */
export interface ZipRecord {
  /** The name and others for the same member. */
  readonly names: readonly string[];
  readonly rawName: Buffer;
  readonly flags: number;
  readonly method: number;
  readonly packedBytes: number;
  readonly plainBytes: number;
  readonly crc: number;
  /** Of the local header: where it points to, or where it stands. */
  readonly headerAt: number;
  /** Of this record with its name and extra fields. */
  readonly recordBytes: number;
}

/** Bits of `flags`. APPNOTE.TXT 4.4.4. */
export const zipFlags = { encrypted: 0x41, sizesFollow: 0x08, utf8: 0x0800, headersEncrypted: 0x2000 };

/** How much belongs to a record that begins like this. */
export function recordBytes(fixed: Buffer, kind: RecordKind): number {
  const { fixedBytes, lengthsAt, lengths } = layouts[kind];
  let bytes = fixedBytes;
  for (let i = 0; i < lengths; i++) bytes += fixed.readUInt16LE(lengthsAt + i * 2);
  return bytes;
}

/** A local header that stands at `headerAt`. */
export function localRecord(record: Buffer, headerAt: number): ZipRecord {
  return { ...readRecord(record, 'local', 0), headerAt };
}

/** An entry of the central directory; `shift`: bytes in front of the archive that its offsets do not count. */
export function centralRecord(record: Buffer, shift: number): ZipRecord {
  const entry = readRecord(record, 'central', record.readUInt32LE(42));
  return { ...entry, headerAt: entry.headerAt + shift };
}

function readRecord(record: Buffer, kind: RecordKind, offset: number): ZipRecord {
  const { fixedBytes, flagsAt, crcAt, lengthsAt } = layouts[kind];
  const nameEnd = fixedBytes + record.readUInt16LE(lengthsAt);
  const rawName = record.subarray(fixedBytes, nameEnd);
  const extra = extraFields(record.subarray(nameEnd, nameEnd + record.readUInt16LE(lengthsAt + 2)));
  const flags = record.readUInt16LE(flagsAt);
  const narrow = [record.readUInt32LE(crcAt + 8), record.readUInt32LE(crcAt + 4), offset];
  const [plainBytes = 0, packedBytes = 0, headerAt = 0] = wide(extra.get(1), narrow);
  return {
    ...{ rawName, flags, packedBytes, plainBytes, headerAt },
    names: namesOf(rawName, flags, extra),
    method: methodOf(record.readUInt16LE(flagsAt + 2), extra),
    crc: record.readUInt32LE(crcAt),
    recordBytes: record.length,
  };
}

/** Extra fields by their id; the first one counts. */
function extraFields(bytes: Buffer): Map<number, Buffer> {
  const fields = new Map<number, Buffer>();
  for (let at = 0; at + 4 <= bytes.length; ) {
    const end = at + 4 + bytes.readUInt16LE(at + 2);
    const id = bytes.readUInt16LE(at);
    if (!fields.has(id)) fields.set(id, bytes.subarray(at + 4, end));
    at = end;
  }
  return fields;
}

/** Numbers that do not fit stand in the ZIP64 field, in order. APPNOTE.TXT 4.5.3. */
function wide(field: Buffer | undefined, numbers: readonly number[]): number[] {
  let at = 0;
  return numbers.map((number) => {
    if (number !== 0xffff_ffff || !field || at + 8 > field.length) return number;
    at += 8;
    return Number(field.readBigUInt64LE(at - 8));
  });
}

/** The true method of what WinZip encrypted stands in a field. */
function methodOf(method: number, extra: Map<number, Buffer>): number {
  const aes = extra.get(0x9901);
  return method === 99 && aes && aes.length >= 7 ? aes.readUInt16LE(5) : method;
}

/** As UTF-8 where it is that or says so, else as DOS and Windows have it; and the name in the Unicode path field. */
function namesOf(raw: Buffer, flags: number, extra: Map<number, Buffer>): string[] {
  const unicode = extra.get(0x7075);
  const names = [decodeCharset(raw, '')];
  if (unicode && unicode.length > 5) names.push(decodeCharset(unicode.subarray(5), ''));
  if ((flags & zipFlags.utf8) === 0 && raw.some((byte) => byte >= 0x80))
    names.push(decodeCharset(raw, 'ibm866'));
  return names;
}

/** A whole record with everything that belongs to it, or undefined where there is none. */
export async function recordAt(
  bytes: ByteSource,
  at: number,
  kind: 'local' | 'central',
): Promise<Buffer | undefined> {
  const { mark, fixedBytes } = layouts[kind];
  const fixed = await bytes.read(at, fixedBytes);
  if (fixed.length < fixedBytes || !fixed.subarray(0, 4).equals(mark)) return undefined;
  const whole = recordBytes(fixed, kind);
  const found = await bytes.read(at, whole);
  return found.length === whole ? found : undefined;
}
