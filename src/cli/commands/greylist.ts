/** `greylist`: who waits, who came back, who need not wait any more. Parameters: state_store, greylist_lifetime. */
import { address } from '../../mail/address.ts';
import { readClient, writeClient, writeTriplet } from '../../memory/greylist-record.ts';
import { clientFacts, tripletFacts } from '../../memory/memory-text.ts';
import { steadySender } from '../../memory/sender-form.ts';
import type { Store } from '../../memory/store.ts';
import { storeKey } from '../../memory/store-key.ts';
import type { Settings } from '../../settings/settings.ts';
import { readArguments } from '../arguments.ts';
import { type Command, UsageError } from '../command.ts';
import { deleteEntries, entriesWith, printEntries, withStore } from '../memory-access.ts';

const FLAGS = {
  clients: { type: 'boolean' },
  matching: { type: 'string' },
  all: { type: 'boolean' },
} as const;

type Flags = ReturnType<typeof readArguments<typeof FLAGS>>['values'];

interface Task {
  readonly store: Store;
  readonly settings: Settings;
  readonly flags: Flags;
  readonly words: readonly string[];
}

const ACTIONS: Readonly<Record<string, (task: Task) => Promise<number>>> = {
  list,
  show,
  delete: remove,
  add,
};

/** How identities are written. */
const IDENTITY = /^(?:spf|dkim|name|net|address):[^\s]+$/;

export const greylist: Command = {
  name: 'greylist',
  usage: 'list|show|delete|add [-c DIR] [--json] [--clients] [--matching TEXT] [--all] [KEY...]',
  sentence: 'Shows and changes what greylisting remembers',
  details: `
list [TEXT]                       triplets (identity, sender, recipient) with TEXT in them: who waits, who came back
list --clients [TEXT]             clients that came back: how often, and how long their mails were delayed
show TEXT                         the same with all that is known
delete KEY... | --matching TEXT   forgets triplets (quote the key as list shows it); --clients: clients; --all: all
add IDENTITY                      this client need not wait: spf:example.com, dkim:example.com, name:example.com,
                                  net:192.0.2.0/24, address:192.0.2.1
add IDENTITY SENDER RECIPIENT     this triplet need not wait; "<>" is the null sender`,

  async run(args) {
    const { values: flags, positionals } = readArguments(args, FLAGS);
    const [what = '', ...words] = positionals;
    const action = Object.hasOwn(ACTIONS, what) ? ACTIONS[what] : undefined;
    if (!action) throw new UsageError(`say what to do: ${Object.keys(ACTIONS).join(', ')}`);
    return withStore('greylist', flags.config, (store, settings) =>
      action({ store, settings, flags, words }),
    );
  },
};

async function list({ store, flags, words }: Task): Promise<number> {
  const [text, ...others] = words;
  if (others.length > 0) throw new UsageError('list takes one text');
  await print(store, flags, flags.matching ?? text, false);
  return 0;
}

async function show({ store, flags, words }: Task): Promise<number> {
  const [text] = words;
  if (text === undefined) throw new UsageError('show needs a text that stands in the key');
  return (await print(store, flags, text, true)) > 0 ? 0 : 1;
}

function print(store: Store, flags: Flags, text: string | undefined, detailed: boolean): Promise<number> {
  const space = flags.clients ? 'clients' : 'greylist';
  const read = flags.clients ? clientFacts : tripletFacts;
  return printEntries(entriesWith(store, space, text), read, { json: flags.json, detailed });
}

function remove({ store, flags, words }: Task): Promise<number> {
  const { matching, all, json } = flags;
  return deleteEntries(store, [flags.clients ? 'clients' : 'greylist'], { keys: words, matching, all, json });
}

async function add({ store, settings, flags, words }: Task): Promise<number> {
  const [identity = '', sender, recipient, ...others] = words;
  if (!IDENTITY.test(identity))
    throw new UsageError(
      `"${identity}" is no identity; write spf:example.com, net:192.0.2.0/24 and the like`,
    );
  const isTriplet = sender !== undefined && recipient !== undefined;
  if (others.length > 0 || (sender !== undefined && !isTriplet))
    throw new UsageError('add takes an identity, or an identity, a sender and a recipient');
  const key = isTriplet
    ? storeKey(identity, steadySender(address(sender === '<>' ? '' : sender)), recipient.toLowerCase())
    : storeKey(identity);
  await (isTriplet ? addTriplet(store, settings, key) : addClient(store, settings, key));
  if (flags.json) console.log(JSON.stringify({ key }));
  else console.log(`${key} need not wait`);
  return 0;
}

async function addTriplet(store: Store, settings: Settings, key: string): Promise<void> {
  const now = Date.now();
  const value = writeTriplet({ kind: 'passed', firstAt: now, passedAt: now, seenAt: now });
  await store.put('greylist', key, { value, lifetimeMs: settings.greylist_lifetime });
}

async function addClient(store: Store, settings: Settings, key: string): Promise<void> {
  const enough = Math.max(1, settings.greylist_auto_whitelist_clients);
  const now = Date.now();
  const none = { returns: 0, countedAt: now, firstAt: now, delayed: 0, delaySumMs: 0, delayMaxMs: 0 };
  await store.update('clients', key, (entry) => {
    const known = readClient(entry?.value) ?? none;
    const value = writeClient({ ...known, returns: Math.max(known.returns, enough) });
    return { value, lifetimeMs: settings.greylist_lifetime };
  });
}
