/**
 * Opens tar archives: old ones, POSIX, pax and GNU. POSIX.1-2017 pax, "pax Interchange Format"; GNU tar manual,
 * "Basic Tar Format". Names from long-name records and pax headers are told beside those in the header itself. Links,
 * devices and directories are no files; of sparse files the packed bytes are read.
 */
import { decodeCharset } from '../encoded-words.ts';
import { BrokenArchive } from './budget.ts';
import { type ByteSource, chunksOf } from './byte-source.ts';
import { memberBytes, type Opened } from './unpacker.ts';

const block = 512;
/** Long names and pax headers beyond this are not read. */
const longestExtension = 65_536;

/** Types of members. */
const FILES = new Set(['0', '\0', '7', 'S']);
const LONG_NAME = 'L';
const PAX = 'x';
const PAX_FOR_ALL = 'g';

interface Header {
  readonly name: string;
  readonly type: string;
  readonly sizeBytes: number;
  /** GNU: another header with the places of a sparse file follows. */
  readonly continues: boolean;
}

/** Hands out the members of a tar archive. Rejects with BrokenArchive where it ends too early. */
export async function unpackTar(bytes: ByteSource, to: Opened): Promise<void> {
  let names: string[] = [];
  let paxSize: number | undefined;
  for (let at = 0; at < bytes.sizeBytes; ) {
    const header = headerIn(await bytes.read(at, block));
    if (header === 'end') return;
    let dataAt = at + block;
    if (header.continues) dataAt += await extraHeaders(bytes, dataAt);
    const sizeBytes = paxSize ?? header.sizeBytes;
    if (header.type === LONG_NAME || header.type === PAX) {
      const text = await bytes.read(dataAt, Math.min(sizeBytes, longestExtension));
      const said = header.type === PAX ? paxRecords(text) : new Map([['path', textOf(text)]]);
      const path = said.get('path') ?? said.get('GNU.sparse.name');
      if (path !== undefined) names = [...names.slice(-3), path];
      const size = Number(said.get('size') ?? Number.NaN);
      if (Number.isSafeInteger(size) && size >= 0) paxSize = size;
    } else if (header.type !== PAX_FOR_ALL) {
      if (FILES.has(header.type)) await unpackFile(bytes, [...names, header.name], dataAt, sizeBytes, to);
      names = [];
      paxSize = undefined;
    }
    at = dataAt + Math.ceil(sizeBytes / block) * block;
    if (dataAt + sizeBytes > bytes.sizeBytes) throw new BrokenArchive('the archive is cut off');
    await to.budget.breathe();
  }
}

async function unpackFile(
  bytes: ByteSource,
  names: readonly string[],
  at: number,
  sizeBytes: number,
  to: Opened,
): Promise<void> {
  if (names.every((name) => name.endsWith('/'))) return;
  await memberBytes(to, names, chunksOf(bytes, at, Math.min(at + sizeBytes, bytes.sizeBytes)));
}

function headerIn(bytes: Buffer): Header | 'end' {
  if (bytes.length < block) throw new BrokenArchive('the archive is cut off');
  if (bytes[0] === 0 && bytes.every((byte) => byte === 0)) return 'end';
  const isPosix = bytes.toString('latin1', 257, 263) === 'ustar\0';
  const prefix = isPosix ? textOf(bytes.subarray(345, 500)) : '';
  const name = textOf(bytes.subarray(0, 100));
  const type = bytes.toString('latin1', 156, 157);
  return {
    name: prefix === '' ? name : `${prefix}/${name}`,
    type,
    sizeBytes: numberIn(bytes.subarray(124, 136)),
    continues: type === 'S' && bytes[482] === 1,
  };
}

/** Octal digits, or a binary number where the first bit is set. */
function numberIn(field: Buffer): number {
  const first = field[0] ?? 0;
  const number =
    first & 0x80
      ? field.subarray(4).reduce((sum, byte) => sum * 256 + byte, 0)
      : Number.parseInt(field.toString('latin1').replace(/^[\0 ]+/, '') || '0', 8);
  if (!Number.isSafeInteger(number) || number < 0) throw new BrokenArchive('a size is no number');
  return number;
}

/** How much the headers take that continue the places of a sparse file. */
async function extraHeaders(bytes: ByteSource, from: number): Promise<number> {
  for (let at = from; at < bytes.sizeBytes; at += block) {
    const extra = await bytes.read(at, block);
    if (extra[504] !== 1) return at + block - from;
  }
  throw new BrokenArchive('the archive is cut off');
}

/** `27 path=some/name\n`: the length counts the whole record. */
function paxRecords(bytes: Buffer): Map<string, string> {
  const records = new Map<string, string>();
  for (let at = 0; at < bytes.length; ) {
    const blank = bytes.indexOf(0x20, at);
    const length = blank < 0 ? 0 : Number.parseInt(bytes.toString('latin1', at, blank), 10);
    if (!(length > 0)) break;
    const [key = '', ...value] = decodeCharset(bytes.subarray(blank + 1, at + length - 1), '').split('=');
    records.set(key, value.join('='));
    at += length;
  }
  return records;
}

/** Up to the first NUL. */
function textOf(bytes: Buffer): string {
  const end = bytes.indexOf(0);
  return decodeCharset(end < 0 ? bytes : bytes.subarray(0, end), '');
}
