/**
 * Cuts a message into records: lines, or pieces of lines that are too long, as Postfix's SMTP server reads them.
 * Parameters: line_length_limit. `Postfix: smtp_get`. A line ends with LF; CRs before it belong to the line end.
 * Chunks may be cut anywhere; a record is always in one piece, and only one that two chunks share is copied. Where
 * nobody wants records it looks for lines that begin with `--` only, or for nothing at all.
 */
import type { MaybePromise } from '../../mail/maybe-promise.ts';

/** A piece of a message: a line, or a part of one. The bytes must not be changed, and may be kept. */
export interface TextRecord {
  readonly bytes: Buffer;
  readonly start: number;
  /** Behind the text. */
  readonly end: number;
  /** Behind the line end; the same as `end` where the line goes on. */
  readonly rawEnd: number;
  /** The record before this one is a part of the same line. */
  readonly continues: boolean;
  /** The line ends here. */
  readonly endsLine: boolean;
  /** Of `start`, in the whole message. */
  readonly offset: number;
}

/** What a reader wants to see. */
export type Wants = 'records' | 'boundaries' | 'nothing';

export interface RecordReader {
  /** Asked before each record. `boundaries`: lines that begin with `--`. */
  readonly wants: Wants;
  record(record: TextRecord): MaybePromise<void>;
  /** Bytes that were not wanted as records. */
  skipped(bytes: Buffer, start: number, end: number, offset: number): void;
}

const CR = 13;
const LF = 10;
const DASH = 45;
const MARK = Buffer.from('\n--');
const FIRST_CARRY_BYTES = 256;
/** After so many records the clock is looked at. */
const RECORDS_PER_LOOK = 64;
/** Others get a turn after so much time. */
const TURN_MS = 10;

export class RecordScanner {
  readonly #limit: number;
  readonly #reader: RecordReader;
  /** The beginning of a record whose end has not come yet. */
  #carry: Buffer = Buffer.alloc(0);
  #carried = 0;
  /** Bytes of the message that are in records or skipped. */
  #offset = 0;
  #atLineStart = true;
  /** Where the next LF of the chunk is; -1: there is none. */
  #nextLf = -2;
  #records = 0;
  #turnBegan = 0;

  constructor(lineLimitBytes: number, reader: RecordReader) {
    this.#limit = lineLimitBytes;
    this.#reader = reader;
  }

  /** The next bytes; wait for a promise before the next call. */
  write(chunk: Buffer): MaybePromise<void> {
    this.#nextLf = -2;
    this.#turnBegan = performance.now();
    return this.#run(chunk, 0);
  }

  /** There are no more bytes: a record that has no line end is one now. */
  end(): MaybePromise<void> {
    if (this.#carried === 0) return;
    const bytes = this.#carry.subarray(0, this.#carried);
    this.#carried = 0;
    return this.#pass(bytes, 0, bytes.length, bytes.length, false);
  }

  #run(chunk: Buffer, from: number): MaybePromise<void> {
    let at = from;
    while (at < chunk.length) {
      if (this.#carried === 0) {
        const next = this.#skip(chunk, at);
        if (next > at) {
          at = next;
          continue;
        }
      }
      const end = this.#recordEnd(chunk, at);
      if (end < 0) {
        this.#keep(chunk, at, chunk.length);
        return;
      }
      const wait = this.#carried > 0 ? this.#joined(chunk, at, end) : this.#whole(chunk, at, end);
      at = end;
      const turn = wait ?? this.#turn();
      if (turn !== undefined) return turn.then(() => this.#run(chunk, at));
    }
  }

  /** Passes over what nobody wants; the offset of what comes next. */
  #skip(chunk: Buffer, at: number): number {
    const { wants } = this.#reader;
    if (wants === 'records') return at;
    const next = wants === 'nothing' ? chunk.length : this.#nextMark(chunk, at);
    if (next === at) return at;
    this.#atLineStart = chunk[next - 1] === LF;
    this.#reader.skipped(chunk, at, next, this.#offset);
    this.#offset += next - at;
    return next;
  }

  /** The next line that begins with `--`, or may do so once the next chunk is there. */
  #nextMark(chunk: Buffer, at: number): number {
    const left = chunk.length - at;
    if (this.#atLineStart && chunk[at] === DASH && (left === 1 || chunk[at + 1] === DASH)) return at;
    const mark = chunk.indexOf(MARK, at);
    if (mark >= 0) return mark + 1;
    const isCut = left > 1 && chunk[chunk.length - 1] === DASH && chunk[chunk.length - 2] === LF;
    return isCut ? chunk.length - 1 : chunk.length;
  }

  /** Behind the record that begins in the carry, or at `at`; -1: not in this chunk. */
  #recordEnd(chunk: Buffer, at: number): number {
    const lf = this.#lineEnd(chunk, at);
    const room = at + this.#limit - this.#carried;
    if (lf >= 0 && lf < room) return lf + 1;
    if (room > chunk.length) return -1;
    const last = room > at ? chunk[room - 1] : this.#carry[this.#carried - 1];
    if (last !== CR) return room;
    // a CRLF is not cut in two
    if (room === chunk.length) return -1;
    return chunk[room] === LF ? room + 1 : room;
  }

  #lineEnd(chunk: Buffer, at: number): number {
    if (this.#nextLf !== -1 && this.#nextLf < at) this.#nextLf = chunk.indexOf(LF, at);
    return this.#nextLf;
  }

  #keep(chunk: Buffer, start: number, end: number): void {
    const wanted = this.#carried + end - start;
    if (this.#carried === 0) this.#carry = Buffer.allocUnsafe(Math.max(FIRST_CARRY_BYTES, wanted));
    else if (wanted > this.#carry.length) {
      const larger = Buffer.allocUnsafe(Math.max(wanted, this.#carry.length * 2));
      this.#carry.copy(larger, 0, 0, this.#carried);
      this.#carry = larger;
    }
    chunk.copy(this.#carry, this.#carried, start, end);
    this.#carried = wanted;
  }

  #joined(chunk: Buffer, at: number, end: number): MaybePromise<void> {
    this.#keep(chunk, at, end);
    const bytes = this.#carry.subarray(0, this.#carried);
    this.#carried = 0;
    return this.#whole(bytes, 0, bytes.length);
  }

  #whole(bytes: Buffer, start: number, rawEnd: number): MaybePromise<void> {
    if (bytes[rawEnd - 1] !== LF) return this.#pass(bytes, start, rawEnd, rawEnd, false);
    let end = rawEnd - 1;
    while (end > start && bytes[end - 1] === CR) end -= 1;
    return this.#pass(bytes, start, end, rawEnd, true);
  }

  #pass(bytes: Buffer, start: number, end: number, rawEnd: number, endsLine: boolean): MaybePromise<void> {
    const continues = !this.#atLineStart;
    const offset = this.#offset;
    this.#atLineStart = endsLine;
    this.#offset += rawEnd - start;
    return this.#reader.record({ bytes, start, end, rawEnd, continues, endsLine, offset });
  }

  /** Lets others work when this chunk has taken long. */
  #turn(): Promise<void> | undefined {
    this.#records += 1;
    if (this.#records % RECORDS_PER_LOOK !== 0) return undefined;
    if (performance.now() - this.#turnBegan < TURN_MS) return undefined;
    return new Promise<void>((resolve) => setImmediate(resolve)).then(() => {
      this.#turnBegan = performance.now();
    });
  }
}
