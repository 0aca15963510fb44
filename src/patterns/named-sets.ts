/**
 * The classes that have names: `[:alpha:]` and its kin, `\d \w \s \h \v`. Always ASCII: neither Postfix's regexp: nor
 * its pcre: tables call setlocale or ask PCRE2 for Unicode properties, so bytes above 0x7f are no letters to them.
 */
import { CharSet } from './char-set.ts';

const range = (low: string, high: string): number[] => [low.charCodeAt(0), high.charCodeAt(0)];
const DIGIT = range('0', '9');
const UPPER = range('A', 'Z');
const LOWER = range('a', 'z');
const SPACE = [9, 13, 32, 32];

/** POSIX 9.3.5, and `word`, which PCRE adds. */
export const posixClasses: ReadonlyMap<string, CharSet> = new Map(
  Object.entries({
    alpha: [...UPPER, ...LOWER],
    lower: LOWER,
    upper: UPPER,
    alnum: [...DIGIT, ...UPPER, ...LOWER],
    ascii: [0, 127],
    blank: [9, 9, 32, 32],
    cntrl: [0, 31, 127, 127],
    digit: DIGIT,
    graph: [33, 126],
    print: [32, 126],
    punct: [33, 47, 58, 64, 91, 96, 123, 126],
    space: SPACE,
    word: [...DIGIT, ...UPPER, ...LOWER, 95, 95],
    xdigit: [...DIGIT, ...range('A', 'F'), ...range('a', 'f')],
  }).map(([name, ranges]) => [name, CharSet.of(ranges)]),
);

export const digits = CharSet.of(DIGIT);
export const wordChars = CharSet.of([...DIGIT, ...UPPER, ...LOWER, 95, 95]);
export const spaces = CharSet.of(SPACE);
export const newline = CharSet.char(10);
/** PCRE `\v`: vertical white space; the code points above 0xff exist in UTF-8 only. */
export const verticalSpaces = CharSet.of([10, 13, 0x85, 0x85, 0x2028, 0x2029]);
/** PCRE `\h`: horizontal white space. */
export const horizontalSpaces = CharSet.of([
  9, 9, 32, 32, 0xa0, 0xa0, 0x1680, 0x1680, 0x180e, 0x180e, 0x2000, 0x200a, 0x202f, 0x202f, 0x205f, 0x205f,
  0x3000, 0x3000,
]);

/** `[A-Za-z0-9_]`, the only notion of a word that boundaries know. */
export function isWordByte(byte: number): boolean {
  return (
    (byte >= 97 && byte <= 122) || (byte >= 65 && byte <= 90) || (byte >= 48 && byte <= 57) || byte === 95
  );
}
