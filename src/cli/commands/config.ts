/** `config`: the parameters in force. `Postfix: postconf(1)`. */
import { configLines, unknownNames } from '../../settings/config-lines.ts';
import { readConfiguration } from '../../settings/configuration.ts';
import { readArguments } from '../arguments.ts';
import type { Command } from '../command.ts';
import { configurationDirectory } from '../configuration-directory.ts';

export const config: Command = {
  name: 'config',
  usage: '[-c DIR] [-n] [-d] [-x] [-h] [--json] [NAME...]',
  sentence: 'Prints parameters, as postconf does',
  details: `
  -n  only what the files set
  -d  the defaults
  -x  with $name expanded
  -h  the values without their names`,

  async run(args) {
    const { values, positionals } = readArguments(args, {
      nonDefault: { type: 'boolean', short: 'n' },
      defaults: { type: 'boolean', short: 'd' },
      expanded: { type: 'boolean', short: 'x' },
      noName: { type: 'boolean', short: 'h' },
    });
    const { nonDefault = false, defaults = false, expanded = false, noName = false, json } = values;
    const configuration = readConfiguration(configurationDirectory(values.config));
    const unknown = unknownNames(configuration, positionals);
    for (const name of unknown) console.error(`portcullis config: ${name}: unknown parameter`);
    const known = positionals.filter((name) => !unknown.includes(name));
    const names = positionals.length > 0 ? { names: known } : {};
    const options = { nonDefault, defaults, expanded, ...names };
    if (json) console.log(JSON.stringify(asObject(configLines(configuration, options)), undefined, 2));
    else for (const line of configLines(configuration, { ...options, noName })) console.log(line);
    return unknown.length > 0 ? 1 : 0;
  },
};

function asObject(lines: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    lines.map((line) => {
      const equals = line.indexOf(' =');
      return [line.slice(0, equals), line.slice(equals + 2).trimStart()];
    }),
  );
}
