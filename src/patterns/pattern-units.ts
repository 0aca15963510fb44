/** The characters of a pattern as one reading sees them, each with its place in what the operator wrote. */
import { encodeOctets, isCleanText } from '../mail/octets.ts';
import { PatternError } from './pattern-error.ts';
import type { Reading } from './reading.ts';

export class PatternUnits {
  /** Bytes or code points. */
  readonly codes: readonly number[];
  readonly text: string;
  readonly #places: readonly number[];

  /** Throws PatternError when UTF-8 is asked of bytes that are none. */
  constructor(text: string, reading: Reading) {
    this.text = text;
    const codes: number[] = [];
    const places: number[] = [];
    if (reading.name === 'utf8' && !isCleanText(text)) {
      throw new PatternError(text, 0, 'the pattern is not valid UTF-8');
    }
    let place = 0;
    for (const char of text) {
      for (const code of codesOf(char, reading)) {
        codes.push(code);
        places.push(place);
      }
      place += char.length;
    }
    this.codes = codes;
    this.#places = places;
  }

  /** An error that points to the unit at `index`. */
  error(index: number, problem: string): PatternError {
    return new PatternError(this.text, this.#places[index] ?? this.text.length, problem);
  }
}

function codesOf(char: string, reading: Reading): Iterable<number> {
  const code = char.codePointAt(0) ?? 0;
  return code < 0x80 || reading.name === 'utf8' ? [code] : encodeOctets(char);
}
