/**
 * Reads the content of one text part as it comes: bytes, their charset undone, as paragraphs, into the search. In several
 * charsets at once where it is not clear which one is true (readings.ts). Small pieces are collected, so that nothing is
 * done byte by byte; large ones are cut, so that others have their turns.
 */
import { isPromise, type MaybePromise } from '../../mail/maybe-promise.ts';
import type { PartReader } from '../part.ts';
import { type CharsetDecoder, decoderFor } from './charset.ts';
import type { Place } from './evidence.ts';
import { HtmlText } from './html-text.ts';
import { Paragraphs } from './paragraphs.ts';
import { PlainText, type PlainTextOptions } from './plain-text.ts';
import { type Declared, isBroken, likelyReadings, readingsOf } from './readings.ts';
import type { TextBudget } from './text-budget.ts';
import type { TextSearch } from './text-search.ts';

/** The most that is done in one go, and what the charset is guessed from. */
const PIECE_BYTES = 16_384;

export interface PartTextOptions {
  readonly declared: Declared;
  readonly plain: PlainTextOptions;
  readonly place: Place;
  readonly search: TextSearch;
  readonly budget: TextBudget;
}

/** The part in one charset. */
class Reading {
  readonly charset: string;
  readonly paragraphs = new Paragraphs();
  readonly #decoder: CharsetDecoder;
  readonly #text: HtmlText | PlainText;

  constructor(charset: string, { declared, plain }: PartTextOptions) {
    this.charset = charset;
    this.#decoder = decoderFor(charset);
    this.#text = declared.isHtml ? new HtmlText(this.paragraphs) : new PlainText(this.paragraphs, plain);
  }

  /** Whether the charset could mean all of it. */
  write(bytes: Buffer): boolean {
    const text = this.#decoder.decode(bytes, { stream: true });
    this.#text.write(text);
    return !isBroken(text);
  }

  end(): void {
    this.#text.write(this.#decoder.decode(new Uint8Array(0), { stream: false }));
    this.#text.end();
  }
}

export class PartText implements PartReader {
  readonly #options: PartTextOptions;
  #pieces: Buffer[] = [];
  #pieceBytes = 0;
  #readings: Reading[] = [];

  constructor(options: PartTextOptions) {
    this.#options = options;
  }

  write(bytes: Buffer): MaybePromise<void> {
    if (this.#options.search.isOver) return;
    if (this.#pieceBytes + bytes.length < PIECE_BYTES) {
      this.#pieces.push(bytes);
      this.#pieceBytes += bytes.length;
      return;
    }
    this.#options.budget.beginTurn();
    return this.#take(this.#collected(bytes), 0);
  }

  end(): MaybePromise<void> {
    const { search, budget } = this.#options;
    budget.beginTurn();
    if (search.isOver) return;
    const rest = this.#collected();
    const wait = rest.length > 0 ? this.#piece(rest) : undefined;
    return isPromise(wait) ? wait.then(() => this.#finish()) : this.#finish();
  }

  #collected(last: Buffer = Buffer.alloc(0)): Buffer {
    const pieces = [...this.#pieces, last];
    this.#pieces = [];
    this.#pieceBytes = 0;
    return pieces.length === 1 ? last : Buffer.concat(pieces);
  }

  #take(bytes: Buffer, from: number): MaybePromise<void> {
    const { search } = this.#options;
    for (let at = from; at < bytes.length && !search.isOver; at += PIECE_BYTES) {
      const wait = this.#piece(bytes.subarray(at, at + PIECE_BYTES));
      if (isPromise(wait)) return wait.then(() => this.#take(bytes, at + PIECE_BYTES));
    }
  }

  #piece(bytes: Buffer): MaybePromise<void> {
    const { budget, declared } = this.#options;
    budget.takeMarkup(bytes.length);
    if (this.#readings.length === 0) this.#begin(readingsOf(declared, bytes));
    const [first] = this.#readings;
    const understood = this.#readings.map((reading) => reading.write(bytes));
    if (first && this.#readings.length === 1 && understood[0] === false) this.#widen(first, bytes);
    const wait = this.#look(0);
    return wait ? wait.then(() => budget.endTurn()) : budget.endTurn();
  }

  /** The charset was true up to here: the likely ones go on from here. */
  #widen(first: Reading, bytes: Buffer): void {
    const others = likelyReadings(first.charset, bytes).filter((charset) => charset !== first.charset);
    this.#begin(others);
    for (const reading of this.#readings.slice(1)) reading.write(bytes);
  }

  #begin(charsets: readonly string[]): void {
    this.#readings.push(...charsets.map((charset) => new Reading(charset, this.#options)));
  }

  #finish(): MaybePromise<void> {
    for (const reading of this.#readings) reading.end();
    return this.#look(0);
  }

  /** What is ASCII is the same in all readings. */
  #look(from: number): Promise<void> | undefined {
    const { search, place } = this.#options;
    for (let at = from; at < this.#readings.length; at++) {
      const all = (this.#readings[at] as Reading).paragraphs.take();
      const wait = search.look(at === 0 ? all : all.filter(({ text }) => NOT_ASCII.test(text)), place);
      if (isPromise(wait)) return wait.then(() => this.#look(at + 1));
    }
    return undefined;
  }
}

const NOT_ASCII = /[^\0-\x7f]/;
