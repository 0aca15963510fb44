/** What a backslash begins in a PCRE pattern (pcre2pattern(3), BACKSLASH). */
import { CharSet } from './char-set.ts';
import { digits, horizontalSpaces, newline, spaces, verticalSpaces, wordChars } from './named-sets.ts';
import type { PcreCursor } from './pcre-cursor.ts';
import type { Reading } from './reading.ts';
import type { Assertion } from './syntax-tree.ts';
import { unicodeProperty } from './unicode-property.ts';

export type Escape =
  | { readonly kind: 'char'; readonly code: number }
  | { readonly kind: 'set'; readonly set: CharSet }
  | { readonly kind: 'assert'; readonly what: Assertion }
  | { readonly kind: 'backref'; readonly group: number }
  | { readonly kind: 'namedBackref'; readonly name: string }
  /** `\g<1>`, `\g'name'`: a call of a group. */
  | { readonly kind: 'call'; readonly group: number | string }
  /** `\R`: any line end. */
  | { readonly kind: 'lineEnding' }
  /** `\K` */
  | { readonly kind: 'keep' }
  /** `\Q`: literal text follows. */
  | { readonly kind: 'quote' };

export interface EscapeContext {
  readonly reading: Reading;
  /** Inside a character class. */
  readonly inClass: boolean;
  /** Groups opened so far. */
  readonly groups: number;
}

export const LARGEST_GROUP = 65535;

const CONTROLS = new Map(Object.entries({ a: 7, e: 27, f: 12, n: 10, r: 13, t: 9 }));
const ASSERTIONS = new Map<string, Assertion>(
  Object.entries({
    b: 'wordBoundary',
    B: 'notWordBoundary',
    A: 'textStart',
    G: 'textStart',
    Z: 'lastLineEnd',
    z: 'textEnd',
  }),
);
const SETS = new Map(
  Object.entries({ d: digits, s: spaces, w: wordChars, h: horizontalSpaces, v: verticalSpaces }),
);

/** Reads what follows a backslash at the cursor. */
export function readEscape(cursor: PcreCursor, context: EscapeContext): Escape {
  const code = cursor.code();
  if (code < 0) throw cursor.error('a backslash stands at the end; write \\\\ for a backslash');
  cursor.at++;
  const char = code < 0x80 ? String.fromCharCode(code) : '';
  if (!/[0-9A-Za-z]/.test(char)) return { kind: 'char', code };
  const control = CONTROLS.get(char);
  if (control !== undefined) return { kind: 'char', code: control };
  if (context.inClass && char === 'b') return { kind: 'char', code: 8 };
  const what = context.inClass ? undefined : ASSERTIONS.get(char);
  if (what !== undefined) return { kind: 'assert', what };
  return namedSet(char, context) ?? numbered(char, cursor, context) ?? special(char, cursor, context);
}

function namedSet(char: string, { reading }: EscapeContext): Escape | undefined {
  const set = SETS.get(char.toLowerCase());
  if (set === undefined) return undefined;
  const all = set.within(CharSet.of([0, reading.last]));
  return { kind: 'set', set: char === char.toLowerCase() ? all : all.complement(reading.last) };
}

/** `\1`, `\012`, `\o{12}`, `\x41`, `\x{41}` */
function numbered(char: string, cursor: PcreCursor, context: EscapeContext): Escape | undefined {
  if (char === 'x') return { kind: 'char', code: hexadecimal(cursor, context.reading) };
  if (char === 'o') {
    cursor.expect('{', '\\o is written \\o{digits}');
    return { kind: 'char', code: braced(cursor, 8, context.reading) };
  }
  if (char < '0' || char > '9') return undefined;
  const group = char === '0' || context.inClass ? undefined : backReference(char, cursor, context.groups);
  if (group !== undefined) return { kind: 'backref', group };
  if (char >= '8') return { kind: 'char', code: char.charCodeAt(0) };
  return { kind: 'char', code: octal(cursor, context.reading) };
}

/** Up to nine it is always a group; beyond, when there are that many already, or it cannot be octal. */
function backReference(char: string, cursor: PcreCursor, groups: number): number | undefined {
  const from = cursor.at;
  cursor.at--;
  let value = 0;
  while (cursor.isDigit && value <= 1e7) {
    value = value * 10 + cursor.code() - 0x30;
    cursor.at++;
  }
  if (value < 10 || char >= '8' || value <= groups) {
    if (value > LARGEST_GROUP) throw cursor.error(`a group number is at most ${LARGEST_GROUP}`, from - 1);
    return value;
  }
  cursor.at = from;
  return undefined;
}

/** Up to three octal digits, the first of which the cursor has passed. */
function octal(cursor: PcreCursor, reading: Reading): number {
  cursor.at--;
  let value = 0;
  for (let i = 0; i < 3 && cursor.code() >= 0x30 && cursor.code() <= 0x37; i++, cursor.at++) {
    value = value * 8 + cursor.code() - 0x30;
  }
  return checked(value, cursor, reading);
}

function hexadecimal(cursor: PcreCursor, reading: Reading): number {
  if (cursor.passes('{')) return braced(cursor, 16, reading);
  let value = 0;
  for (let i = 0; i < 2; i++) {
    const digit = Number.parseInt(cursor.peek(), 16);
    if (Number.isNaN(digit)) break;
    value = value * 16 + digit;
    cursor.at++;
  }
  return value;
}

