/**
 * What a rule of text_checks was found in, for the log: the part, the place and the text as it stands in the mail, before
 * any folding. Patterns do not tell where they match, so the shortest piece that they still match is looked for.
 */
import { printable } from '../../mail/reply.ts';
import type { FoundPhone } from '../../tables/phone-table.ts';
import type { Found } from '../../tables/table.ts';
import { type Form, originalPiece } from './folding.ts';
import type { Paragraph } from './paragraphs.ts';

/** What a text belongs to: `part 1.2`, `Subject`, `file name of part 3`. */
export interface Place {
  readonly name: string;
  /** Whether it is so long that the character is told. */
  readonly isBody: boolean;
}

export interface Occurrence {
  readonly found: Found;
  readonly form: Form;
  readonly paragraph: Paragraph;
  readonly place: Place;
  /** Whether the entry is found again in a piece of the form's bytes; undefined: it cannot be asked. */
  readonly again: ((bytes: Buffer, start: number, end: number) => boolean) | undefined;
}

const LONGEST_TEXT = 160;
/** So much of the text around a short piece is shown, in UTF-16 units. */
const AROUND = 24;

/** `part 1.2, character 117: 8(Ч95) 1О5-5l-86`. */
export function evidenceOf(occurrence: Occurrence): string {
  const { paragraph, place } = occurrence;
  const [start, end] = whereFound(occurrence);
  const { text, start: at } = originalPiece(paragraph.text, start, end);
  const shown = shownText(paragraph.text, at, at + text.length);
  const where = place.isBody ? `${place.name}, character ${paragraph.offset + at + 1}` : place.name;
  return `${where}: ${shown}`;
}

/** UTF-16 offsets into the form. */
function whereFound({ found, form, again }: Occurrence): [number, number] {
  if (isPhone(found)) return [found.phone.start, found.phone.end];
  const { bytes } = form;
  if (!again) return [0, Math.min(form.text.length, LONGEST_TEXT)];
  const end = shortest(bytes.length, (length) => again(bytes, 0, afterCharacter(bytes, length)));
  const last = afterCharacter(bytes, end);
  const left = shortest(last, (length) => again(bytes, afterCharacter(bytes, last - length), last));
  const first = afterCharacter(bytes, last - left);
  if (!again(bytes, first, last)) return [0, Math.min(form.text.length, LONGEST_TEXT)];
  return [bytes.toString('utf8', 0, first).length, bytes.toString('utf8', 0, last).length];
}

function isPhone(found: Found): found is FoundPhone {
  return 'phone' in found;
}

/** The smallest length that will do, when the whole will and longer ones do where shorter ones do. */
function shortest(whole: number, does: (length: number) => boolean): number {
  let [tooShort, enough] = [0, whole];
  while (enough - tooShort > 1) {
    const middle = (tooShort + enough) >> 1;
    if (does(middle)) enough = middle;
    else tooShort = middle;
  }
  return enough;
}

/** The next place that is not in the middle of a character. */
function afterCharacter(bytes: Buffer, place: number): number {
  let at = place;
  while (at < bytes.length && ((bytes[at] as number) & 0xc0) === 0x80) at += 1;
  return at;
}

/** The piece, in brackets when there is more of the text around it. */
function shownText(text: string, start: number, end: number): string {
  if (end - start >= LONGEST_TEXT) return clean(`${text.slice(start, start + LONGEST_TEXT)}...`);
  const before = text.slice(Math.max(0, start - AROUND), start);
  const behind = text.slice(end, end + AROUND);
  const marked =
    before + behind === '' ? text.slice(start, end) : `${before}[${text.slice(start, end)}]${behind}`;
  return clean(`${start > AROUND ? '...' : ''}${marked}${end + AROUND < text.length ? '...' : ''}`);
}

/** On one line; what has no width and what turns the direction round is not shown. */
function clean(text: string): string {
  return printable(text.toWellFormed().replace(/[\p{Cf}\u2028\u2029\x80-\x9f]/gu, ''));
}
