/**
 * OLE compound files: file systems in a file, with storages and streams. MS-CFB. Old office documents, Outlook messages,
 * installers. Reads the directory and single streams. What does not fit together throws BrokenArchive.
 */
import { BrokenArchive, type Budget } from './budget.ts';
import type { ByteSource } from './byte-source.ts';
import { type Layout, lastSector, layoutOf, sectors } from './compound-sectors.ts';

export interface CompoundEntry {
  /** With the names of the storages around it: `__attach_version1.0_#00000000/__substg1.0_37010102`. */
  readonly path: string;
  readonly isStream: boolean;
  readonly startSector: number;
  readonly sizeBytes: number;
  /** Hexadecimal. */
  readonly classId: string;
}

const NO_ENTRY = 0xffff_ffff;
const entryBytes = 128;

export class CompoundFile {
  readonly entries: readonly CompoundEntry[];
  readonly #bytes: ByteSource;
  readonly #budget: Budget;
  readonly #layout: Layout;
  readonly #root: RawEntry;
  #byPath: Map<string, CompoundEntry> | undefined;

  private constructor(
    bytes: ByteSource,
    budget: Budget,
    layout: Layout,
    root: RawEntry,
    entries: readonly CompoundEntry[],
  ) {
    this.#bytes = bytes;
    this.#budget = budget;
    this.#layout = layout;
    this.#root = root;
    this.entries = entries;
  }

  /** Rejects with BrokenArchive, or OverBudget where it has more entries than an archive may have. */
  static async open(bytes: ByteSource, budget: Budget): Promise<CompoundFile> {
    const layout = await layoutOf(bytes, budget);
    const raw: RawEntry[] = [];
    for await (const sector of sectors(bytes, layout, layout.directory, budget)) {
      for (let at = 0; at + entryBytes <= sector.length; at += entryBytes)
        raw.push(rawEntry(sector, at, layout));
      if (raw.length > budget.limits.members * 4) throw new BrokenArchive('the directory is too long');
    }
    const [root] = raw;
    if (!root || root.kind !== ROOT) throw new BrokenArchive('there is no root');
    return new CompoundFile(bytes, budget, layout, root, entriesOf(raw));
  }

  get classId(): string {
    return this.#root.classId;
  }

  /** The entry of a path, whatever its case. */
  find(path: string): CompoundEntry | undefined {
    this.#byPath ??= new Map(this.entries.map((entry) => [entry.path.toLowerCase(), entry]));
    return this.#byPath.get(path.toLowerCase());
  }

  /** The bytes of a stream, at most so many. */
  async *chunks(entry: CompoundEntry, atMost = entry.sizeBytes): AsyncGenerator<Buffer> {
    let left = Math.min(entry.sizeBytes, atMost);
    const isSmall = entry.sizeBytes < this.#layout.smallBytes;
    const pieces = isSmall ? this.#smallPieces(entry) : this.#pieces(entry.startSector);
    for await (const piece of pieces) {
      if (left <= 0) return;
      yield piece.subarray(0, left);
      left -= piece.length;
    }
    if (left > 0) throw new BrokenArchive('a stream is cut off');
  }

  /** The beginning of a stream. */
  async beginning(entry: CompoundEntry, bytes: number): Promise<Buffer> {
    const chunks: Buffer[] = [];
    for await (const chunk of this.chunks(entry, bytes)) chunks.push(chunk);
    return Buffer.concat(chunks);
  }

  #pieces(from: number): AsyncGenerator<Buffer> {
    return sectors(this.#bytes, this.#layout, from, this.#budget);
  }

  /** Small streams lie in the root's stream, in sectors of 64 bytes with a table of their own. */
  async *#smallPieces(entry: CompoundEntry): AsyncGenerator<Buffer> {
    const size = this.#layout.smallSectorBytes;
    const whole = await this.#whole(this.#root.startSector, this.#root.sizeBytes);
    const table = await this.#whole(this.#layout.smallTable, this.#bytes.sizeBytes);
    let steps = 0;
    for (let sector = entry.startSector; sector < lastSector; sector = table.readUInt32LE(sector * 4)) {
      steps++;
      if (steps * size > whole.length + size || sector * 4 + 4 > table.length) {
        throw new BrokenArchive('a chain of small sectors is broken');
      }
      yield whole.subarray(sector * size, sector * size + size);
    }
  }

  /** The root's stream and the table of small sectors, once read, are kept: many small streams want them. */
  readonly #kept = new Map<number, Buffer>();

  async #whole(from: number, atMost: number): Promise<Buffer> {
    const known = this.#kept.get(from);
    if (known) return known;
    const chunks: Buffer[] = [];
    let had = 0;
    for await (const chunk of this.#pieces(from)) {
      if (had >= Math.min(atMost, MOST_SMALL_BYTES)) break;
      chunks.push(Buffer.from(chunk));
      had += chunk.length;
    }
    const whole = Buffer.concat(chunks);
    this.#kept.set(from, whole);
    return whole;
  }
}

/** Of small streams, so much is read. */
const MOST_SMALL_BYTES = 16 * 1024 * 1024;

const STORAGE = 1;
const STREAM = 2;
const ROOT = 5;

interface RawEntry {
  readonly name: string;
  readonly kind: number;
  readonly left: number;
  readonly right: number;
  readonly child: number;
  readonly classId: string;
  readonly startSector: number;
  readonly sizeBytes: number;
}

function rawEntry(sector: Buffer, at: number, { sectorBytes }: Layout): RawEntry {
  const nameBytes = Math.min(64, Math.max(0, sector.readUInt16LE(at + 64) - 2));
  const high = sectorBytes > 512 ? sector.readUInt32LE(at + 124) : 0;
  return {
    name: sector.toString('utf16le', at, at + nameBytes),
    kind: sector[at + 66] ?? 0,
    left: sector.readUInt32LE(at + 68),
    right: sector.readUInt32LE(at + 72),
    child: sector.readUInt32LE(at + 76),
    classId: sector.toString('hex', at + 80, at + 96),
    startSector: sector.readUInt32LE(at + 116),
    sizeBytes: high * 2 ** 32 + sector.readUInt32LE(at + 120),
  };
}

/** Storages hold trees of entries. Entries that no tree leads to are told too, without a path. */
function entriesOf(raw: readonly RawEntry[]): CompoundEntry[] {
  const paths = new Map<number, string>();
  const todo: { index: number; inside: string }[] = [{ index: raw[0]?.child ?? NO_ENTRY, inside: '' }];
  for (let next = todo.pop(); next; next = todo.pop()) {
    const { index, inside } = next;
    const entry = raw[index];
    if (!entry || index === 0 || paths.has(index)) continue;
    const path = `${inside}${entry.name}`;
    paths.set(index, path);
    todo.push({ index: entry.left, inside }, { index: entry.right, inside });
    if (entry.kind === STORAGE && path.length < 4_096) todo.push({ index: entry.child, inside: `${path}/` });
  }
  return raw.flatMap((entry, index) =>
    entry.kind === STORAGE || entry.kind === STREAM
      ? [
          {
            path: paths.get(index) ?? entry.name,
            isStream: entry.kind === STREAM,
            startSector: entry.startSector,
            sizeBytes: entry.sizeBytes,
            classId: entry.classId,
          },
        ]
      : [],
  );
}
