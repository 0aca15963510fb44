/**
 * The members of a ZIP archive, from its central directory and from the local headers between them. Programs that
 * unpack while they read believe the local headers, others the directory; where the two differ, both are told, and that
 * they differ (`flag=ambiguous`). APPNOTE.TXT 4.3.
 */
import type { Budget } from './budget.ts';
import type { ByteSource } from './byte-source.ts';
import { centralRecords } from './zip-directory.ts';
import { type ZipRecord, zipFlags } from './zip-record.ts';
import { LocalWalk, localAt } from './zip-walk.ts';

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
