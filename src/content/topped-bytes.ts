/** Bytes with others on top of them; nothing is copied. */
import type { SpooledBytes } from './spool.ts';

export function toppedBytes(top: Buffer, message: SpooledBytes): SpooledBytes {
  if (top.length === 0) return message;
  return {
    sizeBytes: top.length + message.sizeBytes,
    chunks: () => {
      const chunks = message.chunks();
      return Symbol.iterator in chunks ? atOnce(top, chunks) : inTurn(top, chunks);
    },
  };
}

function* atOnce(top: Buffer, chunks: Iterable<Buffer>): Generator<Buffer> {
  yield top;
  yield* chunks;
}

async function* inTurn(top: Buffer, chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  yield top;
  yield* chunks;
}
