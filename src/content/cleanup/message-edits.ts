/**
 * What becomes of a message on its way: stretches of it that go on as they came, and text put in between. Nothing is
 * copied: the changes are applied while the message is read. A message of which too much changes is a problem.
 */
type Segment = { readonly start: number; end: number } | Buffer;

/** More changes are not kept: rules that change every line of a large message would fill the memory. */
const MOST_SEGMENTS = 200_000;
const MOST_INSERTED_BYTES = 16_777_216;

export class MessageEdits {
  readonly #segments: Segment[] = [];
  #insertedBytes = 0;
  #sizeBytes = 0;

  /** Of the message as it goes on, as far as it is through. */
  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  get areTooMany(): boolean {
    return this.#segments.length > MOST_SEGMENTS || this.#insertedBytes > MOST_INSERTED_BYTES;
  }

  /** Bytes go on as they came; offsets in the message, never smaller than before. */
  pass(start: number, end: number): void {
    if (end === start) return;
    this.#sizeBytes += end - start;
    const last = this.#segments.at(-1);
    if (last && !Buffer.isBuffer(last) && last.end === start) last.end = end;
    else this.#segments.push({ start, end });
  }

  /** Text that stands between what was passed before and what is passed next. */
  insert(bytes: Buffer): void {
    this.#sizeBytes += bytes.length;
    this.#insertedBytes += bytes.length;
    this.#segments.push(bytes);
  }

  /** The changed message, made of the message as it came. */
  applied(message: Iterable<Buffer> | AsyncIterable<Buffer>): Iterable<Buffer> | AsyncIterable<Buffer> {
    const reading = new Reading(this.#segments);
    return Symbol.iterator in message ? readAtOnce(message, reading) : readInTurn(message, reading);
  }
}

/** One pass over the message. */
class Reading {
  readonly #segments: readonly Segment[];
  #next = 0;
  #offset = 0;

  constructor(segments: readonly Segment[]) {
    this.#segments = segments;
  }

  /** What goes on of a chunk. */
  *take(chunk: Buffer): Generator<Buffer> {
    const begin = this.#offset;
    const end = begin + chunk.length;
    this.#offset = end;
    for (; this.#next < this.#segments.length; this.#next++) {
      const segment = this.#segments[this.#next] as Segment;
      if (Buffer.isBuffer(segment)) {
        yield segment;
        continue;
      }
      if (segment.start >= end) return;
      const from = Math.max(segment.start, begin);
      const to = Math.min(segment.end, end);
      if (to > from) yield to - from === chunk.length ? chunk : chunk.subarray(from - begin, to - begin);
      if (segment.end > end) return;
    }
  }
}

const END = Buffer.alloc(0);

function* readAtOnce(message: Iterable<Buffer>, reading: Reading): Generator<Buffer> {
  for (const chunk of message) yield* reading.take(chunk);
  yield* reading.take(END);
}

async function* readInTurn(message: AsyncIterable<Buffer>, reading: Reading): AsyncGenerator<Buffer> {
  for await (const chunk of message) yield* reading.take(chunk);
  yield* reading.take(END);
}
