/**
 * POSIX bracket expressions: `[a-z]`, `[^[:digit:].]`, `[[=a=]]`, `[[.-.]]` (POSIX 9.3.5, in the C locale: collating
 * order is byte order, every equivalence class has one member).
 */
import { CharSet } from './char-set.ts';
import { newline, posixClasses } from './named-sets.ts';
import type { PatternUnits } from './pattern-units.ts';
import type { Reading } from './reading.ts';

type Element =
  | { readonly kind: 'char'; readonly code: number; readonly range: boolean }
  | { readonly kind: 'class'; readonly set: CharSet };

const HYPHEN = 0x2d;
const OPEN = 0x5b;
const CLOSE = 0x5d;
const LONGEST_NAME = 32;
const LOWER_CASE = CharSet.of([0x61, 0x7a]);

export interface BracketOptions {
  readonly reading: Reading;
  readonly ignoreCase: boolean;
  /** A negated list does not take a newline. `Postfix: REG_NEWLINE` */
  readonly multiline: boolean;
}

/** Reads the list whose `[` ends before `start`. Returns the set and where the list ends. */
export function parseBracket(units: PatternUnits, start: number, options: BracketOptions): [CharSet, number] {
  return new Bracket(units, start, options).parse();
}

class Bracket {
  readonly #units: PatternUnits;
  readonly #codes: readonly number[];
  readonly #options: BracketOptions;
  readonly #start: number;
  #at: number;

  constructor(units: PatternUnits, start: number, options: BracketOptions) {
    this.#units = units;
    this.#codes = units.codes;
    this.#options = options;
    this.#start = start;
    this.#at = start;
  }

  parse(): [CharSet, number] {
    const negative = this.#codes[this.#at] === 0x5e;
    if (negative) this.#at++;
    const ranges: number[] = [];
    let first = true;
    while (first || this.#codes[this.#at] !== CLOSE) {
      this.#member(ranges, first);
      first = false;
    }
    return [this.#finished(CharSet.of(ranges), negative), this.#at + 1];
  }

  #finished(listed: CharSet, negative: boolean): CharSet {
    const { reading, ignoreCase, multiline } = this.#options;
    const set = ignoreCase ? reading.folded(this.#reachable(listed)) : listed;
    if (!negative) return set;
    return (multiline ? set.plus(newline) : set).complement(reading.last);
  }

  /** The C library compares the text in upper case with the list, so a lower case member never matches. */
  #reachable(set: CharSet): CharSet {
    return this.#raises ? set.within(LOWER_CASE.complement(this.#options.reading.last)) : set;
  }

  /** Whether the list is read in upper case, as the C library does when case is ignored. */
  get #raises(): boolean {
    return this.#options.ignoreCase && this.#options.reading.name === 'bytes';
  }

  #member(ranges: number[], first: boolean): void {
    const place = this.#at;
    const element = this.#element(first);
    if (element.kind === 'class') {
      ranges.push(...element.set.ranges);
      return;
    }
    if (!this.#rangeFollows()) {
      ranges.push(element.code, element.code);
      return;
    }
    this.#at++;
    const end = this.#element(true);
    if (end.kind === 'class' || !end.range || !element.range) {
      throw this.#units.error(place, 'a range goes from one character to another');
    }
    if (element.code > end.code)
      throw this.#units.error(place, 'the range is upside down; the lower character comes first');
    ranges.push(element.code, end.code);
  }

  /** A hyphen here means a range unless it is the last in the list. */
  #rangeFollows(): boolean {
    if (this.#codes[this.#at] !== HYPHEN) return false;
    return this.#codes[this.#at + 1] !== CLOSE;
  }

  #element(hyphenAllowed: boolean): Element {
    const code = this.#code(this.#at);
    const next = this.#codes[this.#at + 1];
    if (code === OPEN && (next === 0x2e || next === 0x3d || next === 0x3a)) return this.#named(next);
    if (code === HYPHEN && !hyphenAllowed && this.#codes[this.#at + 1] !== CLOSE) {
      throw this.#units.error(this.#at, 'a hyphen stands first or last in a list, or between two characters');
    }
    this.#at++;
    return { kind: 'char', code: this.#raised(code), range: true };
  }

  /** `[:name:]`, `[=x=]`, `[.x.]` */
  #named(delimiter: number): Element {
    const from = this.#at;
    let end = from + 2;
    while (!(this.#code(end) === delimiter && this.#codes[end + 1] === CLOSE)) {
      if (end - from > LONGEST_NAME) throw this.#units.error(from, 'the name in the list has no end');
      end++;
    }
    const name = this.#codes.slice(from + 2, end);
    this.#at = end + 2;
    if (delimiter === 0x3a) return { kind: 'class', set: this.#class(from, String.fromCodePoint(...name)) };
    const [code] = name;
    if (code === undefined || name.length !== 1) {
      throw this.#units.error(from, 'a collating element is one character');
    }
    return { kind: 'char', code: this.#raised(code), range: delimiter === 0x2e };
  }

  #class(from: number, name: string): CharSet {
    const either = this.#options.ignoreCase && (name === 'upper' || name === 'lower');
    const set = posixClasses.get(either ? 'alpha' : name);
    if (set === undefined || name === 'ascii' || name === 'word') {
      throw this.#units.error(
        from,
        `there is no class [:${name}:]; try alpha, digit, alnum, upper, lower, space, blank, punct, print, graph, cntrl or xdigit`,
      );
    }
    return this.#options.ignoreCase ? this.#options.reading.folded(set) : set;
  }

  #raised(code: number): number {
    return this.#raises && LOWER_CASE.has(code) ? code - 32 : code;
  }

  #code(index: number): number {
    const code = this.#codes[index];
    if (code === undefined) throw this.#units.error(this.#start - 1, 'the list has no closing ]');
    return code;
  }
}
