/**
 * What a file is by its content, whatever its name and its Content-Type say: THE table of types, found by their first
 * bytes. Parameters: attachment_checks (`type=NAME`, `type=GROUP`, `type=MEDIA/TYPE`).
 * What no row knows has no type. Archives whose members make them something else (`docx`, `jar`) are told apart in
 * archive/zip-kind.ts and archive/compound-kind.ts, once they are open.
 */

export type TypeGroup =
  | 'executable'
  | 'script'
  | 'archive'
  | 'disk-image'
  | 'document'
  | 'image'
  | 'media'
  | 'markup'
  | 'message';

export interface FileType {
  readonly name: string;
  readonly group: TypeGroup;
  readonly media: string;
}

/** So much of a file's beginning is looked at: the marks of an ISO image stand behind 32 KiB. */
export const headBytes = 36_864;
/** Texts are known by so much. */
const textBytes = 4_096;

interface Row extends FileType {
  /** Whether it begins like this. */
  readonly is: (head: Buffer) => boolean;
}

/** In order: the first row that fits. */
const rows: readonly Row[] = [
  row('exe', 'executable', 'vnd.microsoft.portable-executable', (head) => at(0, 'MZ')(head) && !isText(head)),
  row('elf', 'executable', 'x-elf', at(0, '\x7fELF')),
  row('class', 'executable', 'java-vm', isClass),
  row(
    'macho',
    'executable',
    'x-mach-binary',
    starts('feedface feedfacf cefaedfe cffaedfe cafebabe cafebabf'),
  ),
  row('dex', 'executable', 'vnd.android.dex', at(0, 'dex\n')),
  row('lnk', 'executable', 'x-ms-shortcut', starts('4c0000000114020000000000c000000000000046')),
  row('chm', 'executable', 'vnd.ms-htmlhelp', at(0, 'ITSF')),
  row('wasm', 'executable', 'wasm', at(0, '\0asm')),

  row('zip', 'archive', 'zip', starts('504b0304 504b0506 504b0606 504b0708504b 504b3030504b')),
  row('rar', 'archive', 'vnd.rar', starts('526172211a07')),
  row('7z', 'archive', 'x-7z-compressed', starts('377abcaf271c')),
  row('gz', 'archive', 'gzip', starts('1f8b')),
  row('bz2', 'archive', 'x-bzip2', (head) => at(0, 'BZh')(head) && isBetween(head[3], 0x31, 0x39)),
  row('xz', 'archive', 'x-xz', starts('fd377a585a00')),
  row('zst', 'archive', 'zstd', isZstandard),
  row('lzma', 'archive', 'x-lzma', isLzma),
  row('lz', 'archive', 'x-lzip', at(0, 'LZIP\x01')),
  row('lz4', 'archive', 'x-lz4', starts('04224d18')),
  row('z', 'archive', 'x-compress', starts('1f9d 1fa0')),
  row('cab', 'archive', 'vnd.ms-cab-compressed', starts('4d53434600000000')),
  row('arj', 'archive', 'x-arj', (head) => starts('60ea')(head) && isBetween(head[10], 2, 2)),
  row('lzh', 'archive', 'x-lzh-compressed', (head) => /^-[lp][hzm][0-9ds]-$/.test(text(head, 2, 7))),
  row('ace', 'archive', 'x-ace-compressed', at(7, '**ACE**')),
  row('alz', 'archive', 'x-alz', at(0, 'ALZ\x01')),
  row('egg', 'archive', 'x-egg', at(0, 'EGGA')),
  row('zoo', 'archive', 'x-zoo', starts('dca7c4fd', 20)),
  row('sit', 'archive', 'x-stuffit', (head) => at(0, 'StuffIt ')(head) || at(0, 'SIT!')(head)),
  row('xar', 'archive', 'x-xar', at(0, 'xar!')),
  row('ar', 'archive', 'x-archive', at(0, '!<arch>\n')),
  row('cpio', 'archive', 'x-cpio', (head) => /^07070[127]/.test(text(head, 0, 6)) || starts('c771')(head)),
  row('rpm', 'archive', 'x-rpm', starts('edabeedb')),
  row('wim', 'archive', 'x-ms-wim', at(0, 'MSWIM\0\0\0')),
  row('squashfs', 'archive', 'vnd.squashfs', at(0, 'hsqs')),
  row('tar', 'archive', 'x-tar', isTar),
  row('tnef', 'archive', 'vnd.ms-tnef', starts('789f3e22')),

  row('iso', 'disk-image', 'x-iso9660-image', isIso),
  row('vhdx', 'disk-image', 'x-vhdx', at(0, 'vhdxfile')),
  row('vhd', 'disk-image', 'x-vhd', at(0, 'conectix')),
  row('vmdk', 'disk-image', 'x-vmdk', at(0, 'KDMV')),
  row('img', 'disk-image', 'x-raw-disk-image', isDisk),

  row('ole', 'document', 'x-ole-storage', starts('d0cf11e0a1b11ae1 0e11fc0dd0cf110e')),
  row('pdf', 'document', 'pdf', (head) => head.subarray(0, 1024).includes('%PDF-')),
  row('rtf', 'document', 'rtf', at(0, '{\\rt')),
  row(
    'one',
    'document',
    'onenote',
    starts('e4525c7b8cd8a74daeb15378d02996d3 3fdd9a101b91f549a5d01791edc8aed8'),
  ),
  row('ps', 'document', 'postscript', (head) => at(0, '%!PS')(head) || starts('c5d0d3c6')(head)),
  row('djvu', 'document', 'image/vnd.djvu', at(0, 'AT&TFORM')),

  row('png', 'image', 'image/png', starts('89504e470d0a1a0a')),
  row('jpeg', 'image', 'image/jpeg', starts('ffd8ff')),
  row('gif', 'image', 'image/gif', (head) => at(0, 'GIF87a')(head) || at(0, 'GIF89a')(head)),
  row('webp', 'image', 'image/webp', riff('WEBP')),
  row('tiff', 'image', 'image/tiff', starts('49492a00 4d4d002a')),
  row(
    'bmp',
    'image',
    'image/bmp',
    (head) => at(0, 'BM')(head) && head.length > 17 && head.readUInt32LE(6) === 0,
  ),
  row('ico', 'image', 'image/x-icon', (head) => starts('00000100')(head) && isBetween(head[4], 1, 64)),
  row('psd', 'image', 'image/vnd.adobe.photoshop', at(0, '8BPS')),
  row('emf', 'image', 'image/emf', (head) => starts('01000000')(head) && at(40, ' EMF')(head)),
  row('wmf', 'image', 'image/wmf', starts('d7cdc69a')),
  row('heic', 'image', 'image/heic', (head) => /^ftyp(?:hei[cxms]|mif1|avif)/.test(text(head, 4, 12))),

  row('mp4', 'media', 'video/mp4', at(4, 'ftyp')),
  row('mp3', 'media', 'audio/mpeg', (head) => at(0, 'ID3')(head) || starts('fffb fff3 fff2')(head)),
  row('ogg', 'media', 'audio/ogg', at(0, 'OggS')),
  row('flac', 'media', 'audio/flac', at(0, 'fLaC')),
  row('wav', 'media', 'audio/wav', riff('WAVE')),
  row('avi', 'media', 'video/x-msvideo', riff('AVI ')),
  row('mkv', 'media', 'video/x-matroska', starts('1a45dfa3')),
  row('swf', 'media', 'x-shockwave-flash', (head) => /^[FCZ]WS[\x01-\x32]/.test(text(head, 0, 4))),

  row('hta', 'script', 'hta', textual(/<hta:application\b/i)),
  row(
    'wsf',
    'script',
    'x-wsf',
    textual(/^(?:<\?xml[^>]{0,200}>)?\s*<(?:job|package|component|scriptlet)\b/i),
  ),
  row('php', 'script', 'x-httpd-php', textual(/^<\?php\b/i)),
  row('bat', 'script', 'x-bat', textual(/^@?echo off\b/i)),
  row('url', 'script', 'x-mswinurl', textual(/^\[internetshortcut\]/i)),
  row('script', 'script', 'x-script', textual(/^#!/)),
  row(
    'svg',
    'markup',
    'image/svg+xml',
    textual(
      /^(?:<\?xml[^>]{0,200}>)?\s*(?:<!--|<!doctype svg|<svg\b)[\s\S]{0,2000}?(?:xmlns(?::svg)?="[^"]{0,20}w3.org\/2000\/svg|<svg\b)/i,
    ),
  ),
  row(
    'html',
    'markup',
    'text/html',
    textual(
      /^(?:<\?xml[^>]{0,200}>\s*)?(?:<!--[\s\S]{0,1000}?-->\s*)?<(?:!doctype html|html|head|body|script|meta|title|style|table|div|p|a|img|iframe|form|center|font|h1|br)\b/i,
    ),
  ),
  row('mail', 'message', 'message/rfc822', isMail),
];

/** The type of a file that begins like this; `head` has `headBytes`, or all there is. */
export function fileType(head: Buffer): FileType | undefined {
  return rows.find(({ is }) => is(head));
}

/** Types that only open archives have, by name. */
export const innerTypes = {
  jar: { name: 'jar', group: 'executable', media: 'application/java-archive' },
  apk: { name: 'apk', group: 'executable', media: 'application/vnd.android.package-archive' },
  msi: { name: 'msi', group: 'executable', media: 'application/x-msi' },
  docx: officeType('docx', 'vnd.openxmlformats-officedocument.wordprocessingml.document'),
  xlsx: officeType('xlsx', 'vnd.openxmlformats-officedocument.spreadsheetml.sheet'),
  pptx: officeType('pptx', 'vnd.openxmlformats-officedocument.presentationml.presentation'),
  ooxml: officeType('ooxml', 'x-ooxml'),
  odf: officeType('odf', 'vnd.oasis.opendocument'),
  epub: officeType('epub', 'epub+zip'),
  doc: officeType('doc', 'msword'),
  xls: officeType('xls', 'vnd.ms-excel'),
  ppt: officeType('ppt', 'vnd.ms-powerpoint'),
  msg: { name: 'msg', group: 'message', media: 'application/vnd.ms-outlook' },
  uue: { name: 'uue', group: 'archive', media: 'text/x-uuencode' },
  yenc: { name: 'yenc', group: 'archive', media: 'text/x-yenc' },
  bomb: { name: 'archive-bomb', group: 'archive', media: 'application/x-archive-bomb' },
} as const satisfies Record<string, FileType>;

/** Whether it reads as text: no NUL and hardly a control character. UTF-16 counts where it says so. */
export function isText(head: Buffer): boolean {
  const first = head.subarray(0, textBytes);
  if (utf16Of(first)) return true;
  let controls = 0;
  for (const byte of first) {
    if (byte === 0) return false;
    if (byte < 0x20 && !(byte >= 0x08 && byte <= 0x0d) && byte !== 0x1b) controls++;
  }
  return controls * 50 <= first.length;
}

function row(name: string, group: TypeGroup, media: string, is: Row['is']): Row {
  return { name, group, media: media.includes('/') ? media : `application/${media}`, is };
}

function officeType(name: string, media: string): FileType {
  return { name, group: 'document', media: `application/${media}` };
}

/** The bytes of a text stand at an offset. */
function at(offset: number, mark: string): Row['is'] {
  const bytes = Buffer.from(mark, 'latin1');
  return (head) => head.subarray(offset, offset + bytes.length).equals(bytes);
}

/** One of the marks, hexadecimal. */
function starts(marks: string, offset = 0): Row['is'] {
  const all = marks.split(' ').map((mark) => at(offset, Buffer.from(mark, 'hex').toString('latin1')));
  return (head) => all.some((is) => is(head));
}

function riff(kind: string): Row['is'] {
  return (head) => at(0, 'RIFF')(head) && at(8, kind)(head);
}

function text(head: Buffer, from: number, to: number): string {
  return head.toString('latin1', from, to);
}

function isBetween(value: number | undefined, low: number, high: number): boolean {
  return value !== undefined && value >= low && value <= high;
}

/** A pattern for the beginning of a text, without a byte order mark and blanks. */
function textual(pattern: RegExp): Row['is'] {
  return (head) => isText(head) && pattern.test(beginning(head));
}

function beginning(head: Buffer): string {
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
function isClass(head: Buffer): boolean {
  return starts('cafebabe')(head) && head.length >= 8 && head.readUInt16BE(6) >= 43;
}

/** A frame, or one that is to be skipped. RFC 8878 3.1. */
function isZstandard(head: Buffer): boolean {
  return (
    starts('28b52ffd')(head) || (head[0] !== undefined && head[0] >> 4 === 5 && starts('2a4d18', 1)(head))
  );
}

/** The properties most encoders write, a dictionary that is a power of two or the sum of two, a sensible size. */
function isLzma(head: Buffer): boolean {
  if (head.length < 14 || head[0] !== 0x5d || head[13] !== 0) return false;
  const dictionary = head.readUInt32LE(1);
  const bits = dictionary.toString(2).replace(/0+$/, '');
  return dictionary >= 4096 && (bits === '1' || bits === '11') && isLzmaSize(head.readBigUInt64LE(5));
}

function isLzmaSize(size: bigint): boolean {
  return size === 0xffff_ffff_ffff_ffffn || size < 1n << 40n;
}

/** The mark of POSIX and GNU, or a checksum that is right. */
function isTar(head: Buffer): boolean {
  if (at(257, 'ustar')(head)) return true;
  if (head.length < 512 || head[0] === 0) return false;
  const written = Number.parseInt(
    text(head, 148, 156)
      .replace(/[\0 ]+$/, '')
      .trim(),
    8,
  );
  let sum = 8 * 0x20;
  for (let i = 0; i < 512; i++) if (i < 148 || i >= 156) sum += head[i] ?? 0;
  return sum === written;
}

/** ISO 9660 and ECMA-167 (UDF) have their marks in sector 16 and 17. */
function isIso(head: Buffer): boolean {
  return [32_769, 34_817].some((offset) => /^(?:CD001|BEA01|NSR0[23])/.test(text(head, offset, offset + 5)));
}

/** A boot sector with a file system, or a table of partitions. */
function isDisk(head: Buffer): boolean {
  if (!starts('55aa', 510)(head)) return false;
  return (
    at(3, 'NTFS    ')(head) ||
    at(54, 'FAT')(head) ||
    at(82, 'FAT32')(head) ||
    at(512, 'EFI PART')(head) ||
    hasPartition(head)
  );
}

function hasPartition(head: Buffer): boolean {
  const states = [446, 462, 478, 494].map((offset) => head[offset]);
  return states.every((state) => state === 0 || state === 0x80) && head[450] !== 0 && head[450] !== undefined;
}

/** Header fields, two of them well known ones, perhaps behind the line of a mailbox file. */
function isMail(head: Buffer): boolean {
  if (!isText(head)) return false;
  const lines = beginning(head).split(/\r?\n/, 100);
  if (lines[0]?.startsWith('From ')) lines.shift();
  const end = lines.indexOf('');
  const header = lines.slice(0, end < 0 ? lines.length : end);
  if (!/^[!-9;-~]{1,76}[ \t]*:/.test(header[0] ?? '')) return false;
  return header.filter((line) => KNOWN_FIELD.test(line)).length >= 2;
}

const KNOWN_FIELD =
  /^(?:from|to|cc|subject|date|received|message-id|mime-version|content-type|content-transfer-encoding|return-path|reply-to|x-mailer|dkim-signature)[ \t]*:/i;
