/**
 * inline: entries that stand in the table's name. `Postfix: DATABASE_README`. Of several entries with one key the last
 * counts, unlike in files.
 */
import { splitTokens } from '../settings/tokens.ts';
import { extractBraces, insideBraces, type NameValue, splitNameValue } from './braces.ts';
import { foldCase } from './fold.ts';
import { BadTableName, type Kind, type KindContext } from './kind.ts';
import type { Lookup } from './lookup.ts';
import type { Found } from './table.ts';

const FORM = 'write inline:{ key=value, { key = text with spaces } }';

export class InlineTable implements Lookup {
  readonly #entries = new Map<string, Found>();

  constructor(name: string, { source, utf8, complain }: KindContext) {
    const inside = insideBraces(name);
    if (inside === undefined) throw new BadTableName('bad syntax: the name is not in braces', FORM);
    for (const item of splitTokens(inside)) {
      const pair = parsePair(item);
      if (pair.kind === 'problem') throw new BadTableName(pair.problem, FORM);
      const key = foldCase(pair.name, utf8);
      if (this.#entries.has(key))
        complain('warning', `duplicate entry: "${key}"`, 'the last one counts; remove the others');
      this.#entries.set(key, { value: pair.value, source });
    }
    if (this.#entries.size === 0) throw new BadTableName('empty table', FORM);
  }

  find(key: string): Found | undefined {
    return this.#entries.get(key);
  }

  entries(): Iterable<Found> {
    return this.#entries.values();
  }
}

function parsePair(item: string): NameValue {
  if (!item.startsWith('{')) return splitNameValue(item);
  const inside = extractBraces(item);
  return inside.kind === 'text' ? splitNameValue(inside.text) : inside;
}

export const inlineKinds: readonly Kind[] = [
  {
    type: 'inline',
    nameIs: '{ key=value, { key = value } ... }',
    wholeKeysOnly: false,
    open: (name, context) => new InlineTable(name, context),
    sentence: 'Entries that stand in the name itself.',
  },
];
