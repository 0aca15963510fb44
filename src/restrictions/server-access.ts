/**
 * check_*_a_access, check_*_mx_access, check_*_ns_access: asks a table about the servers behind a name.
 * `Postfix: check_server_access`. A DNS that does not answer means no opinion.
 */
import type { Dns } from '../dns/dns.ts';
import { addressLiteral, asciiDomain, isNetworkAddress } from '../mail/host-syntax.ts';
import { dunno } from '../mail/verdict.ts';
import type { Match } from '../tables/search-order.ts';
import { type AccessTable, forbidPermit } from './access.ts';
import { looked, type Question, type Subject } from './question.ts';
import type { Judge } from './restriction.ts';
import type { Sources } from './sources.ts';
import {
  clientSubject,
  heloSubject,
  recipientSubject,
  reverseClientSubject,
  senderSubject,
} from './subjects.ts';

export type ServerType = 'A' | 'MX' | 'NS';
export type NameOf = 'client' | 'reverse_client_hostname' | 'helo' | 'sender' | 'recipient';

/** Whose servers are meant: the name (or address) and how replies speak of it; undefined: there is none. */
const NAMES: Record<NameOf, (q: Question) => { name: string; subject: Subject } | undefined> = {
  client: ({ session }) => known(session.client.name, clientSubject(session)),
  reverse_client_hostname: ({ session }) => known(session.client.reverseName, reverseClientSubject(session)),
  helo: ({ helo }) => (helo === undefined ? undefined : { name: helo, subject: heloSubject(helo) }),
  sender: ({ sender }) =>
    sender?.text ? { name: domainOrAll(sender), subject: senderSubject(sender) } : undefined,
  recipient: ({ recipient }) =>
    recipient?.text ? { name: domainOrAll(recipient), subject: recipientSubject(recipient) } : undefined,
};

function known(name: string, subject: Subject) {
  return name === 'unknown' ? undefined : { name, subject };
}

function domainOrAll({ domain, text }: { domain: string; text: string }): string {
  return domain === '' && !text.includes('@') ? text : domain;
}

export function checkServerAccess(of: NameOf, type: ServerType, table: AccessTable, sources: Sources): Judge {
  return async (q) => {
    const wanted = NAMES[of](q);
    if (!wanted) return dunno;
    const match = await serverMatch(wanted.name, type, table, sources, q);
    return match ? forbidPermit(table.act(match, wanted.subject, q)) : dunno;
  };
}

async function serverMatch(
  name: string,
  type: ServerType,
  table: AccessTable,
  sources: Sources,
  q: Question,
) {
  if (name.startsWith('[')) {
    const address = type === 'NS' ? undefined : addressLiteral(name);
    return address === undefined ? undefined : table.networkAddress(address);
  }
  const servers = await serversOf(asciiDomain(name) ?? name, type, sources.dns);
  looked(q, `${type} ${name}`, servers.join(' ') || undefined);
  const budget = { addresses: sources.serverAddressLimit };
  for (const server of servers) {
    const match = await matchServer(server, type, table, sources.dns, budget);
    if (match) return match;
  }
  return undefined;
}

async function matchServer(
  server: string,
  type: ServerType,
  table: AccessTable,
  dns: Dns,
  budget: { addresses: number },
): Promise<Match | undefined> {
  if (isNetworkAddress(server)) return table.networkAddress(server);
  const byName = type === 'A' ? undefined : await table.hostName(server);
  if (byName) return byName;
  for (const ask of [() => dns.a(server), () => dns.aaaa(server)]) {
    const answer = await ask();
    if (answer.kind !== 'found') continue;
    for (const address of answer.records) {
      if (--budget.addresses < 0) return undefined;
      const match = await table.networkAddress(address);
      if (match) return match;
    }
  }
  return undefined;
}

/** Names of the servers: a name without MX is its own; a name without NS has those of its parent. */
async function serversOf(domain: string, type: ServerType, dns: Dns): Promise<readonly string[]> {
  if (type === 'A') return [domain];
  if (type === 'MX') {
    const answer = await dns.mx(domain);
    if (answer.kind === 'absent') return [domain];
    return answer.kind === 'found'
      ? answer.records.map((mx) => mx.exchange).filter((name) => name !== '')
      : [];
  }
  for (let zone = domain; zone !== ''; zone = zone.includes('.') ? zone.slice(zone.indexOf('.') + 1) : '') {
    const answer = await dns.ns(zone);
    if (answer.kind !== 'absent') return answer.kind === 'found' ? answer.records : [];
  }
  return [];
}
