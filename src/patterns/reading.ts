/**
 * How a pattern and its text are read: as bytes (what Postfix does), or as UTF-8 code points. A reading knows its last
 * character and which characters differ in case only.
 */
import { CharSet } from './char-set.ts';
import { caseVariants } from './unicode-case.ts';

export interface Reading {
  readonly name: 'bytes' | 'utf8';
  /** The highest character. */
  readonly last: number;
  /** The character and those that differ from it in case only. */
  variants(char: number): CharSet;
  /** The set, and everything that differs from a member in case only. */
  folded(set: CharSet): CharSet;
  lower(char: number): number;
}

const UPPERCASE = CharSet.of([65, 90]);
const LOWERCASE = CharSet.of([97, 122]);

const pairs: readonly CharSet[] = Array.from({ length: 256 }, (_, c) => {
  if (UPPERCASE.has(c)) return CharSet.of([c, c, c + 32, c + 32]);
  if (LOWERCASE.has(c)) return CharSet.of([c - 32, c - 32, c, c]);
  return CharSet.char(c);
});

/** The members of `set` from `letters`, moved by `distance`. */
function moved(set: CharSet, letters: CharSet, distance: number): number[] {
  return set.within(letters).ranges.map((c) => c + distance);
}

export const bytesReading: Reading = {
  name: 'bytes',
  last: 0xff,
  variants: (char) => pairs[char] ?? CharSet.char(char),
  folded: (set) => CharSet.of([...set.ranges, ...moved(set, UPPERCASE, 32), ...moved(set, LOWERCASE, -32)]),
  lower: (char) => (char >= 65 && char <= 90 ? char + 32 : char),
};

export const utf8Reading: Reading = {
  name: 'utf8',
  last: 0x10ffff,
  variants: (char) => CharSet.of(caseVariants(char).flatMap((c) => [c, c])),
  folded: foldedCodePoints,
  lower: (char) => caseVariants(char)[0] ?? char,
};

function foldedCodePoints(set: CharSet): CharSet {
  const more: number[] = [];
  for (let i = 0; i < set.ranges.length; i += 2) {
    const low = set.ranges[i] ?? 0;
    // Above the last cased code point nothing has a variant.
    const high = Math.min(set.ranges[i + 1] ?? 0, 0x1e943);
    for (let c = low; c <= high; c++) {
      const variants = caseVariants(c);
      if (variants.length > 1) for (const v of variants) more.push(v, v);
    }
  }
  return set.plus(CharSet.of(more));
}
