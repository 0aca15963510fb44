/**
 * Compressed bytes made plain, a chunk at a time, in zlib's threads: deflate, gzip, zstd. RFC 1951, RFC 1952, RFC 8878.
 * Data that cannot be made plain throws BrokenArchive after what could.
 */
import { Readable, type Transform } from 'node:stream';
import { constants, createGunzip, createInflateRaw, createZstdDecompress, inflateRawSync } from 'node:zlib';
import { BrokenArchive } from './budget.ts';
import { chunkBytes } from './byte-source.ts';

export type Compression = 'deflate' | 'gzip' | 'zstd';

/** So small a piece is inflated at once: it costs less than a trip to another thread. */
export const smallBytes = 32_768;
const smallResultBytes = 262_144;
/** Windows up to 128 MiB, as the command has it. */
const largestZstdWindow = 27;

const makers: Record<Compression, () => Transform> = {
  deflate: () => createInflateRaw({ chunkSize: chunkBytes }),
  gzip: () => createGunzip({ chunkSize: chunkBytes }),
  zstd: () =>
    createZstdDecompress({
      chunkSize: chunkBytes,
      params: { [constants.ZSTD_d_windowLogMax]: largestZstdWindow },
    }),
};

export interface Plain {
  chunks(): AsyncGenerator<Buffer>;
  /** How many compressed bytes it was, once all chunks came. */
  readonly consumedBytes: number;
}

/** The plain bytes of a compressed stream. */
export function plain(how: Compression, packed: AsyncIterable<Buffer>): Plain {
  const stream = makers[how]();
  return {
    async *chunks() {
      const source = Readable.from(packed);
      source.on('error', (error) => stream.destroy(error));
      source.pipe(stream);
      try {
        yield* stream as AsyncIterable<Buffer>;
      } catch (error) {
        throw isDataError(error) ? new BrokenArchive((error as Error).message) : error;
      } finally {
        source.destroy();
        stream.destroy();
      }
    },
    get consumedBytes() {
      return (stream as Transform & { bytesWritten: number }).bytesWritten;
    },
  };
}

/** A small piece (`smallBytes`) inflated at once; undefined where that is not possible, whatever the reason. */
export function inflatedAtOnce(packed: Buffer): Buffer | undefined {
  try {
    return inflateRawSync(packed, { maxOutputLength: smallResultBytes });
  } catch {
    return undefined;
  }
}

/** Of zlib, or the end of the bytes in the middle of something. */
function isDataError(error: unknown): boolean {
  const { code = '' } = error as NodeJS.ErrnoException;
  return code.startsWith('Z_') || code.startsWith('ZSTD_') || code === 'ERR_STREAM_PREMATURE_CLOSE';
}
