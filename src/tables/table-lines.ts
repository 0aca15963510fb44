/**
 * Reads a table file line by line as Postfix does: comments and empty lines are dropped, a line that begins with white
 * space continues the line before it. `Postfix: readllines`. Works on bytes, without making a string per line.
 * Unlike Postfix: a byte order mark at the beginning of the file does not count.
 */
import { isSpace } from './braces.ts';
import { type FileComplaints, quoted } from './file-complaints.ts';

const NEWLINE = 0x0a;
const HASH = 0x23;
const BYTE_ORDER_MARK = Buffer.from('\ufeff');
const LINES_PER_SLICE = 256;

/**
 * Gives each logical line of a file to `take`; yields now and then, so that other work can be done in between.
 * `linesPerSlice`: fewer where a line takes long.
 */
export function* eachLine(
  bytes: Buffer,
  complaints: FileComplaints,
  take: (lines: TableLines) => void,
  linesPerSlice = LINES_PER_SLICE,
): Generator<void, void> {
  const lines = new TableLines(bytes, (line, text) => {
    const problem = `${quoted(text)}: logical line must not start with whitespace`;
    complaints.broken(line, problem, 'begin it in the first column');
  });
  for (let n = 1; lines.next(); n++) {
    take(lines);
    if (n % linesPerSlice === 0) yield;
  }
}

export class TableLines {
  /** Where the current line stands: `bytes` from `start` to `end`. Continued lines are copied together. */
  bytes: Buffer;
  start = 0;
  end = 0;
  /** The number of the first physical line of the current line. */
  line = 0;
  readonly #file: Buffer;
  readonly #hasNul: boolean;
  readonly #onIndented: (line: number, text: string) => void;
  #position = 0;
  #physicalLine = 0;

  /** `onIndented` hears of lines that begin with white space but have nothing to continue; they are skipped. */
  constructor(file: Buffer, onIndented: (line: number, text: string) => void = () => {}) {
    this.#file = file;
    this.bytes = file;
    if (file.subarray(0, BYTE_ORDER_MARK.length).equals(BYTE_ORDER_MARK))
      this.#position = BYTE_ORDER_MARK.length;
    this.#hasNul = file.includes(0);
    this.#onIndented = onIndented;
  }

  /** Goes to the next logical line; false at the end of the file. */
  next(): boolean {
    while (this.#gather()) {
      this.#cutAtNul();
      if (this.end === this.start) continue;
      if (!isSpace(this.bytes[this.start] as number)) return true;
      this.#onIndented(this.line, this.text());
    }
    return false;
  }

  /** The current line as a text; for messages. */
  text(): string {
    return this.bytes.toString('utf8', this.start, this.end);
  }

  #gather(): boolean {
    const file = this.#file;
    let more: Buffer[] | undefined;
    let found = false;
    while (this.#position < file.length) {
      const start = this.#position;
      const newline = file.indexOf(NEWLINE, start);
      const end = newline < 0 ? file.length : newline;
      this.#position = newline < 0 ? file.length : newline + 1;
      this.#physicalLine += 1;
      if (hasContent(file, start, end)) {
        if (found) {
          more ??= [file.subarray(this.start, this.end)];
          more.push(file.subarray(start, end));
        } else {
          found = true;
          this.bytes = file;
          this.start = start;
          this.end = end;
          this.line = this.#physicalLine;
        }
      }
      if (found && !this.#continues()) break;
    }
    if (more) this.#join(more);
    return found;
  }

  #join(parts: Buffer[]): void {
    this.bytes = Buffer.concat(parts);
    this.start = 0;
    this.end = this.bytes.length;
  }

  #continues(): boolean {
    const next = this.#file[this.#position];
    return next !== undefined && (next === HASH || isSpace(next));
  }

  /** The rest of a line after a null byte does not count. */
  #cutAtNul(): void {
    if (!this.#hasNul) return;
    const nul = this.bytes.indexOf(0, this.start);
    if (nul >= 0 && nul < this.end) this.end = nul;
  }
}

function hasContent(bytes: Buffer, start: number, end: number): boolean {
  for (let at = start; at < end; at++) {
    const byte = bytes[at] as number;
    if (!isSpace(byte)) return byte !== HASH;
  }
  return false;
}
