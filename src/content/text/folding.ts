/**
 * A paragraph in the forms that patterns are asked about. First the clean form: compatibility characters made plain
 * (Unicode NFKC), what has no width dropped, digits of all scripts as 0 to 9, one space for any. Then, where they differ,
 * the clean form with Cyrillic letters in all Cyrillic words, and with Latin letters for everything that looks like them:
 * so a pattern in either script matches its words, disguised or not.
 * Case is left to the pattern. But for patterns that are matched as bytes (`Postfix: regexp_table(5), pcre_table(5)`)
 * only ASCII letters have case: they get forms whose other letters are small, too.
 */

import { foldToCyrillic, foldToLatin } from './look-alikes.ts';
import { capital, cyrillic, foreign, kindsIn, latin, mark, odd } from './unit-kinds.ts';
import { UnitTable } from './unit-table.ts';

/** One form of a text. Each has as many UTF-16 units as the clean form. */
export interface Form {
  readonly text: string;
  /** UTF-8. */
  readonly bytes: Buffer;
}

/** The clean form. */
export function cleanForm(text: string): Form {
  const bytes = Buffer.from(text);
  if (bytes.length === text.length) return { text, bytes }; // ASCII
  const clean = cleanText(text);
  return { text: clean, bytes: Buffer.from(clean) };
}

/** What differs from the clean form. */
export function foldedForms({ text: clean, bytes }: Form): Form[] {
  if (bytes.length === clean.length) return [];
  const kinds = kindsIn(clean);
  const texts = new Set<string>();
  if (kinds & capital) texts.add(SMALL.mapped(clean));
  if (kinds & cyrillic && kinds & (latin | foreign)) {
    const mended = foldToCyrillic(clean);
    texts.add(mended).add(SMALL.mapped(mended));
  }
  if (kinds & (cyrillic | foreign)) texts.add(foldToLatin(clean));
  texts.delete(clean);
  return [...texts].map((text) => ({ text, bytes: Buffer.from(text) }));
}

/** Latin, Greek, Cyrillic and Armenian letters that are not ASCII: capitals become small. */
const SMALL = new UnitTable(0x587, (char) => (char > '\x7f' ? char.toLowerCase() : char));

/** What is drawn without width or only changes the direction, and marks that no letter is composed with: strokes, keys. */
const UNSEEN = /[\p{Cf}\p{Default_Ignorable_Code_Point}]|[\u0300-\u036f]|[\u20d0-\u20ff]/gu;
const OTHER_DIGITS = /[^\P{Nd}0-9]/gu;
const SPACES = /\s+/g;

/** More marks on one letter are no text: putting them in their order costs the square of their number. Unicode UAX 15, 13. */
const MARKS_TOO_MANY = /(\p{M}{30})\p{M}+/gu;

/** The clean form. */
export function cleanText(text: string): string {
  const decent = kindsIn(text) & mark ? text.replace(MARKS_TOO_MANY, '$1') : text;
  const plain = decent.normalize('NFKC');
  if (!(kindsIn(plain) & odd) && !plain.includes('  ')) return plain;
  return plain.replace(UNSEEN, '').replace(OTHER_DIGITS, asciiDigit).replace(SPACES, ' ');
}

/** Digits stand in tens, zero first. */
function asciiDigit(digit: string): string {
  const code = digit.codePointAt(0) ?? 0;
  let zero = code;
  while (code - zero < 9 && /\p{Nd}/u.test(String.fromCodePoint(zero - 1))) zero -= 1;
  return String(code - zero);
}

/** The piece of a text whose clean form stands at these places of its clean form. */
export function originalPiece(text: string, start: number, end: number): { text: string; start: number } {
  if (cleanText(text) === text) return { text: text.slice(start, end), start };
  let at = 0;
  let from = -1;
  let length = 0;
  for (const { segment, index } of new Intl.Segmenter('und').segment(text)) {
    if (length >= end) break;
    length += cleanText(segment).length;
    if (from < 0 && length > start) from = index;
    at = index + segment.length;
  }
  return { text: text.slice(Math.max(from, 0), at), start: Math.max(from, 0) };
}
