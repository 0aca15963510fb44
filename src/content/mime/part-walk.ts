/**
 * Follows the parts of a message for those who look inside, and tells of them. RFC 2046.
 * It reads the structure as mail programs may, not as Postfix does (mime-structure.ts), so that what somebody could see
 * is looked at: a boundary is a whole line, blanks at its end aside; a line that is no header does not end a header, and
 * is text as well; what stands outside of all parts is a part; encoded messages are decoded and followed, too.
 * Parameters: mime_nesting_limit (multiparts and messages together). What is nested deeper, has too many parts or a
 * header that is too long is a problem: the mail is refused, for nobody can say what is in it.
 */
import type { MaybePromise } from '../../mail/maybe-promise.ts';
import type { Field, Part } from '../part.ts';
import { BoundaryLines } from './boundary-lines.ts';
import type { ByteRange } from './byte-range.ts';
import type { MimeProblem } from './mime-problem.ts';
import { PartHeader } from './part-header.ts';
import { type PartShape, plainTextType, shapeOf } from './part-shape.ts';
import type { RecordReader, TextRecord, Wants } from './record-scanner.ts';
import type { DecoderKind } from './transfer-decoder.ts';

/** Hears of the parts in the order of the message; `flush` carries out what it heard. */
export interface PartListener {
  /** A part with parts, or a message whose own header comes next. */
  container(part: Part): void;
  /** A part with content, told of once for each encoding it may have. `stray`: text in its header, not encoded. */
  leaf(part: Part, encodings: PartShape['encodings'], stray: Buffer): void;
  /** A message inside, encoded: the content that follows. */
  message(part: Part, encoding: DecoderKind, depth: number): void;
  content(bytes: Buffer, start: number, end: number): void;
  /** The leaf is over. */
  close(): void;
  flush(): MaybePromise<void>;
}

export interface PartWalkOptions {
  readonly nestingLimit: number;
  readonly lineLimitBytes: number;
  readonly listener: PartListener;
  problem(problem: MimeProblem, text: Buffer): void;
  /** How many parts there are, with those of messages inside. */
  readonly count: PartCount;
  /** The number that the parts go on from, `` for the message itself. */
  readonly prefix: string;
  readonly depth: number;
}

/** Counts the parts of a message. */
export interface PartCount {
  parts: number;
}

/** A message with more parts is not looked at, but refused: each of them costs more than its bytes. */
const MOST_PARTS = 10_000;

/** A multipart that is open. */
interface Level {
  readonly number: string;
  readonly prefix: string;
  readonly partType: string;
  readonly depth: number;
  count: number;
}

const DASH = 45;
const LF = 10;
const CR = 13;
/** What stands around a boundary in a line that is read in one piece. */
const MARKS_BYTES = 6;
/** A multipart has one boundary; a few more may be read from what is badly written. */
const MOST_BOUNDARIES = 10;

export class PartWalk implements RecordReader {
  readonly #options: PartWalkOptions;
  readonly #levels: Level[] = [];
  readonly #boundaries: BoundaryLines;
  #header: PartHeader | undefined = new PartHeader();
  /** Of the part whose header or content is read. */
  #number: string;
  #prefix: string;
  #defaultType = plainTextType;
  #depth: number;
  /** What text is a part of that stands outside of all others; told of when there is such text. */
  #outside: Part | undefined;
  /** A line end that belongs to the next boundary, if one follows. */
  #held: ByteRange[] = [];
  #isStopped = false;

  constructor(options: PartWalkOptions) {
    this.#options = options;
    this.#boundaries = new BoundaryLines(options.lineLimitBytes - MARKS_BYTES);
    this.#prefix = options.prefix;
    this.#number = headerNumber(options.prefix);
    this.#depth = options.depth;
  }

