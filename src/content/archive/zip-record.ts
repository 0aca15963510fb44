/**
 * The records of a ZIP archive: local headers, entries of the central directory, and its end. APPNOTE.TXT 4.3, 4.4, 4.5.
 * Numbers are taken as they are; what is impossible is for zip.ts to notice.
 */
import { decodeCharset } from '../encoded-words.ts';

export const localMark = Buffer.from('PK\x03\x04');
export const centralMark = Buffer.from('PK\x01\x02');
export const endMark = Buffer.from('PK\x05\x06');
export const end64Mark = Buffer.from('PK\x06\x06');
export const locatorMark = Buffer.from('PK\x06\x07');
export const descriptorMark = Buffer.from('PK\x07\x08');

export const localBytes = 30;
export const centralBytes = 46;
export const endBytes = 22;

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

/** How much behind the fixed part of a local header or a central entry still belongs to it. */
export function variableBytes(fixed: Buffer, kind: 'local' | 'central'): number {
  if (kind === 'local') return fixed.readUInt16LE(26) + fixed.readUInt16LE(28);
  return fixed.readUInt16LE(28) + fixed.readUInt16LE(30) + fixed.readUInt16LE(32);
}

/** A local header that stands at `headerAt`. */
export function localRecord(record: Buffer, headerAt: number): ZipRecord {
  const nameEnd = localBytes + record.readUInt16LE(26);
  const extra = extraFields(record.subarray(nameEnd));
  const [plainBytes = 0, packedBytes = 0] = wide(extra.get(1), [
    record.readUInt32LE(22),
    record.readUInt32LE(18),
  ]);
  const flags = record.readUInt16LE(6);
  const crc = record.readUInt32LE(14);
  const rawName = record.subarray(localBytes, nameEnd);
  const method = methodOf(record.readUInt16LE(8), extra);
  const names = namesOf(rawName, flags, extra);
  return {
    names,
    rawName,
    flags,
    method,
    packedBytes,
    plainBytes,
    crc,
    headerAt,
    recordBytes: record.length,
  };
}

/** An entry of the central directory; `shift`: bytes in front of the archive that its offsets do not count. */
export function centralRecord(record: Buffer, shift: number): ZipRecord {
  const nameEnd = centralBytes + record.readUInt16LE(28);
  const extra = extraFields(record.subarray(nameEnd, nameEnd + record.readUInt16LE(30)));
  const narrow = [record.readUInt32LE(24), record.readUInt32LE(20), record.readUInt32LE(42)];
  const [plainBytes = 0, packedBytes = 0, offset = 0] = wide(extra.get(1), narrow);
  const flags = record.readUInt16LE(8);
  const crc = record.readUInt32LE(16);
  const rawName = record.subarray(centralBytes, nameEnd);
  const method = methodOf(record.readUInt16LE(10), extra);
  const names = namesOf(rawName, flags, extra);
  const headerAt = offset + shift;
  return {
    names,
    rawName,
    flags,
    method,
    packedBytes,
    plainBytes,
    crc,
    headerAt,
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
