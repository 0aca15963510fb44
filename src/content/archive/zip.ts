/**
 * Opens ZIP archives, and documents that are such. APPNOTE.TXT. Members are stored, deflated or packed by zstd; those
 * packed in rarer ways are read by the unpacker for rare archives, which is asked for the whole archive again.
 * A member that is not what the directory says of it (size, checksum) makes the archive `flag=broken`.
 */
import { crc32 } from 'node:zlib';
import { BrokenArchive, OverBudget } from './budget.ts';
import { type ByteSource, chunksOf } from './byte-source.ts';
import { inflatedAtOnce, plain, smallBytes } from './inflate.ts';
import { memberBytes, type Opened, type Unpacker } from './unpacker.ts';
import { zipKind } from './zip-kind.ts';
import { type ZipMember, zipMembers } from './zip-members.ts';
import { zipFlags } from './zip-record.ts';

const STORED = 0;
const DEFLATED = 8;
const ZSTANDARD = 93;
/** Nothing, deflated. */
const EMPTY_BYTES = 2;
const readable = new Set([STORED, DEFLATED, ZSTANDARD]);

/** `rare`: for members that are packed in another way. */
export function zipUnpacker(rare: Unpacker): Unpacker {
  return async (bytes, to) => {
    const { members, isAmbiguous, isBroken, overlaps } = await zipMembers(bytes, to.budget);
    const kind = zipKind(members.flatMap(({ names }) => names));
    if (kind.type) to.isA(kind.type);
    for (const flag of kind.flags) to.flag(flag);
    if (isAmbiguous) to.flag('ambiguous');
    if (isBroken) to.flag('broken');
    for (const member of members) {
      if (isDirectory(member)) continue;
      const internal = member.names.every((name) => kind.isInternal(name));
      await unpackMember(bytes, member, { internal, namesOnly: overlaps }, to);
    }
    if (overlaps) throw new OverBudget('members share their bytes');
    if (members.some((member) => !isEncrypted(member) && !readable.has(member.main.method)))
      await rare(bytes, to);
  };
}

async function unpackMember(
  bytes: ByteSource,
  member: ZipMember,
  { internal, namesOnly }: { internal: boolean; namesOnly: boolean },
  to: Opened,
): Promise<void> {
  const { names, main } = member;
  if (isEncrypted(member)) to.flag('encrypted');
  if (isEncrypted(member) || namesOnly || !readable.has(main.method) || member.dataAt === undefined) {
    await memberBytes(to, names, [], { internal });
    return;
  }
  let plainBytes = 0;
  let crc = 0;
  const counted = async function* (from: number) {
    for await (const chunk of contentOf(bytes, member, from)) {
      plainBytes += chunk.length;
      crc = crc32(chunk, crc);
      yield chunk;
    }
  };
  try {
    await memberBytes(to, names, counted(member.dataAt), { internal });
    const isSaid = main.crc !== 0 || main.plainBytes > 0 || (main.flags & zipFlags.sizesFollow) === 0;
    if (isSaid && (plainBytes !== main.plainBytes || crc !== main.crc)) to.flag('broken');
  } catch (error) {
    if (!(error instanceof BrokenArchive)) throw error;
    to.flag('broken');
  }
}

async function* contentOf(bytes: ByteSource, member: ZipMember, from: number): AsyncGenerator<Buffer> {
  const { packedBytes, main } = member;
  if (main.method === STORED) {
    yield* chunksOf(bytes, from, from + packedBytes);
    return;
  }
  const open = packedBytes === 0 && (main.flags & zipFlags.sizesFollow) !== 0;
  const to = open ? bytes.sizeBytes : from + packedBytes;
  const isSmall = main.method === DEFLATED && to - from <= smallBytes;
  const atOnce = isSmall ? inflatedAtOnce(await bytes.read(from, to - from)) : undefined;
  if (atOnce) yield atOnce;
  else yield* plain(main.method === DEFLATED ? 'deflate' : 'zstd', chunksOf(bytes, from, to)).chunks();
}

function isEncrypted({ main }: ZipMember): boolean {
  return (main.flags & zipFlags.encrypted) !== 0;
}

/** A name that ends in a slash, and nothing in it. */
function isDirectory({ names, packedBytes, main }: ZipMember): boolean {
  return packedBytes <= EMPTY_BYTES && main.plainBytes === 0 && names.every((name) => /[/\\]$/.test(name));
}
