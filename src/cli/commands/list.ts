/** `list`: the catalogues of restrictions, parameters, tables and actions, made of the tables that the gateway itself uses. */
import { accessActions } from '../../restrictions/access-result.ts';
import { catalogue, compounds } from '../../restrictions/catalogue.ts';
import { parameterCatalogue } from '../../settings/config-lines.ts';
import { tableKinds } from '../../tables/kinds.ts';
import { readArguments } from '../arguments.ts';
import { type Command, UsageError } from '../command.ts';

interface Entry {
  readonly name: string;
  readonly sentence: string;
  /** What stands between name and sentence. */
  readonly more?: string;
}

const LISTS: Readonly<Record<string, () => readonly Entry[]>> = {
  restrictions: () => [
    ...catalogue.map(({ name, argument, sentence, formerly }) => ({
      name: argument === 'none' ? name : `${name} ${argument.toUpperCase()}`,
      sentence: formerly ? `${sentence} (formerly ${formerly.join(', ')})` : sentence,
    })),
    ...compounds,
    { name: 'warn_if_reject RESTRICTION', sentence: 'only logs what the restriction would refuse' },
  ],
  parameters: () =>
    parameterCatalogue().map(({ name, kind, default: value, sentence, since }) => ({
      name,
      sentence: since === undefined ? sentence : `${sentence} (${since})`,
      more: `${kind}, default: ${value === '' ? 'empty' : value}`,
    })),
  tables: () => tableKinds.map(({ type, nameIs, sentence }) => ({ name: `${type}:${nameIs}`, sentence })),
  actions: () => accessActions.map(({ word, sentence }) => ({ name: word, sentence })),
};

export const list: Command = {
  name: 'list',
  usage: `${Object.keys(LISTS).join('|')} [--json] [WORD...]`,
  sentence: 'Lists what the configuration can say, with one sentence each',
  details: 'With WORDs only the entries that contain all of them.',

  async run(args) {
    const { values, positionals } = readArguments(args, {});
    const [what, ...words] = positionals;
    const make = what === undefined ? undefined : LISTS[what];
    if (!make) throw new UsageError(`say which list: ${Object.keys(LISTS).join(', ')}`);
    const entries = make().filter((entry) => hasAll(entry, words));
    if (values.json) console.log(JSON.stringify(entries, undefined, 2));
    else for (const entry of entries) console.log(line(entry));
    return entries.length > 0 ? 0 : 1;
  },
};

function hasAll({ name, sentence }: Entry, words: readonly string[]): boolean {
  const text = `${name} ${sentence}`.toLowerCase();
  return words.every((word) => text.includes(word.toLowerCase()));
}

const NAME_WIDTH = 44;

function line({ name, sentence, more }: Entry): string {
  const head = name.length < NAME_WIDTH ? name.padEnd(NAME_WIDTH) : `${name}\n${' '.repeat(NAME_WIDTH)}`;
  return `${head}${sentence}${more === undefined ? '' : `\n${' '.repeat(NAME_WIDTH)}${more}`}`;
}
