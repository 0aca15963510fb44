/**
 * Opens a single packed file: gzip and zstd here, others in the unpacker for rare archives. RFC 1952 2.3.1 (its name).
 * Parameters: none of its own. The member is called as the packer noted, and as the archive without its last extension.
 */
import { baseName } from '../attachment-names.ts';
import { decodeCharset } from '../encoded-words.ts';
import { type ByteSource, chunksOf } from './byte-source.ts';
import { type Compression, plain } from './inflate.ts';
import { memberBytes, type Unpacker } from './unpacker.ts';

/** What one extension makes of another; `''` drops it. */
const endings: Readonly<Record<string, string>> = {
  tgz: '.tar',
  tbz: '.tar',
  tbz2: '.tar',
  txz: '.tar',
  tlz: '.tar',
  taz: '.tar',
  tzst: '.tar',
  svgz: '.svg',
  emz: '.emf',
  wmz: '.wmf',
};

export function packedFileUnpacker(how: Compression): Unpacker {
  return async (bytes, to) => {
    const noted = how === 'gzip' ? await gzipName(bytes) : undefined;
    const names = [...(noted ? [noted] : []), unpackedName(to.name)];
    await memberBytes(to, names, plain(how, chunksOf(bytes)).chunks());
  };
}

/** The same with another unpacker, which does not know how the file is called. */
export function renamedUnpacker(unpack: Unpacker): Unpacker {
  return (bytes, to) =>
    unpack(bytes, { ...to, member: (_names, facts) => to.member([unpackedName(to.name)], facts) });
}

/** `report.tar.gz` is packed `report.tar`, and so is `report.tgz`. */
export function unpackedName(name: string): string {
  const base = baseName(name);
  const dot = base.lastIndexOf('.');
  if (dot <= 0) return base;
  return base.slice(0, dot) + (endings[base.slice(dot + 1).toLowerCase()] ?? '');
}

const EXTRA = 4;
const NAME = 8;

async function gzipName(bytes: ByteSource): Promise<string | undefined> {
  const head = await bytes.read(0, 4_096);
  const flags = head[3] ?? 0;
  if ((flags & NAME) === 0 || head.length < 12) return undefined;
  const from = 10 + (flags & EXTRA ? 2 + head.readUInt16LE(10) : 0);
  const end = head.indexOf(0, from);
  return end > from ? decodeCharset(head.subarray(from, end), '') : undefined;
}
