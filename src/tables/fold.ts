/**
 * How keys lose their case: fixed-string tables and match lists compare folded texts. `Postfix: casefold, lowercase`.
 * With SMTPUTF8 the fold is Unicode's full one (`Straße` is `strasse`), without it only A-Z become small.
 * Unlike ICU, Cherokee letters fold to their small forms; both sides of a comparison do.
 */

const HAS_CAPITALS_OR_MORE = /[^\x00-\x40\x5b-\x7f]/;
const ASCII_ONLY = /^[\x00-\x7f]*$/;

/** The folded text; octets outside of UTF-8 (mail/octets.ts) stay as they are. */
export function foldCase(text: string, utf8: boolean): string {
  if (!HAS_CAPITALS_OR_MORE.test(text)) return text;
  if (ASCII_ONLY.test(text)) return text.toLowerCase();
  if (!utf8) return text.replace(/[A-Z]+/g, (capitals) => capitals.toLowerCase());
  return text.split(DOTLESS_I).map(foldUnicode).join(DOTLESS_I);
}

/** Its capital is an ordinary I, but it does not fold to i. */
const DOTLESS_I = 'ı';

/** Through the capitals and back, so that sharp s and ligatures meet their letters; every sigma is the ordinary one. */
function foldUnicode(text: string): string {
  return text.toLowerCase().toUpperCase().toLowerCase().replaceAll('ς', 'σ');
}
