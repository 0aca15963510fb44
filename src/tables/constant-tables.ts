/** static, fail, randmap: tables whose answer does not depend on the key. `Postfix: DATABASE_README`. */
import { splitTokens } from '../settings/tokens.ts';
import { extractBraces, insideBraces } from './braces.ts';
import { quoted } from './file-complaints.ts';
import { BadTableName, type Kind, type KindContext } from './kind.ts';
import type { Lookup } from './lookup.ts';
import { LookupFailure } from './table.ts';

function openStatic(name: string, { source }: KindContext): Lookup {
  const value = name.startsWith('{') ? inBraces(name) : name;
  const found = { value, source };
  return { find: () => found, entries: () => [found] };
}

function inBraces(name: string): string {
  const inside = extractBraces(name);
  if (inside.kind === 'text') return inside.text;
  throw new BadTableName(`bad syntax: ${inside.problem}`, 'write static:text or static:{ text with spaces }');
}

function openFail(_name: string, { table }: KindContext): Lookup {
  return {
    find(key) {
      throw new LookupFailure(`${table} lookup error for ${quoted(key)}`, 'that is what it is for');
    },
  };
}

function openRandom(name: string, { source }: KindContext): Lookup {
  const values = splitTokens(insideBraces(name) ?? '');
  if (values.length === 0)
    throw new BadTableName('bad syntax: no values in braces', 'write randmap:{ value, value }');
  return {
    find: () => ({ value: values[Math.floor(Math.random() * values.length)] as string, source }),
  };
}

export const constantKinds: readonly Kind[] = [
  {
    type: 'static',
    nameIs: 'text, or { text with spaces }',
    wholeKeysOnly: false,
    open: openStatic,
    sentence: 'The same text for every key.',
  },
  {
    type: 'fail',
    nameIs: 'any text',
    wholeKeysOnly: true,
    open: openFail,
    sentence: 'Every look-up fails for now; for tests.',
  },
  {
    type: 'randmap',
    nameIs: '{ value, value ... }',
    wholeKeysOnly: true,
    open: openRandom,
    sentence: 'One of several texts, by chance.',
  },
];
