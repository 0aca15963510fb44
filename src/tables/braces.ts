/**
 * Table names in braces: `{ a, b }`, `{ key = value }`. `Postfix: balpar, extpar, split_qnameval`.
 * How lists are split stands in settings/tokens.ts. Linear in the length of the text.
 */
import { closingBrace } from '../settings/tokens.ts';

/** What stands between the braces when the whole text is one `{...}` with something in it; undefined otherwise. */
export function insideBraces(text: string): string | undefined {
  if (!text.startsWith('{') || closingBrace(text, 0) !== text.length) return undefined;
  return text.length > 2 ? text.slice(1, -1) : undefined;
}

/** A text, or what is wrong with it. */
export type Extracted =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'problem'; readonly problem: string };

/** The text inside one pair of braces, without the white space around it. */
export function extractBraces(text: string): Extracted {
  if (!text.startsWith('{')) return { kind: 'problem', problem: `no '{' at start of text in "${text}"` };
  const end = closingBrace(text, 0);
  if (end < 0) return { kind: 'problem', problem: `missing '}' in "${text}"` };
  if (end < text.length) return { kind: 'problem', problem: `syntax error after '}' in "${text}"` };
  return { kind: 'text', text: trim(text.slice(1, -1)) };
}

export type NameValue =
  | { readonly kind: 'pair'; readonly name: string; readonly value: string }
  | { readonly kind: 'problem'; readonly problem: string };

/** Splits `name = value`; quotes and backslashes of the name stay, and a quoted name can have `=` and spaces in it. */
export function splitNameValue(text: string): NameValue {
  const pair = trim(text);
  if (pair === '') return { kind: 'problem', problem: 'no key found; expected format: key = value' };
  const end = endOfKey(pair);
  if (end === undefined) return { kind: 'problem', problem: `unbalanced '"'` };
  const rest = trim(pair.slice(end));
  if (!rest.startsWith('=')) return { kind: 'problem', problem: `missing '=' after attribute name` };
  return { kind: 'pair', name: pair.slice(0, end), value: trim(rest.slice(1)) };
}

/** Where a key ends: at `=` or white space outside of quotes; undefined when a quote is not closed. */
function endOfKey(text: string): number | undefined {
  let quoted = false;
  let at = 0;
  for (; at < text.length; at++) {
    const c = text.charAt(at);
    if (c === '\\') at += 1;
    else if (c === '"') quoted = !quoted;
    else if (!quoted && (c === '=' || isSpace(c.charCodeAt(0)))) break;
  }
  return quoted ? undefined : Math.min(at, text.length);
}

/** ASCII white space, as C's isspace() has it. */
export function isSpace(code: number): boolean {
  return code === 0x20 || (code >= 0x09 && code <= 0x0d);
}

/** Without the ASCII white space at both ends. */
export function trim(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isSpace(text.charCodeAt(start))) start += 1;
  while (end > start && isSpace(text.charCodeAt(end - 1))) end -= 1;
  return text.slice(start, end);
}
