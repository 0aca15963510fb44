/** Table kinds that Postfix has and we do not: the configuration is read, each look-up fails, and `check` says what to use. */
import type { Kind, KindContext } from './kind.ts';
import type { Lookup } from './lookup.ts';
import { LookupFailure } from './table.ts';

/** A list of recipients is often there already, behind us. */
const NEXT_HOP =
  ', or list the domains in relay_domains and leave recipients to the mail server behind (smtpd_proxy_filter)';

/** What to use instead. */
const INSTEAD: Readonly<Record<string, string>> = {
  ldap: `write its entries into a hash or sqlite table, ask the directory through a socketmap or tcp server${NEXT_HOP}`,
  mysql: `copy the rows into an sqlite table, ask the database through a socketmap or tcp server${NEXT_HOP}`,
  pgsql: `copy the rows into an sqlite table, ask the database through a socketmap or tcp server${NEXT_HOP}`,
  mongodb: 'copy the documents into an sqlite or redis table',
  memcache: 'use a redis table, or the table behind the cache',
  nis: 'write "ypcat -k" output into a hash table',
  nisplus: 'write its entries into a hash table',
  netinfo: 'write its entries into a hash table',
  internal: 'use an inline table',
};

/** Every look-up fails as a broken configuration does. */
export function openUnavailable(_name: string, { table, type, complain }: KindContext): Lookup {
  complain('warning', `${type} tables are not offered`, INSTEAD[type] ?? 'use another kind of table');
  return {
    find() {
      throw new LookupFailure(table, `unsupported dictionary type: ${type}`, 'config');
    },
  };
}

export const unavailableKinds: readonly Kind[] = Object.keys(INSTEAD)
  .filter((type) => type !== 'nis')
  .map((type) => ({
    type,
    nameIs: 'as in Postfix',
    wholeKeysOnly: true,
    open: openUnavailable,
    sentence: `Known, but not offered: ${INSTEAD[type]}.`,
  }));
