/** What kinds of characters a text holds, found in one pass over its UTF-16 units, so that only texts that need it are folded. */

/** Anything whose clean form may be another: no width, marks, digits of other scripts, odd spaces, all but Europe. */
export const odd = 1;
/** Latin letters, ASCII and others. */
export const latin = 2;
export const cyrillic = 4;
/** Greek, and Latin letters that stand for others. */
export const foreign = 8;
/** Capitals that are not ASCII. */
export const capital = 16;
/** What is put upon a letter; or half of a character that may be. */
export const mark = 32;

const ROWS: readonly [kind: number, units: RegExp][] = [
  [latin, /[A-Za-z\u00c0-\u024f]/g],
  [cyrillic, /[\u0400-\u052f]/g],
  [foreign, /[\u0131\u0251\u0261\u0370-\u03ff]/g],
  [capital, /[^\P{Lu}A-Z]/gu],
  [mark, /[\p{M}\0]/gu],
  [
    odd,
    /[^ -~\u00a1-\u00ac\u00ae-\u02ff\u0370-\u0482\u048a-\u052f\u2010-\u2027\u2030-\u205e\u20a0-\u20bf\u2116-\u2122]/g,
  ],
];

let table: Uint8Array | undefined;

/** The kinds, added up. */
export function kindsIn(text: string): number {
  table ??= build();
  let kinds = 0;
  for (let at = 0; at < text.length; at++) kinds |= table[text.charCodeAt(at)] as number;
  return kinds;
}

function build(): Uint8Array {
  const kinds = new Uint8Array(0x10000);
  let all = '';
  for (let unit = 0; unit < kinds.length; unit++)
    all += unit >= 0xd800 && unit < 0xe000 ? '\0' : String.fromCharCode(unit);
  for (const [kind, units] of ROWS)
    for (const { index } of all.matchAll(units)) kinds[index] = (kinds[index] as number) | kind;
  return kinds;
}
