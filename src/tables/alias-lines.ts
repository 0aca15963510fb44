/**
 * Lines of aliases(5): `name: value, value`. A gateway only asks whether a name is there; so `hash:/etc/aliases` is read as
 * postalias(1) would read it. `Postfix: postalias.c, tok822_externalize`. Does not expand aliases.
 */
import { externalText, internalText, isOperator, scan822, type Token822 } from '../mail/tokens822.ts';
import { TableLines } from './table-lines.ts';

const SAMPLE_LINES = 100;
const ALIAS_LINE = /^(?:"(?:[^"\\]|\\.)*"|[^\s:"]+)\s*:\s/;

/** Whether at least half of the first lines are `name: value`. */
export function looksLikeAliases(bytes: Buffer): boolean {
  const lines = new TableLines(bytes);
  let aliases = 0;
  let total = 0;
  for (; total < SAMPLE_LINES && lines.next(); total++) if (ALIAS_LINE.test(lines.text())) aliases += 1;
  return aliases > 0 && aliases * 2 >= total;
}

export type Alias =
  | { readonly kind: 'alias'; readonly name: string; readonly value: string }
  | { readonly kind: 'problem'; readonly problem: string };

/** The name without quotes, the value with quotes where they are needed. */
export function parseAlias(line: string): Alias {
  const tokens = scan822(line);
  const colon = tokens.findIndex((token) => isOperator(token, ':'));
  const name = tokens.slice(0, Math.max(colon, 0));
  if (name.length === 0 || colon === tokens.length - 1 || name.some((token) => isOperator(token, ','))) {
    return { kind: 'problem', problem: 'need name:value pair' };
  }
  if (name.some((token) => isOperator(token, '@%'))) {
    return { kind: 'problem', problem: 'name must be local and have no domain' };
  }
  return {
    kind: 'alias',
    name: spaced(name, internalText),
    value: spaced(tokens.slice(colon + 1), externalText),
  };
}

/** The tokens as a text with a space between words and after commas. */
function spaced(tokens: readonly Token822[], textOf: (tokens: readonly Token822[]) => string): string {
  let text = '';
  tokens.forEach((token, i) => {
    text += textOf([token]);
    const next = tokens[i + 1];
    if (next && (isOperator(token, ',') || isOperator(next, '<') || (isWord(token) && isWord(next))))
      text += ' ';
  });
  return text;
}

function isWord(token: Token822): boolean {
  return token.kind !== 'operator';
}
