/**
 * Parts a message that comes in chunks into its header block and its body, at the first empty line. A header that never
 * ends is given up at a bound: then everything counts as header, and nobody asks for its signatures.
 */
import { BlockList } from '../block-list.ts';

const CRLF = Buffer.from('\r\n');
const EMPTY_LINE = Buffer.from('\r\n\r\n');
const TAIL_BYTES = EMPTY_LINE.length - 1;
/** The same as the bound for signed headers. */
const MAX_HEADER_BYTES = 1_048_576;

export interface HeaderSplitListener {
  /** The header with its last line end, without the empty line. Once. */
  header(block: Buffer): void;
  body(chunk: Buffer): void;
}

export class HeaderSplit {
  readonly #listener: HeaderSplitListener;
  readonly #kept = new BlockList();
  /** The last bytes so far, in which an empty line may have begun; as if the message stood behind a line. */
  #tail: Buffer = CRLF;
  #isThrough = false;

  constructor(listener: HeaderSplitListener) {
    this.#listener = listener;
  }

  write(chunk: Buffer): void {
    if (this.#isThrough) this.#listener.body(chunk);
    else {
      const end = this.#headerEnd(chunk);
      this.#kept.push(chunk);
      if (end !== undefined) this.#finish(this.#kept.sizeBytes - chunk.length + end);
      else if (this.#kept.sizeBytes > MAX_HEADER_BYTES) this.#finish(this.#kept.sizeBytes);
      else this.#tail = Buffer.concat([this.#tail, chunk.subarray(-TAIL_BYTES)]).subarray(-TAIL_BYTES);
    }
  }

  /** The message is over; it may have had no body. */
  end(): void {
    if (!this.#isThrough) this.#finish(this.#kept.sizeBytes);
  }

  /** Where the empty line begins, from the chunk's beginning: before it, when a line end was cut in two. */
  #headerEnd(chunk: Buffer): number | undefined {
    const seam = Buffer.concat([this.#tail, chunk.subarray(0, TAIL_BYTES)]).indexOf(EMPTY_LINE);
    if (seam >= 0) return seam + CRLF.length - this.#tail.length;
    const at = chunk.indexOf(EMPTY_LINE);
    return at < 0 ? undefined : at + CRLF.length;
  }

  #finish(headerBytes: number): void {
    this.#isThrough = true;
    const whole = Buffer.concat(this.#kept.blocks());
    this.#kept.clear();
    this.#listener.header(whole.subarray(0, headerBytes));
    const rest = whole.subarray(headerBytes + CRLF.length);
    if (rest.length > 0) this.#listener.body(rest);
  }
}

/** The header block of a message; no more of it is read than that. */
export async function headerBlock(chunks: Iterable<Buffer> | AsyncIterable<Buffer>): Promise<Buffer> {
  let header: Buffer | undefined;
  const split = new HeaderSplit({
    header: (block) => {
      header = block;
    },
    body() {},
  });
  for await (const chunk of chunks) {
    split.write(chunk);
    if (header) return header;
  }
  split.end();
  return header ?? Buffer.alloc(0);
}
