/** `quarantine`: held mail: who sent what to whom and why it is held; on its way to the next hop, or away for good. */
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { assembleQuarantine } from '../../assembly/quarantine.ts';
import { type HeldMail, isHeldId } from '../../quarantine/held-mail.ts';
import { viewMail } from '../../quarantine/mail-view.ts';
import type { Quarantine } from '../../quarantine/quarantine.ts';
import { silentLog } from '../../record/log.ts';
import { type Configuration, readConfiguration } from '../../settings/configuration.ts';
import { momentAgo, readArguments } from '../arguments.ts';
import { type Command, UsageError } from '../command.ts';
import { configurationDirectory } from '../configuration-directory.ts';
import { alone, complain, missing } from '../held-mail-access.ts';
import { listLines, showLines, summary } from '../held-mail-text.ts';

const FLAGS = {
  from: { type: 'string' },
  to: { type: 'string' },
  since: { type: 'string' },
  before: { type: 'string' },
  all: { type: 'boolean' },
  raw: { type: 'boolean' },
  service: { type: 'string' },
} as const;

type Flags = ReturnType<typeof readArguments<typeof FLAGS>>['values'];

interface Task {
  readonly configuration: Configuration;
  readonly quarantine: Quarantine;
  readonly flags: Flags;
  readonly ids: readonly string[];
}

const ACTIONS: Readonly<Record<string, (task: Task) => Promise<number>>> = {
  list,
  show,
  release,
  delete: remove,
};

export const quarantine: Command = {
  name: 'quarantine',
  usage: `list|show|release|delete [-c DIR] [--json] [--from TEXT] [--to TEXT] [--since 2d] [--before 7d] [--all] [ID...]`,
  sentence: 'Lists, shows, releases and deletes held mail',
  details: `
list               all held mail, or what fits: --from and --to look for a part of an address, --since and --before
                   for mail that was held within, or longer ago than, a time such as 12h or 7d
show ID            the story of one mail and what a person would read; --raw prints the message itself
release ID...      delivers as the service would have done that the mail came in by (--service NAME: another one),
                   asks no check again, and prints the next hop's answer. Who was refused keeps the mail
delete ID...       deletes for good
With --all, release and delete take everything that fits --from, --to, --since and --before.
The exit status is 1 where a mail was not found, refused, or is being released by somebody else.`,

  async run(args) {
    const { values: flags, positionals } = readArguments(args, FLAGS);
    const [what = '', ...ids] = positionals;
    const action = Object.hasOwn(ACTIONS, what) ? ACTIONS[what] : undefined;
    if (!action) throw new UsageError(`say what to do: ${Object.keys(ACTIONS).join(', ')}`);
    const bad = ids.find((id) => !isHeldId(id));
    if (bad !== undefined) throw new UsageError(`"${bad}" is no id of a mail; quarantine list shows them`);
    const configuration = readConfiguration(configurationDirectory(flags.config));
    const held = assembleQuarantine(configuration.settings, silentLog);
    return action({ configuration, quarantine: held, flags, ids });
  },
};

async function list(task: Task): Promise<number> {
  if (task.ids.length > 0)
    throw new UsageError('list takes no ids; --from, --to, --since and --before choose');
  const mails = await fitting(task);
  if (task.flags.json) console.log(JSON.stringify(mails.map(summary), undefined, 2));
  else for (const held of mails) console.log(listLines(held));
  return 0;
}

async function show({ quarantine: { shelf }, flags, ids }: Task): Promise<number> {
  const [id, ...others] = ids;
  if (id === undefined || others.length > 0) throw new UsageError('show takes one id');
  const held = await shelf.find(id);
  if (!held) {
    missing(id);
    return 1;
  }
  const path = shelf.messagePath(id);
  if (flags.raw) {
    await pipeline(createReadStream(path), process.stdout, { end: false });
    return 0;
  }
  const view = await viewMail(path);
  if (flags.json) console.log(JSON.stringify({ ...held, view }, undefined, 2));
  else console.log(showLines(held, view));
  return 0;
}

async function remove(task: Task): Promise<number> {
  let status = 0;
  for (const id of await chosen(task)) {
    const done = await alone(task.quarantine, id, () => task.quarantine.shelf.remove(id));
    if (!done) status = 1;
    else if (!task.flags.json) console.log(`${id}: deleted`);
    else console.log(JSON.stringify({ id, deleted: true }));
  }
  return status;
}

async function release(task: Task): Promise<number> {
  const ids = await chosen(task);
  const { releaseAll } = await import('../held-mail-release.ts'); // knows half of the house
  return releaseAll(task.configuration, ids, task.flags);
}

async function chosen(task: Task): Promise<readonly string[]> {
  const { flags, ids } = task;
  if (flags.all && ids.length > 0) throw new UsageError('either ids or --all');
  if (!flags.all && ids.length === 0) throw new UsageError('name ids, or --all');
  const isChoosing = flags.from ?? flags.to ?? flags.since ?? flags.before;
  if (!flags.all && isChoosing !== undefined)
    throw new UsageError('--from, --to, --since and --before go with --all');
  return flags.all ? (await fitting(task)).map(({ id }) => id) : ids;
}

/** Held mail that fits the flags, the oldest first. What cannot be read is told. */
async function fitting({ quarantine: { shelf }, flags }: Task): Promise<HeldMail[]> {
  const since = momentAgo(flags.since, '--since');
  const before = momentAgo(flags.before, '--before');
  const found: HeldMail[] = [];
  for (const id of await shelf.ids()) {
    const held = await shelf.find(id).catch((error: Error) => complain(id, error.message));
    if (!held) continue;
    const at = Date.parse(held.heldAt);
    const isInTime = at >= (since ?? Number.NEGATIVE_INFINITY) && at <= (before ?? Number.POSITIVE_INFINITY);
    if (isInTime && contains([held.envelope.sender], flags.from) && contains(recipients(held), flags.to)) {
      found.push(held);
    }
  }
  return found.sort((a, b) => Date.parse(a.heldAt) - Date.parse(b.heldAt));
}

const recipients = ({ envelope }: HeldMail) => envelope.recipients.map(({ address }) => address);

function contains(addresses: readonly { readonly text: string }[], wanted: string | undefined): boolean {
  return (
    wanted === undefined || addresses.some(({ text }) => text.toLowerCase().includes(wanted.toLowerCase()))
  );
}
