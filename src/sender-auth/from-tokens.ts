/** The value of a From field as RFC 5322 3.2 tokens, strictly: what is not well-formed throws. Linear. */

export interface FromToken {
  readonly kind: 'atom' | 'quoted' | 'literal' | 'special';
  /** Quoted strings and literals without their marks. */
  readonly text: string;
  /** White space or a comment stands before it. */
  readonly afterGap: boolean;
}

/** The field cannot be read in one way only; the message says why. */
export class MalformedFrom extends Error {}

const MAX_LENGTH = 65_536;
const CONTROL = /[\x00-\x08\x0a-\x1f\x7f]/;
const SPECIALS = '<>@,;:.';
/** RFC 5322 atext, and what RFC 6532 and raw 8-bit names bring. */
const ATOM = /[A-Za-z0-9!#$%&'*+\-/=?^_`{|}~\u0080-\uffff]+/y;
const QUOTED = /"((?:[^"\\]|\\.)*)"/y;
const LITERAL = /\[([^[\]\\]*)\]/y;

export function fromTokens(value: string): FromToken[] {
  if (value.length > MAX_LENGTH) throw new MalformedFrom('From field too long');
  const text = value.replace(/\r\n(?=[ \t]|$)/g, '');
  if (CONTROL.test(text)) throw new MalformedFrom('control character in From');
  const tokens: FromToken[] = [];
  let at = 0;
  while (at < text.length) {
    const start = skipGap(text, at);
    if (start === text.length) break;
    const { kind, token, end } = readToken(text, start);
    tokens.push({ kind, text: token, afterGap: start > at });
    at = end;
  }
  return tokens;
}

/** Behind white space and comments. */
function skipGap(text: string, start: number): number {
  let at = start;
  let depth = 0;
  for (; at < text.length; at++) {
    const c = text.charAt(at);
    if (c === '(') depth += 1;
    else if (depth > 0) {
      if (c === ')') depth -= 1;
      else if (c === '\\') at += 1;
    } else if (c !== ' ' && c !== '\t') break;
  }
  if (depth > 0) throw new MalformedFrom('comment without end in From');
  return Math.min(at, text.length);
}

const FORMS: readonly [FromToken['kind'], RegExp][] = [
  ['atom', ATOM],
  ['quoted', QUOTED],
  ['literal', LITERAL],
];

const NAMES: Readonly<Record<string, string>> = {
  '\\': 'backslash',
  '"': 'quote',
  ')': 'parenthesis',
  '[': 'bracket',
  ']': 'bracket',
};

function readToken(text: string, start: number): { kind: FromToken['kind']; token: string; end: number } {
  const c = text.charAt(start);
  if (SPECIALS.includes(c)) return { kind: 'special', token: c, end: start + 1 };
  for (const [kind, form] of FORMS) {
    form.lastIndex = start;
    const match = form.exec(text);
    if (match) return { kind, token: match[1] ?? match[0], end: start + match[0].length };
  }
  throw new MalformedFrom(`stray ${NAMES[c] ?? 'character'} in From`);
}

export function isAt(token: FromToken): boolean {
  return isSpecial(token, '@');
}

export function isSpecial(token: FromToken, text: string): boolean {
  return token.kind === 'special' && token.text === text;
}
