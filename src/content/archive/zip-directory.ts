/**
 * The members of a ZIP archive, from its central directory and from the local headers between them. Programs that
 * unpack while they read believe the local headers, others the directory; where the two differ, both are told, and that
 * they differ (`flag=ambiguous`). APPNOTE.TXT 4.3.
 */
import { BrokenArchive, type Budget } from './budget.ts';
import { type ByteSource, chunksOf } from './byte-source.ts';
import { plain } from './inflate.ts';
import * as record from './zip-record.ts';
import { type ZipRecord, zipFlags } from './zip-record.ts';

export interface ZipMember {
  /** The directory's entry; the local header where there is none. */
  readonly main: ZipRecord;
  readonly names: readonly string[];
  /** Where its bytes begin; undefined: there is no local header. */
  readonly dataAt: number | undefined;
  readonly packedBytes: number;
}

export interface ZipMembers {
  /** By their place in the file, each place once. */
  readonly members: readonly ZipMember[];
  readonly isAmbiguous: boolean;
  readonly isBroken: boolean;
  /** Members share bytes: it was made to explode. */
  readonly overlaps: boolean;
}

/** A comment of 64 KiB can stand behind the end record, and the ZIP64 locator before it. */
const tailBytes = record.endBytes + 65_535 + 20;
/** Central directories that are read where several ends could be meant. */
const mostDirectories = 4;

/** All members, at most so many and one more. Throws OverBudget when it takes too long. */
export async function zipMembers(bytes: ByteSource, budget: Budget): Promise<ZipMembers> {
  const central = await centralRecords(bytes, budget);
  const walk = await new LocalWalk(bytes, budget, central.byOffset).run();
  const members: ZipMember[] = [];
  let { isAmbiguous, isBroken } = walk;
  isAmbiguous ||= central.isAmbiguous;
  isBroken ||= central.byOffset.size === 0 && walk.found.size > 0;
  const offsets = [...new Set([...walk.found.keys(), ...central.byOffset.keys()])].sort((a, b) => a - b);
  for (const offset of offsets) {
    const entry = central.byOffset.get(offset);
    const local = walk.found.get(offset) ?? (await localAt(bytes, offset));
    const main = entry ?? local;
    if (!main) continue;
    isBroken ||= !local;
    isAmbiguous ||=
      !walk.found.has(offset) || (central.byOffset.size > 0 && !entry) || disagree(entry, local);
    members.push(memberOf(main, local));
  }
  return { members, isAmbiguous, isBroken, overlaps: central.overlaps || overlap(members) };
}

/** Whether there is the end of a ZIP archive in the file, whatever stands before it. */
export async function hasZipEnd(bytes: ByteSource): Promise<boolean> {
  const ends = await directoryEnds(bytes);
  for (const { at } of ends) {
    if ((await bytes.read(at, 4)).equals(record.centralMark)) return true;
  }
  return false;
}

function memberOf(main: ZipRecord, local: ZipRecord | undefined): ZipMember {
  const names = [...new Set([...main.names, ...(local?.names ?? [])])];
  const packedBytes = main.packedBytes || (local?.packedBytes ?? 0);
  const dataAt = local && local.headerAt + local.recordBytes;
  return { main, names, dataAt, packedBytes };
}

/** Local sizes are often left to what follows the data. */
function disagree(entry: ZipRecord | undefined, local: ZipRecord | undefined): boolean {
  if (!entry || !local) return false;
  const sizes = (local.flags & zipFlags.sizesFollow) === 0 && local.packedBytes !== entry.packedBytes;
  const hidden = (entry.flags & zipFlags.headersEncrypted) !== 0;
  return !hidden && (sizes || !entry.rawName.equals(local.rawName) || entry.method !== local.method);
}

function overlap(members: readonly ZipMember[]): boolean {
  return members.some((member, index) => {
    const next = members[index + 1];
    const end = member.dataAt === undefined ? 0 : member.dataAt + member.packedBytes;
    return next !== undefined && end > next.main.headerAt;
  });
}

interface CentralRecords {
  readonly byOffset: ReadonlyMap<number, ZipRecord>;
  /** Two entries of a directory for one place. */
  readonly overlaps: boolean;
  /** Directories that differ. */
  readonly isAmbiguous: boolean;
}

