/**
 * Opens winmail.dat: attachments as Outlook packs them for itself. MS-OXTNEF 2.1.
 * An attachment begins with its render data; then come its title, its bytes and its properties, among them the long
 * name. Attachments that are messages or OLE objects keep their bytes in the properties: those are handed out too.
 */
import { decodeCharset } from '../encoded-words.ts';
import { BrokenArchive } from './budget.ts';
import { type ByteSource, chunksOf } from './byte-source.ts';
import { memberBytes, type Opened } from './unpacker.ts';

const RENDER_DATA = 0x9002;
const TITLE = 0x8010;
const DATA = 0x800f;
const PROPERTIES = 0x9005;
const ATTACHMENT_LEVEL = 2;
const headerBytes = 9;

/** So much of the properties is searched for names. */
const propertyBytes = 4 * 1024 * 1024;

interface Attachment {
  names: string[];
  /** Where its bytes are. */
  data: { readonly from: number; readonly to: number }[];
}

/** Hands out the attachments. Rejects with BrokenArchive. */
export async function unpackTnef(bytes: ByteSource, to: Opened): Promise<void> {
  let attachment: Attachment = { names: [], data: [] };
  for (let at = 6; at < bytes.sizeBytes; ) {
    const head = await bytes.read(at, headerBytes);
    if (head.length < headerBytes) throw new BrokenArchive('an attribute is cut off');
    const [level, id, length] = [head[0], head.readUInt16LE(1), head.readUInt32LE(5)];
    const from = at + headerBytes;
    if (from + length > bytes.sizeBytes) throw new BrokenArchive('an attribute is cut off');
    if (level === ATTACHMENT_LEVEL) {
      if (id === RENDER_DATA) {
        await unpackAttachment(bytes, attachment, to);
        attachment = { names: [], data: [] };
      } else await note(bytes, id, from, length, attachment);
    }
    at = from + length + 2; // and a checksum
    await to.budget.breathe();
  }
  await unpackAttachment(bytes, attachment, to);
}

async function note(
  bytes: ByteSource,
  id: number,
  from: number,
  length: number,
  { names, data }: Attachment,
): Promise<void> {
  if (id === TITLE) names.push(textOf(await bytes.read(from, Math.min(length, 2_048)), ''));
  if (id === DATA) data.push({ from, to: from + length });
  if (id === PROPERTIES) {
    const found = propertiesIn(await bytes.read(from, Math.min(length, propertyBytes)));
    names.unshift(...found.names);
    for (const place of found.data) data.push({ from: from + place.from, to: from + place.to });
  }
}

async function unpackAttachment(bytes: ByteSource, { names, data }: Attachment, to: Opened): Promise<void> {
  if (names.length === 0 && data.length === 0) return;
  const [first, ...others] = data;
  await memberBytes(to, names, first ? chunksOf(bytes, first.from, first.to) : []);
  for (const { from, to: end } of others) await memberBytes(to, names, chunksOf(bytes, from, end));
}

const LONG_NAME = 0x3707;
const SHORT_NAME = 0x3704;
const SHOWN_NAME = 0x3001;
const OBJECT = 0x3701;
const nameProperties = [LONG_NAME, SHORT_NAME, SHOWN_NAME];

/** Bytes of values of a fixed size. MS-OXTNEF 2.1.3.4, MS-OXCDATA 2.11.1. */
const fixed = new Map([
  [0x02, 4],
  [0x03, 4],
  [0x04, 4],
  [0x05, 8],
  [0x06, 8],
  [0x07, 8],
  [0x0a, 4],
  [0x0b, 4],
  [0x14, 8],
  [0x40, 8],
  [0x48, 16],
]);
const variable = new Set([0x0d, 0x1e, 0x1f, 0x102]);
const SEVERAL = 0x1000;
const OBJECT_TYPE = 0x0d;
/** An object's value begins with the id of its interface. */
const interfaceBytes = 16;

/** The names among MAPI properties, and the places of embedded objects; as far as the properties can be read. */
function propertiesIn(bytes: Buffer): { names: string[]; data: { from: number; to: number }[] } {
  const names: string[] = [];
  const data: { from: number; to: number }[] = [];
  const cursor = new Cursor(bytes, 4);
  while (!cursor.isAtEnd) {
    const type = cursor.uint16();
    const id = cursor.uint16();
    if (id >= 0x8000) skipName(cursor);
    const kind = type & ~SEVERAL;
    const size = fixed.get(kind);
    if (size === undefined && !variable.has(kind)) break;
    const count = variable.has(kind) || type & SEVERAL ? cursor.uint32() : 1;
    for (let i = 0; i < count && !cursor.isAtEnd; i++) {
      const length = size ?? cursor.uint32();
      const from = cursor.at;
      cursor.skip(length + ((4 - (length % 4)) % 4));
      const to = Math.min(from + length, bytes.length);
      if (nameProperties.includes(id)) {
        names.push(textOf(bytes.subarray(from, to), kind === 0x1f ? 'utf-16le' : ''));
      }
      if (id === OBJECT) data.push({ from: kind === OBJECT_TYPE ? from + interfaceBytes : from, to });
    }
  }
  return { names, data };
}

/** Properties with high ids carry what they are called: a number or a text. */
function skipName(cursor: Cursor): void {
  cursor.skip(16);
  const isText = cursor.uint32() === 1;
  const length = cursor.uint32();
  if (isText) cursor.skip(length + ((4 - (length % 4)) % 4));
}

/** Reads numbers; behind the end they are 0. */
class Cursor {
  readonly #bytes: Buffer;
  at: number;

  constructor(bytes: Buffer, at: number) {
    this.#bytes = bytes;
    this.at = at;
  }

  get isAtEnd(): boolean {
    return this.at + 2 > this.#bytes.length;
  }

  uint16(): number {
    this.at += 2;
    return this.at <= this.#bytes.length ? this.#bytes.readUInt16LE(this.at - 2) : 0;
  }

  uint32(): number {
    this.at += 4;
    return this.at <= this.#bytes.length ? this.#bytes.readUInt32LE(this.at - 4) : 0;
  }

  skip(bytes: number): void {
    this.at += bytes;
  }
}

function textOf(bytes: Buffer, charset: string): string {
  return decodeCharset(bytes, charset).replace(/\0+$/, '');
}
