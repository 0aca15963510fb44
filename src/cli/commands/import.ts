/** `import`: what the configuration of other programs around Postfix means here, as lines for master.cf. */
import { readFileSync } from 'node:fs';
import { type Importable, importableFor, importables } from '../../migration/importable.ts';
import { losses, masterLines, type Translation } from '../../migration/translation.ts';
import { readArguments } from '../arguments.ts';
import { type Command, UsageError } from '../command.ts';

export const importCommand: Command = {
  name: 'import',
  usage: `[--as ${importables.map(({ name }) => name).join('|')}] [--json] FILE...`,
  sentence: 'Prints what the configuration of other programs means here, as lines for master.cf',
  details: `
${importables.map(({ sentence }) => `  ${sentence}`).join('\n')}
Which it is, the name of the file says, or --as. Above each override stands the setting it comes from, with file and line;
below the service, what needs no equivalent, and why, and what is NOT DONE. Nothing is changed: put the lines into
master.cf yourself. Exit status 1 when something is not done.`.trim(),

  async run(args) {
    const { values, positionals } = readArguments(args, { as: { type: 'string' } });
    if (positionals.length === 0) throw new UsageError('name a file');
    const found = positionals.flatMap((path) => translated(path, values.as));
    if (values.json) console.log(JSON.stringify(found, undefined, 2));
    else console.log(found.map((translation) => masterLines(translation).join('\n')).join('\n\n'));
    const lost = found.flatMap(losses);
    for (const one of lost) console.error(`not done: ${one}`);
    return lost.length === 0 ? 0 : 1;
  },
};

function translated(path: string, as: string | undefined): Translation[] {
  const found = rowOf(path, as).translate(readFileSync(path, 'utf8'), path);
  if (found.length === 0) throw new Error(`${path}: there is nothing of ${rowOf(path, as).name} in it`);
  return found;
}

function rowOf(path: string, as: string | undefined): Importable {
  const row = as === undefined ? importableFor(path) : importables.find(({ name }) => name === as);
  if (row) return row;
  const names = importables.map(({ name }) => name).join(', ');
  throw new UsageError(
    as === undefined
      ? `whose file is ${path}? say --as one of ${names}`
      : `--as ${as}: write one of ${names}`,
  );
}
