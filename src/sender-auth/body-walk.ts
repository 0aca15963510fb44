/**
 * The two canonical forms of a body, made while it passes by in chunks of any size. RFC 6376 3.4.3, 3.4.4.
 * Linear in the body and of constant memory, also for one line of any length; empty lines are only counted until it is
 * known whether text follows. The body is in CRLF form; a bare CR or LF is an ordinary byte.
 */

/** Takes canonical bytes; they are only valid during the call. */
export type Emit = (bytes: Buffer) => void;

export interface BodyWalk {
  update(chunk: Buffer): void;
  end(): void;
}

const CR = 0x0d;
const LF = 0x0a;
const SPACE = 0x20;
const TAB = 0x09;
const CRLF = Buffer.from('\r\n');
const LONE_CR = Buffer.from('\r');
const MANY_CRLF = Buffer.from('\r\n'.repeat(2048));
/** Canonical bytes gathered before they are passed on. */
const GATHER = 8_192;
/** Runs of canonical bytes longer than this are not copied. */
const LONG_RUN = 1024;
/** Runs shorter than this are copied byte by byte, which is faster than a call. */
const SHORT_RUN = 24;

/** RFC 6376 3.4.3: the body as it is, ending in exactly one CRLF. */
export class SimpleWalk implements BodyWalk {
  readonly #emit: Emit;
  /** Line ends that belong to the body if something follows. */
  #lineEnds = 0;
  #sawCr = false;

  constructor(emit: Emit) {
    this.#emit = emit;
  }

  update(chunk: Buffer): void {
    const at = this.#afterLineEnds(chunk);
    if (at === chunk.length) return;
    this.#release();
    const lastCr = chunk[chunk.length - 1] === CR ? 1 : 0;
    let end = chunk.length - lastCr;
    while (end - 2 >= at && chunk[end - 1] === LF && chunk[end - 2] === CR) end -= 2;
    if (end > at) this.#emit(chunk.subarray(at, end));
    this.#lineEnds = (chunk.length - lastCr - end) / 2;
    this.#sawCr = lastCr === 1;
  }

  /** Counts the line ends that the chunk begins with; where it goes on. */
  #afterLineEnds(chunk: Buffer): number {
    let at = 0;
    if (this.#sawCr && chunk[0] === LF) {
      this.#sawCr = false;
      this.#lineEnds += 1;
      at = 1;
    }
    if (this.#sawCr) return 0;
    for (; chunk[at] === CR && chunk[at + 1] === LF; at += 2) this.#lineEnds += 1;
    if (at !== chunk.length - 1 || chunk[at] !== CR) return at;
    this.#sawCr = true;
    return chunk.length;
  }

  #release(): void {
    for (let left = this.#lineEnds * 2; left > 0; left -= MANY_CRLF.length) {
      this.#emit(left < MANY_CRLF.length ? MANY_CRLF.subarray(0, left) : MANY_CRLF);
    }
    if (this.#sawCr) this.#emit(LONE_CR);
    this.#lineEnds = 0;
    this.#sawCr = false;
  }

  end(): void {
    if (this.#sawCr) this.#release();
    this.#emit(CRLF);
  }
}

/**
 * Where the run from `start` on ends that relaxed canonicalization leaves as it is: text, and single spaces and line
 * ends that text follows. The loop every byte of ordinary mail goes through.
 */
function endOfPlain(chunk: Buffer, start: number): number {
  const end = chunk.length - 2;
  let at = start;
  while (at < end) {
    const byte = chunk[at] as number;
    if (byte > SPACE) at += 1;
    else if (byte === SPACE && (chunk[at + 1] as number) > SPACE) at += 1;
    else if (byte === CR && (chunk[at + 2] as number) > SPACE && chunk[at + 1] === LF) at += 2;
    else break;
  }
  return at;
}

/** RFC 6376 3.4.4: runs of white space are one space, none at the end of a line; an empty body stays empty. */
export class RelaxedWalk implements BodyWalk {
  readonly #emit: Emit;
  readonly #out = Buffer.allocUnsafeSlow(GATHER + 8);
  #used = 0;
  #lineEnds = 0;
  #sawCr = false;
  #sawSpace = false;
  #hasText = false;

  constructor(emit: Emit) {
    this.#emit = emit;
  }

  update(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length) {
      this.#step(chunk[at++] as number);
      if (this.#sawCr || this.#sawSpace || this.#lineEnds > 0) continue;
      const end = endOfPlain(chunk, at);
      if (end > at) this.#pass(chunk, at, end);
      at = end;
    }
  }

  /** Bytes that are canonical as they are: long runs go out directly, short ones are gathered. */
  #pass(chunk: Buffer, start: number, end: number): void {
    const length = end - start;
    if (this.#used + length > GATHER) this.#flush();
    if (length > LONG_RUN) {
      this.#flush();
      this.#emit(chunk.subarray(start, end));
    } else if (length > SHORT_RUN) {
      this.#used += chunk.copy(this.#out, this.#used, start, end);
    } else {
      for (let at = start; at < end; at++) this.#out[this.#used++] = chunk[at] as number;
    }
  }

  #step(byte: number): void {
    if (this.#sawCr) {
      this.#sawCr = false;
      if (byte === LF) {
        this.#sawSpace = false;
        this.#lineEnds += 1;
        return;
      }
      this.#text(CR);
    }
    if (byte === CR) this.#sawCr = true;
    else if (byte === SPACE || byte === TAB) this.#sawSpace = true;
    else this.#text(byte);
  }

  /** A byte that is neither white space nor line end, after what was held back. */
  #text(byte: number): void {
    for (; this.#lineEnds > 0; this.#lineEnds--) {
      this.#out[this.#used++] = CR;
      this.#out[this.#used++] = LF;
      if (this.#used >= GATHER) this.#flush();
    }
    if (this.#sawSpace) this.#out[this.#used++] = SPACE;
    this.#sawSpace = false;
    this.#out[this.#used++] = byte;
    this.#hasText = true;
    if (this.#used >= GATHER) this.#flush();
  }

  end(): void {
    if (this.#sawCr) this.#text(CR);
    this.#flush();
    if (this.#hasText) this.#emit(CRLF);
  }

  #flush(): void {
    if (this.#used > 0) this.#emit(this.#out.subarray(0, this.#used));
    this.#used = 0;
  }
}
