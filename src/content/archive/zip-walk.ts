/**
 * Goes through a ZIP archive from local header to local header, as a program does that unpacks while it reads. What is
 * not where it should be is looked for further on. APPNOTE.TXT 4.3.7, 4.3.9.
 */
import { BrokenArchive, type Budget } from './budget.ts';
import { type ByteSource, chunksOf } from './byte-source.ts';
import { plain } from './inflate.ts';
import * as record from './zip-record.ts';
import { recordAt, type ZipRecord, zipFlags } from './zip-record.ts';

/** The local header that stands there. */
export async function localAt(bytes: ByteSource, at: number): Promise<ZipRecord | undefined> {
  const found = at >= 0 ? await recordAt(bytes, at, 'local') : undefined;
  return found && record.localRecord(found, at);
}

export class LocalWalk {
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
