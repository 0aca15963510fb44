/**
 * What a file is by its content, whatever its name and its Content-Type say: THE table of types, found by their first
 * bytes. Parameters: attachment_checks (`type=NAME`, `type=GROUP`, `type=MEDIA/TYPE`).
 * What no row knows has no type. Archives whose members make them something else (`docx`, `jar`) are told apart in
 * archive/zip-kind.ts and archive/compound.ts, once they are open.
 */
import {
  anyOf,
  at,
  has,
  isBetween,
  isClass,
  isCompress,
  isDisk,
  isIso,
  isLzma,
  isMail,
  isOldCpio,
  isTar,
  isZstandard,
  letters,
  type Mark,
  riff,
  starts,
  startsWith,
  textOf,
  textual,
} from './file-marks.ts';

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

interface Row extends FileType {
  /** Whether it begins like this. */
  readonly is: Mark;
}

/** In order: the first row that fits. */
const rows: readonly Row[] = [
  row(
    'exe',
    'executable',
    'vnd.microsoft.portable-executable',
    (head, text) => text === undefined && has(head, 0, 'MZ'),
  ),
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
  row('gz', 'archive', 'gzip', starts('1f8b08')),
  row('bz2', 'archive', 'x-bzip2', (head) => has(head, 0, 'BZh') && isBetween(head[3], 0x31, 0x39)),
  row('xz', 'archive', 'x-xz', starts('fd377a585a00')),
  row('zst', 'archive', 'zstd', isZstandard),
  row('lzma', 'archive', 'x-lzma', isLzma),
  row('lz', 'archive', 'x-lzip', at(0, 'LZIP\x01')),
  row('lz4', 'archive', 'x-lz4', starts('04224d18')),
  row('z', 'archive', 'x-compress', isCompress),
  row('cab', 'archive', 'vnd.ms-cab-compressed', starts('4d53434600000000')),
  row('arj', 'archive', 'x-arj', (head) => startsWith(head, '60ea') && isBetween(head[10], 2, 2)),
  row('lzh', 'archive', 'x-lzh-compressed', (head) => /^-[lp][hzm][0-9ds]-$/.test(letters(head, 2, 7))),
  row('ace', 'archive', 'x-ace-compressed', at(7, '**ACE**')),
  row('alz', 'archive', 'x-alz', at(0, 'ALZ\x01')),
  row('egg', 'archive', 'x-egg', at(0, 'EGGA')),
  row('zoo', 'archive', 'x-zoo', starts('dca7c4fd', 20)),
  row('sit', 'archive', 'x-stuffit', anyOf(at(0, 'StuffIt '), at(0, 'SIT!'))),
  row('xar', 'archive', 'x-xar', at(0, 'xar!')),
  row('ar', 'archive', 'x-archive', at(0, '!<arch>\n')),
  row('cpio', 'archive', 'x-cpio', anyOf(at(0, '070701'), at(0, '070702'), at(0, '070707'), isOldCpio)),
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
  row('ps', 'document', 'postscript', anyOf(at(0, '%!PS'), starts('c5d0d3c6'))),
  row('djvu', 'document', 'image/vnd.djvu', at(0, 'AT&TFORM')),

  row('png', 'image', 'image/png', starts('89504e470d0a1a0a')),
  row('jpeg', 'image', 'image/jpeg', starts('ffd8ff')),
  row('gif', 'image', 'image/gif', anyOf(at(0, 'GIF87a'), at(0, 'GIF89a'))),
  row('webp', 'image', 'image/webp', riff('WEBP')),
  row('tiff', 'image', 'image/tiff', starts('49492a00 4d4d002a')),
  row(
    'bmp',
    'image',
    'image/bmp',
    (head) => has(head, 0, 'BM') && head.length > 17 && head.readUInt32LE(6) === 0,
  ),
  row('ico', 'image', 'image/x-icon', (head) => startsWith(head, '00000100') && isBetween(head[4], 1, 64)),
  row('psd', 'image', 'image/vnd.adobe.photoshop', at(0, '8BPS')),
  row('emf', 'image', 'image/emf', (head) => startsWith(head, '01000000') && has(head, 40, ' EMF')),
  row('wmf', 'image', 'image/wmf', starts('d7cdc69a')),
  row('heic', 'image', 'image/heic', (head) => /^ftyp(?:hei[cxms]|mif1|avif)/.test(letters(head, 4, 12))),

  row('mp4', 'media', 'video/mp4', at(4, 'ftyp')),
  row('mp3', 'media', 'audio/mpeg', anyOf(at(0, 'ID3'), starts('fffb fff3 fff2'))),
  row('ogg', 'media', 'audio/ogg', at(0, 'OggS')),
  row('flac', 'media', 'audio/flac', at(0, 'fLaC')),
  row('wav', 'media', 'audio/wav', riff('WAVE')),
  row('avi', 'media', 'video/x-msvideo', riff('AVI ')),
  row('mkv', 'media', 'video/x-matroska', starts('1a45dfa3')),
  row('swf', 'media', 'x-shockwave-flash', (head) => /^[FCZ]WS[\x01-\x32]/.test(letters(head, 0, 4))),

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
    textual(/^(?:<\?xml[^>]{0,200}>\s*)?(?:<!doctype svg[^>]{0,500}>\s*|<!--[\s\S]{0,1000}?-->\s*)*<svg\b/i),
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
  const text = textOf(head);
  return rows.find(({ is }) => is(head, text));
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

function row(name: string, group: TypeGroup, media: string, is: Row['is']): Row {
  return { name, group, media: media.includes('/') ? media : `application/${media}`, is };
}

function officeType(name: string, media: string): FileType {
  return { name, group: 'document', media: `application/${media}` };
}
