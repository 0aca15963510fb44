/** Rules of regexp and pcre tables that work, but probably not as meant: what everybody gets wrong once. */

import type { Trap } from './key-traps.ts';
import type { TableUse } from './lookup.ts';
import { isToggled } from './pattern-line.ts';
import type { Rule } from './pattern-rules.ts';

/** Names and addresses: letters on both sides of a dot or an at sign. */
const HOST_LIKE = /[a-z0-9*+\])}](?:\\\.|@)[a-z0-9([.\\]/i;
const ANCHOR = /(?:^|[^\\])(?:\\\\)*[$^]|\\[AbBzZ<>]/;

/** What is suspicious about a rule. */
export function lintRule({ written, negated }: Pick<Rule, 'written' | 'negated'>, use: TableUse): Trap[] {
  const traps: Trap[] = [];
  const { text, flags } = written;
  if (isToggled(flags, 'i') && hasLetters(text)) {
    traps.push({
      problem: `/${text}/${flags}: "i" turns ignoring of case OFF here; "${otherCase(text)}" does not match`,
      remedy: 'leave the "i" out: case is ignored without it',
    });
  }
  if (use === 'access' && !negated && HOST_LIKE.test(text) && !ANCHOR.test(text)) {
    traps.push({
      problem: `/${text}/ has neither ^ nor $, so it also matches inside of longer names`,
      remedy: 'begin it with ^ or (^|\\.) and end it with $',
    });
  }
  return traps;
}

/** Letters that stand for themselves, not escapes such as \d or classes such as [:alpha:]. */
function hasLetters(pattern: string): boolean {
  return /[a-z]/i.test(pattern.replace(/\\[a-z]|\[:[a-z]+:\]|\(\?[a-z-]+[:)]/gi, ''));
}

function otherCase(pattern: string): string {
  const upper = pattern.toUpperCase();
  return upper === pattern ? pattern.toLowerCase() : upper;
}
