/**
 * Breaks lines that are longer than mail servers must take, as Postfix's delivery agents do: with a line end and a
 * space. Parameters: smtp_line_length_limit, lmtp_line_length_limit. RFC 5321 4.5.3.1.6. `Postfix: smtp_text_out`.
 * Lines of ordinary length pass as they are, about one look for each kilobyte.
 */
import type { MessageChunks } from './message-writer.ts';

const CR = 0x0d;
const LF = 0x0a;
const BREAK = Buffer.from('\r\n ');

/** `limit`: bytes of a line without its end. `broken` is called at the first line that is broken. */
export function breakLines(chunks: MessageChunks, limit: number, broken: () => void): MessageChunks {
  const breaker = new LineBreaker(limit, broken);
  return Symbol.iterator in chunks ? atOnce(chunks, breaker) : inTurn(chunks, breaker);
}

function* atOnce(chunks: Iterable<Buffer>, breaker: LineBreaker): Generator<Buffer> {
  for (const chunk of chunks) yield* breaker.take(chunk);
}

async function* inTurn(chunks: AsyncIterable<Buffer>, breaker: LineBreaker): AsyncGenerator<Buffer> {
  for await (const chunk of chunks) yield* breaker.take(chunk);
}

class LineBreaker {
  readonly #limit: number;
  #broken: (() => void) | undefined;
  /** Bytes of the line so far. */
  #column = 0;

  constructor(limit: number, broken: () => void) {
    this.#limit = limit;
    this.#broken = broken;
  }

  *take(chunk: Buffer): Generator<Buffer> {
    let from = 0;
    for (let at = 0; at < chunk.length; ) {
      // The last line end that can still belong to a line of ordinary length, from here.
      const end = chunk.lastIndexOf(LF, Math.min(chunk.length - 1, at + this.#limit - this.#column + 1));
      if (end >= at) {
        at = end + 1;
        this.#column = 0;
        continue;
      }
      const room = this.#limit - this.#column;
      if (chunk.length - at <= room) {
        this.#column += chunk.length - at;
        break;
      }
      at += Math.max(0, room);
      if (mayEnd(chunk, at)) {
        this.#column = this.#limit + 1; // a CR: what comes next tells
        at += 1;
        continue;
      }
      if (at > from) yield chunk.subarray(from, at);
      yield BREAK;
      this.#broken?.();
      this.#broken = undefined;
      from = at;
      this.#column = 1;
    }
    if (from < chunk.length) yield chunk.subarray(from);
  }
}

/** Whether the byte may be the beginning of the line's end. */
function mayEnd(chunk: Buffer, at: number): boolean {
  return chunk[at] === CR && (at + 1 === chunk.length || chunk[at + 1] === LF);
}
