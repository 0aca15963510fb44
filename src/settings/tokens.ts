/**
 * Values as lists: tokens between commas and blanks, where braces hold a token together, and what stands in braces.
 * `Postfix: mystrtok.c (mystrtokq), extpar.c, postconf(5)`. Unbalanced braces end a token at the end of the text.
 */
import type { Source } from '../mail/source.ts';
import { SourceText } from './source-text.ts';

export interface Token {
  readonly text: string;
  /** The line in which its first character was written. */
  readonly source: Source;
}

/** What separates the items of a list, and words. */
export const LIST_SEPARATORS = ', \t\r\n';
export const WORD_SEPARATORS = ' \t\r\n';

/** The tokens of a plain text. */
export function splitTokens(text: string, separators = LIST_SEPARATORS): string[] {
  return ranges(text, separators).map(({ from, to }) => text.slice(from, to));
}

/** The tokens of a text, each with the line it begins in. */
export function sourceTokens(text: SourceText, separators = LIST_SEPARATORS): Token[] {
  return ranges(text.text, separators).map(({ from, to }) => ({
    text: text.text.slice(from, to),
    source: text.sourceAt(from),
  }));
}

/** The tokens of a text as texts with sources of their own. */
export function textTokens(text: SourceText, separators = LIST_SEPARATORS): SourceText[] {
  return ranges(text.text, separators).map(({ from, to }) => text.slice(from, to));
}

function ranges(text: string, separators: string): { from: number; to: number }[] {
  const found: { from: number; to: number }[] = [];
  let at = 0;
  for (;;) {
    while (at < text.length && separators.includes(text.charAt(at))) at++;
    if (at >= text.length) return found;
    const from = at;
    at = tokenEnd(text, from, separators);
    found.push({ from, to: at });
  }
}

function tokenEnd(text: string, from: number, separators: string): number {
  let level = 0;
  for (let at = from; at < text.length; at++) {
    const c = text.charAt(at);
    if (c === '{') level++;
    else if (c === '}' && level > 0) level--;
    else if (level === 0 && separators.includes(c)) return at;
  }
  return text.length;
}

/** The offset behind the brace that closes the one at `from`, -1 when none does. `Postfix: balpar`. */
export function closingBrace(text: string, from: number): number {
  let level = 0;
  for (let at = from; at < text.length; at++) {
    const c = text.charAt(at);
    if (c === '{') level++;
    else if (c === '}' && --level === 0) return at + 1;
  }
  return -1;
}

/**
 * What stands between `{` and `}`, without blanks at both ends; `problem` when the braces do not hold the whole text.
 * `Postfix: extpar with EXTPAR_FLAG_STRIP`.
 */
export function insideBraces(text: SourceText): { inside: SourceText; problem?: string } {
  if (!text.text.startsWith('{')) return { inside: text.trim(), problem: 'does not begin with "{"' };
  const end = closingBrace(text.text, 0);
  if (end < 0) return { inside: text.slice(1).trim(), problem: '"}" is missing' };
  const inside = text.slice(1, end - 1).trim();
  return end === text.text.length ? { inside } : { inside, problem: 'there is text behind "}"' };
}

/** `{ name = value }` as it stands in list items that carry attributes; undefined when it is not of that form. */
export function braceAttribute(text: string): { name: string; value: string } | undefined {
  const { inside, problem } = insideBraces(SourceText.of(text));
  if (problem !== undefined) return undefined;
  const match = /^([^\t-\r =]+)[\t-\r ]*=[\t-\r ]*(.*)$/s.exec(inside.text);
  const [, name, value] = match ?? [];
  return name === undefined || value === undefined ? undefined : { name, value };
}
