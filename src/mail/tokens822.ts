/**
 * Addresses as RFC 822 tokens: what stands in MAIL and RCPT, in rewriting rules and in table results.
 * `Postfix: tok822_parse.c`: lenient where people write phrases and comments, strict about nothing; what to do about
 * oddities is up to the caller. Linear in the length of the text.
 */

export interface Token822 {
  readonly kind: 'atom' | 'quoted' | 'literal' | 'comment' | 'operator';
  /** Unquoted; a literal without its brackets; an operator is its character. */
  readonly text: string;
}

const OPERATORS = '|%!()<>@,;:\\".[]';
const SPACE = /[ \t\r\n]/;

/** An operator token. */
export function operator(text: string): Token822 {
  return { kind: 'operator', text };
}

/** Splits a text into tokens; white space separates and is dropped. */
export function scan822(text: string): Token822[] {
  const tokens: Token822[] = [];
  let at = 0;
  while (at < text.length) {
    const c = text.charAt(at);
    if (SPACE.test(c)) at += 1;
    else if (c === '(') at = scanComment(text, at, tokens);
    else if (c === '[') at = scanUntil(text, at + 1, ']', 'literal', tokens);
    else if (c === '"') at = scanUntil(text, at + 1, '"', 'quoted', tokens);
    else if (c !== '\\' && OPERATORS.includes(c)) {
      tokens.push(operator(c));
      at += 1;
    } else at = scanAtom(text, at, tokens);
  }
  return tokens;
}

/** Nested comments are one token, kept as written. */
function scanComment(text: string, start: number, tokens: Token822[]): number {
  let depth = 0;
  let at = start;
  for (; at < text.length; at++) {
    const c = text.charAt(at);
    if (c === '\\') at += 1;
    else if (c === '(') depth += 1;
    else if (c === ')' && --depth === 0) break;
  }
  tokens.push({ kind: 'comment', text: text.slice(start, at + 1) });
  return at + 1;
}

function scanUntil(
  text: string,
  start: number,
  end: string,
  kind: 'literal' | 'quoted',
  tokens: Token822[],
): number {
  let value = '';
  let at = start;
  for (; at < text.length && text.charAt(at) !== end; at++) {
    if (text.charAt(at) === '\\' && at + 1 < text.length) at += 1;
    value += text.charAt(at);
  }
  tokens.push({ kind, text: value });
  return at + 1;
}

function scanAtom(text: string, start: number, tokens: Token822[]): number {
  let value = '';
  let at = start;
  for (; at < text.length; at++) {
    let c = text.charAt(at);
    if (c === '\\' && at + 1 < text.length) c = text.charAt(++at);
    else if (c === '\\' || SPACE.test(c) || OPERATORS.includes(c)) break;
    value += c;
  }
  if (at === start) return start + 1; // a backslash at the very end
  tokens.push({ kind: needsQuotes(value) ? 'quoted' : 'atom', text: value });
  return at;
}

function needsQuotes(value: string): boolean {
  for (const c of value) if (c <= ' ' || c === '\x7f' || OPERATORS.includes(c)) return true;
  return false;
}

/** The tokens as text without quotes: Postfix's internal form. */
export function internalText(tokens: readonly Token822[]): string {
  return tokens.map((token) => (token.kind === 'literal' ? `[${token.text}]` : token.text)).join('');
}

/** The tokens as text with quotes where a token needs them. */
export function externalText(tokens: readonly Token822[]): string {
  return tokens
    .map((token) => {
      if (token.kind === 'literal') return `[${token.text.replace(/[\\\r\n]/g, '\\$&')}]`;
      if (token.kind === 'quoted') return `"${token.text.replace(/["\\\r\n]/g, '\\$&')}"`;
      return token.text;
    })
    .join('');
}

export interface Parsed822 {
  /** The tokens of each address found, left to right. */
  readonly addresses: readonly (readonly Token822[])[];
  /** Comments, phrases and other text around the addresses. */
  readonly extras: number;
}

/**
 * Finds the addresses in a token list, right to left: `Joe <joe@example.com> (home)` is one address and two extras;
 * `joe blow` is two addresses, since words need an operator between them.
 */
export function parse822(tokens: readonly Token822[]): Parsed822 {
  const addresses: Token822[][] = [];
  let current: Token822[] = [];
  let extras = 0;
  let wordAllowed = true;
  const finish = () => {
    if (current.length > 0) addresses.push(current.reverse());
    current = [];
  };
  for (let i = tokens.length - 1; i >= 0; i--) {
    const token = tokens[i] as Token822;
    if (token.kind === 'comment') extras += 1;
    else if (token.kind !== 'operator') {
      if (!wordAllowed) finish();
      current.push(token);
      wordAllowed = false;
    } else if (token.text === '>') {
      finish();
      const route = beforeBracket(tokens, i);
      if (route.address.length > 0) addresses.push(route.address.reverse());
      extras += route.extras;
      i = route.next;
      wordAllowed = true;
    } else if (token.text === ',' || token.text === ';') {
      finish();
      extras += 1;
      wordAllowed = true;
    } else {
      current.push(token);
      wordAllowed = true;
    }
  }
  finish();
  return { addresses: addresses.reverse(), extras };
}

/** What stands between `<` and the `>` at `close` (last token first), and the phrase in front of it. */
function beforeBracket(tokens: readonly Token822[], close: number) {
  const address: Token822[] = [];
  let extras = 0;
  let i = close - 1;
  for (; i >= 0 && !isOperator(tokens[i], '<'); i--) {
    const token = tokens[i] as Token822;
    if (token.kind === 'comment') extras += 1;
    else address.push(token);
  }
  for (i -= 1; i >= 0 && !isOperator(tokens[i], '>;,:'); i--) extras += 1;
  return { address, extras, next: i + 1 };
}

/** Whether the token is one of these operators. */
export function isOperator(token: Token822 | undefined, anyOf: string): boolean {
  return token?.kind === 'operator' && anyOf.includes(token.text);
}
