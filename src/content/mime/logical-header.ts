/**
 * One header field over all its lines, as Postfix holds it: blanks before the colon are gone, lines are joined by LF,
 * what exceeds header_size_limit is not kept, nor what stands behind a NUL in a line. `Postfix: mime_state_update`.
 * It also knows where in the message it stands.
 */
import { headerNameLength } from './header-name.ts';
import type { TextRecord } from './record-scanner.ts';

const LF = Buffer.from('\n');
const SPACE = 32;
const TAB = 9;

export class LogicalHeader {
  readonly #pieces: Buffer[] = [];
  readonly #limit: number;
  #length = 0;
  #text: Buffer | undefined;
  #name: string | undefined;
  /** Where it begins and ends in the message. */
  readonly offset: number;
  endOffset: number;
  /** Whether the text says something else than the bytes that came. */
  changed = false;

  /** Undefined: the record does not begin a header. */
  static begun(record: TextRecord, limitBytes: number): LogicalHeader | undefined {
    const { bytes, start, end } = record;
    const nameLength = headerNameLength(bytes, start, end);
    return nameLength === 0 ? undefined : new LogicalHeader(record, start + nameLength, limitBytes);
  }

  private constructor(record: TextRecord, nameEnd: number, limitBytes: number) {
    const { bytes, start, end } = record;
    this.#limit = limitBytes;
    let colon = nameEnd;
    while (bytes[colon] === SPACE || bytes[colon] === TAB) colon += 1;
    if (colon > nameEnd) {
      this.#add(bytes.subarray(start, nameEnd));
      this.changed = true;
    }
    this.#addText(bytes, colon > nameEnd ? colon : start, end);
    this.offset = record.offset;
    this.endOffset = record.offset + record.rawEnd - start;
  }

  /** No more text is kept. */
  get isFull(): boolean {
    return this.#length >= this.#limit;
  }

  /** The next piece of the same line, or the next line. */
  append(record: TextRecord): void {
    const { bytes, start, end, rawEnd } = record;
    this.endOffset = record.offset + rawEnd - start;
    if (this.isFull) {
      this.changed = true;
      return;
    }
    if (!record.continues) this.#add(LF);
    this.#addText(bytes, start, end);
  }

  /** `Name: value`, LF between lines. */
  get text(): Buffer {
    const [only] = this.#pieces;
    this.#text ??= only && this.#pieces.length === 1 ? only : Buffer.concat(this.#pieces);
    return this.#text;
  }

  /** Lower case. */
  get name(): string {
    const { text } = this;
    this.#name ??= text.toString('latin1', 0, text.indexOf(':')).toLowerCase();
    return this.#name;
  }

  #addText(bytes: Buffer, start: number, end: number): void {
    const piece = bytes.subarray(start, end);
    const nul = piece.indexOf(0);
    if (nul >= 0) this.changed = true;
    this.#add(nul < 0 ? piece : piece.subarray(0, nul));
  }

  #add(piece: Buffer): void {
    this.#pieces.push(piece);
    this.#length += piece.length;
    this.#text = undefined;
  }
}