/** `digits}` */
function braced(cursor: PcreCursor, base: number, reading: Reading): number {
  const from = cursor.at;
  let value = 0;
  for (;;) {
    const digit = Number.parseInt(cursor.peek(), base);
    if (Number.isNaN(digit)) break;
    value = Math.min(value * base + digit, 0x7fffffff);
    cursor.at++;
  }
  if (cursor.at === from) throw cursor.error('there are no digits between the braces');
  cursor.expect('}', `only digits to base ${base} stand between the braces`);
  return checked(value, cursor, reading);
}

function checked(code: number, cursor: PcreCursor, reading: Reading): number {
  if (code > reading.last) {
    throw cursor.error(
      reading.name === 'bytes'
        ? 'the character is larger than \\xff'
        : 'the code point is larger than \\x{10ffff}',
    );
  }
  if (reading.name === 'utf8' && code >= 0xd800 && code <= 0xdfff)
    throw cursor.error('surrogates are no characters');
  return code;
}

type Special = (cursor: PcreCursor, context: EscapeContext) => Escape;

const SPECIALS = new Map<string, Special>(
  Object.entries({
    c: controlChar,
    Q: () => ({ kind: 'quote' }),
    K: outsideClass(() => ({ kind: 'keep' })),
    R: outsideClass(() => ({ kind: 'lineEnding' })),
    N: outsideClass(notNewline),
    C: outsideClass((cursor, { reading }) => {
      if (reading.name === 'utf8') throw cursor.error('\\C (a single byte) is not supported in UTF-8');
      return { kind: 'set', set: CharSet.of([0, 255]) };
    }),
    p: property,
    P: property,
    g: groupReference,
    k: outsideClass((cursor) => ({ kind: 'namedBackref', name: delimitedName(cursor) })),
  } satisfies Record<string, Special>),
);

function special(char: string, cursor: PcreCursor, context: EscapeContext): Escape {
  const read = SPECIALS.get(char);
  if (read !== undefined) return read(cursor, context);
  if (char === 'X') throw cursor.error('\\X (a grapheme cluster) is not supported', cursor.at - 1);
  throw cursor.error(`\\${char} means nothing; write ${char} for the letter`, cursor.at - 1);
}

function outsideClass(read: Special): Special {
  return (cursor, context) => {
    if (context.inClass) throw cursor.error('this escape has no place in a character class', cursor.at - 1);
    return read(cursor, context);
  };
}

function controlChar(cursor: PcreCursor): Escape {
  const code = cursor.code();
  if (code < 32 || code > 126) throw cursor.error('\\c is followed by a printable ASCII character');
  cursor.at++;
  return { kind: 'char', code: (code >= 97 && code <= 122 ? code - 32 : code) ^ 0x40 };
}

function notNewline(cursor: PcreCursor, { reading }: EscapeContext): Escape {
  if (cursor.looksAt('{U+') && reading.name === 'utf8') {
    cursor.at += 3;
    return { kind: 'char', code: braced(cursor, 16, reading) };
  }
  if (cursor.looksAt('{') && !/^\{\d+(,\d*)?\}/.test(cursor.ahead(16))) {
    throw cursor.error('\\N{...} is not supported; write \\x{hex}');
  }
  return { kind: 'set', set: newline.complement(reading.last) };
}

/** `\pL`, `\p{Lu}`, `\p{^Lu}`, `\P{Lu}` */
function property(cursor: PcreCursor, { reading }: EscapeContext): Escape {
  const from = cursor.at;
  let negative = cursor.peek(-1) === 'P';
  let name = cursor.peek();
  cursor.at++;
  if (name === '{') {
    if (cursor.passes('^')) negative = !negative;
    name = '';
    while (!cursor.atEnd && cursor.peek() !== '}') {
      name += cursor.peek();
      cursor.at++;
    }
    cursor.expect('}', '\\p{name} ends with }');
  }
  const set = unicodeProperty(name, reading.last);
  if (set === undefined)
    throw cursor.error(`there is no property "${name}" here; write it as Unicode does`, from);
  return { kind: 'set', set: negative ? set.complement(reading.last) : set };
}

/** `\g1`, `\g{-1}`, `\g{name}`: back-references; `\g<1>`, `\g'name'`: calls. */
function groupReference(cursor: PcreCursor, context: EscapeContext): Escape {
  if (context.inClass) return { kind: 'char', code: 0x67 };
  const from = cursor.at;
  const terminator = new Map([
    ['<', '>'],
    ["'", "'"],
  ]).get(cursor.peek());
  if (terminator !== undefined) {
    cursor.at++;
    const group = cursor.relativeNumber(context.groups, LARGEST_GROUP);
    if (group === undefined) return { kind: 'call', group: cursor.name(terminator) };
    cursor.expect(terminator, `the group number ends with ${terminator}`);
    return { kind: 'call', group };
  }
  const open = cursor.passes('{');
  const group = cursor.relativeNumber(context.groups, LARGEST_GROUP);
  if (group === undefined) {
    if (open) return { kind: 'namedBackref', name: cursor.name('}') };
    throw cursor.error("\\g is followed by a number, {number}, {name}, <...> or '...'");
  }
  if (group === 0) throw cursor.error('the reference leads to no group', from);
  if (open) cursor.expect('}', 'the group number ends with }');
  return { kind: 'backref', group };
}

/** `<name>`, `'name'` or `{name}` */
function delimitedName(cursor: PcreCursor): string {
  const terminator = new Map([
    ['<', '>'],
    ["'", "'"],
    ['{', '}'],
  ]).get(cursor.peek());
  if (terminator === undefined) throw cursor.error("\\k is followed by <name>, 'name' or {name}");
  cursor.at++;
  return cursor.name(terminator);
}
