/** Builds ZIP archives for tests, honest ones and others: every record can say something else than the truth. */
import { crc32, deflateRawSync, zstdCompressSync } from 'node:zlib';

export interface ZipPiece {
  readonly name: string;
  readonly data?: Buffer;
  /** 0 stored, 8 deflated, 93 zstd; others: `data` is taken as packed already. */
  readonly method?: number;
  readonly flags?: number;
  /** In the local header. */
  readonly localName?: string;
  readonly localPackedBytes?: number;
  /** In the directory. */
  readonly plainBytes?: number;
  readonly packedBytes?: number;
  /** Where the directory says that it is. */
  readonly headerAt?: number;
  /** It is not in the directory. */
  readonly hidden?: boolean;
  /** Sizes follow the data. */
  readonly streamed?: boolean;
  readonly extra?: Buffer;
}

export interface ZipOptions {
  readonly prefix?: Buffer;
  /** The offsets count the prefix. */
  readonly countPrefix?: boolean;
  readonly comment?: Buffer;
  /** Only local headers. */
  readonly noDirectory?: boolean;
  readonly zip64?: boolean;
}

export function zip(pieces: readonly ZipPiece[], options: ZipOptions = {}): Buffer {
  const { prefix = Buffer.alloc(0), countPrefix = false, comment = Buffer.alloc(0) } = options;
  const locals: Buffer[] = [];
  const entries: Buffer[] = [];
  let at = countPrefix ? prefix.length : 0;
  for (const piece of pieces) {
    const { local, entry } = records(piece, at);
    locals.push(local);
    if (!piece.hidden) entries.push(entry);
    at += local.length;
  }
  if (options.noDirectory) return Buffer.concat([prefix, ...locals]);
  const directory = Buffer.concat(entries);
  const end = endRecord(entries.length, directory.length, at, comment, options.zip64 ?? false);
  return Buffer.concat([prefix, ...locals, directory, end]);
}

function records(piece: ZipPiece, at: number): { local: Buffer; entry: Buffer } {
  const { name, data = Buffer.alloc(0), method = 8, streamed = false, extra = Buffer.alloc(0) } = piece;
  const flags = (piece.flags ?? 0x800) | (streamed ? 8 : 0);
  const packed = packedBy(method, data);
  const localSize = streamed ? 0 : (piece.localPackedBytes ?? packed.length);
  const local = fixed('PK\x03\x04', [
    [2, 20],
    [2, flags],
    [2, method],
    [4, 0],
    [4, streamed ? 0 : crc32(data)],
    [4, localSize],
    [4, streamed ? 0 : data.length],
    [2, Buffer.byteLength(piece.localName ?? name)],
    [2, extra.length],
  ]);
  const descriptor = fixed('PK\x07\x08', [
    [4, crc32(data)],
    [4, packed.length],
    [4, data.length],
  ]);
  const entry = fixed('PK\x01\x02', [
    [2, 20],
    [2, 20],
    [2, flags],
    [2, method],
    [4, 0],
    [4, crc32(data)],
    [4, piece.packedBytes ?? packed.length],
    [4, piece.plainBytes ?? data.length],
    [2, Buffer.byteLength(name)],
    [2, extra.length],
    [2, 0],
    [2, 0],
    [2, 0],
    [4, 0],
    [4, piece.headerAt ?? at],
  ]);
  return {
    local: Buffer.concat([
      local,
      Buffer.from(piece.localName ?? name),
      extra,
      packed,
      ...(streamed ? [descriptor] : []),
    ]),
    entry: Buffer.concat([entry, Buffer.from(name), extra]),
  };
}

function packedBy(method: number, data: Buffer): Buffer {
  if (method === 8) return deflateRawSync(data);
  return method === 93 ? zstdCompressSync(data) : data;
}

function endRecord(count: number, size: number, at: number, comment: Buffer, zip64: boolean): Buffer {
  const all = zip64 ? 0xffff_ffff : undefined;
  const end = fixed('PK\x05\x06', [
    [2, 0],
    [2, 0],
    [2, all ? 0xffff : count],
    [2, all ? 0xffff : count],
    [4, all ?? size],
    [4, all ?? at],
    [2, comment.length],
  ]);
  if (!zip64) return Buffer.concat([end, comment]);
  const end64 = fixed('PK\x06\x06', [
    [8, 44],
    [2, 45],
    [2, 45],
    [4, 0],
    [4, 0],
    [8, count],
    [8, count],
    [8, size],
    [8, at],
  ]);
  const locator = fixed('PK\x06\x07', [
    [4, 0],
    [8, at + size],
    [4, 1],
  ]);
  return Buffer.concat([end64, locator, end, comment]);
}

/** A mark and little-endian numbers of so many bytes. */
export function fixed(mark: string, numbers: readonly (readonly [bytes: number, value: number])[]): Buffer {
  const parts = numbers.map(([bytes, value]) => {
    const field = Buffer.alloc(bytes);
    if (bytes === 8) field.writeBigUInt64LE(BigInt(value));
    else field.writeUIntLE(value, 0, bytes);
    return field;
  });
  return Buffer.concat([Buffer.from(mark, 'latin1'), ...parts]);
}
