/** `query`: one look-up in a table, as the gateway would make it. `Postfix: postmap -q`. */
import { createInterface } from 'node:readline';
import { builtIn, formatSource } from '../../mail/source.ts';
import { silentLog } from '../../record/log.ts';
import { complaintLine } from '../../settings/complaint.ts';
import { readConfiguration } from '../../settings/configuration.ts';
import { queryKey, queryKeys } from '../../tables/lookup-command.ts';
import { Tables } from '../../tables/tables.ts';
import { readArguments } from '../arguments.ts';
import { type Command, UsageError } from '../command.ts';
import { configurationDirectory } from '../configuration-directory.ts';

export const query: Command = {
  name: 'query',
  usage: '[-c DIR] [--json] TYPE:NAME... KEY',
  sentence: 'Looks a key up in a table, as postmap -q does',
  details: `
With KEY \`-\` keys are read from standard input, one a line, and \`key<TAB>value\` is printed for each that is found.
Several tables are asked in order. Exit status 1 when nothing was found. --json adds the line of the entry.`,

  async run(args) {
    const { values, positionals } = readArguments(args, {});
    const key = positionals.pop();
    if (key === undefined || positionals.length === 0) throw new UsageError('a table and a key are needed');
    const tables = openTables(values.config);
    try {
      const asked = positionals.map((spec) => tables.openRaw(spec, builtIn));
      await tables.ready();
      for (const complaint of tables.complaints)
        console.error(`portcullis query: ${complaintLine(complaint)}`);
      if (key === '-') {
        const lines = createInterface({ input: process.stdin, crlfDelay: Number.POSITIVE_INFINITY });
        return (await queryKeys(asked, lines, (line) => console.log(line))) ? 0 : 1;
      }
      const found = await queryKey(asked, key);
      if (found) console.log(values.json ? shown(key, found) : found.value);
      return found ? 0 : 1;
    } finally {
      await tables.close();
    }
  },
};

function shown(key: string, { value, source }: Awaited<ReturnType<typeof queryKey>> & object): string {
  return JSON.stringify({ key, value, where: formatSource(source) });
}

/** A directory is needed for `$name` and relative file names only. */
function openTables(wanted: string | undefined): Tables {
  const settings = readable(wanted)?.settings;
  return new Tables({
    directory: settings?.text('config_directory') ?? '.',
    log: silentLog,
    smtputf8: settings?.smtputf8_enable ?? true,
  });
}

function readable(wanted: string | undefined) {
  try {
    return readConfiguration(configurationDirectory(wanted));
  } catch (error) {
    if (wanted !== undefined) throw error;
    return undefined;
  }
}
