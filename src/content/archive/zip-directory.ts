/**
 * The central directory of a ZIP archive, or what several programs could take for it. APPNOTE.TXT 4.3.12 to 4.3.16.
 */
import type { Budget } from './budget.ts';
import type { ByteSource } from './byte-source.ts';
import * as record from './zip-record.ts';
import { recordAt, type ZipRecord } from './zip-record.ts';

/** A comment of 64 KiB can stand behind the end record, and the ZIP64 locator before it. */
const tailBytes = record.endBytes + 65_535 + 20;
/** Central directories that are read where several ends could be meant. */
const mostDirectories = 4;

/** Whether there is the end of a ZIP archive in the file, whatever stands before it. */
export async function hasZipEnd(bytes: ByteSource): Promise<boolean> {
  const ends = await directoryEnds(bytes);
  for (const { at } of ends) {
    if ((await bytes.read(at, 4)).equals(record.centralMark)) return true;
  }
  return false;
}

export interface CentralRecords {
  readonly byOffset: ReadonlyMap<number, ZipRecord>;
  /** Two entries of a directory for one place. */
  readonly overlaps: boolean;
  /** Directories that differ. */
  readonly isAmbiguous: boolean;
}

/** All entries, at most so many and one more. Throws OverBudget. */
export async function centralRecords(bytes: ByteSource, budget: Budget): Promise<CentralRecords> {
  const byOffset = new Map<number, ZipRecord>();
  let [overlaps, isAmbiguous] = [false, false];
  for (const { at: start, end, shift } of await directoryEnds(bytes)) {
    const seen = new Set<number>();
    for (let at = start; at < end; ) {
      const entry = await recordAt(bytes, at, 'central');
      if (!entry) break;
      const central = record.centralRecord(entry, shift);
      const other = byOffset.get(central.headerAt);
      overlaps ||= seen.has(central.headerAt);
      isAmbiguous ||= other !== undefined && !other.rawName.equals(central.rawName);
      seen.add(central.headerAt);
      byOffset.set(central.headerAt, other ? bothNames(other, central) : central);
      if (byOffset.size > budget.limits.members) return { byOffset, overlaps, isAmbiguous };
      at += entry.length;
      await budget.breathe();
    }
  }
  return { byOffset, overlaps, isAmbiguous };
}

/** Names for one place beyond these are not told: it is known by then that something is wrong. */
const mostNames = 64;

function bothNames(first: ZipRecord, second: ZipRecord): ZipRecord {
  return { ...first, names: [...new Set([...first.names, ...second.names])].slice(0, mostNames) };
}

interface DirectoryEnd {
  /** Where the directory begins and ends. */
  readonly at: number;
  readonly end: number;
  readonly shift: number;
}

/**
 * Where central directories are, by the end records in the tail of the file: the last one, and those whose comment ends
 * where the file does. An archive that is stored in the archive has an end as well, which is none of these.
 */
async function directoryEnds(bytes: ByteSource): Promise<DirectoryEnd[]> {
  const from = Math.max(0, bytes.sizeBytes - tailBytes);
  const tail = await bytes.read(from, tailBytes);
  const ends = new Map<number, DirectoryEnd>();
  let isLast = true;
  for (let at = tail.lastIndexOf(record.endMark); at >= 0; at = lastBefore(tail, at)) {
    const behind = at + record.endBytes;
    if (behind > tail.length) continue;
    if (!isLast && behind + tail.readUInt16LE(behind - 2) !== tail.length) continue;
    for (const end of await endsAt(bytes, tail, at, from)) if (!ends.has(end.at)) ends.set(end.at, end);
    isLast &&= ends.size === 0;
    if (ends.size >= mostDirectories) break;
  }
  return [...ends.values()].slice(0, mostDirectories);
}

function lastBefore(tail: Buffer, at: number): number {
  return at === 0 ? -1 : tail.lastIndexOf(record.endMark, at - 1);
}

/** Before the end record, and where the end record says. */
async function endsAt(bytes: ByteSource, tail: Buffer, at: number, from: number): Promise<DirectoryEnd[]> {
  let end = from + at;
  let size = tail.readUInt32LE(at + 12);
  let offset = tail.readUInt32LE(at + 16);
  if (at >= 20 && tail.subarray(at - 20, at - 16).equals(record.locatorMark)) {
    const end64 = await end64At(bytes, [Number(tail.readBigUInt64LE(at - 12)), end - 20 - 56]);
    if (end64) ({ end, size, offset } = end64);
  }
  const before = end - size;
  const places = [
    { at: before, shift: before - offset },
    { at: offset, shift: 0 },
  ];
  const found: DirectoryEnd[] = [];
  for (const place of places) {
    const begins =
      place.at >= 0 && place.at < end && (await bytes.read(place.at, 4)).equals(record.centralMark);
    if (begins) found.push({ ...place, end });
  }
  return found;
}

async function end64At(bytes: ByteSource, places: readonly number[]) {
  for (const end of places) {
    const found = await bytes.read(end, 56);
    if (end < 0 || found.length < 56 || !found.subarray(0, 4).equals(record.end64Mark)) continue;
    return { end, size: Number(found.readBigUInt64LE(40)), offset: Number(found.readBigUInt64LE(48)) };
  }
  return undefined;
}
