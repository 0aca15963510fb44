/** `correspondents`: strangers whom our users have written to. Parameters: state_store, correspondent_lifetime. */
import { address } from '../../mail/address.ts';
import { Correspondents } from '../../memory/correspondents.ts';
import { correspondentFacts } from '../../memory/memory-text.ts';
import { correspondentForm } from '../../memory/sender-form.ts';
import type { Store } from '../../memory/store.ts';
import { storeKey } from '../../memory/store-key.ts';
import type { Settings } from '../../settings/settings.ts';
import { readArguments } from '../arguments.ts';
import { type Command, UsageError } from '../command.ts';
import { deleteEntries, entriesWith, printEntries, withStore } from '../memory-access.ts';

const FLAGS = {
  matching: { type: 'string' },
  all: { type: 'boolean' },
  user: { type: 'string' },
} as const;

type Flags = ReturnType<typeof readArguments<typeof FLAGS>>['values'];

export const correspondents: Command = {
  name: 'correspondents',
  usage: 'list|delete|add [-c DIR] [--json] [--matching TEXT] [--all] [--user USER] [ADDRESS...]',
  sentence: 'Shows and changes whom our users write to',
  details: `
list [TEXT]                            strangers with TEXT in their address, who of us wrote to them and when last
add ADDRESS... [--user USER]           as if USER (postmaster, if none is named) had just written to them
delete ADDRESS... | --matching TEXT    forgets them; --all: all`,

  async run(args) {
    const { values: flags, positionals } = readArguments(args, FLAGS);
    const [what, ...words] = positionals;
    return withStore('correspondents', flags.config, async (store, settings) => {
      if (what === 'list') {
        const entries = entriesWith(store, 'correspondents', flags.matching ?? words[0]);
        await printEntries(entries, correspondentFacts, { json: flags.json });
        return 0;
      }
      if (what === 'add') return add(store, settings, flags, words);
      if (what !== 'delete') throw new UsageError('say what to do: list, delete or add');
      const keys = words.map((word) => storeKey(correspondentForm(address(word))));
      const { matching, all, json } = flags;
      return deleteEntries(store, ['correspondents'], { keys, matching, all, json });
    });
  },
};

async function add(
  store: Store,
  settings: Settings,
  flags: Flags,
  words: readonly string[],
): Promise<number> {
  const strangers = words.map(address);
  const bad = strangers.find(({ local, domain }) => local === '' || domain === '');
  if (strangers.length === 0 || bad) throw new UsageError(`"${bad?.text ?? ''}" is no address`);
  const known = new Correspondents({ store, lifetimeMs: settings.correspondent_lifetime });
  for (const stranger of strangers) {
    await known.learn(address(flags.user ?? `postmaster@${settings.myorigin}`), stranger);
    if (flags.json) console.log(JSON.stringify({ key: correspondentForm(stranger) }));
    else console.log(`${correspondentForm(stranger)} is a correspondent`);
  }
  return 0;
}
