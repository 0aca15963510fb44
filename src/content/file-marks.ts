/**
 * How the beginning of a file shows what it is: marks at fixed places, checksums, the first words of a text. The table
 * of types is file-type.ts.
 */

/** So much of a file's beginning is looked at: the marks of an ISO image stand behind 32 KiB. */
export const headBytes = 36_864;
/** Texts are known by so much. */
const textBytes = 4_096;

/** Whether a file begins like this; `text`: see textOf. */
export type Mark = (head: Buffer, text: string | undefined) => boolean;

/** Whether it reads as text: no NUL and hardly a control character. UTF-16 counts where it says so. */
export function isText(head: Buffer): boolean {
  const first = head.subarray(0, textBytes);
  if (utf16Of(first)) return true;
  let controls = 0;
  for (let at = 0; at < first.length; at++) {
    const byte = first[at] as number;
    if (byte === 0) return false;
    if (byte < 0x20 && !(byte >= 0x08 && byte <= 0x0d) && byte !== 0x1b) controls++;
  }
  return controls * 50 <= first.length;
}

/** The bytes of a text stand at an offset. */
export function at(offset: number, mark: string): Mark {
  const bytes = Buffer.from(mark, 'latin1');
  return (head) => isAt(head, offset, bytes);
}

/** One of the marks, hexadecimal, with blanks between. */
export function starts(marks: string, offset = 0): Mark {
  const all = marks.split(' ').map((mark) => Buffer.from(mark, 'hex'));
  return (head) => all.some((bytes) => isAt(head, offset, bytes));
}

export function anyOf(...marks: readonly Mark[]): Mark {
  return (head, text) => marks.some((is) => is(head, text));
}

export function has(head: Buffer, offset: number, mark: string): boolean {
  return letters(head, offset, offset + mark.length) === mark;
}

/** `mark`: hexadecimal. */
export function startsWith(head: Buffer, mark: string, offset = 0): boolean {
  return head.toString('hex', offset, offset + mark.length / 2) === mark;
}

function isAt(head: Buffer, offset: number, bytes: Buffer): boolean {
  const end = offset + bytes.length;
  return head.length >= end && bytes.compare(head, offset, end) === 0;
}

export function riff(kind: string): Mark {
  return (head) => has(head, 0, 'RIFF') && has(head, 8, kind);
}

export function letters(head: Buffer, from: number, to: number): string {
  return head.toString('latin1', from, to);
}

export function isBetween(value: number | undefined, low: number, high: number): boolean {
  return value !== undefined && value >= low && value <= high;
}

/** A pattern for the beginning of a text. */
export function textual(pattern: RegExp): Mark {
  return (_head, text) => text !== undefined && pattern.test(text);
}

/** The beginning of a text, without a byte order mark and blanks; undefined: it is none. */
export function textOf(head: Buffer): string | undefined {
  if (!isText(head)) return undefined;
  const first = head.subarray(0, textBytes);
  const utf16 = utf16Of(first);
  const shown = utf16 ? new TextDecoder(utf16).decode(first) : first.toString('latin1');
  return shown.replace(/^(?:\u00ef\u00bb\u00bf|\ufeff)?\s*/, '');
}

function utf16Of(head: Buffer): 'utf-16le' | 'utf-16be' | undefined {
  if (head[0] === 0xff && head[1] === 0xfe) return 'utf-16le';
  return head[0] === 0xfe && head[1] === 0xff ? 'utf-16be' : undefined;
}

/** Mach-O binaries for several processors begin like classes, with a small number behind. */
export function isClass(head: Buffer): boolean {
  return startsWith(head, 'cafebabe') && head.length >= 8 && head.readUInt16BE(6) >= 43;
}

/** compress(1): codes of 9 to 16 bits, which the third byte tells. */
export function isCompress(head: Buffer): boolean {
  return startsWith(head, '1f9d') && ((head[2] ?? 0) & 0x60) === 0 && isBetween((head[2] ?? 0) & 0x1f, 9, 16);
}

/** Its two bytes are not much: the length of the first name must make sense, too. cpio(5). */
export function isOldCpio(head: Buffer): boolean {
  return startsWith(head, 'c771') && head.length > 26 && isBetween(head.readUInt16LE(20), 2, 1_024);
}

/** A frame, or one that is to be skipped. RFC 8878 3.1. */
export function isZstandard(head: Buffer): boolean {
  return (
    startsWith(head, '28b52ffd') ||
    (head[0] !== undefined && head[0] >> 4 === 5 && startsWith(head, '2a4d18', 1))
  );
}

/** The properties most encoders write, a dictionary that is a power of two or the sum of two, a sensible size. */
export function isLzma(head: Buffer): boolean {
  if (head.length < 14 || head[0] !== 0x5d || head[13] !== 0) return false;
  const dictionary = head.readUInt32LE(1);
  const bits = dictionary.toString(2).replace(/0+$/, '');
  return dictionary >= 4096 && (bits === '1' || bits === '11') && isLzmaSize(head.readBigUInt64LE(5));
}

function isLzmaSize(size: bigint): boolean {
  return size === 0xffff_ffff_ffff_ffffn || size < 1n << 40n;
}

/** The mark of POSIX and GNU, or a checksum that is right. */
export function isTar(head: Buffer): boolean {
  if (has(head, 257, 'ustar')) return true;
  if (head.length < 512 || head[0] === 0) return false;
  const written = Number.parseInt(
    letters(head, 148, 156)
      .replace(/[\0 ]+$/, '')
      .trim(),
    8,
  );
  let sum = 8 * 0x20;
  for (let i = 0; i < 512; i++) if (i < 148 || i >= 156) sum += head[i] ?? 0;
  return sum === written;
}

/** ISO 9660 and ECMA-167 (UDF) have their marks in sector 16 and 17. */
export function isIso(head: Buffer): boolean {
  return [32_769, 34_817].some((offset) =>
    /^(?:CD001|BEA01|NSR0[23])/.test(letters(head, offset, offset + 5)),
  );
}

/** A boot sector with a file system, or a table of partitions. */
export function isDisk(head: Buffer): boolean {
  if (!startsWith(head, '55aa', 510)) return false;
  return (
    has(head, 3, 'NTFS    ') ||
    has(head, 54, 'FAT') ||
    has(head, 82, 'FAT32') ||
    has(head, 512, 'EFI PART') ||
    hasPartition(head)
  );
}

function hasPartition(head: Buffer): boolean {
  const states = [446, 462, 478, 494].map((offset) => head[offset]);
  return states.every((state) => state === 0 || state === 0x80) && head[450] !== 0 && head[450] !== undefined;
}

/** Header fields, two of them well known ones, perhaps behind the line of a mailbox file. */
export function isMail(_head: Buffer, text: string | undefined): boolean {
  if (text === undefined) return false;
  const lines = text.split(/\r?\n/, 100);
  if (lines[0]?.startsWith('From ')) lines.shift();
  const end = lines.indexOf('');
  const header = lines.slice(0, end < 0 ? lines.length : end);
  if (!/^[!-9;-~]{1,76}[ \t]*:/.test(header[0] ?? '')) return false;
  return header.filter((line) => KNOWN_FIELD.test(line)).length >= 2;
}

const KNOWN_FIELD =
  /^(?:from|to|cc|subject|date|received|message-id|mime-version|content-type|content-transfer-encoding|return-path|reply-to|x-mailer|dkim-signature)[ \t]*:/i;
