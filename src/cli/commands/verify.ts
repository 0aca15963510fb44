/** `verify`: addresses that were verified, and what their mail hosts said. Parameter: state_store. */
import { verifyFacts } from '../../memory/memory-text.ts';
import { readArguments } from '../arguments.ts';
import { type Command, UsageError } from '../command.ts';
import { deleteEntries, entriesWith, printEntries, withStore } from '../memory-access.ts';

export const verify: Command = {
  name: 'verify',
  usage: 'list|delete [-c DIR] [--json] [--matching TEXT] [--all] [ADDRESS...]',
  sentence: 'Shows and forgets what is known of verified addresses',
  details: `
list [TEXT]                            addresses with TEXT in them, and what was heard of them
delete ADDRESS... | --matching TEXT    forgets them: they are asked about again when they are needed; --all: all`,

  async run(args) {
    const { values: flags, positionals } = readArguments(args, {
      matching: { type: 'string' },
      all: { type: 'boolean' },
    });
    const [what, ...words] = positionals;
    if (what !== 'list' && what !== 'delete') throw new UsageError('say what to do: list or delete');
    return withStore('verify', flags.config, async (store) => {
      if (what === 'delete') {
        const { matching, all, json } = flags;
        return deleteEntries(store, ['verify'], { keys: words, matching, all, json });
      }
      const text = flags.matching ?? words[0];
      await printEntries(entriesWith(store, 'verify', text), verifyFacts, { json: flags.json });
      return 0;
    });
  },
};
