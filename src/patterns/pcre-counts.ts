/** How often a PCRE item is repeated: `*`, `+`, `?`, `{n}`, `{n,}`, `{n,m}` (pcre2pattern(3), REPETITION). */
import type { PcreCursor } from './pcre-cursor.ts';

const LARGEST_REPEAT = 65535;

export interface Counts {
  readonly min: number;
  readonly max: number;
  /** Where it stands in the pattern. */
  readonly at: number;
}

/** Reads a repetition; undefined when none stands at the cursor. */
export function readCounts(cursor: PcreCursor): Counts | undefined {
  const at = cursor.at;
  if (cursor.passes('*')) return { min: 0, max: Number.POSITIVE_INFINITY, at };
  if (cursor.passes('+')) return { min: 1, max: Number.POSITIVE_INFINITY, at };
  if (cursor.passes('?')) return { min: 0, max: 1, at };
  if (!looksAtCounts(cursor)) return undefined;
  cursor.at++;
  const min = cursor.number(LARGEST_REPEAT) ?? 0;
  let max = min;
  if (cursor.passes(',')) max = cursor.number(LARGEST_REPEAT) ?? Number.POSITIVE_INFINITY;
  cursor.at++;
  if (max < min) throw cursor.error('a repetition is written {n,m} with n up to m', at);
  return { min, max, at };
}

/** Whether `{n}`, `{n,}` or `{n,m}` stands at the cursor; any other brace is a character. */
export function looksAtCounts(cursor: PcreCursor): boolean {
  let ahead = 0;
  const passes = (char: number): boolean => cursor.code(ahead) === char && ++ahead > 0;
  const digits = (): number => {
    const from = ahead;
    while (cursor.code(ahead) >= 0x30 && cursor.code(ahead) <= 0x39) ahead++;
    return ahead - from;
  };
  if (!passes(0x7b) || digits() === 0) return false;
  if (passes(0x2c)) digits();
  return passes(0x7d);
}
