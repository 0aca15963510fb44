/**
 * unix, environ, nis: what the operating system knows. `Postfix: dict_unix.c, dict_env.c, dict_nis.c`.
 * unix: the files passwd(5) and group(5); users that only LDAP or NIS know are not seen.
 * nis: there is no NIS client here. On a machine without NIS domain Postfix finds nothing in such a table, and so do we.
 */
import { readFileSync } from 'node:fs';
import { decodeOctets } from '../mail/octets.ts';
import type { FileComplaints } from './file-complaints.ts';
import { BadTableName, type Kind, type KindContext } from './kind.ts';
import type { Lookup } from './lookup.ts';
import { openUnavailable } from './unavailable.ts';

function openUnix(name: string, context: KindContext): Lookup {
  const path = accountFile(name, context);
  if (path === undefined) {
    throw new BadTableName(`unknown table: unix:${name}`, 'write unix:passwd.byname or unix:group.byname');
  }
  const file = context.files.open(path, context, readAccounts);
  const shown = context.files.shown(path);
  return {
    find(key) {
      const found = file.content.get(key);
      return found && { value: found.value, source: { file: shown, line: found.line } };
    },
    get loading() {
      return file.loading;
    },
    complaints: () => file.complaints(),
    close: () => context.files.close(file),
  };
}

function accountFile(name: string, { passwdFile, groupFile }: KindContext): string | undefined {
  if (name === 'passwd.byname') return passwdFile;
  return name === 'group.byname' ? groupFile : undefined;
}

/** `name:...` lines; the first line of a name counts. */
function* readAccounts(bytes: Buffer, _complaints: FileComplaints) {
  const accounts = new Map<string, { value: string; line: number }>();
  for (const [i, value] of decodeOctets(bytes).split('\n').entries()) {
    const name = value.slice(0, Math.max(value.indexOf(':'), 0));
    if (name !== '' && !accounts.has(name)) accounts.set(name, { value, line: i + 1 });
    if (i % 1000 === 999) yield;
  }
  return accounts;
}

function openEnviron(_name: string, { source }: KindContext): Lookup {
  return {
    find(key) {
      const value = Object.hasOwn(process.env, key) ? process.env[key] : undefined;
      return value === undefined ? undefined : { value, source };
    },
  };
}

function openNis(name: string, context: KindContext): Lookup {
  if (hasNisDomain()) return openUnavailable(name, context);
  context.complain(
    'note',
    'NIS lookups are disabled: this machine has no NIS domain',
    'the table is taken as empty',
  );
  return { find: () => undefined };
}

function hasNisDomain(): boolean {
  try {
    return !/^(?:\(none\))?$/.test(readFileSync('/proc/sys/kernel/domainname', 'utf8').trim());
  } catch {
    return false;
  }
}

export const systemKinds: readonly Kind[] = [
  {
    type: 'unix',
    nameIs: 'passwd.byname or group.byname',
    wholeKeysOnly: false,
    open: openUnix,
    sentence: 'The accounts and groups of this machine, from /etc/passwd and /etc/group.',
  },
  {
    type: 'environ',
    nameIs: 'any text',
    wholeKeysOnly: false,
    open: openEnviron,
    sentence: 'The environment of the process.',
  },
  {
    type: 'nis',
    nameIs: 'a map of NIS',
    wholeKeysOnly: false,
    open: openNis,
    sentence: 'Empty where there is no NIS; not offered where there is.',
  },
];