  get wants(): Wants {
    if (this.#isStopped) return 'nothing';
    if (this.#header) return 'records';
    return this.#levels.length > 0 ? 'boundaries' : 'nothing';
  }

  record(record: TextRecord): void {
    if (this.#isStopped) return;
    const { bytes, start, end, rawEnd, continues } = record;
    const isMark = !continues && bytes[start] === DASH && bytes[start + 1] === DASH;
    if (isMark && this.#boundary(record)) return;
    if (!this.#header) this.#content(bytes, start, end, rawEnd);
    else if (end === start && !continues) this.#endHeader();
    else if (!this.#header.add(record)) this.#problem('long header', bytes.subarray(start, end));
  }

  skipped(bytes: Buffer, start: number, rawEnd: number): void {
    if (this.#isStopped) return;
    let end = rawEnd;
    if (bytes[end - 1] === LF) end -= 1;
    if (end > start && bytes[end - 1] === CR) end -= 1;
    this.#content(bytes, start, end, rawEnd);
  }

  /** There is no more. */
  end(): void {
    if (this.#isStopped) return;
    if (this.#header) this.#endHeader();
    this.#letGoOfLineEnd();
    this.#options.listener.close();
  }

  /** Nobody wants to hear any more. */
  stop(): void {
    this.#isStopped = true;
  }

  flush(): MaybePromise<void> {
    return this.#options.listener.flush();
  }

  #endHeader(): void {
    const { fields, stray } = (this.#header as PartHeader).end();
    this.#header = undefined;
    this.#options.count.parts += 1;
    if (this.#options.count.parts > MOST_PARTS) {
      this.#problem('many parts', Buffer.from(`part ${this.#number}`));
      return;
    }
    const shape = shapeOf(fields, this.#defaultType);
    const hasParts = shape.boundaries.length > 0;
    if (!hasParts && !shape.isMessage) {
      this.#leaf(fields, shape, stray);
      return;
    }
    if (stray.length > 0) {
      this.#options.listener.leaf(outsideOf(this.#number), [IDENTITY], stray);
      this.#options.listener.close();
    }
    if (hasParts) this.#enterMultipart(fields, shape);
    else this.#enterMessage(fields, shape);
  }

  #leaf(fields: readonly Field[], shape: PartShape, stray: Buffer): void {
    const { encodings } = shape;
    const isPlain = encodings.some(({ kind }) => kind === 'identity');
    const all = stray.length > 0 && !isPlain ? [...encodings, IDENTITY] : encodings;
    this.#options.listener.leaf(this.#part(fields, shape), all, stray);
  }

  #enterMultipart(fields: readonly Field[], shape: PartShape): void {
    const { boundaries, partType } = shape;
    const depth = this.#depth + 1;
    if (this.#isTooDeep(boundaries.length > MOST_BOUNDARIES ? Number.POSITIVE_INFINITY : depth)) return;
    this.#options.listener.container(this.#part(fields, shape));
    this.#levels.push({ number: this.#number, prefix: this.#prefix, partType, depth, count: 0 });
    this.#boundaries.push(boundaries);
    this.#outside = outsideOf(this.#number);
  }

  #enterMessage(fields: readonly Field[], shape: PartShape): void {
    this.#depth += 1;
    if (this.#isTooDeep(this.#depth)) return;
    const part = this.#part(fields, shape);
    const encoded = shape.encodings.find(({ kind }) => kind !== 'identity');
    this.#options.listener.container(part);
    if (encoded) {
      this.#options.listener.message(part, encoded.kind, this.#depth);
      return;
    }
    this.#prefix = `${this.#number}.`;
    this.#number = headerNumber(this.#prefix);
    this.#begin(plainTextType);
  }

  #begin(defaultType: string): void {
    this.#header = new PartHeader();
    this.#defaultType = defaultType;
    this.#outside = undefined;
  }

  #part(fields: readonly Field[], shape: PartShape): Part {
    const { type, encodings } = shape;
    return { number: this.#number, type, fields, encoding: encodings[0]?.name ?? '7bit' };
  }

  /** Whether the line is a boundary; what it ends, ends. */
  #boundary({ bytes, start, end }: TextRecord): boolean {
    const found = this.#boundaries.match(bytes, start + 2, end);
    const level = found && this.#levels[found.depth];
    if (!level) return false;
    if (this.#header) this.#endHeader(); // a part without a body
    this.#held = [];
    this.#options.listener.close();
    const depth = found.isLast ? found.depth : found.depth + 1;
    this.#levels.length = Math.min(depth, this.#levels.length);
    this.#boundaries.cut(depth);
    if (found.isLast) this.#leave(level);
    else this.#nextPart(level);
    return true;
  }

  /** What follows a last boundary belongs to nobody. */
  #leave(level: Level): void {
    this.#header = undefined;
    this.#depth = level.depth - 1;
    this.#number = level.number;
    this.#prefix = level.prefix;
    this.#outside = outsideOf(level.number);
  }

  #nextPart(level: Level): void {
    level.count += 1;
    this.#depth = level.depth;
    this.#prefix = `${level.prefix}${level.count}.`;
    this.#number = this.#prefix.slice(0, -1);
    this.#begin(level.partType);
  }

  /** `rawEnd`: behind the line end, or the half of one that a chunk ends with. */
  #content(bytes: Buffer, first: number, end: number, rawEnd: number): void {
    const { listener } = this.#options;
    let start = first;
    if (this.#outside) {
      while (start < end && (bytes[start] === CR || bytes[start] === LF)) start += 1;
      if (start === end) return;
      listener.leaf(this.#outside, [IDENTITY], NOTHING);
      this.#outside = undefined;
    }
    const completes = start === end && this.#held.length === 1 && this.#heldText() === CR;
    if (!completes) this.#letGoOfLineEnd();
    if (end > start) listener.content(bytes, start, end);
    if (rawEnd > end) this.#held.push({ bytes, start: end, end: rawEnd });
  }

  /** The last octet that is held back. */
  #heldText(): number | undefined {
    const last = this.#held.at(-1);
    return last?.bytes[last.end - 1];
  }

  #letGoOfLineEnd(): void {
    for (const { bytes, start, end } of this.#held) this.#options.listener.content(bytes, start, end);
    this.#held = [];
  }

  #isTooDeep(depth: number): boolean {
    if (depth <= this.#options.nestingLimit) return false;
    this.#problem('nesting', Buffer.from(`part ${this.#number}`));
    return true;
  }

  #problem(problem: MimeProblem, text: Buffer): void {
    this.#isStopped = true;
    this.#options.problem(problem, text);
  }
}

const NOTHING = Buffer.alloc(0);
const IDENTITY = { name: '7bit', kind: 'identity' } as const;

/** The header of a message has a number of its own. */
function headerNumber(prefix: string): string {
  return `${prefix}0`;
}

function outsideOf(number: string): Part {
  return { number, type: plainTextType, fields: [], encoding: '7bit' };
}
