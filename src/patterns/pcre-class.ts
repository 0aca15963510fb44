/** PCRE character classes: `[a-z\d]`, `[^[:^alpha:]]`, `[\Q]-^\E]` (pcre2pattern(3), SQUARE BRACKETS). */
import { CharSet } from './char-set.ts';
import { posixClasses } from './named-sets.ts';
import type { PcreCursor } from './pcre-cursor.ts';
import { type EscapeContext, readEscape } from './pcre-escape.ts';
import type { Reading } from './reading.ts';

export interface ClassOptions {
  readonly reading: Reading;
  readonly ignoreCase: boolean;
  /** `(?xx)`: spaces and tabs in the class are ignored. */
  readonly extendedMore: boolean;
}

const HYPHEN = 0x2d;
const MISPLACED_HYPHEN = 'a hyphen next to a class is not a range; put it first or last, or write \\-';

/** Reads the class whose `[` the cursor has passed. */
export function readClass(cursor: PcreCursor, options: ClassOptions): CharSet {
  return new ClassReader(cursor, options).read();
}

class ClassReader {
  readonly #cursor: PcreCursor;
  readonly #options: ClassOptions;
  readonly #opened: number;
  /** Ranges that case folding applies to, and those that it does not. */
  readonly #foldable: number[] = [];
  readonly #exact: number[] = [];
  /** The character that a hyphen now would start a range from. */
  #rangeFrom: number | undefined;
  /** A hyphen was there: the next character ends the range. */
  #rangeOpen = false;
  #quoted = false;

  constructor(cursor: PcreCursor, options: ClassOptions) {
    this.#cursor = cursor;
    this.#options = options;
    this.#opened = cursor.at - 1;
  }

  read(): CharSet {
    const { reading, ignoreCase } = this.#options;
    const negative = this.#begin();
    do this.#member();
    while (this.#quoted || !this.#closes());
    if (this.#rangeOpen) this.#foldable.push(HYPHEN, HYPHEN);
    const listed = CharSet.of(this.#foldable);
    const set = (ignoreCase ? reading.folded(listed) : listed).plus(CharSet.of(this.#exact));
    return negative ? set.complement(reading.last) : set;
  }

  /** Passes `^` and what may stand around it. */
  #begin(): boolean {
    const cursor = this.#cursor;
    let negative = false;
    for (;;) {
      if (cursor.passes('\\E') || cursor.passes('\\Q\\E') || this.#passesBlank()) continue;
      if (negative || !cursor.passes('^')) return negative;
      negative = true;
    }
  }

  #passesBlank(): boolean {
    return this.#options.extendedMore && (this.#cursor.passes(' ') || this.#cursor.passes('\t'));
  }

  #closes(): boolean {
    if (this.#cursor.atEnd) throw this.#cursor.error('the class has no closing ]', this.#opened);
    return this.#cursor.passes(']');
  }

  #member(): void {
    const cursor = this.#cursor;
    if (cursor.atEnd) throw cursor.error('the class has no closing ]', this.#opened);
    if (this.#quoted) {
      if (cursor.passes('\\E')) this.#quoted = false;
      else this.#char(this.#take());
    } else if (this.#passesBlank()) return;
    else if (cursor.looksAt('[') && this.#posixEnd() !== undefined) this.#posix();
    else if (cursor.code() === HYPHEN && this.#rangeFrom !== undefined && !this.#rangeOpen) {
      cursor.at++;
      this.#rangeOpen = true;
    } else if (cursor.passes('\\')) this.#escape();
    else this.#char(this.#take());
  }

  #take(): number {
    const code = this.#cursor.code();
    this.#cursor.at++;
    return code;
  }

  #char(code: number): void {
    const from = this.#rangeFrom;
    if (!this.#rangeOpen || from === undefined) {
      this.#foldable.push(code, code);
      this.#rangeFrom = code;
      return;
    }
    if (from > code) {
      throw this.#cursor.error(
        'the range is upside down; the lower character comes first',
        this.#cursor.at - 1,
      );
    }
    this.#foldable.push(from, code);
    this.#rangeFrom = undefined;
    this.#rangeOpen = false;
  }

  #escape(): void {
    if (this.#cursor.passes('E')) return;
    const context: EscapeContext = { reading: this.#options.reading, inClass: true, groups: 0 };
    const read = readEscape(this.#cursor, context);
    if (read.kind === 'quote') this.#quoted = true;
    else if (read.kind === 'char') this.#char(read.code);
    else if (read.kind === 'set') this.#set(read.set);
    else throw this.#cursor.error('this escape has no place in a character class', this.#cursor.at - 1);
  }

  #set(set: CharSet): void {
    const cursor = this.#cursor;
    if (this.#rangeOpen || (cursor.code() === HYPHEN && cursor.peek(1) !== ']' && cursor.peek(1) !== '')) {
      throw cursor.error(MISPLACED_HYPHEN);
    }
    this.#exact.push(...set.ranges);
    this.#rangeFrom = undefined;
  }

  /** Where `[:name:]`, `[.x.]` or `[=x=]` at the cursor ends; undefined when `[` is just a bracket. */
  #posixEnd(): number | undefined {
    const { codes } = this.#cursor.units;
    const terminator = this.#cursor.peek(1);
    if (!/^[:.=]$/.test(terminator)) return undefined;
    for (let i = this.#cursor.at + 2; i + 1 < codes.length; i++) {
      const char = String.fromCodePoint(codes[i] ?? 0);
      const next = String.fromCodePoint(codes[i + 1] ?? 0);
      if (char === '\\' && (next === ']' || next === '\\')) i++;
      else if ((char === '[' && next === terminator) || char === ']') return undefined;
      else if (char === terminator && next === ']') return i;
    }
    return undefined;
  }

  #posix(): void {
    const cursor = this.#cursor;
    const { reading, ignoreCase } = this.#options;
    const end = this.#posixEnd() ?? cursor.at;
    if (cursor.peek(1) !== ':') throw cursor.error('collating elements are not supported');
    const name = String.fromCodePoint(...cursor.units.codes.slice(cursor.at + 2, end));
    const plain = name.replace(/^\^/, '');
    const set = posixClasses.get(ignoreCase && /^(upper|lower)$/.test(plain) ? 'alpha' : plain);
    if (set === undefined) {
      throw cursor.error(`there is no class [:${plain}:]; try ${[...posixClasses.keys()].join(', ')}`);
    }
    cursor.at = end + 2;
    this.#set(name === plain ? set : set.complement(reading.last));
  }
}

/** Whether a POSIX class stands at the cursor outside of any class, which is a mistake. */
export function strayPosixClass(cursor: PcreCursor): boolean {
  const rest = cursor.ahead(40);
  return /^\[([:.=])[^\][]*?\1\]/.test(rest);
}
