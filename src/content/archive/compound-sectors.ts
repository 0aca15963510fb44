/**
 * The sectors of an OLE compound file: how large they are, and the chains they form. MS-CFB 2.1 to 2.5.
 * A chain is followed at most once around the file; what leads nowhere throws BrokenArchive.
 */
import { BrokenArchive, type Budget } from './budget.ts';
import type { ByteSource } from './byte-source.ts';

const END_OF_CHAIN = 0xffff_fffe;
/** Higher numbers are no sectors. */
export const lastSector = 0xffff_fffa;
const headerBytes = 512;
/** Sectors named in the header. */
const headerTables = 109;

export interface Layout {
  readonly sectorBytes: number;
  readonly smallSectorBytes: number;
  /** Streams below this lie among the small ones. */
  readonly smallBytes: number;
  readonly directory: number;
  readonly smallTable: number;
  /** The sectors of the allocation table. */
  readonly tables: readonly number[];
}

/** Rejects with BrokenArchive. */
export async function layoutOf(bytes: ByteSource, budget: Budget): Promise<Layout> {
  const header = Buffer.from(await bytes.read(0, headerBytes));
  if (header.length < headerBytes) throw new BrokenArchive('the header is cut off');
  const shift = header.readUInt16LE(30);
  const smallShift = header.readUInt16LE(32);
  if (shift < 7 || shift > 16 || smallShift < 4 || smallShift >= shift) {
    throw new BrokenArchive('sectors have an impossible size');
  }
  const sectorBytes = 2 ** shift;
  const tables: number[] = [];
  for (let i = 0; i < headerTables; i++) tables.push(header.readUInt32LE(76 + i * 4));
  const most = Math.ceil(bytes.sizeBytes / sectorBytes);
  let steps = 0;
  for (let next = header.readUInt32LE(68); next < lastSector && steps <= most; steps++) {
    const sector = await sectorAt(bytes, sectorBytes, next);
    for (let at = 0; at + 8 <= sector.length; at += 4) tables.push(sector.readUInt32LE(at));
    next = sector.length < sectorBytes ? END_OF_CHAIN : sector.readUInt32LE(sectorBytes - 4);
    if (tables.length > most) break;
    await budget.breathe();
  }
  return {
    sectorBytes,
    smallSectorBytes: 2 ** smallShift,
    smallBytes: header.readUInt32LE(56),
    directory: header.readUInt32LE(48),
    smallTable: header.readUInt32LE(60),
    tables,
  };
}

/** The first sector stands behind the header, which fills one. */
async function sectorAt(bytes: ByteSource, sectorBytes: number, sector: number): Promise<Buffer> {
  return bytes.read((sector + 1) * sectorBytes, sectorBytes);
}

/** The sectors of a chain. */
export async function* sectors(
  bytes: ByteSource,
  { sectorBytes, tables }: Layout,
  from: number,
  budget: Budget,
): AsyncGenerator<Buffer> {
  const most = Math.ceil(bytes.sizeBytes / sectorBytes);
  const perTable = sectorBytes / 4;
  let steps = 0;
  let table: { readonly index: number; readonly bytes: Buffer } | undefined;
  for (let sector = from; sector < lastSector; ) {
    if (++steps > most) throw new BrokenArchive('a chain of sectors has no end');
    const piece = await sectorAt(bytes, sectorBytes, sector);
    if (piece.length === 0) throw new BrokenArchive('a chain leads out of the file');
    yield piece;
    const index = Math.floor(sector / perTable);
    if (table?.index !== index) {
      const place = tables[index];
      if (place === undefined || place >= lastSector) throw new BrokenArchive('a chain leads nowhere');
      table = { index, bytes: Buffer.from(await sectorAt(bytes, sectorBytes, place)) };
    }
    const at = (sector % perTable) * 4;
    if (at + 4 > table.bytes.length) throw new BrokenArchive('the allocation table is cut off');
    sector = table.bytes.readUInt32LE(at);
    await budget.breathe();
  }
}
