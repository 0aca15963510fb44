/** `exceptions`: which senders single users want to hear from, whatever the rules say. */
import { readConfiguration } from '../../settings/configuration.ts';
import type { Settings } from '../../settings/settings.ts';
import { readArguments } from '../arguments.ts';
import { type Command, UsageError } from '../command.ts';
import { configurationDirectory } from '../configuration-directory.ts';
import { ExceptionsFile } from '../exceptions-file.ts';

const FLAGS = { user: { type: 'string' } } as const;

export const exceptions: Command = {
  name: 'exceptions',
  usage: 'list|add|delete [SENDER...] [--user ADDRESS] [-c DIR] [--json]',
  sentence: 'Shows and changes which senders single users want to hear from',
  details: `
list               all exceptions, or those of one user (--user)
add SENDER...      lets these senders write to --user; what restrictions stand behind the exceptions is not asked
delete SENDER...   takes that back
They are lines of user_exceptions_file; a list of restrictions asks it by
    check_access \\\${sender}|\\\${recipient} texthash:$config_directory/user-exceptions
Changes are seen by the running gateway within seconds.`,

  async run(args) {
    const { values: flags, positionals } = readArguments(args, FLAGS);
    const [what = '', ...senders] = positionals;
    const { settings } = readConfiguration(configurationDirectory(flags.config));
    const file = new ExceptionsFile(settings.user_exceptions_file);
    if (what === 'list') return list(file, flags);
    if (what !== 'add' && what !== 'delete') throw new UsageError('say what to do: list, add, delete');
    return change(file, what, senders, flags.user, settings);
  },
};

function list(
  file: ExceptionsFile,
  { user, json }: { user?: string | undefined; json?: boolean | undefined },
): number {
  const found = file.list().filter((one) => user === undefined || one.user === user.toLowerCase());
  if (json) console.log(JSON.stringify(found, undefined, 2));
  else for (const { sender, user: to } of found) console.log(`${to}  ${sender || '<>'}`);
  return 0;
}

function change(
  file: ExceptionsFile,
  what: 'add' | 'delete',
  senders: readonly string[],
  user: string | undefined,
  settings: Settings,
): number {
  if (user === undefined || !isAddress(user))
    throw new UsageError('say with --user ADDRESS who wants to hear from them');
  if (senders.length === 0) throw new UsageError('name senders');
  for (const sender of senders) {
    if (sender !== '<>' && !isAddress(sender)) throw new UsageError(`"${sender}" is no address`);
  }
  let status = 0;
  for (const written of senders) {
    const sender = written === '<>' ? '' : written;
    const isDone = what === 'add' ? file.add({ sender, user }) : file.remove({ sender, user });
    console.log(`${written} to ${user}: ${isDone ? DONE[what] : NOT_DONE[what]}`);
    if (!isDone && what === 'delete') status = 1;
  }
  if (what === 'add' && !isAsked(settings)) {
    console.error(
      `portcullis exceptions: no restriction asks ${file.path} yet; put this in front of those that refuse:\n` +
        `    check_access \\\${sender}|\\\${recipient} texthash:${file.path}`,
    );
  }
  return status;
}

const DONE = { add: 'let through', delete: 'no exception any more' };
const NOT_DONE = { add: 'is an exception already', delete: 'was no exception' };

function isAddress(text: string): boolean {
  return /^[^\s|@]+@[^\s|@]+$/.test(text);
}

function isAsked(settings: Settings): boolean {
  const names = ['client', 'helo', 'sender', 'relay', 'recipient'] as const;
  const name = settings.user_exceptions_file.split('/').at(-1) ?? '';
  return names.some((list) =>
    settings.tokens(`smtpd_${list}_restrictions`).some(({ text }) => text.includes(name)),
  );
}
