/**
 * Opens what is kept in OLE compound files: office documents (macros, encryption, embedded files), Outlook messages
 * (attachments), installers. MS-CFB, MS-DOC, MS-XLS, MS-OXMSG, MS-OLEDS (packages).
 * Names of streams are the format's own and are told to nobody; files in them are.
 */
import { decodeCharset } from '../encoded-words.ts';
import { type FileType, innerTypes } from '../file-type.ts';
import type { ByteSource } from './byte-source.ts';
import { type CompoundEntry, CompoundFile } from './compound-file.ts';
import { type Flag, memberBytes, type Opened } from './unpacker.ts';

/** In order: the first whose entry is there. */
const kinds: readonly { readonly entry: RegExp; readonly type: FileType }[] = [
  { entry: /^__properties_version1\.0$/i, type: innerTypes.msg },
  { entry: /^WordDocument$/i, type: innerTypes.doc },
  { entry: /^(?:Workbook|Book)$/i, type: innerTypes.xls },
  { entry: /^PowerPoint Document$/i, type: innerTypes.ppt },
];

const marks: readonly { readonly entry: RegExp; readonly flag: Flag }[] = [
  { entry: /(?:^|\/)(?:_VBA_PROJECT|_VBA_PROJECT_CUR|VBA|Macros)$/i, flag: 'macro' },
  { entry: /^(?:EncryptedPackage|EncryptionInfo)$/i, flag: 'encrypted' },
  { entry: /(?:^|\/)(?:\x01Ole10Native|ObjectPool)$/i, flag: 'embedded' },
];

/** Installers have no stream of a certain name, but a class. */
const INSTALLERS = new Set([
  '84100c0000000000c000000000000046',
  '86100c0000000000c000000000000046',
  '82100c0000000000c000000000000046',
]);

/** Hands out the files in a compound file. Rejects with BrokenArchive. */
export async function unpackCompound(bytes: ByteSource, to: Opened): Promise<void> {
  const file = await CompoundFile.open(bytes, to.budget);
  const type = INSTALLERS.has(file.classId)
    ? innerTypes.msi
    : kinds.find(({ entry }) => file.entries.some(({ path }) => entry.test(path)))?.type;
  if (type) to.isA(type);
  for (const { entry, flag } of marks) if (file.entries.some(({ path }) => entry.test(path))) to.flag(flag);
  for (const flag of await recordFlags(file)) to.flag(flag);
  for (const entry of file.entries) await unpackEntry(file, entry, to);
}

const ATTACHED = /__attach_version1\.0_#[0-9a-f]+\/__substg1\.0_37010102$/i;

async function unpackEntry(file: CompoundFile, entry: CompoundEntry, to: Opened): Promise<void> {
  if (!entry.isStream) return;
  if (ATTACHED.test(entry.path)) {
    const storage = entry.path.slice(0, entry.path.lastIndexOf('/'));
    await memberBytes(to, await attachedNames(file, storage), file.chunks(entry));
  } else if (/(?:^|\/)\x01Ole10Native$/i.test(entry.path)) await unpackPackage(file, entry, to);
  else if (/(?:^|\/)(?:Package|CONTENTS)$/i.test(entry.path)) {
    await memberBytes(to, [entry.path], file.chunks(entry), { internal: true });
  }
}

/** Long name, short name, shown name; in UTF-16 or in one byte each. MS-OXPROPS 2. */
async function attachedNames(file: CompoundFile, storage: string): Promise<string[]> {
  const names: string[] = [];
  for (const property of ['3707', '3704', '3001']) {
    for (const [kind, charset] of [
      ['001F', 'utf-16le'],
      ['001E', 'windows-1252'],
    ] as const) {
      const entry = file.find(`${storage}/__substg1.0_${property}${kind}`);
      if (entry) names.push(decodeCharset(await file.beginning(entry, NAME_BYTES), charset));
    }
  }
  return names;
}

const NAME_BYTES = 2_048;

/** A size, a number, the shown name, the path, two numbers, another path, the size of the data, the data. */
async function unpackPackage(file: CompoundFile, entry: CompoundEntry, to: Opened): Promise<void> {
  const head = await file.beginning(entry, PACKAGE_HEAD_BYTES);
  const names: string[] = [];
  let at = 6;
  for (let i = 0; i < 2; i++) {
    const end = head.indexOf(0, at);
    if (end < 0) return;
    names.push(decodeCharset(head.subarray(at, end), ''));
    at = end + 1;
  }
  if (at + 8 > head.length) return;
  at += 8 + head.readUInt32LE(at + 4);
  if (at + 4 > head.length) return;
  const sizeBytes = head.readUInt32LE(at);
  await memberBytes(to, names, skipped(file.chunks(entry), at + 4, sizeBytes));
}

const PACKAGE_HEAD_BYTES = 8_192;

async function* skipped(chunks: AsyncIterable<Buffer>, from: number, bytes: number): AsyncGenerator<Buffer> {
  let skip = from;
  let left = bytes;
  for await (const chunk of chunks) {
    const rest = chunk.subarray(Math.min(skip, chunk.length), skip + left);
    skip = Math.max(0, skip - chunk.length);
    left -= rest.length;
    if (rest.length > 0) yield rest;
    if (left <= 0) return;
  }
}

/** What only the records of a document tell: MS-DOC 2.5.2 (fEncrypted), MS-XLS 2.4.28 (BoundSheet8), 2.4.117 (FilePass). */
async function recordFlags(file: CompoundFile): Promise<Flag[]> {
  const word = file.find('WordDocument');
  const flags: Flag[] = [];
  if (word && word.sizeBytes >= 12) {
    const head = await file.beginning(word, 12);
    if (((head[11] ?? 0) & 1) !== 0) flags.push('encrypted');
  }
  const book = file.find('Workbook') ?? file.find('Book');
  if (book) flags.push(...sheetFlags(await file.beginning(book, SHEETS_BYTES)));
  return flags;
}

/** The sheets of a workbook are listed at its beginning. */
const SHEETS_BYTES = 262_144;
const END = 0x0a;
const FILE_PASS = 0x2f;
const BOUND_SHEET = 0x85;
const MACRO_SHEET = 1;
const MODULE_SHEET = 6;

function sheetFlags(records: Buffer): Flag[] {
  const flags = new Set<Flag>();
  for (let at = 0; at + 4 <= records.length; at += 4 + records.readUInt16LE(at + 2)) {
    const kind = records.readUInt16LE(at);
    if (kind === END) break;
    if (kind === FILE_PASS) flags.add('encrypted');
    const sheet = records[at + 9];
    if (kind === BOUND_SHEET && (sheet === MACRO_SHEET || sheet === MODULE_SHEET)) flags.add('macro');
  }
  return [...flags];
}
