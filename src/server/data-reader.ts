/**
 * The bytes between DATA and the final dot: takes off the dots that were put in front, finds the end, and makes every
 * line end CRLF, so that nobody downstream can see another end than we did (SMTP smuggling). RFC 5321 4.5.2, 2.3.8.
 * Parameters: smtpd_forbid_bare_newline. `Postfix: cleanup_replace_stray_cr_lf`: a stray CR becomes a blank.
 * Untouched bytes are passed on as slices of what arrived; nothing is copied per line.
 */
import { Pieces } from './pieces.ts';

/** How a newline without CR is taken. */
export type BareNewlines =
  /** ends a line, but the end of data must be CRLF.CRLF */
  | 'normalize'
  /** the same, and the mail is refused in the end */
  | 'reject'
  /** ends a line, also around the final dot */
  | 'accept';

const CR = 13;
const LF = 10;
const DOT = 46;
const SPACE_BYTES = Buffer.from(' ');
const CRLF_BYTES = Buffer.from('\r\n');

/** Where we are when a chunk ends. */
type State =
  | 'line-start'
  | 'in-line'
  /** behind a CR inside a line */
  | 'cr'
  /** behind a dot at the start of a line */
  | 'dot'
  /** behind a dot and a CR */
  | 'dot-cr';

export class DataReader {
  readonly #bare: BareNewlines;
  readonly #pieces: Pieces;
  #state: State = 'line-start';
  /** The line before ended with CRLF. */
  #standardEnd = true;
  readonly #dots: boolean;
  bareNewlines = 0;

  /** `framing`: `dots` behind DATA, `counted` behind BDAT, where nothing is stuffed and nothing ends the data. */
  constructor(bare: BareNewlines, emit: (bytes: Buffer) => void, framing: 'dots' | 'counted' = 'dots') {
    this.#bare = bare;
    this.#pieces = new Pieces(emit);
    this.#dots = framing === 'dots';
  }

  /** The last byte has come (BDAT): a CR that waits for its LF is a stray one. */
  finish(): void {
    if (this.#state === 'cr') this.#pieces.add(SPACE_BYTES);
    this.#pieces.flush();
    this.#state = 'line-start';
  }

  /** Takes a chunk; the offset behind the end of data, or -1 while there is more to come. */
  take(chunk: Buffer): number {
    const end = this.#read(chunk);
    this.#pieces.flush();
    return end;
  }

  #read(chunk: Buffer): number {
    let from = 0; // first byte not yet passed on
    let at = 0;
    const breaks = new LineBreaks(chunk);
    while (at < chunk.length) {
      switch (this.#state) {
        case 'line-start':
          if (this.#dots && chunk[at] === DOT) {
            this.#pieces.add(chunk, from, at);
            this.#state = 'dot';
            at += 1;
            from = at;
          } else this.#state = 'in-line';
          break;
        case 'in-line': {
          const end = breaks.next(at);
          if (end < 0) {
            this.#pieces.add(chunk, from, chunk.length);
            return -1;
          }
          if (chunk[end] === CR && chunk[end + 1] === LF) {
            at = end + 2;
            this.#endLine(true);
          } else {
            this.#pieces.add(chunk, from, end);
            from = end + 1;
            at = from;
            if (chunk[end] === CR) this.#state = 'cr';
            else this.#bareNewline();
          }
          break;
        }
        case 'cr':
          if (chunk[at] === LF) {
            this.#pieces.add(CRLF_BYTES);
            at += 1;
            from = at;
            this.#endLine(true);
          } else {
            this.#pieces.add(SPACE_BYTES);
            this.#state = 'in-line';
          }
          break;
        case 'dot':
          if (chunk[at] === CR) {
            this.#state = 'dot-cr';
            at += 1;
            from = at;
          } else if (chunk[at] === LF) {
            at += 1;
            from = at;
            if (this.#loneDot(false)) return at;
          } else this.#state = 'in-line';
          break;
        case 'dot-cr':
          if (chunk[at] === LF) {
            at += 1;
            from = at;
            if (this.#loneDot(true)) return at;
          } else {
            this.#pieces.add(SPACE_BYTES);
            this.#state = 'in-line';
          }
          break;
      }
    }
    this.#pieces.add(chunk, from, chunk.length);
    return -1;
  }

  /** A line with nothing but a dot: the end, unless a bare newline is involved. */
  #loneDot(standardEnd: boolean): boolean {
    if (!standardEnd) this.bareNewlines += 1;
    const isEnd = this.#bare === 'accept' || (standardEnd && this.#standardEnd);
    this.#endLine(standardEnd); // dropped when it is no end. Postfix: such a line is not stored
    return isEnd;
  }

  #bareNewline(): void {
    this.bareNewlines += 1;
    this.#pieces.add(CRLF_BYTES);
    this.#endLine(false);
  }

  #endLine(standardEnd: boolean): void {
    this.#standardEnd = standardEnd;
    this.#state = 'line-start';
  }
}

/** Finds the next CR or LF; each byte of a chunk is looked at twice at most, whatever it holds. */
class LineBreaks {
  readonly #chunk: Buffer;
  #cr = -2;
  #lf = -2;

  constructor(chunk: Buffer) {
    this.#chunk = chunk;
  }

  /** The first one from `at` on, -1 if there is none. */
  next(at: number): number {
    if (this.#cr !== -1 && this.#cr < at) this.#cr = this.#chunk.indexOf(CR, at);
    if (this.#lf !== -1 && this.#lf < at) this.#lf = this.#chunk.indexOf(LF, at);
    if (this.#cr < 0) return this.#lf;
    return this.#lf >= 0 && this.#lf < this.#cr ? this.#lf : this.#cr;
  }
}
