/**
 * unionmap, pipemap, proxy: tables made of other tables. `Postfix: DATABASE_README, dict_union.c, dict_pipe.c`.
 * An error of one table is an error of the whole. Whether partial keys are looked up depends on the first table.
 */
import type { MaybePromise } from '../mail/maybe-promise.ts';
import { splitTokens } from '../settings/tokens.ts';
import { insideBraces } from './braces.ts';
import { BadTableName, type Kind, type KindContext } from './kind.ts';
import { type Lookup, whenKnown } from './lookup.ts';
import type { OpenedTable } from './opened-table.ts';
import type { Found } from './table.ts';

function openInners(name: string, { type, openInner }: KindContext): OpenedTable[] {
  const specs = splitTokens(insideBraces(name) ?? '');
  const form = `write ${type}:{ type:name, type:name }`;
  if (specs.length === 0) throw new BadTableName('bad syntax: no tables in braces', form);
  const bad = specs.find((spec) => !spec.includes(':'));
  if (bad !== undefined) throw new BadTableName(`bad syntax: "${bad}" is not type:name`, form);
  return specs.map((spec) => openInner(spec));
}

/** Asks all tables in order; their results, with commas between them. */
function openUnion(name: string, context: KindContext): Lookup {
  const tables = openInners(name, context);
  const ask = (at: number, key: string, sofar: Found | undefined): MaybePromise<Found | undefined> => {
    const table = tables[at];
    if (!table) return sofar?.value === '' ? undefined : sofar;
    return whenKnown(table.findEntry(key), (found) => ask(at + 1, key, joined(sofar, found)));
  };
  return { wholeKeysOnly: tables[0]?.wholeKeysOnly === true, find: (key) => ask(0, key, undefined) };
}

function joined(sofar: Found | undefined, found: Found | undefined): Found | undefined {
  if (!sofar || sofar.value === '') return found ?? sofar;
  return found ? { value: `${sofar.value},${found.value}`, source: sofar.source } : sofar;
}

/** The result of each table is the key of the next. */
function openPipe(name: string, context: KindContext): Lookup {
  const tables = openInners(name, context);
  const ask = (at: number, key: string): MaybePromise<Found | undefined> => {
    const table = tables[at] as OpenedTable;
    return whenKnown(table.findEntry(key), (found) =>
      found === undefined || at === tables.length - 1 ? found : ask(at + 1, found.value),
    );
  };
  return { wholeKeysOnly: tables[0]?.wholeKeysOnly === true, find: (key) => ask(0, key) };
}

/** One process asks all tables here, so a proxy is the table behind it. `Postfix: proxymap(8)`. */
function openProxy(name: string, { openInner }: KindContext): Lookup {
  if (!name.includes(':')) throw new BadTableName(`"${name}" is not type:name`, 'write proxy:type:name');
  const inner = openInner(name);
  return {
    wholeKeysOnly: inner.wholeKeysOnly,
    find: (key) => inner.findEntry(key),
    findInBytes: (line, start, end) => inner.findInBytes(line, start, end),
    entries: () => inner.entries(),
  };
}

export const combinedKinds: readonly Kind[] = [
  {
    type: 'unionmap',
    nameIs: '{ type:name, type:name ... }',
    wholeKeysOnly: false,
    open: openUnion,
    sentence: 'Asks several tables and joins their results with commas.',
  },
  {
    type: 'pipemap',
    nameIs: '{ type:name, type:name ... }',
    wholeKeysOnly: false,
    open: openPipe,
    sentence: 'Asks several tables, each for what the one before it answered.',
  },
  {
    type: 'proxy',
    nameIs: 'type:name',
    wholeKeysOnly: false,
    open: openProxy,
    sentence: 'The table that is named behind it.',
  },
];