async function centralRecords(bytes: ByteSource, budget: Budget): Promise<CentralRecords> {
  const byOffset = new Map<number, ZipRecord>();
  let [overlaps, isAmbiguous] = [false, false];
  for (const { at: start, end, shift } of await directoryEnds(bytes)) {
    const seen = new Set<number>();
    for (let at = start; at + record.centralBytes <= end; ) {
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

/** A whole record with everything that belongs to it, or undefined where there is none. */
async function recordAt(
  bytes: ByteSource,
  at: number,
  kind: 'local' | 'central',
): Promise<Buffer | undefined> {
  const fixedBytes = kind === 'local' ? record.localBytes : record.centralBytes;
  const fixed = await bytes.read(at, fixedBytes);
  const mark = kind === 'local' ? record.localMark : record.centralMark;
  if (fixed.length < fixedBytes || !fixed.subarray(0, 4).equals(mark)) return undefined;
  const whole = fixedBytes + record.variableBytes(fixed, kind);
  const found = await bytes.read(at, whole);
  return found.length === whole ? found : undefined;
}

async function localAt(bytes: ByteSource, at: number): Promise<ZipRecord | undefined> {
  const found = at >= 0 ? await recordAt(bytes, at, 'local') : undefined;
  return found && record.localRecord(found, at);
}

/** Goes from local header to local header, as a program does that reads from front to back. */
class LocalWalk {
  readonly found = new Map<number, ZipRecord>();
  isAmbiguous = false;
  isBroken = false;
  readonly #bytes: ByteSource;
  readonly #budget: Budget;
  readonly #central: ReadonlyMap<number, ZipRecord>;

  constructor(bytes: ByteSource, budget: Budget, central: ReadonlyMap<number, ZipRecord>) {
    this.#bytes = bytes;
    this.#budget = budget;
    this.#central = central;
  }

  async run(): Promise<this> {
    let at: number | undefined = 0;
    while (at !== undefined && at < this.#bytes.sizeBytes && this.found.size <= this.#budget.limits.members) {
      await this.#budget.breathe();
      const local: ZipRecord | undefined = await localAt(this.#bytes, at);
      if (local) {
        this.found.set(at, local);
        at = await this.#behind(local);
      } else if (await this.#isEnd(at)) return this;
      else at = await this.#nextMark(at + 1);
    }
    return this;
  }

  /** Where the next record should be. */
  async #behind(local: ZipRecord): Promise<number> {
    const dataAt = local.headerAt + local.recordBytes;
    const follows = (local.flags & zipFlags.sizesFollow) !== 0;
    if (!follows || local.packedBytes > 0) return this.#behindDescriptor(dataAt + local.packedBytes, follows);
    const entry = this.#central.get(local.headerAt);
    if (entry) return this.#behindDescriptor(dataAt + entry.packedBytes, true);
    return this.#behindDescriptor(
      local.method === 8 ? dataAt + (await this.#deflatedBytes(dataAt)) : dataAt,
      true,
    );
  }

  /** APPNOTE.TXT 4.3.9: with and without a mark, with sizes of 4 or 8 bytes. */
  async #behindDescriptor(at: number, expected: boolean): Promise<number> {
    if (!expected) return at;
    const after = await this.#bytes.read(at, 28);
    for (const length of [16, 24, 12, 20]) {
      const marked = length % 8 === 0;
      if (marked !== after.subarray(0, 4).equals(record.descriptorMark)) continue;
      const next = after.subarray(length, length + 4);
      if (next.equals(record.localMark) || next.equals(record.centralMark)) return at + length;
    }
    return at;
  }

  /** Nobody says how long it is but the data itself. */
  async #deflatedBytes(from: number): Promise<number> {
    const stream = plain('deflate', chunksOf(this.#bytes, from));
    try {
      for await (const chunk of stream.chunks()) {
        this.#budget.unpacked(chunk.length);
        await this.#budget.breathe();
      }
    } catch (error) {
      if (!(error instanceof BrokenArchive)) throw error;
      this.isBroken = true;
      return 0;
    }
    return stream.consumedBytes;
  }

  async #isEnd(at: number): Promise<boolean> {
    const mark = await this.#bytes.read(at, 4);
    return [record.centralMark, record.endMark, record.end64Mark].some((end) => mark.equals(end));
  }

  /** The next local header, or an entry of the directory that nothing led to. */
  async #nextMark(from: number): Promise<number | undefined> {
    if (this.found.size > 0) this.isAmbiguous = true;
    let at = from;
    let before = Buffer.alloc(0);
    for await (const chunk of chunksOf(this.#bytes, from)) {
      const seen = Buffer.concat([before, chunk]);
      const mark = seen.indexOf(record.localMark);
      if (mark >= 0) return at - before.length + mark;
      at += chunk.length;
      before = Buffer.from(seen.subarray(-3));
      await this.#budget.breathe();
    }
    return undefined;
  }
}
