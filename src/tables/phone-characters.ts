/**
 * What each character can be in a telephone number: a digit, a letter that stands for one, something between digits,
 * nothing at all (zero width), another letter, or the end of the number. One byte for each UTF-16 unit.
 */

/** Classes 0 to 9 are digits with their value; from here on, letters in the shape of 0 to 9. */
export const letterDigit = 16;
export const afterDigits = 26;
/** Between digits, without white space. */
export const tight = 32;
/** White space. */
export const spaced = 33;
/** Nobody sees it. */
export const unseen = 34;
/** A letter that looks like no digit. */
export const letter = 35;
/** Ends a number. */
export const stop = 36;

/** Letters in the shape of 0 to 9: Latin, Cyrillic, Greek. No `T` for 7, it is short for telephone. */
const LOOK_ALIKES: readonly string[] = [
  'oOQоОοΟօ',
  'lIiıІіӀӏΙι',
  'zZ',
  'зЗэЭЄєƷʒӡΞ',
  'чЧӋ',
  'sSѕЅ',
  'бБbGЬь',
  '',
  'вВBΒ',
  'gqԛ',
];

/** Commas, colons and equal signs are not here: they belong to amounts, times and programs. */
const TIGHT = "-.()[]/_*~|+^'·•∙⋅‧\u2010\u2011\u2012\u2013\u2014\u2015\u2019\u2043\u2212\ufe63\uff0d";

let classes: Uint8Array | undefined;

/** The class of each UTF-16 unit; made when it is first needed. */
export function phoneClasses(): Uint8Array {
  classes ??= build();
  return classes;
}

function build(): Uint8Array {
  const table = new Uint8Array(65_536).fill(stop);
  const all = everyUnit();
  const set = (pattern: RegExp, unitClass: number) => {
    for (const { index } of all.matchAll(pattern)) table[index] = unitClass;
  };
  set(/[\p{L}\p{Mc}]/gu, letter);
  set(/[\p{Cf}\p{Mn}\p{Me}]/gu, unseen);
  set(/\s/gu, spaced);
  for (const char of TIGHT) table[char.charCodeAt(0)] = tight;
  LOOK_ALIKES.forEach((chars, digit) => {
    for (const char of chars) table[char.charCodeAt(0)] = letterDigit + digit;
  });
  setDigits(table, all);
  return table;
}

/** Every unit at its own index; surrogates are nothing. */
function everyUnit(): string {
  let all = '';
  for (let unit = 0; unit < 0x10000; unit++)
    all += unit >= 0xd800 && unit < 0xe000 ? '\0' : String.fromCharCode(unit);
  return all;
}

/** Digits of all scripts stand in tens, zero first; circles, superscripts and the like lose their form. */
function setDigits(table: Uint8Array, all: string): void {
  for (const { index, 0: run } of all.matchAll(/\p{Nd}+/gu))
    for (let i = 0; i < run.length; i++) table[index + i] = i % 10;
  for (const { index, 0: char } of all.matchAll(/\p{No}/gu)) {
    const plain = char.normalize('NFKC');
    if (/^[0-9]$/.test(plain)) table[index] = Number(plain);
  }
}
